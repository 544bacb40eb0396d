package com.gyroscops.payments.read;

import io.micronaut.core.async.publisher.Publishers;
import io.micronaut.health.HealthStatus;
import io.micronaut.management.health.indicator.HealthIndicator;
import io.micronaut.management.health.indicator.HealthResult;
import io.micronaut.management.health.indicator.annotation.Readiness;
import jakarta.inject.Singleton;
import java.util.Map;
import org.reactivestreams.Publisher;

/** Says by HTTP what the gRPC health service says. */
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
    return Publishers.just(
        reason.isEmpty()
            ? HealthResult.builder("source", HealthStatus.UP).build()
            : HealthResult.builder("source", HealthStatus.DOWN)
                .details(Map.of("reason", reason))
                .build());
  }
}
