package com.gyroscops.payments.read.projection;

import com.gyroscops.payments.contract.LogHead;
import com.gyroscops.payments.read.feed.HeadTracker;
import com.gyroscops.payments.read.source.PositionTracker;
import com.gyroscops.payments.read.source.SourcePosition;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** What is measured of a projection: how far behind it is, and what its work costs. */
public final class ProjectionMeters {

  private final PositionTracker known;
  private final HeadTracker heads;
  private final DistributionSummary batchEvents;
  private final Timer batchTime;
  private final AtomicBoolean leaseHeld = new AtomicBoolean();

  /**
   * Registers the meters.
   *
   * @param source the tag of all meters
   */
  public ProjectionMeters(
      MeterRegistry meters, String source, PositionTracker known, HeadTracker heads) {
    this.known = known;
    this.heads = heads;
    Tags tags = Tags.of("source", source);
    Gauge.builder("payments.source.events.behind", this, ProjectionMeters::eventsBehind)
        .description("Committed events that the source has not applied, as far as known")
        .tags(tags)
        .register(meters);
    TimeGauge.builder(
            "payments.source.oldest.unapplied.age",
            this,
            TimeUnit.MILLISECONDS,
            ProjectionMeters::oldestUnappliedMillis)
        .description("How long the oldest event that is not applied has been known to be there")
        .tags(tags)
        .register(meters);
    Gauge.builder("payments.source.position", known, it -> it.latest().position())
        .description("Newest event applied")
        .tags(tags)
        .register(meters);
    Gauge.builder("payments.source.parked.events", known, it -> it.latest().parked())
        .description("Events set aside because the source refused them")
        .tags(tags)
        .register(meters);
    Gauge.builder("payments.source.lease.held", leaseHeld, it -> it.get() ? 1 : 0)
        .description("Whether this replica projects the source")
        .tags(tags)
        .register(meters);
    batchEvents =
        DistributionSummary.builder("payments.source.apply.events")
            .description("Events applied in one transaction")
            .tags(tags)
            .publishPercentiles(0.5, 0.99)
            .register(meters);
    batchTime =
        Timer.builder("payments.source.apply")
            .description("Time to apply a run of events, commit included")
            .tags(tags)
            .publishPercentiles(0.5, 0.99)
            .register(meters);
  }

  /** Committed events not applied, as far as known to this replica. */
  public double eventsBehind() {
    SourcePosition at = known.latest();
    return heads
        .newest()
        .map(head ->
            head.holds(at.logId(), at.epoch(), at.position())
                ? Math.max(0, head.position() - at.position())
                : head.position())
        .orElse(0L);
  }

  private double oldestUnappliedMillis() {
    SourcePosition at = known.latest();
    return heads
        .oldestUnapplied(head -> at.hasApplied(head.logId(), head.epoch(), head.position()))
        .toMillis();
  }

  void applied(int events, Duration time) {
    batchEvents.record(events);
    batchTime.record(time);
  }

  void leaseHeld(boolean held) {
    leaseHeld.set(held);
  }

  void headSeen(LogHead head) {
    heads.seen(head);
  }
}
