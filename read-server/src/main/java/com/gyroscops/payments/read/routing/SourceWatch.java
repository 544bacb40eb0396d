package com.gyroscops.payments.read.routing;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks every store, twice a second, where its source stands: whether it answers, and what it has
 * applied, also where another replica projects it. One thread for each store, for one may hang.
 */
public final class SourceWatch implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(SourceWatch.class);

  /** Time between looks: an absent store is noticed in about that time. */
  private static final Duration EVERY = Duration.ofMillis(500);

  private final Map<RoutedSource, RoutedSource.Probe> probes;
  private final CountDownLatch closing = new CountDownLatch(1);

  /**
   * @param probes how to ask a store, by source; closed with this
   */
  public SourceWatch(Map<RoutedSource, RoutedSource.Probe> probes) {
    this.probes = Map.copyOf(probes);
  }

  /** Watches from now on, until closed. */
  public void start() {
    probes.forEach((source, probe) ->
        Thread.ofVirtual().name("watch-" + source.name()).start(() -> watch(source, probe)));
  }

  private void watch(RoutedSource source, RoutedSource.Probe probe) {
    Optional<String> before = Optional.of("");
    try (probe) {
      do {
        source.probe(probe);
        Optional<String> now = source.unready();
        if (!now.equals(before)) {
          LOG.info(
              now.isEmpty() ? "source {} is ready" : "source {} is not ready: {}",
              source.name(),
              now.orElse(""));
        }
        before = now;
      } while (!closing.await(EVERY.toNanos(), TimeUnit.NANOSECONDS));
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /** Why queries for payments cannot be answered by any source; empty: they can. */
  public Optional<String> unready() {
    List<RoutedSource> serving =
        probes.keySet().stream().filter(RoutedSource::servesPayments).toList();
    if (serving.stream().anyMatch(it -> it.unready().isEmpty())) {
      return Optional.empty();
    }
    return Optional.of(
        serving.isEmpty()
            ? "no source can look payments up"
            : serving.stream()
                .map(it -> it.name() + ": " + it.unready().orElse(""))
                .sorted()
                .collect(Collectors.joining("; ")));
  }

  /** The sources watched, in the order of the contract's numbers. */
  public List<RoutedSource> sources() {
    return probes.keySet().stream().sorted(Comparator.comparing(RoutedSource::id)).toList();
  }

  @Override
  public void close() {
    closing.countDown();
  }
}
