package com.gyroscops.payments.write.imports.postgres;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Timestamp;
import com.gyroscops.payments.contract.Timestamps;
import com.gyroscops.payments.platform.hash.Sha256;
import com.gyroscops.payments.platform.page.Listed;
import com.gyroscops.payments.platform.page.PageKey;
import com.gyroscops.payments.v1.Import;
import com.gyroscops.payments.v1.ImportRejection;
import com.gyroscops.payments.v1.ImportState;
import com.gyroscops.payments.v1.ListImportRejectionsResponse;
import com.gyroscops.payments.v1.UploadImportRequest;
import com.gyroscops.payments.write.command.CommandErrors;
import com.gyroscops.payments.write.imports.ImportStore;
import com.gyroscops.payments.write.payment.PaymentKey;
import com.gyroscops.payments.write.postgres.Database;
import com.gyroscops.payments.write.postgres.Database.Parameters;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * {@link ImportStore} in PostgreSQL. All times are the database's. What depends on how far an
 * import is locks its row first.
 */
public final class PostgresImports implements ImportStore {

  private static final String MAKE =
      "insert into imports (import_id, owner, actor, traceparent) values (?, ?, ?, ?)"
          + " on conflict do nothing";
  private static final String LOCK =
      "select started_at is not null, ended_at is not null, cancelled, owner, actor from imports"
          + " where import_id = ? for update";
  private static final String KEEP =
      "insert into import_chunks (import_id, chunk, row_count, digest, rows) values (?, ?, ?, ?, ?)"
          + " on conflict do nothing";
  private static final String DIGEST =
      "select digest from import_chunks where import_id = ? and chunk = ?";
  private static final String CHUNKS =
      "select count(*), coalesce(max(chunk), -1) from import_chunks where import_id = ?";
  private static final String START =
      "update imports set started_at = now(),"
          + " start_due_at = now() + ? * interval '1 millisecond' where import_id = ?";
  private static final String IMPORTS =
      "select i.started_at, i.ended_at, i.cancelled, i.created_at, c.chunks, c.rows, c.accepted,"
          + " c.rejected, c.replayed, i.import_id, i.owner, i.actor from %s i"
          + " cross join lateral (select count(*) as chunks,"
          + " coalesce(sum(row_count), 0) as rows, coalesce(sum(accepted), 0) as accepted,"
          + " coalesce(sum(rejected), 0) as rejected, coalesce(sum(replayed), 0) as replayed"
          + " from import_chunks c where c.import_id = i.import_id) c";
  private static final String FIND = IMPORTS.formatted("imports") + " where i.import_id = ?";

  /** The page first, so that the chunks of its imports alone are counted. */
  private static final String LIST =
      IMPORTS.formatted(
              "(select * from imports where (created_at, import_id) < (?, ?)"
                  + " and owner = coalesce(?, owner) and case when cancelled then ?"
                  + " when ended_at is not null then ? when started_at is not null then ?"
                  + " else ? end = any (?)"
                  + " order by created_at desc, import_id desc limit ?)")
          + " order by i.created_at desc, i.import_id desc";

  private static final String NEXT =
      "select c.rows, i.traceparent, i.actor from imports i join import_chunks c using (import_id)"
          + " where i.import_id = ? and i.started_at is not null and i.ended_at is null"
          + " and c.rows is not null order by c.chunk limit 1";
  private static final String EXECUTED =
      "update import_chunks set rows = null, accepted = ?, rejected = ?, replayed = ?, rejections ="
          + " ?, not_stored = ? where import_id = ? and chunk = ? and rows is not null";
  private static final String IS_LEFT =
      "select exists (select from import_chunks where import_id = ? and rows is not null)";
  private static final String END =
      "update imports set ended_at = now(), cancelled = ?, start_due_at = null"
          + " where import_id = ?";
  private static final String REJECTIONS =
      "select chunk, rejections from import_chunks"
          + " where import_id = ? and chunk >= ? and rejected > 0 order by chunk limit ?";
  private static final String NOT_STORED =
      "select rejections from import_chunks where import_id = ? and not_stored > 0";
  private static final String DUE =
      "update imports i set start_due_at = now() + ? * interval '1 millisecond'"
          + " from (select import_id as due from imports where start_due_at <= now()"
          + " order by start_due_at limit ? for update skip locked) d"
          + " where i.import_id = d.due returning i.import_id";
  private static final String OPEN =
      "select count(*) from (select from imports where ended_at is null limit ?) i";
  private static final String REMOVE_OLD =
      "delete from imports where ended_at < now() - ? * interval '1 millisecond'"
          + " or (started_at is null and created_at < now() - ? * interval '1 millisecond')";

