package com.gyroscops.payments.read.projection;

import com.gyroscops.payments.read.source.KnownPosition;
import com.gyroscops.payments.read.source.PaymentSource;

/**
 * A source of this replica with what keeps it in step.
 *
 * @param name in metrics, on the feed and of its lease: "sql", "redis", "search", "memory"
 * @param known what this replica last saw of its position
 * @param projector this replica's; of a shared source at most one replica's holds the lease
 */
public record ProjectedSource(
    String name, PaymentSource source, KnownPosition known, Projector projector) {

  /** Whether other replicas may project it in this one's place. */
  public boolean isShared() {
    return projector.isShared();
  }
}
