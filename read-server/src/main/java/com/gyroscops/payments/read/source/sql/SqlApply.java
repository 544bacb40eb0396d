package com.gyroscops.payments.read.source.sql;

import com.gyroscops.payments.contract.Lineage;
import com.gyroscops.payments.read.source.ApplyOutcome;
import com.gyroscops.payments.read.source.PaymentKey;
import com.gyroscops.payments.read.source.SourcePosition;
import com.gyroscops.payments.read.source.SourceUnavailableException;
import com.gyroscops.payments.read.source.SourceWriter;
import com.gyroscops.payments.read.source.sql.ApplyPlan.Stored;
import com.gyroscops.payments.v1.PaymentEvent;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes runs of events into the model. Each change is one transaction that first moves the
 * checkpoint, which both refuses a fenced-out projector and holds off a rival until it ends.
 */
final class SqlApply implements SourceWriter {

  private static final Logger LOG = LoggerFactory.getLogger(SqlApply.class);

  /** Most parked events: above it something is wrong that parking does not mend. */
  static final long PARKED_MAX = 10_000;

  /** The SQLSTATE of {@code move_checkpoint}, of a checkpoint that is not where it should be. */
  private static final String NOT_MOVED = "GP001";

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
   *
   * <p>A process that stands still while it sends a run, statements and all, holds the checkpoint
   * meanwhile, and is neither idle nor in a statement: the transaction has a limit of its own.
   */
  private static final String SETTINGS =
      ", set_config('synchronous_commit', 'off', true)"
          + ", set_config('transaction_timeout', '30s', true)"
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
  private final AtomicBoolean wordsPending = new AtomicBoolean();

  SqlApply(DataSource dataSource, String source) {
    this.dataSource = dataSource;
    this.source = source;
  }

  @Override
  public Optional<SourcePosition> takeOver(long fence) throws SourceUnavailableException {
    return change(
        new Sql("update checkpoints c set fence = ?", fence)
            .append(" where c.source = ? and c.fence <= ?", source, fence));
  }

  @Override
  public Optional<SourcePosition> begin(long fence, SourcePosition start)
      throws SourceUnavailableException {
    return change(
        new Sql("update checkpoints c set log_id = ?, epoch = ?", start.logId(), start.epoch())
            .append(", ancestors = ?", start.ancestorsText())
            .append(", ready_position = ?", start.readyPosition())
            .append(" where c.source = ? and c.fence = ? and c.epoch = ''", source, fence));
  }

  @Override
  public Optional<SourcePosition> continueIn(
      long fence, SourcePosition at, Lineage lineage, long head) throws SourceUnavailableException {
    SourcePosition there = at.continuedIn(lineage, head);
    return change(
        new Sql("update checkpoints c set epoch = ?", there.epoch())
            .append(", ancestors = ?", there.ancestorsText())
            .append(", ready_position = ?", there.readyPosition())
            .append(
                " where c.source = ? and c.fence = ? and c.epoch = ?", source, fence, at.epoch())
            .append(" and c.log_id = ? and c.position = ?", at.logId(), at.position()));
  }

  @Override
  public Optional<SourcePosition> startOver(long fence) throws SourceUnavailableException {
    Sql reset =
        new Sql("update checkpoints c set log_id = '', epoch = '', ancestors = '', position = 0")
            .append(", last_event_id = '', ready_position = 0, parked = 0")
            .append(" where c.source = ? and c.fence = ?", source, fence)
            .append(" returning " + SqlCheckpoint.COLUMNS);
    return unlessRefused(connection -> {
      lock(connection);
      Optional<SourcePosition> at = SqlCheckpoint.query(connection, reset);
      if (at.isPresent()) {
        new Sql("truncate payments, payment_words, payment_events, payment_rollups, refund_rollups")
            .update(connection);
        new Sql("delete from parked_events where source = ?", source).update(connection);
      }
      return at;
    });
  }

  @Override
  public ApplyOutcome apply(long fence, SourcePosition at, List<PaymentEvent> events)
      throws SourceUnavailableException {
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
    try {
      return transaction(
              connection -> {
                ApplyPlan plan =
                    refused.isPresent()
                        ? ApplyPlan.parkingAll(events, refused.get())
                        : plan(connection, at, events);
                return Optional.of(write(connection, fence, at, events.getLast(), plan));
              })
          .orElseThrow();
    } catch (SQLException e) {
      if (NOT_MOVED.equals(e.getSQLState())) {
        return new ApplyOutcome.FencedOut();
      }
      throw e;
    }
  }

  /** Writes a run, from the move of the checkpoint to the commit, in one round trip. */
  private ApplyOutcome write(
      Connection connection, long fence, SourcePosition at, PaymentEvent last, ApplyPlan plan)
      throws SQLException {
    long parked = at.parked() + plan.parked.size();
    if (parked > PARKED_MAX) {
      // Unless it was planned from what another projector has changed.
      Sql same =
          new Sql(
                  "select " + SqlCheckpoint.COLUMNS + " from checkpoints c where c.source = ?",
                  source)
              .append(" and c.fence = ? and c.epoch = ?", fence, at.epoch())
              .append(" and c.position = ? and c.parked = ?", at.position(), at.parked());
      return SqlCheckpoint.query(connection, same).isPresent()
          ? new ApplyOutcome.ParkingFull(PARKED_MAX)
          : new ApplyOutcome.FencedOut();
    }
    List<Sql> run = new ArrayList<>();
    run.add(
        new Sql("select " + SqlCheckpoint.COLUMNS + SETTINGS + " from move_checkpoint(")
            .append("?, ?, ?, ?, ", source, fence, at.logId(), at.epoch())
            .append("?, ?, ", at.position(), at.parked())
            .append("?, ?, ?) as c", last.getPosition(), last.getEventId(), parked));
    run.addAll(SqlRows.writing(plan));
    if (!plan.parked.isEmpty()) {
      run.add(SqlRows.parking(source, plan.parked));
    }
    run.add(new Sql("commit"));
    SourcePosition there = SqlCheckpoint.query(connection, Sql.together(run)).orElseThrow();
    if (!plan.worded.isEmpty()) {
      wordsPending.set(true);
    }
    logParked(plan);
    return new ApplyOutcome.Applied(there);
  }

