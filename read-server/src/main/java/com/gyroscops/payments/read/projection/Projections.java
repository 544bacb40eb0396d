package com.gyroscops.payments.read.projection;

import com.gyroscops.payments.contract.SourceNames;
import com.gyroscops.payments.read.feed.FeedClient;
import com.gyroscops.payments.read.feed.HeadTracker;
import com.gyroscops.payments.read.source.PaymentSource;
import com.gyroscops.payments.read.source.PositionTracker;
import io.micrometer.core.instrument.MeterRegistry;

/**
 * Registers sources of this replica: gives each a projector and its meters, under the name that
 * follows from {@link PaymentSource#id}. For concurrent use.
 */
public final class Projections {

  private final FeedClient feed;
  private final LeaseRepository leases;
  private final String replica;
  private final HeadTracker heads;
  private final MeterRegistry meters;

  /**
   * @param replica unique name of this replica
   */
  public Projections(
      FeedClient feed,
      LeaseRepository leases,
      String replica,
      HeadTracker heads,
      MeterRegistry meters) {
    this.feed = feed;
    this.leases = leases;
    this.replica = replica;
    this.heads = heads;
    this.meters = meters;
  }

  /** A source that all replicas share, whose readers see at once what is applied. */
  public ProjectedSource shared(PaymentSource source) {
    PositionTracker known = new PositionTracker();
    return shared(source, known, known);
  }

  /**
   * A source that all replicas share.
   *
   * @param applied told of every position reached
   * @param visible where readers of the source stand, which may be behind
   */
  public ProjectedSource shared(
      PaymentSource source, PositionTracker applied, PositionTracker visible) {
    String name = SourceNames.of(source.id());
    Projector projector =
        Projector.leased(
            source, name, feed, leases, replica, applied, visible, measured(name, visible));
    return new ProjectedSource(source, visible, projector);
  }

  /** A source that this replica alone has. */
  public ProjectedSource own(PaymentSource source) {
    String name = SourceNames.of(source.id());
    PositionTracker known = new PositionTracker();
    return new ProjectedSource(
        source, known, Projector.own(source, name, feed, replica, known, measured(name, known)));
  }

  private ProjectionMeters measured(String name, PositionTracker visible) {
    return new ProjectionMeters(meters, name, visible, heads);
  }
}
