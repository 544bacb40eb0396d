package com.gyroscops.payments.read.app;

import com.gyroscops.payments.read.feed.HeadTracker;
import com.gyroscops.payments.read.routing.SourceRouter;
import com.gyroscops.payments.read.tracking.ChangeTracker;
import com.gyroscops.payments.read.watch.PaymentWatches;
import com.gyroscops.payments.read.watch.SourceEvents;
import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.annotation.Factory;
import jakarta.inject.Singleton;

/** Watches of this replica. */
@Factory
final class WatchWiring {

  @Singleton
  PaymentWatches paymentWatches(
      ChangeTracker changes, SourceRouter reads, HeadTracker heads, MeterRegistry meters) {
    return new PaymentWatches(changes, new SourceEvents(reads), heads, meters);
  }
}