  /**
   * What the events do, from what is stored now. It is read before the checkpoint is locked; what
   * then moves that checks that nothing has changed: only with position, fence or number of parked
   * events does what is stored change.
   */
  private ApplyPlan plan(Connection connection, SourcePosition at, List<PaymentEvent> events)
      throws SQLException {
    Set<PaymentKey> older = older(events);
    if (older.isEmpty() && at.parked() == 0) {
      return ApplyPlan.of(events, Map.of(), Set.of());
    }
    try (PreparedStatement settings = new Sql("select 0" + SETTINGS).prepare(connection)) {
      settings.execute();
    }
    return ApplyPlan.of(
        events,
        stored(connection, older),
        at.parked() == 0 ? Set.of() : parkedAmong(connection, events));
  }

  private static void logParked(ApplyPlan plan) {
    if (!plan.parked.isEmpty()) {
      ApplyPlan.Parked first = plan.parked.getFirst();
      LOG.atError()
          .addKeyValue("organization", first.event().getOrganizationId())
          .addKeyValue("payment", first.event().getPaymentId())
          .addKeyValue("position", first.event().getPosition())
          .log("parked {} events, the first because: {}", plan.parked.size(), first.reason());
    }
  }

  long indexWords() throws SourceUnavailableException {
    if (!wordsPending.getAndSet(false)) {
      return 0;
    }
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement =
            connection.prepareStatement("select gin_clean_pending_list('payment_words_by_word')");
        ResultSet row = statement.executeQuery()) {
      row.next();
      return row.getLong(1);
    } catch (SQLException e) {
      wordsPending.set(true);
      throw SqlFailures.unavailable(e);
    }
  }

  @Override
  public Optional<SourcePosition> retryParked(long fence) throws SourceUnavailableException {
    Sql held =
        new Sql("select " + SqlCheckpoint.COLUMNS + SETTINGS + " from checkpoints c")
            .append(" where c.source = ? and c.fence = ?", source, fence);
    Optional<SourcePosition> at = locked(held);
    if (at.isPresent() && at.get().parked() > 0) {
      for (PaymentKey key :
          unlessRefused(connection -> Optional.of(parkedPayments(connection))).orElseThrow()) {
        try {
          transaction(connection -> retry(connection, held, key));
        } catch (SQLException e) {
          if (!SqlFailures.isOfData(e)) {
            throw SqlFailures.unavailable(e);
          }
          LOG.atWarn().setCause(e).log("events of {} stay parked", key);
        }
      }
      at = locked(held);
    }
    return at;
  }

  private Optional<Integer> retry(Connection connection, Sql held, PaymentKey key)
      throws SQLException {
    lock(connection);
    if (SqlCheckpoint.query(connection, held).isEmpty()) {
      return Optional.empty();
    }
    List<PaymentEvent> events = SqlRows.parkedEvents(connection, source, key);
    ApplyPlan plan = ApplyPlan.of(events, stored(connection, older(events)), Set.of());
    if (plan.accepted.isEmpty()) {
      return Optional.empty();
    }
    Sql.together(SqlRows.writing(plan)).update(connection);
    wordsPending.set(true);
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

  /** Payments whose first event here is not their first of all. */
  private static Set<PaymentKey> older(List<PaymentEvent> events) {
    Set<PaymentKey> seen = new HashSet<>();
    Set<PaymentKey> older = new LinkedHashSet<>();
    for (PaymentEvent event : events) {
      PaymentKey key = PaymentKey.of(event);
      if (seen.add(key) && event.getVersion() != 1) {
        older.add(key);
      }
    }
    return older;
  }

  private static Map<PaymentKey, Stored> stored(Connection connection, Set<PaymentKey> wanted)
      throws SQLException {
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

  private Optional<SourcePosition> change(Sql update) throws SourceUnavailableException {
    return locked(update.append(" returning " + SqlCheckpoint.COLUMNS));
  }

  private Optional<SourcePosition> locked(Sql statement) throws SourceUnavailableException {
    return unlessRefused(connection -> {
      lock(connection);
      return SqlCheckpoint.query(connection, statement);
    });
  }

  /** Holds off whoever else changes the checkpoint; what comes next sees what they have changed. */
  private void lock(Connection connection) throws SQLException {
    try (PreparedStatement statement =
        new Sql("select 1 from checkpointed_sources where source = ? for update", source)
            .prepare(connection)) {
      statement.execute();
    }
  }

  private <T> Optional<T> unlessRefused(Work<T> work) throws SourceUnavailableException {
    try {
      return transaction(work);
    } catch (SQLException e) {
      throw SqlFailures.unavailable(e);
    }
  }

  private <T> Optional<T> transaction(Work<T> work) throws SQLException {
    try (Connection connection = dataSource.getConnection()) {
      connection.setAutoCommit(false);
      try {
        Optional<T> result = work.in(connection);
        if (result.isPresent()) {
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
