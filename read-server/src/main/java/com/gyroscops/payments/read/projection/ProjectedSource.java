package com.gyroscops.payments.read.projection;

import com.gyroscops.payments.contract.SourceNames;
import com.gyroscops.payments.read.source.PaymentSource;
import com.gyroscops.payments.read.source.PositionTracker;

/**
 * A source of this replica with what keeps it in step. Routing, readiness, freshness, metrics and
 * administration are of all of these that there are.
 *
 * @param known what this replica last saw of its position
 * @param projector this replica's; of a shared source at most one replica's holds the lease
 */
public record ProjectedSource(PaymentSource source, PositionTracker known, Projector projector) {

  /** Its name in metrics, on the feed and of its lease: "sql", "redis" and so on. */
  public String name() {
    return SourceNames.of(source.id());
  }

  /** Whether other replicas may project it in this one's place. */
  public boolean isShared() {
    return projector.isShared();
  }
}
