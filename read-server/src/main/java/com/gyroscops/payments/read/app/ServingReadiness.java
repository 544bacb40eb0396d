package com.gyroscops.payments.read.app;

import com.gyroscops.payments.platform.grpc.ServingHealth;
import com.gyroscops.payments.read.routing.RoutedSource;
import com.gyroscops.payments.read.routing.SourceWatch;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says, within half a second, whether queries can be answered: they can while any source that looks
 * payments up or searches them answers, belongs to a log, is not being filled, and has a projector
 * that has not given up. One thread of its own.
 *
 * <p>A replica that starts waits for its own sources besides, though not for ever: in a rolling
 * restart the next one goes once this one is ready, and takes the projection of shared sources with
 * it, so that until another has it only a replica's own sources are fresh.
 */
final class ServingReadiness implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(ServingReadiness.class);
  private static final long INTERVAL_MILLIS = 100;

  /** As long as a million payments take to be loaded, or so. */
  private static final Duration START_PATIENCE = Duration.ofSeconds(15);

  private final SourceWatch watch;
  private final Set<String> ownSources;
  private final ServingHealth health;
  private final CountDownLatch closing = new CountDownLatch(1);
  private volatile String reason = "starting";

  /**
   * @param ownSources names of sources that no other replica projects
   */
  ServingReadiness(SourceWatch watch, Set<String> ownSources, ServingHealth health) {
    this.watch = watch;
    this.ownSources = Set.copyOf(ownSources);
    this.health = health;
  }

  void start() {
    watch.start();
    Thread.ofVirtual().name("readiness").start(this::run);
  }

  /** Why queries cannot be answered; empty: they can. */
  String reason() {
    return health.isDraining() ? "draining" : reason;
  }

  /** How each source is, by name. */
  Map<String, String> sources() {
    Map<String, String> states = new TreeMap<>();
    for (RoutedSource source : watch.sources()) {
      states.put(source.name(), source.unready().orElse("ready"));
    }
    return states;
  }

  private void run() {
    long startNanos = System.nanoTime();
    boolean starting = true;
    try {
      do {
        boolean patient = System.nanoTime() - startNanos < START_PATIENCE.toNanos();
        Optional<String> unready = watch.unready();
        if (unready.isEmpty() && starting && patient) {
          unready = ownUnready();
        }
        String found = unready.orElse("");
        starting &= !found.isEmpty();
        if (!found.equals(reason)) {
          LOG.info(found.isEmpty() ? "ready" : "not ready: {}", found);
        }
        reason = found;
        health.report(found.isEmpty());
      } while (!closing.await(INTERVAL_MILLIS, TimeUnit.MILLISECONDS));
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private Optional<String> ownUnready() {
    return watch.sources().stream()
        .filter(source -> ownSources.contains(source.name()))
        .flatMap(source -> source.unready().map(why -> source.name() + ": " + why).stream())
        .findFirst();
  }

  @Override
  public void close() {
    closing.countDown();
    watch.close();
  }
}
