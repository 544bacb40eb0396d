package com.gyroscops.payments.write.app;

import com.gyroscops.payments.platform.jdbc.HeldSnapshot;
import com.gyroscops.payments.platform.jdbc.HeldSnapshots;
import com.gyroscops.payments.write.eventstore.AppendRefusedException;
import com.gyroscops.payments.write.eventstore.StoreUnavailableException;
import com.gyroscops.payments.write.eventstore.postgres.LogMaintenance;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micronaut.context.annotation.Context;
import io.micronaut.scheduling.annotation.Scheduled;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is done for the log's tables from time to time, and told of them. */
@Context // At once, not by its first task.
final class ScheduledLogMaintenance {

  private static final Logger LOG = LoggerFactory.getLogger(ScheduledLogMaintenance.class);

  private final LogMaintenance log;
  private final HeldSnapshots snapshots;
  private final AtomicLong room;
  private final MultiGauge held;
  private boolean roomWasLow;
  private boolean wasHeld;

  ScheduledLogMaintenance(LogMaintenance log, HeldSnapshots snapshots, MeterRegistry registry) {
    this.log = log;
    this.snapshots = snapshots;
    this.room = new AtomicLong(log.roomWanted());
    registry.gauge("payments.log.partitions.room.events", room);
    registry.gauge("payments.log.partitions.room.wanted.events", log, LogMaintenance::roomWanted);
    this.held =
        MultiGauge.builder("payments.database.snapshot.held")
            .description("Age of the oldest snapshot, if it is older than a minute.")
            .baseUnit("seconds")
            .register(registry);
  }

  /** Often: the smallest partitions that are allowed, as many as are made ahead, last a minute. */
  @Scheduled(fixedDelay = "10s", initialDelay = "0s")
  synchronized void makePartitions() {
    try {
      room.set(log.makePartitions());
    } catch (StoreUnavailableException | AppendRefusedException e) {
      LOG.warn("partitions are made later: {}", e.getMessage());
      lookForRoom();
    }
    boolean low = room.get() < log.roomWanted() / 2;
    if (low && !roomWasLow) {
      LOG.error(
          "partitions have room for {} events more instead of {}: no command is taken after that;"
              + " see what holds locks on the table events",
          room.get(),
          log.roomWanted());
    }
    roomWasLow = low;
  }

  private void lookForRoom() {
    try {
      room.set(log.room());
    } catch (StoreUnavailableException | AppendRefusedException e) {
      LOG.debug("the room is as it was: {}", e.getMessage());
    }
  }

  @Scheduled(fixedDelay = "1m", initialDelay = "0s")
  void forgetOldRequests() {
    try {
      log.forgetOldRequests();
    } catch (StoreUnavailableException | AppendRefusedException e) {
      LOG.warn("outcomes of old requests are forgotten later: {}", e.getMessage());
    }
  }

  @Scheduled(fixedDelay = "10s", initialDelay = "5s")
  synchronized void lookForSnapshots() {
    Optional<HeldSnapshot> old;
    try {
      old = snapshots.oldest().filter(it -> it.age().compareTo(HeldSnapshots.AGE_MAX) > 0);
    } catch (SQLException e) {
      LOG.warn("held snapshots are looked for later: {}", e.getMessage());
      return;
    }
    List<MultiGauge.Row<?>> rows = new ArrayList<>();
    old.ifPresent(it -> rows.add(row(it)));
    held.register(rows, true);
    if (old.isPresent() && !wasHeld) {
      LOG.warn("dead rows cannot be removed from the write database: {}", old.get());
    }
    wasHeld = old.isPresent();
  }

  private static MultiGauge.Row<?> row(HeldSnapshot snapshot) {
    return MultiGauge.Row.of(
        Tags.of(
            "kind",
            snapshot.kind().name().toLowerCase(Locale.ROOT),
            "pid",
            Integer.toString(snapshot.pid()),
            "application",
            snapshot.name()),
        snapshot.age().toSeconds());
  }
}
