package com.gyroscops.payments.read.app;

import io.micronaut.core.async.publisher.Publishers;
import io.micronaut.health.HealthStatus;
import io.micronaut.management.health.indicator.HealthIndicator;
import io.micronaut.management.health.indicator.HealthResult;
import io.micronaut.management.health.indicator.annotation.Readiness;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.TreeMap;
import org.reactivestreams.Publisher;

/** Says by HTTP what the gRPC health service says, and how each source is besides. */
@Singleton
@Readiness
final class SourceHealthIndicator implements HealthIndicator {

  private final ServingReadiness readiness;

  SourceHealthIndicator(ServingReadiness readiness) {
    this.readiness = readiness;
  }

  @Override
  public Publisher<HealthResult> getResult() {
    String reason = readiness.reason();
    Map<String, Object> details = new TreeMap<>(readiness.sources());
    if (!reason.isEmpty()) {
      details.put("reason", reason);
    }
    return Publishers.just(
        HealthResult.builder("source", reason.isEmpty() ? HealthStatus.UP : HealthStatus.DOWN)
            .details(details)
            .build());
  }
}
