package com.gyroscops.payments.write.submission.postgres;

import com.google.protobuf.InvalidProtocolBufferException;
import com.gyroscops.payments.platform.page.Listed;
import com.gyroscops.payments.platform.page.PageKey;
import com.gyroscops.payments.v1.Command;
import com.gyroscops.payments.v1.CommandState;
import com.gyroscops.payments.write.postgres.Database;
import com.gyroscops.payments.write.postgres.Database.Parameters;
import com.gyroscops.payments.write.submission.Submission;
import com.gyroscops.payments.write.submission.SubmissionStore;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** {@link SubmissionStore} in PostgreSQL. All times are the database's. */
public final class PostgresSubmissions implements SubmissionStore {

  private static final String COLUMNS =
      "request_key, organization_id, request_id, request_hash, command, traceparent,"
          + " execution_timeout_ms, submitted_at, started_at, actor";
  private static final String KEEP =
      "insert into submissions (request_key, organization_id, request_id, request_hash, command,"
          + " traceparent, execution_timeout_ms, start_due_at, actor)"
          + " values (?, ?, ?, ?, ?, ?, ?, now() + ? * interval '1 millisecond', ?)"
          + " on conflict (request_key) do nothing";
  private static final String FIND =
      "select " + COLUMNS + " from submissions where request_key = ?";

  /** One whose outcome is stored has ended, though its row is yet to be removed. */
  private static final String LIST =
      "select "
          + COLUMNS
          + " from submissions s where organization_id = ? and (submitted_at, request_id) < (?, ?)"
          + " and case when started_at is null then ? else ? end = any (?)"
          + " and not exists (select from request_outcomes_a o where o.request_key = s.request_key)"
          + " and not exists (select from request_outcomes_b o where o.request_key = s.request_key)"
          + " order by submitted_at desc, request_id desc limit ?";

  private static final String TAKE =
      "update submissions set started_at = coalesce(started_at, now()) where request_key = ?"
          + " returning "
          + COLUMNS
          + ", started_at + execution_timeout_ms * interval '1 millisecond' <= now()";
  private static final String REMOVE = "select remove_submission(?)";
  private static final String DUE =
      "update submissions s set start_due_at = now() + ? * interval '1 millisecond'"
          + " from (select request_key from submissions where start_due_at <= now()"
          + " order by start_due_at limit ? for update skip locked) d"
          + " where s.request_key = d.request_key"
          + " returning s.organization_id, s.request_id, s.execution_timeout_ms";
  private static final String BACKLOG =
      "select (select count(*) from (select from submissions limit ?) s),"
          + " coalesce((select extract(epoch from now() - min(submitted_at)) from submissions), 0)";

  /** How often a submission may end just when another of its request comes. */
  private static final int KEEP_ATTEMPTS_MAX = 3;

  private final Database database;

  /**
   * @param dataSource bounds how long connecting and each statement may take
   */
  public PostgresSubmissions(DataSource dataSource) {
    database = new Database(dataSource);
  }

  @Override
  public Optional<Submission> keep(Submission submission, Duration startWithin) {
    return database.call(
        "keep a submission",
        connection -> {
          for (int attempt = 0; attempt < KEEP_ATTEMPTS_MAX; attempt++) {
            if (insert(connection, submission, startWithin)) {
              return Optional.empty();
            }
            Optional<Submission> earlier =
                Database.row(
                    connection,
                    FIND + Database.AS_REPLICATED,
                    Parameters.of(submission.requestKey()),
                    PostgresSubmissions::submission);
            if (earlier.isPresent()) {
              return earlier;
            }
            // It ended between the two statements.
          }
          throw new IllegalStateException(
              "submissions of request " + submission.requestId() + " come and go");
        });
  }

  private static boolean insert(Connection connection, Submission submission, Duration startWithin)
      throws SQLException {
    return Database.update(
            connection,
            KEEP,
            Parameters.of(
                submission.requestKey(),
                submission.organizationId(),
                submission.requestId(),
                submission.requestHash(),
                submission.command().toByteArray(),
                submission.traceparent(),
                submission.executionTimeout().toMillis(),
                startWithin.toMillis(),
                submission.actor()))
        == 1;
  }

  @Override
  public Optional<Submission> find(UUID requestKey) {
    return database.row(
        "read a submission", FIND, Parameters.of(requestKey), PostgresSubmissions::submission);
  }

  @Override
  public List<Listed<Submission>> list(
      String organizationId, List<Integer> states, PageKey after, int max) {
    return database.rows(
        "list submissions",
        LIST,
        Parameters.of(
            organizationId,
            after.sqlTime(),
            after.id(),
            CommandState.COMMAND_STATE_PENDING_VALUE,
            CommandState.COMMAND_STATE_RUNNING_VALUE,
            states,
            max),
        row -> {
          Submission found = submission(row);
          return new Listed<>(found, new PageKey(found.submittedAt(), found.requestId()));
        });
  }

  @Override
  public Optional<Taken> take(UUID requestKey) {
    return database.row(
        "take a submission up",
        TAKE,
        Parameters.of(requestKey),
        row -> new Taken(submission(row), row.getBoolean(11)));
  }

  @Override
  public boolean remove(UUID requestKey) {
    return database.theRow(
        "remove a submission", REMOVE, Parameters.of(requestKey), row -> row.getBoolean(1));
  }

  @Override
  public List<Submission.Reference> due(int max, Duration again) {
    return database.rows(
        "read what is due",
        DUE,
        Parameters.of(again.toMillis(), max),
        row ->
            new Submission.Reference(
                row.getString(1), row.getString(2), Duration.ofMillis(row.getLong(3))));
  }

  @Override
  public Backlog backlog(int countMax) {
    return database.theRow(
        "count submissions",
        BACKLOG,
        Parameters.of(countMax),
        row -> new Backlog(row.getInt(1), Duration.ofMillis((long) (row.getDouble(2) * 1_000))));
  }

  private static Submission submission(ResultSet row)
      throws SQLException, InvalidProtocolBufferException {
    Instant submittedAt = row.getObject(8, OffsetDateTime.class).toInstant();
    @Nullable OffsetDateTime startedAt = row.getObject(9, OffsetDateTime.class);
    return new Submission(
        row.getObject(1, UUID.class),
        row.getString(2),
        row.getString(3),
        row.getObject(4, UUID.class),
        Command.parseFrom(row.getBytes(5)),
        row.getString(10),
        row.getString(6),
        Duration.ofMillis(row.getLong(7)),
        submittedAt,
        startedAt == null ? null : startedAt.toInstant());
  }
}
