package com.gyroscops.payments.write.eventstore.postgres;

import com.google.protobuf.InvalidProtocolBufferException;
import com.gyroscops.payments.contract.Lineage;
import com.gyroscops.payments.contract.LogHead;
import com.gyroscops.payments.v1.CommandError;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.write.eventstore.Chain;
import com.gyroscops.payments.write.eventstore.ChainAnswer;
import com.gyroscops.payments.write.eventstore.EventSlice;
import com.gyroscops.payments.write.eventstore.EventStore;
import com.gyroscops.payments.write.eventstore.Keys;
import com.gyroscops.payments.write.eventstore.KnownRequest;
import com.gyroscops.payments.write.eventstore.StoreUnavailableException;
import com.gyroscops.payments.write.payment.PaymentKey;
import com.gyroscops.payments.write.postgres.Database;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * {@link EventStore} in PostgreSQL.
 *
 * <p>Appending is the function {@code append_batch} of the migrations. It says the insert of events
 * and outcomes twice, once for each of the two tables of outcomes that take turns: so both are
 * static SQL, whose plans the session keeps. Put together as text, they would be planned anew for
 * every batch, which takes longer than running them. Whoever changes one changes the other. (This
 * stands here because an applied migration is never edited, not even its comments: Flyway compares
 * a checksum of the whole file.)
 */
public final class PostgresEventStore implements EventStore {

  private static final String APPEND =
      "select kind, n, position, request_hash, data"
          + " from append_batch(?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
  private static final String EVENTS_AT = "select position, payload from events_at(?)";
  private static final String HEAD = "select log_id, epoch, ancestors, position from read_head()";
  private static final String NEWEST =
      "select h.log_id, h.epoch, h.ancestors, h.position, e.payment_key, e.position, e.payload"
          + " from present_head() h left join events_at(array("
          + "select p.last_position from payments p where p.payment_key = any (?))) e on true";
  private static final String READ =
      "select h.epoch, e.position, e.payload from present_epoch() h (epoch)"
          + " left join events_after(?, ?, ?) e on true order by e.position";
  private static final String REQUEST =
      "select present_epoch(), o.position, o.request_hash,"
          + " coalesce(o.rejection, (select e.payload from events_at(array[o.position]) e)) from ("
          + "select * from (select * from request_outcomes_a where request_key = ?"
          + Database.AS_REPLICATED
          + ") a union all select * from (select * from request_outcomes_b where request_key = ?"
          + Database.AS_REPLICATED
          + ") b) o limit 1";
  private static final String DECIDED = "select decided_requests(?)";
  private static final String CLOSE =
      "select present_epoch(), position, request_hash, data from close_request(?, ?, ?)";

  /** Most attempts at a read while one history follows on another, as where servers start anew. */
  private static final int ATTEMPTS_MAX = 3;

  private final Database database;
  private final String writer;
  private volatile @Nullable String logId;

  /**
   * @param dataSource bounds how long connecting and each statement may take
   * @param writer name of this writer, which it signs its commits' notifications with
   */
  public PostgresEventStore(DataSource dataSource, String writer) {
    database = new Database(dataSource);
    this.writer = writer;
  }

  @Override
  public LogHead head() {
    LogHead head = database.theRow("read the head", HEAD, _ -> {}, PostgresEventStore::head);
    logId = head.logId();
    return head;
  }

  private static LogHead head(ResultSet row) throws SQLException {
    return new LogHead(
        row.getString(1), Lineage.parse(row.getString(2), row.getString(3)), row.getLong(4));
  }

  /**
   * Reads what is of one history. Until the database has noted that its history is another one, it
   * tells nothing; reading the head has it do so.
   *
   * @param sql tells the epoch, or nothing, in the snapshot of all else
   * @param answer reads the rows; empty: the present history is not noted
   */
  private <T> T read(
      String what, String sql, Database.Parameters parameters, Database.Row<Optional<T>> answer) {
    for (int i = 0; i < ATTEMPTS_MAX; i++) {
      Optional<T> found =
          database.call(
              what,
              connection -> {
                try (PreparedStatement statement = connection.prepareStatement(sql)) {
                  parameters.set(statement);
                  try (ResultSet rows = statement.executeQuery()) {
                    Database.requireReplicated(statement.getWarnings());
                    return answer.read(rows);
                  }
                }
              });
      if (found.isPresent()) {
        return found.get();
      }
      head();
    }
    throw new StoreUnavailableException(
        "cannot " + what + ": the database begins anew all the time");
  }

