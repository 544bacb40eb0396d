package com.gyroscops.payments.write.app;

import com.gyroscops.payments.platform.grpc.ServingHealth;
import io.micronaut.core.async.publisher.Publishers;
import io.micronaut.health.HealthStatus;
import io.micronaut.management.health.indicator.HealthIndicator;
import io.micronaut.management.health.indicator.HealthResult;
import io.micronaut.management.health.indicator.annotation.Readiness;
import jakarta.inject.Singleton;
import org.reactivestreams.Publisher;

/** The same readiness over HTTP as by the gRPC health protocol. */
@Singleton
@Readiness
final class StoreHealth implements HealthIndicator {

  private final ServingHealth health;

  StoreHealth(ServingHealth health) {
    this.health = health;
  }

  @Override
  public Publisher<HealthResult> getResult() {
    return Publishers.just(
        HealthResult.builder("commands", health.isReady() ? HealthStatus.UP : HealthStatus.DOWN)
            .build());
  }
}
