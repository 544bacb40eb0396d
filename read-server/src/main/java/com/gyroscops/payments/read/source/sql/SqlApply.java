package com.gyroscops.payments.read.source.sql;

import com.gyroscops.payments.read.source.ApplyOutcome;
import com.gyroscops.payments.read.source.SourcePosition;
import com.gyroscops.payments.read.source.SourceUnavailableException;
import com.gyroscops.payments.read.source.sql.ApplyPlan.PaymentKey;
import com.gyroscops.payments.read.source.sql.ApplyPlan.Stored;
import com.gyroscops.payments.v1.PaymentEvent;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes runs of events into the model. Each change is one transaction that first moves the
 * checkpoint, which both refuses a fenced-out projector and holds off a rival until it ends.
 */
final class SqlApply {

  private static final Logger LOG = LoggerFactory.getLogger(SqlApply.class);

  /** Most parked events: above it something is wrong that parking does not mend. */
  static final long PARKED_MAX = 10_000;

  /**
   * Settings of every transaction here.
   *
   * <p>Its commit need not wait for the disk: data and checkpoint are of one transaction, so a
   * crash that loses it loses both, the next {@code takeOver} reads the older checkpoint, and the
   * feed sends the events again. Nothing that was answered is wrong, for each answer's position is
   * of the snapshot of its data.
   *
   * <p>Plans are kept, for a run is often a few events and planning them anew took longer than
   * writing them. A plan that stems from when the tables were empty must not scan them when they
   * are large: it may only go by index.
   */
  private static final String SETTINGS =
      ", set_config('synchronous_commit', 'off', true)"
          + ", set_config('plan_cache_mode', 'force_generic_plan', true)"
          + ", set_config('enable_seqscan', 'off', true)"
          + ", set_config('enable_hashjoin', 'off', true)"
          + ", set_config('enable_mergejoin', 'off', true)";

  @FunctionalInterface
  private interface Work<T> {
    /** Empty: change nothing. */
    Optional<T> in(Connection connection) throws SQLException;
  }

  private final DataSource dataSource;
  private final String source;

  SqlApply(DataSource dataSource, String source) {
    this.dataSource = dataSource;
    this.source = source;
  }

  Optional<SourcePosition> takeOver(long fence) throws SourceUnavailableException {
    return change(
        new Sql("update checkpoints c set fence = ?", fence)
            .append(" where c.source = ? and c.fence <= ?", source, fence));
  }

  Optional<SourcePosition> begin(long fence, String logId, String epoch, long readyPosition)
      throws SourceUnavailableException {
    return change(
        new Sql("update checkpoints c set log_id = ?, epoch = ?", logId, epoch)
            .append(", ready_position = ?", readyPosition)
            .append(" where c.source = ? and c.fence = ? and c.epoch = ''", source, fence));
  }

  Optional<SourcePosition> startOver(long fence) throws SourceUnavailableException {
    Sql reset =
        new Sql("update checkpoints c set log_id = '', epoch = '', position = 0")
            .append(", last_event_id = '', ready_position = 0, parked = 0")
            .append(" where c.source = ? and c.fence = ?", source, fence)
            .append(" returning " + SqlCheckpoint.COLUMNS);
    return unlessRefused(connection -> {
      Optional<SourcePosition> at = SqlCheckpoint.query(connection, reset);
      if (at.isPresent()) {
        new Sql("truncate payments, payment_words, payment_events, payment_rollups, refund_rollups")
            .update(connection);
        new Sql("delete from parked_events where source = ?", source).update(connection);
      }
      return at;
    });
  }

  ApplyOutcome apply(long fence, SourcePosition at, List<PaymentEvent> events)
      throws SourceUnavailableException {
    if (events.isEmpty()) {
      return new ApplyOutcome.Applied(at);
    }
    requireFollowing(at, events);
    try {
      return write(fence, at, events, Optional.empty());
    } catch (SQLException e) {
      if (!SqlFailures.isOfData(e)) {
        throw SqlFailures.unavailable(e);
      }
      return applyAround(fence, at, events, e);
    }
  }

  /** Halves a run until the event that the database refuses is alone, and parks that. */
  private ApplyOutcome applyAround(
      long fence, SourcePosition at, List<PaymentEvent> events, SQLException refusal)
      throws SourceUnavailableException {
    if (events.size() > 1) {
      int half = events.size() / 2;
      return switch (apply(fence, at, events.subList(0, half))) {
        case ApplyOutcome.Applied(SourcePosition there) ->
            apply(fence, there, events.subList(half, events.size()));
        case ApplyOutcome.FencedOut none -> none;
        case ApplyOutcome.ParkingFull none -> none;
      };
    }
    try {
      String reason = "SQL error " + refusal.getSQLState() + ": " + refusal.getMessage();
      return write(fence, at, events, Optional.of(reason.replace('\0', ' ')));
    } catch (SQLException e) {
      throw SqlFailures.unavailable(e);
    }
  }