  private final Database database;

  /**
   * @param dataSource bounds how long connecting and each statement may take
   */
  public PostgresImports(DataSource dataSource) {
    database = new Database(dataSource);
  }

  /** How far an import is, its row locked. */
  private record Stage(
      boolean started, boolean ended, boolean cancelled, String owner, String actor) {}

  private static Optional<Stage> lock(Connection connection, String importId)
      throws SQLException, InvalidProtocolBufferException {
    return Database.row(
        connection,
        LOCK,
        Parameters.of(importId),
        row ->
            new Stage(
                row.getBoolean(1),
                row.getBoolean(2),
                row.getBoolean(3),
                row.getString(4),
                row.getString(5)));
  }

  @Override
  public Upload upload(UploadImportRequest chunk, String actor, String traceparent) {
    byte[] rows = chunk.toByteArray();
    byte[] digest = Sha256.of(rows);
    return database.inTransaction(
        "keep a chunk of an import",
        connection -> {
          var _ =
              Database.update(
                  connection,
                  MAKE,
                  Parameters.of(chunk.getImportId(), chunk.getOwner(), actor, traceparent));
          Stage stage = lock(connection, chunk.getImportId()).orElseThrow();
          if (!stage.owner().equals(chunk.getOwner()) || !stage.actor().equals(actor)) {
            return Upload.OF_ANOTHER;
          }
          if (stage.started() || stage.ended()) {
            return Upload.STARTED;
          }
          int kept =
              Database.update(
                  connection,
                  KEEP,
                  Parameters.of(
                      chunk.getImportId(), chunk.getChunk(), chunk.getRowsCount(), digest, rows));
          if (kept == 1) {
            return Upload.KEPT;
          }
          byte[] earlier =
              Database.row(
                      connection,
                      DIGEST,
                      Parameters.of(chunk.getImportId(), chunk.getChunk()),
                      row -> row.getBytes(1))
                  .orElseThrow();
          return MessageDigest.isEqual(earlier, digest) ? Upload.REPEATED : Upload.DIFFERENT;
        });
  }

  @Override
  public Start start(String importId, int chunks, Duration startWithin) {
    return database.inTransaction(
        "start an import",
        connection -> {
          Optional<Stage> stage = lock(connection, importId);
          if (stage.isEmpty()) {
            return Start.UNKNOWN;
          }
          if (stage.get().cancelled()) {
            return Start.TOO_LATE;
          }
          boolean whole =
              Database.row(
                      connection,
                      CHUNKS,
                      Parameters.of(importId),
                      row -> row.getInt(1) == chunks && row.getInt(2) == chunks - 1)
                  .orElseThrow();
          if (stage.get().started()) {
            return whole ? Start.REPEATED : Start.TOO_LATE;
          }
          if (!whole) {
            return Start.INCOMPLETE;
          }
          var _ =
              Database.update(connection, START, Parameters.of(startWithin.toMillis(), importId));
          return Start.STARTED;
        });
  }

  @Override
  public Optional<Import> find(String importId) {
    return database.call("read an import", connection -> find(connection, importId));
  }

  private static Optional<Import> find(Connection connection, String importId)
      throws SQLException, InvalidProtocolBufferException {
    return Database.row(connection, FIND, Parameters.of(importId), PostgresImports::found);
  }

  private static Import found(ResultSet row) throws SQLException {
    var found =
        Import.newBuilder()
            .setCreateTime(time(row, 4).orElseThrow())
            .setChunks(row.getInt(5))
            .setRows(row.getLong(6))
            .setAccepted(row.getLong(7))
            .setRejected(row.getLong(8))
            .setReplayed(row.getLong(9))
            .setImportId(row.getString(10))
            .setOwner(row.getString(11))
            .setActor(row.getString(12));
    Optional<Timestamp> started = time(row, 1);
    Optional<Timestamp> ended = time(row, 2);
    started.ifPresent(found::setStartTime);
    ended.ifPresent(found::setEndTime);
    return found.setState(state(started, ended, row.getBoolean(3))).build();
  }

  @Override
  public List<Listed<Import>> list(
      @Nullable String owner, List<Integer> states, PageKey after, int max) {
    return database.rows(
        "list imports",
        LIST,
        Parameters.of(
            after.sqlTime(),
            after.id(),
            owner,
            ImportState.IMPORT_STATE_CANCELLED_VALUE,
            ImportState.IMPORT_STATE_COMPLETED_VALUE,
            ImportState.IMPORT_STATE_RUNNING_VALUE,
            ImportState.IMPORT_STATE_UPLOADING_VALUE,
            states,
            max),
        row -> {
          Instant created = row.getObject(4, OffsetDateTime.class).toInstant();
          return new Listed<>(found(row), new PageKey(created, row.getString(10)));
        });
  }

