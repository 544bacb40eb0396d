package com.gyroscops.payments.write.outbox.postgres;

import io.micronaut.data.annotation.Embeddable;
import io.micronaut.data.annotation.EmbeddedId;
import io.micronaut.data.annotation.MappedEntity;

/**
 * A row of {@code subscriber_progress}.
 *
 * @param position up to which the subscriber has applied the log
 */
@MappedEntity("subscriber_progress")
record SubscriberPosition(@EmbeddedId Id id, long position) {

  /** A subscriber of a source. */
  @Embeddable
  record Id(String source, String subscriber) {}
}