  private ApplyOutcome write(
      long fence, SourcePosition at, List<PaymentEvent> events, Optional<String> refused)
      throws SQLException, SourceUnavailableException {
    PaymentEvent last = events.getLast();
    Sql move =
        new Sql("update checkpoints c set position = ?", last.getPosition())
            .append(", last_event_id = ?", last.getEventId())
            .append(" where c.source = ? and c.position = ?", source, at.position())
            .append(
                " and c.fence = ? and c.log_id = ? and c.epoch = ?", fence, at.logId(), at.epoch())
            .append(" returning " + SqlCheckpoint.COLUMNS + SETTINGS);
    Optional<ApplyOutcome> outcome =
        transaction(
            connection -> {
              Optional<SourcePosition> moved = SqlCheckpoint.query(connection, move);
              if (moved.isEmpty()) {
                return Optional.empty();
              }
              long parked = moved.get().parked();
              ApplyPlan plan =
                  refused.isPresent()
                      ? ApplyPlan.parkingAll(events, refused.get())
                      : ApplyPlan.of(
                          events,
                          stored(connection, events),
                          parked == 0 ? Set.of() : parkedAmong(connection, events));
              if (parked + plan.parked.size() > PARKED_MAX) {
                // Not an Applied, so the transaction is rolled back.
                return Optional.of(new ApplyOutcome.ParkingFull(PARKED_MAX));
              }
              SqlRows.write(connection, plan);
              park(connection, plan);
              return Optional.of(
                  new ApplyOutcome.Applied(
                      moved
                          .get()
                          .advancedTo(
                              last.getPosition(), last.getEventId(), parked + plan.parked.size())));
            },
            ApplyOutcome.Applied.class::isInstance);
    return outcome.orElseGet(ApplyOutcome.FencedOut::new);
  }

  private void park(Connection connection, ApplyPlan plan) throws SQLException {
    if (!plan.parked.isEmpty()) {
      SqlRows.park(connection, source, plan.parked);
      new Sql("update checkpoints set parked = parked + ?", (long) plan.parked.size())
          .append(" where source = ?", source)
          .update(connection);
      ApplyPlan.Parked first = plan.parked.getFirst();
      LOG.atError()
          .addKeyValue("organization", first.event().getOrganizationId())
          .addKeyValue("payment", first.event().getPaymentId())
          .addKeyValue("position", first.event().getPosition())
          .log("parked {} events, the first because: {}", plan.parked.size(), first.reason());
    }
  }

  Optional<SourcePosition> retryParked(long fence) throws SourceUnavailableException {
    Sql lock =
        new Sql("update checkpoints c set fence = fence")
            .append(" where c.source = ? and c.fence = ?", source, fence)
            .append(" returning " + SqlCheckpoint.COLUMNS + SETTINGS);
    Optional<SourcePosition> at = change(lock, Optional.empty());
    if (at.isPresent() && at.get().parked() > 0) {
      for (PaymentKey key :
          unlessRefused(connection -> Optional.of(parkedPayments(connection))).orElseThrow()) {
        try {
          transaction(connection -> retry(connection, lock, key), _ -> true);
        } catch (SQLException e) {
          if (!SqlFailures.isOfData(e)) {
            throw SqlFailures.unavailable(e);
          }
          LOG.atWarn().setCause(e).log("events of {} stay parked", key);
        }
      }
      at = change(lock, Optional.empty());
    }
    return at;
  }

  private Optional<Integer> retry(Connection connection, Sql lock, PaymentKey key)
      throws SQLException {
    if (SqlCheckpoint.query(connection, lock).isEmpty()) {
      return Optional.empty();
    }
    List<PaymentEvent> events = SqlRows.parkedEvents(connection, source, key);
    ApplyPlan plan = ApplyPlan.of(events, stored(connection, events), Set.of());
    if (plan.accepted.isEmpty()) {
      return Optional.empty();
    }
    SqlRows.write(connection, plan);
    long[] positions = plan.accepted.stream().mapToLong(PaymentEvent::getPosition).toArray();
    int freed =
        new Sql("delete from parked_events where source = ?", source)
            .append(" and organization_id = ?", key.organizationId())
            .append(" and payment_id = ?", key.paymentId())
            .append(" and position = any (?)", (Object) positions)
            .update(connection);
    new Sql("update checkpoints set parked = parked - ?", (long) freed)
        .append(" where source = ?", source)
        .update(connection);
    LOG.info("applied {} parked events of {}", freed, key);
    return Optional.of(freed);
  }

