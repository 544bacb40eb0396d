package com.gyroscops.payments.write.submission.postgres;

import com.google.protobuf.InvalidProtocolBufferException;
import com.gyroscops.payments.v1.Command;
import com.gyroscops.payments.write.postgres.Database;
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
          + " execution_timeout_ms, submitted_at, started_at";
  private static final String KEEP =
      "insert into submissions (request_key, organization_id, request_id, request_hash, command,"
          + " traceparent, execution_timeout_ms, start_due_at)"
          + " values (?, ?, ?, ?, ?, ?, ?, now() + ? * interval '1 millisecond')"
          + " on conflict (request_key) do nothing";
  private static final String FIND =
      "select " + COLUMNS + " from submissions where request_key = ?";
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
                find(connection, FIND + Database.AS_REPLICATED, submission.requestKey());
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
            statement -> {
              statement.setObject(1, submission.requestKey());
              statement.setString(2, submission.organizationId());
              statement.setString(3, submission.requestId());
              statement.setObject(4, submission.requestHash());
              statement.setBytes(5, submission.command().toByteArray());
              statement.setString(6, submission.traceparent());
              statement.setLong(7, submission.executionTimeout().toMillis());
              statement.setLong(8, startWithin.toMillis());
            })
        == 1;
  }

  @Override
  public Optional<Submission> find(UUID requestKey) {
    return database.call("read a submission", connection -> find(connection, FIND, requestKey));
  }

  private static Optional<Submission> find(Connection connection, String sql, UUID requestKey)
      throws SQLException, InvalidProtocolBufferException {
    return Database.row(
        connection,
        sql,
        statement -> statement.setObject(1, requestKey),
        PostgresSubmissions::submission);
  }

  @Override
  public Optional<Taken> take(UUID requestKey) {
    return database.row(
        "take a submission up",
        TAKE,
        statement -> statement.setObject(1, requestKey),
        row -> new Taken(submission(row), row.getBoolean(10)));
  }

  @Override
  public boolean remove(UUID requestKey) {
    return database
        .row(
            "remove a submission",
            REMOVE,
            statement -> statement.setObject(1, requestKey),
            row -> row.getBoolean(1))
        .orElseThrow();
  }

  @Override
  public List<Submission.Reference> due(int max, Duration again) {
    return database.rows(
        "read what is due",
        DUE,
        statement -> {
          statement.setLong(1, again.toMillis());
          statement.setInt(2, max);
        },
        row ->
            new Submission.Reference(
                row.getString(1), row.getString(2), Duration.ofMillis(row.getLong(3))));
  }

  @Override
  public Backlog backlog(int countMax) {
    return database
        .row(
            "count submissions",
            BACKLOG,
            statement -> statement.setInt(1, countMax),
            row -> new Backlog(row.getInt(1), Duration.ofMillis((long) (row.getDouble(2) * 1_000))))
        .orElseThrow();
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
        row.getString(6),
        Duration.ofMillis(row.getLong(7)),
        submittedAt,
        startedAt == null ? null : startedAt.toInstant());
  }
}
