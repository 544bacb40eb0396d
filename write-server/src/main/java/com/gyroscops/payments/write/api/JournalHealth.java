package com.gyroscops.payments.write.api;

import com.gyroscops.payments.write.journal.Journal;
import com.gyroscops.payments.write.journal.JournalStatus;
import io.micronaut.core.async.publisher.Publishers;
import io.micronaut.health.HealthStatus;
import io.micronaut.management.health.indicator.HealthIndicator;
import io.micronaut.management.health.indicator.HealthResult;
import io.micronaut.management.health.indicator.annotation.Readiness;
import jakarta.inject.Singleton;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.reactivestreams.Publisher;

/**
 * Tells how the journal is. It never makes a server unready: where commands wait for the journal,
 * those refused say why, which a server that is taken out of service would not.
 */
@Singleton
@Readiness
final class JournalHealth implements HealthIndicator {

  private final JournalKeeping keeping;

  JournalHealth(JournalKeeping keeping) {
    this.keeping = keeping;
  }

  @Override
  public Publisher<HealthResult> getResult() {
    return Publishers.just(
        HealthResult.builder("journal", HealthStatus.UP)
            .details(keeping.journal().map(JournalHealth::details).orElse(Map.of("state", "none")))
            .build());
  }

  private static Map<String, Object> details(Journal journal) {
    JournalStatus status = journal.status();
    Map<String, Object> details = new TreeMap<>();
    details.put("state", status.state().name().toLowerCase(Locale.ROOT));
    details.put("position", status.position());
    details.put("events_behind", journal.eventsBehind());
    if (!status.hash().isEmpty()) {
      details.put("hash", status.hash());
    }
    if (!status.reason().isEmpty()) {
      details.put("reason", status.reason());
    }
    return details;
  }
}