  private Set<PaymentKey> parkedPayments(Connection connection) throws SQLException {
    return keys(
        connection,
        new Sql("select distinct organization_id, payment_id from parked_events")
            .append(" where source = ?", source));
  }

  private Set<PaymentKey> parkedAmong(Connection connection, List<PaymentEvent> events)
      throws SQLException {
    Set<PaymentKey> wanted = new LinkedHashSet<>();
    events.forEach(event -> wanted.add(PaymentKey.of(event)));
    return keys(
        connection,
        new Sql("select distinct e.organization_id, e.payment_id from ")
            .append("unnest(?, ?) as k (o, p)", organizations(wanted), payments(wanted))
            .append(" join parked_events e on e.source = ?", source)
            .append(" and e.organization_id = k.o and e.payment_id = k.p"));
  }

  private static Set<PaymentKey> keys(Connection connection, Sql sql) throws SQLException {
    Set<PaymentKey> keys = new LinkedHashSet<>();
    try (PreparedStatement statement = sql.prepare(connection);
        ResultSet rows = statement.executeQuery()) {
      while (rows.next()) {
        keys.add(new PaymentKey(rows.getString(1), rows.getString(2)));
      }
    }
    return keys;
  }

  /** What is stored of those payments whose first event here is not their first of all. */
  private static Map<PaymentKey, Stored> stored(Connection connection, List<PaymentEvent> events)
      throws SQLException {
    Set<PaymentKey> seen = new HashSet<>();
    Set<PaymentKey> wanted = new LinkedHashSet<>();
    for (PaymentEvent event : events) {
      PaymentKey key = PaymentKey.of(event);
      if (seen.add(key) && event.getVersion() != 1) {
        wanted.add(key);
      }
    }
    if (wanted.isEmpty()) {
      return Map.of();
    }
    Sql sql =
        new Sql("select p.organization_id, p.payment_id, p.version, p.status from ")
            .append("unnest(?, ?) as k (o, p)", organizations(wanted), payments(wanted))
            .append(" join payments p on p.organization_id = k.o and p.payment_id = k.p");
    Map<PaymentKey, Stored> stored = new HashMap<>();
    try (PreparedStatement statement = sql.prepare(connection);
        ResultSet rows = statement.executeQuery()) {
      while (rows.next()) {
        stored.put(
            new PaymentKey(rows.getString(1), rows.getString(2)),
            new Stored(rows.getLong(3), rows.getInt(4)));
      }
    }
    return stored;
  }

  private static String[] organizations(Set<PaymentKey> keys) {
    return keys.stream().map(PaymentKey::organizationId).toArray(String[]::new);
  }

  private static String[] payments(Set<PaymentKey> keys) {
    return keys.stream().map(PaymentKey::paymentId).toArray(String[]::new);
  }

  private static void requireFollowing(SourcePosition at, List<PaymentEvent> events) {
    long expected = at.position();
    for (PaymentEvent event : events) {
      if (event.getPosition() != ++expected) {
        throw new IllegalArgumentException(
            "position " + event.getPosition() + " where " + expected + " must follow");
      }
    }
  }

  private Optional<SourcePosition> change(Sql update) throws SourceUnavailableException {
    return change(update, Optional.of(" returning " + SqlCheckpoint.COLUMNS));
  }

  private Optional<SourcePosition> change(Sql update, Optional<String> returning)
      throws SourceUnavailableException {
    returning.ifPresent(update::append);
    return unlessRefused(connection -> SqlCheckpoint.query(connection, update));
  }

  private <T> Optional<T> unlessRefused(Work<T> work) throws SourceUnavailableException {
    try {
      return transaction(work, _ -> true);
    } catch (SQLException e) {
      throw SqlFailures.unavailable(e);
    }
  }

  private <T> Optional<T> transaction(Work<T> work, Predicate<T> commit) throws SQLException {
    try (Connection connection = dataSource.getConnection()) {
      connection.setAutoCommit(false);
      try {
        Optional<T> result = work.in(connection);
        if (result.filter(commit).isPresent()) {
          connection.commit();
        } else {
          connection.rollback();
        }
        return result;
      } catch (SQLException | RuntimeException e) {
        rollback(connection, e);
        throw e;
      }
    }
  }

  /** The pool turns auto-commit on again for the next user. */
  private static void rollback(Connection connection, Exception cause) {
    try {
      connection.rollback();
    } catch (SQLException e) {
      cause.addSuppressed(e);
    }
  }
}
