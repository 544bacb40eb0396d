package com.gyroscops.payments.write.api;

import com.gyroscops.payments.contract.ServingHealth;
import com.gyroscops.payments.write.eventstore.EventStore;
import com.gyroscops.payments.write.eventstore.LogHead;
import com.gyroscops.payments.write.eventstore.StoreUnavailableException;
import com.gyroscops.payments.write.eventstore.postgres.LogMaintenance;
import com.gyroscops.payments.write.outbox.EventRelay;
import com.gyroscops.payments.write.outbox.SubscriberProgress;
import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.annotation.Context;
import io.micronaut.scheduling.annotation.Scheduled;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the server does from time to time. Each task runs apart from the others. */
@Context // At once, not by its first task.
final class Upkeep {

  private static final Logger LOG = LoggerFactory.getLogger(Upkeep.class);

  private final EventStore store;
  private final LogMaintenance log;
  private final SubscriberProgress progress;
  private final ServingHealth health;
  private final AtomicLong head;

  Upkeep(
      EventStore store,
      LogMaintenance log,
      SubscriberProgress progress,
      EventRelay relay,
      ServingHealth health,
      MeterRegistry registry) {
    this.store = store;
    this.log = log;
    this.progress = progress;
    this.health = health;
    this.head = new AtomicLong();
    registry.gauge("payments.log.head.position", head);
    registry.gauge("payments.relay.subscribers", relay, EventRelay::subscribers);
  }

  /** Ready is who can read the log's head: the pool's time-outs bound how long that takes. */
  @Scheduled(fixedDelay = "500ms")
  void probeStore() {
    boolean wasReady = health.isReady();
    try {
      LogHead now = store.head();
      head.set(now.position());
      health.report(true);
      if (!wasReady && !health.isDraining()) {
        LOG.info("ready: log {} epoch {} at {}", now.logId(), now.epoch(), now.position());
      }
    } catch (RuntimeException e) {
      health.report(false);
      if (wasReady) {
        LOG.warn("not ready: {}", e.getMessage());
      }
    }
  }

  @Scheduled(fixedDelay = "1h", initialDelay = "1m")
  void forgetSubscribers() {
    try {
      progress.forgetSilent();
    } catch (StoreUnavailableException e) {
      LOG.warn("subscribers that are gone are forgotten later: {}", e.getMessage());
    }
  }

  @Scheduled(fixedDelay = "1m", initialDelay = "0s")
  void maintainLog() {
    try {
      log.run();
    } catch (StoreUnavailableException e) {
      LOG.warn("the log is maintained later: {}", e.getMessage());
    }
  }
}