  private static ImportState state(
      Optional<Timestamp> started, Optional<Timestamp> ended, boolean cancelled) {
    if (cancelled) {
      return ImportState.IMPORT_STATE_CANCELLED;
    }
    if (ended.isPresent()) {
      return ImportState.IMPORT_STATE_COMPLETED;
    }
    return started.isPresent()
        ? ImportState.IMPORT_STATE_RUNNING
        : ImportState.IMPORT_STATE_UPLOADING;
  }

  private static Optional<Timestamp> time(ResultSet row, int column) throws SQLException {
    @Nullable OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
    return Optional.ofNullable(time).map(it -> Timestamps.of(it.toInstant()));
  }

  @Override
  public Optional<Chunk> next(String importId) {
    return database.row(
        "read a chunk of an import",
        NEXT,
        Parameters.of(importId),
        row ->
            new Chunk(
                UploadImportRequest.parseFrom(row.getBytes(1)),
                row.getString(2),
                row.getString(3)));
  }

  @Override
  public boolean executed(String importId, int chunk, Result result) {
    byte[] rejections =
        ListImportRejectionsResponse.newBuilder()
            .addAllRejections(result.rejections())
            .build()
            .toByteArray();
    return database.inTransaction(
        "store a chunk's result",
        connection -> {
          Optional<Stage> stage = lock(connection, importId);
          if (stage.isEmpty() || stage.get().ended()) {
            return false;
          }
          var _ =
              Database.update(
                  connection,
                  EXECUTED,
                  Parameters.of(
                      result.accepted(),
                      result.rejections().size(),
                      result.replayed(),
                      rejections,
                      result.notStored(),
                      importId,
                      chunk));
          boolean isLeft =
              Database.row(connection, IS_LEFT, Parameters.of(importId), row -> row.getBoolean(1))
                  .orElseThrow();
          if (!isLeft) {
            end(connection, importId, false);
          }
          return isLeft;
        });
  }

  private static void end(Connection connection, String importId, boolean cancelled)
      throws SQLException {
    var _ = Database.update(connection, END, Parameters.of(cancelled, importId));
  }

  @Override
  public Optional<Import> cancel(String importId) {
    return database.inTransaction(
        "cancel an import",
        connection -> {
          Optional<Stage> stage = lock(connection, importId);
          if (stage.isPresent() && !stage.get().ended()) {
            end(connection, importId, true);
          }
          return find(connection, importId);
        });
  }

  @Override
  public Optional<Rejections> rejections(String importId, int fromChunk, int chunksMax) {
    return database.call(
        "read rejections of an import",
        connection -> {
          if (find(connection, importId).isEmpty()) {
            return Optional.empty();
          }
          List<ImportRejection> all = new ArrayList<>();
          List<Integer> chunks =
              Database.rows(
                  connection,
                  REJECTIONS,
                  Parameters.of(importId, fromChunk, chunksMax),
                  row -> {
                    all.addAll(
                        ListImportRejectionsResponse.parseFrom(row.getBytes(2))
                            .getRejectionsList());
                    return row.getInt(1);
                  });
          return Optional.of(
              new Rejections(
                  all,
                  chunks.size() < chunksMax
                      ? Optional.empty()
                      : Optional.of(chunks.getLast() + 1)));
        });
  }

  @Override
  public Set<PaymentKey> notStored(String importId) {
    return database
        .rows(
            "read what of an import is not stored",
            NOT_STORED,
            Parameters.of(importId),
            row -> ListImportRejectionsResponse.parseFrom(row.getBytes(1)).getRejectionsList())
        .stream()
        .flatMap(List::stream)
        .filter(it -> it.getError().getReason().equals(CommandErrors.COMMAND_NOT_STORED))
        .map(it -> new PaymentKey(it.getOrganizationId(), it.getPaymentId()))
        .collect(Collectors.toUnmodifiableSet());
  }

  @Override
  public List<String> due(int max, Duration again) {
    return database.rows(
        "read what is due", DUE, Parameters.of(again.toMillis(), max), row -> row.getString(1));
  }

  @Override
  public int open(int countMax) {
    return database.theRow("count imports", OPEN, Parameters.of(countMax), row -> row.getInt(1));
  }

  @Override
  public int removeOld(Duration before) {
    return database.update(
        "remove imports", REMOVE_OLD, Parameters.of(before.toMillis(), before.toMillis()));
  }
}
