package com.gyroscops.payments.read.routing;

import com.gyroscops.payments.contract.SourceNames;
import com.gyroscops.payments.read.source.Capability;
import com.gyroscops.payments.v1.ReadSource;
import com.gyroscops.payments.v1.SourceVerdict;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** What is measured of routing: which source served, why others did not, and how long they took. */
final class RoutingMeters {

  private final MeterRegistry meters;
  private final Map<Read, Counter> reads = new ConcurrentHashMap<>();
  private final Map<Asked, Timer> times = new ConcurrentHashMap<>();

  private record Read(ReadSource source, Capability kind, SourceVerdict verdict) {}

  private record Asked(ReadSource source, Capability kind) {}

  RoutingMeters(MeterRegistry meters, List<RoutedSource> sources) {
    this.meters = meters;
    for (RoutedSource source : sources) {
      Tags tags = Tags.of("source", source.name());
      Gauge.builder("payments.source.reads.in.flight", source.load(), SourceLoad::inFlight)
          .description("Questions that the source is at")
          .tags(tags)
          .register(meters);
      Gauge.builder("payments.source.breaker.state", source.breaker(), SourceBreaker::level)
          .description("0: the source is asked; 1: a few questions pass, to see; 2: none does")
          .tags(tags)
          .register(meters);
      Gauge.builder("payments.source.away", source, it -> it.isAway() ? 1 : 0)
          .description("Whether the store does not answer when asked where it stands")
          .tags(tags)
          .register(meters);
    }
  }

  void considered(ReadSource source, Capability kind, SourceVerdict verdict) {
    reads.computeIfAbsent(new Read(source, kind, verdict), this::counter).increment();
  }

  void answered(ReadSource source, Capability kind, long nanos) {
    times.computeIfAbsent(new Asked(source, kind), this::timer).record(Duration.ofNanos(nanos));
  }

  private Counter counter(Read read) {
    return Counter.builder("payments.source.reads")
        .description("What became of a source when a query was routed")
        .tag("source", SourceNames.of(read.source()))
        .tag("kind", lower(read.kind().name()))
        .tag("verdict", lower(read.verdict().name().replace("SOURCE_VERDICT_", "")))
        .register(meters);
  }

  private Timer timer(Asked asked) {
    return Timer.builder("payments.source.read.time")
        .description("Time from asking a source to the end of its work")
        .tag("source", SourceNames.of(asked.source()))
        .tag("kind", lower(asked.kind().name()))
        .publishPercentiles(0.5, 0.99)
        .register(meters);
  }

  private static String lower(String constant) {
    return constant.toLowerCase(Locale.ROOT);
  }
}
