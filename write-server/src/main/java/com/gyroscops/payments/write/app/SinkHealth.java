package com.gyroscops.payments.write.app;

import com.gyroscops.payments.write.outbox.SinkRunner;
import com.gyroscops.payments.write.outbox.SinkStatus;
import io.micronaut.core.async.publisher.Publishers;
import io.micronaut.health.HealthStatus;
import io.micronaut.management.health.indicator.HealthIndicator;
import io.micronaut.management.health.indicator.HealthResult;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.reactivestreams.Publisher;

/**
 * Tells how a sink is. It never makes a server unready: where commands wait for the sink, those
 * refused say why, which a server that is taken out of service would not.
 *
 * @param kept empty: this server keeps none of the name
 */
record SinkHealth(String name, Optional<SinkRunner> kept) implements HealthIndicator {

  @Override
  public Publisher<HealthResult> getResult() {
    return Publishers.just(
        HealthResult.builder(name, HealthStatus.UP)
            .details(kept.map(SinkHealth::details).orElse(Map.of("state", "none")))
            .build());
  }

  private static Map<String, Object> details(SinkRunner sink) {
    SinkStatus status = sink.status();
    Map<String, Object> details = new TreeMap<>(status.details());
    details.put("state", status.state().name().toLowerCase(Locale.ROOT));
    details.put("position", status.position());
    details.put("events_behind", sink.eventsBehind());
    if (!status.reason().isEmpty()) {
      details.put("reason", status.reason());
    }
    return details;
  }
}