  @Override
  public Newest newest(Collection<PaymentKey> keys) {
    Map<UUID, PaymentKey> byStoredKey = HashMap.newHashMap(keys.size());
    keys.forEach(key -> byStoredKey.put(Keys.payment(key), key));
    return read(
        "read payments",
        NEWEST,
        statement -> statement.setArray(1, uuids(statement.getConnection(), byStoredKey.keySet())),
        rows -> newest(rows, byStoredKey));
  }

  private static Optional<Newest> newest(ResultSet rows, Map<UUID, PaymentKey> keys)
      throws SQLException, InvalidProtocolBufferException {
    @Nullable LogHead head = null;
    Map<PaymentKey, PaymentEvent> found = HashMap.newHashMap(keys.size());
    while (rows.next()) {
      head = head(rows);
      PaymentKey key = keys.get(rows.getObject(5, UUID.class));
      if (key != null) {
        found.put(key, event(head.logId(), rows.getLong(6), rows.getBytes(7)));
      }
    }
    return head == null ? Optional.empty() : Optional.of(new Newest(head, found));
  }

  @Override
  public EventSlice read(long after, int countMax, int bytesMax) {
    String log = logId();
    return read(
        "read events",
        READ,
        Database.Parameters.of(after, countMax, bytesMax),
        rows -> slice(log, rows));
  }

  private static Optional<EventSlice> slice(String log, ResultSet rows)
      throws SQLException, InvalidProtocolBufferException {
    @Nullable String epoch = null;
    List<PaymentEvent> events = new ArrayList<>();
    while (rows.next()) {
      epoch = rows.getString(1);
      byte[] payload = rows.getBytes(3);
      if (payload != null) {
        events.add(event(log, rows.getLong(2), payload));
      }
    }
    return epoch == null ? Optional.empty() : Optional.of(new EventSlice(epoch, events));
  }

  @Override
  public Optional<KnownRequest> request(UUID requestKey) {
    return request("read a request", REQUEST, requestKey, requestKey);
  }

  private Optional<KnownRequest> request(String what, String sql, Object... parameters) {
    String log = logId();
    return read(what, sql, Database.Parameters.of(parameters), rows -> known(log, rows));
  }

  /** What a row says of a request, if there is one; empty: the present history is not noted. */
  private static Optional<Optional<KnownRequest>> known(String log, ResultSet rows)
      throws SQLException, InvalidProtocolBufferException {
    if (!rows.next()) {
      return Optional.of(Optional.empty());
    }
    String epoch = rows.getString(1);
    return epoch == null
        ? Optional.empty()
        : Optional.of(
            Optional.of(
                known(
                    log, epoch, rows.getLong(2), rows.getObject(3, UUID.class), rows.getBytes(4))));
  }

  @Override
  public Set<UUID> decided(Collection<UUID> requestKeys) {
    return database.call(
        "read requests",
        connection ->
            new HashSet<>(
                Database.rows(
                    connection,
                    DECIDED,
                    statement -> statement.setArray(1, uuids(connection, requestKeys)),
                    row -> row.getObject(1, UUID.class))));
  }

  private static Array uuids(Connection connection, Collection<UUID> ids) throws SQLException {
    return connection.createArrayOf("uuid", ids.toArray());
  }

  @Override
  public Optional<KnownRequest> close(UUID requestKey, UUID requestHash, CommandError outcome) {
    return request("close a request", CLOSE, requestKey, requestHash, outcome.toByteArray());
  }

  @Override
  public Appended append(String epoch, List<Chain> chains) {
    if (chains.isEmpty()) {
      throw new IllegalArgumentException("nothing to append");
    }
    AppendArguments arguments = new AppendArguments(chains);
    String log = logId();
    return database.call(
        "append",
        connection -> {
          try (PreparedStatement statement = connection.prepareStatement(APPEND)) {
            statement.setString(1, writer);
            statement.setString(2, epoch);
            arguments.set(connection, statement);
            Said said;
            try (ResultSet rows = statement.executeQuery()) {
              Database.requireReplicated(statement.getWarnings());
              said = said(rows);
            }
            return !epoch.equals(ANY_EPOCH) && !epoch.equals(said.epoch())
                ? new Appended(
                    log,
                    said.epoch(),
                    Collections.nCopies(chains.size(), new ChainAnswer.OtherHistory()))
                : answers(log, said, chains, arguments, payloads(connection, said));
          }
        });
  }

