package com.gyroscops.payments.read;

import com.gyroscops.payments.contract.ServingHealth;
import com.gyroscops.payments.read.routing.RoutedSource;
import com.gyroscops.payments.read.routing.SourceWatch;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says, within half a second, whether queries can be answered: they can while any source that looks
 * payments up or searches them answers, belongs to a log, is not being filled, and has a projector
 * that has not given up. One thread of its own.
 */
final class ServingReadiness implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(ServingReadiness.class);
  private static final long INTERVAL_MILLIS = 100;

  private final SourceWatch watch;
  private final ServingHealth health;
  private final CountDownLatch closing = new CountDownLatch(1);
  private volatile String reason = "starting";

  ServingReadiness(SourceWatch watch, ServingHealth health) {
    this.watch = watch;
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
    try {
      do {
        String found = watch.unready().orElse("");
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

  @Override
  public void close() {
    closing.countDown();
    watch.close();
  }
}
