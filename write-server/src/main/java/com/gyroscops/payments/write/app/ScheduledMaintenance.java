package com.gyroscops.payments.write.app;

import com.gyroscops.payments.contract.LogHead;
import com.gyroscops.payments.platform.grpc.ServingHealth;
import com.gyroscops.payments.write.eventstore.EventStore;
import com.gyroscops.payments.write.eventstore.StoreUnavailableException;
import com.gyroscops.payments.write.imports.Imports;
import com.gyroscops.payments.write.outbox.EventRelay;
import com.gyroscops.payments.write.outbox.SubscriberProgress;
import com.gyroscops.payments.write.settlement.Settlements;
import com.gyroscops.payments.write.submission.Submissions;
import com.gyroscops.payments.write.submission.WorkflowLauncher;
import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.annotation.Context;
import io.micronaut.scheduling.annotation.Scheduled;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the server does from time to time. Each task runs apart from the others. */
@Context // At once, not by its first task.
public final class ScheduledMaintenance {

  private static final Logger LOG = LoggerFactory.getLogger(ScheduledMaintenance.class);

  private final EventStore store;
  private final SubscriberProgress progress;
  private final WorkflowLauncher launcher;
  private final Submissions submissions;
  private final Settlements settlements;
  private final Imports imports;
  private final WriteServerSettings settings;
  private final ServingHealth health;
  private final AtomicLong head;

  ScheduledMaintenance(
      EventStore store,
      SubscriberProgress progress,
      EventRelay relay,
      WorkflowLauncher launcher,
      Submissions submissions,
      Settlements settlements,
      Imports imports,
      WriteServerSettings settings,
      ServingHealth health,
      MeterRegistry registry) {
    this.store = store;
    this.progress = progress;
    this.launcher = launcher;
    this.submissions = submissions;
    this.settlements = settlements;
    this.imports = imports;
    this.settings = settings;
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

  @Scheduled(fixedDelay = "500ms")
  void startWorkflows() {
    launcher.sweep();
  }

  @Scheduled(fixedDelay = "5s")
  void countSubmissions() {
    try {
      submissions.count();
      settlements.count();
      imports.count();
    } catch (StoreUnavailableException e) {
      LOG.warn("submissions are counted later: {}", e.getMessage());
    }
  }

  @Scheduled(fixedDelay = "1h", initialDelay = "1m")
  void forgetOld() {
    Duration retention = settings.requestRetention();
    try {
      int oldSettlements = settlements.forgetEnded(retention);
      int oldImports = imports.forgetOld(retention);
      if (oldSettlements + oldImports > 0) {
        LOG.info(
            "forgot {} settlements and {} imports older than {}",
            oldSettlements,
            oldImports,
            retention);
      }
    } catch (StoreUnavailableException e) {
      LOG.warn("old settlements and imports are forgotten later: {}", e.getMessage());
    }
  }

  @Scheduled(fixedDelay = "1h", initialDelay = "1m")
  public void forgetSubscribers() {
    try {
      progress.forgetSilent();
    } catch (StoreUnavailableException e) {
      LOG.warn("subscribers that are gone are forgotten later: {}", e.getMessage());
    }
  }
}