  /** A request that append_batch knows: entry, position of its event or 0, digest, rejection. */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  private record Found(int entry, long position, UUID hash, byte @Nullable [] rejection) {}

  /**
   * What append_batch said.
   *
   * @param conflicts actual version by chain
   */
  private record Said(String epoch, long head, List<Found> found, Map<Integer, Long> conflicts) {}

  private static Said said(ResultSet rows) throws SQLException {
    long head = 0;
    String epoch = "";
    List<Found> found = new ArrayList<>();
    Map<Integer, Long> conflicts = new HashMap<>();
    while (rows.next()) {
      int n = rows.getInt(2) - 1;
      switch (rows.getString(1)) {
        case "h" -> {
          head = rows.getLong(3);
          epoch = rows.getString(4);
        }
        case "c" -> conflicts.put(n, rows.getLong(3));
        case "k" ->
            found.add(
                new Found(n, rows.getLong(3), rows.getObject(4, UUID.class), rows.getBytes(5)));
        case String other -> throw new IllegalStateException("append_batch answered " + other);
      }
    }
    return new Said(epoch, head, found, conflicts);
  }

  /** Events of the requests that are known, by position: read without the lock of the append. */
  private static Map<Long, byte[]> payloads(Connection connection, Said said)
      throws SQLException, InvalidProtocolBufferException {
    Long[] positions =
        said.found().stream().map(Found::position).filter(it -> it > 0).toArray(Long[]::new);
    Map<Long, byte[]> payloads = HashMap.newHashMap(positions.length);
    if (positions.length > 0) {
      Database.rows(
              connection,
              EVENTS_AT,
              statement -> statement.setArray(1, connection.createArrayOf("bigint", positions)),
              row -> Map.entry(row.getLong(1), row.getBytes(2)))
          .forEach(it -> payloads.put(it.getKey(), it.getValue()));
    }
    return payloads;
  }

  private static Appended answers(
      String log,
      Said said,
      List<Chain> chains,
      AppendArguments arguments,
      Map<Long, byte[]> payloads)
      throws InvalidProtocolBufferException {
    @Nullable ChainAnswer[] answers = new ChainAnswer[chains.size()];
    Map<Integer, Map<Integer, KnownRequest>> known = new HashMap<>();
    for (Found found : said.found()) {
      byte[] data = found.position() == 0 ? found.rejection() : payloads.get(found.position());
      if (data == null) {
        throw new IllegalStateException("nothing is stored of request " + found);
      }
      known
          .computeIfAbsent(arguments.chainOf(found.entry()), _ -> new HashMap<>())
          .put(
              arguments.indexInChain(found.entry()),
              known(log, said.epoch(), found.position(), found.hash(), data));
    }
    said.conflicts().forEach((n, version) -> answers[n] = new ChainAnswer.Conflict(version));
    known.forEach((chain, requests) -> answers[chain] = new ChainAnswer.Known(requests));
    long head = said.head();
    List<ChainAnswer> whole = new ArrayList<>(answers.length);
    for (int i = 0; i < answers.length; i++) {
      ChainAnswer answer = answers[i];
      if (answer == null) {
        int events = arguments.eventsOf(i);
        answer = new ChainAnswer.Stored(events == 0 ? head : head + 1);
        head += events;
      }
      whole.add(answer);
    }
    return new Appended(log, said.epoch(), whole);
  }

  private static KnownRequest known(String log, String epoch, long position, UUID hash, byte[] data)
      throws InvalidProtocolBufferException {
    return position == 0
        ? new KnownRequest.Rejected(hash, CommandError.parseFrom(data))
        : new KnownRequest.Accepted(hash, epoch, event(log, position, data));
  }

  private static PaymentEvent event(String log, long position, byte[] payload)
      throws InvalidProtocolBufferException {
    return PaymentEvent.parseFrom(payload).toBuilder().setLogId(log).setPosition(position).build();
  }

  private String logId() {
    String known = logId;
    return known == null ? head().logId() : known;
  }
}
