package com.gyroscops.payments.write.eventstore.postgres;

import com.google.protobuf.InvalidProtocolBufferException;
import com.gyroscops.payments.v1.CommandError;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.write.eventstore.Chain;
import com.gyroscops.payments.write.eventstore.ChainAnswer;
import com.gyroscops.payments.write.eventstore.EventStore;
import com.gyroscops.payments.write.eventstore.Keys;
import com.gyroscops.payments.write.eventstore.KnownRequest;
import com.gyroscops.payments.write.eventstore.LogHead;
import com.gyroscops.payments.write.payment.PaymentKey;
import com.gyroscops.payments.write.postgres.Database;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
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
      "select kind, n, position, request_hash, data from append_batch(?,?,?,?,?,?,?,?,?,?,?,?,?)";
  private static final String NEWEST =
      "select e.payment_key, e.position, e.payload from events_at("
          + "array(select last_position from payments where payment_key = any (?))) e";
  private static final String READ = "select position, payload from events_after(?, ?, ?)";
  private static final String EVENTS = "select position, payload from events_at(?)";
  private static final String HEAD =
      "select log_id, epoch, position from outbox_head where log_id = 'main'";
  private static final String REQUEST =
      "select o.position, o.request_hash,"
          + " coalesce(o.rejection, (select e.payload from events_at(array[o.position]) e)) from ("
          + "select * from request_outcomes_a where request_key = ? union all "
          + "select * from request_outcomes_b where request_key = ?) o limit 1";

  private static final String DECIDED = "select decided_requests(?)";
  private static final String CLOSE =
      "select position, request_hash, data from close_request(?, ?, ?)";

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
    LogHead head =
        database
            .row(
                "read the head",
                HEAD,
                _ -> {},
                row -> new LogHead(row.getString(1), row.getString(2), row.getLong(3)))
            .orElseThrow();
    logId = head.logId();
    return head;
  }

  @Override
  public Map<PaymentKey, PaymentEvent> newest(Collection<PaymentKey> keys) {
    if (keys.isEmpty()) {
      return Map.of();
    }
    Map<UUID, PaymentKey> byStoredKey = HashMap.newHashMap(keys.size());
    keys.forEach(key -> byStoredKey.put(Keys.payment(key), key));
    String log = logId();
    return database.call(
        "read payments",
        connection -> {
          Map<PaymentKey, PaymentEvent> found = HashMap.newHashMap(keys.size());
          for (Map.Entry<UUID, PaymentEvent> row :
              Database.rows(
                  connection,
                  NEWEST,
                  statement -> statement.setArray(1, uuids(connection, byStoredKey.keySet())),
                  row ->
                      Map.entry(
                          row.getObject(1, UUID.class),
                          event(log, row.getLong(2), row.getBytes(3))))) {
            PaymentKey key = byStoredKey.get(row.getKey());
            if (key != null) {
              found.put(key, row.getValue());
            }
          }
          return found;
        });
  }

  @Override
  public List<PaymentEvent> read(long after, int countMax, int bytesMax) {
    String log = logId();
    return database.rows(
        "read events",
        READ,
        statement -> {
          statement.setLong(1, after);
          statement.setInt(2, countMax);
          statement.setInt(3, bytesMax);
        },
        row -> event(log, row.getLong(1), row.getBytes(2)));
  }

  @Override
  public Optional<KnownRequest> request(UUID requestKey) {
    String log = logId();
    return database.row(
        "read a request",
        REQUEST,
        statement -> {
          statement.setObject(1, requestKey);
          statement.setObject(2, requestKey);
        },
        row -> known(log, row.getLong(1), row.getObject(2, UUID.class), row.getBytes(3)));
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
    String log = logId();
    return database.row(
        "close a request",
        CLOSE,
        statement -> {
          statement.setObject(1, requestKey);
          statement.setObject(2, requestHash);
          statement.setBytes(3, outcome.toByteArray());
        },
        row -> known(log, row.getLong(1), row.getObject(2, UUID.class), row.getBytes(3)));
  }

  @Override
  public Appended append(List<Chain> chains) {
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
            arguments.set(connection, statement);
            try (ResultSet rows = statement.executeQuery()) {
              Database.requireReplicated(statement.getWarnings());
              return answers(log, chains, arguments, rows);
            }
          }
        });
  }

  /** A request that was decided before: an entry from 0, and its rejection or its event's place. */
  private record Known(int entry, UUID hash, long position, Optional<CommandError> rejection) {}

  /** What append_batch answered, with chains from 0. */
  private record Answered(
      long head, String epoch, List<Known> known, Map<Integer, Long> conflicts) {

    static Answered read(ResultSet rows) throws SQLException, InvalidProtocolBufferException {
      long head = 0;
      String epoch = "";
      List<Known> known = new ArrayList<>();
      Map<Integer, Long> conflicts = new HashMap<>();
      while (rows.next()) {
        int n = rows.getInt(2) - 1;
        switch (rows.getString(1)) {
          case "h" -> {
            head = rows.getLong(3);
            epoch = rows.getString(4);
          }
          case "c" -> conflicts.put(n, rows.getLong(3));
          case "k" -> {
            long position = rows.getLong(3);
            known.add(
                new Known(
                    n,
                    rows.getObject(4, UUID.class),
                    position,
                    position == 0
                        ? Optional.of(CommandError.parseFrom(rows.getBytes(5)))
                        : Optional.empty()));
          }
          case String other -> throw new IllegalStateException("append_batch answered " + other);
        }
      }
      return new Answered(head, epoch, known, conflicts);
    }
  }

  /** Events of requests that were accepted before, by position; read without the head's lock. */
  private static Map<Long, PaymentEvent> events(
      String log, Connection connection, List<Known> known)
      throws SQLException, InvalidProtocolBufferException {
    Object[] positions =
        known.stream().filter(it -> it.rejection().isEmpty()).map(Known::position).toArray();
    Map<Long, PaymentEvent> events = HashMap.newHashMap(positions.length);
    if (positions.length > 0) {
      for (PaymentEvent event :
          Database.rows(
              connection,
              EVENTS,
              statement -> statement.setArray(1, connection.createArrayOf("bigint", positions)),
              row -> event(log, row.getLong(1), row.getBytes(2)))) {
        events.put(event.getPosition(), event);
      }
    }
    return events;
  }

  private static KnownRequest known(Known known, Map<Long, PaymentEvent> events) {
    if (known.rejection().isPresent()) {
      return new KnownRequest.Rejected(known.hash(), known.rejection().get());
    }
    PaymentEvent event = events.get(known.position());
    if (event == null) {
      throw new IllegalStateException("the log has no event " + known.position());
    }
    return new KnownRequest.Accepted(known.hash(), event);
  }

  private static Appended answers(
      String log,
      List<Chain> chains,
      AppendArguments arguments,
      Answered answered,
      Map<Long, PaymentEvent> events) {
    @Nullable ChainAnswer[] answers = new ChainAnswer[chains.size()];
    answered
        .conflicts()
        .forEach((chain, version) -> answers[chain] = new ChainAnswer.Conflict(version));
    Map<Integer, Map<Integer, KnownRequest>> known = new HashMap<>();
    for (Known request : answered.known()) {
      known
          .computeIfAbsent(arguments.chainOf(request.entry()), _ -> new HashMap<>())
          .put(arguments.indexInChain(request.entry()), known(request, events));
    }
    known.forEach((chain, requests) -> answers[chain] = new ChainAnswer.Known(requests));
    long head = answered.head();
    List<ChainAnswer> whole = new ArrayList<>(answers.length);
    for (int i = 0; i < answers.length; i++) {
      ChainAnswer answer = answers[i];
      if (answer == null) {
        int count = arguments.eventsOf(i);
        answer = new ChainAnswer.Stored(count == 0 ? head : head + 1);
        head += count;
      }
      whole.add(answer);
    }
    return new Appended(log, answered.epoch(), whole);
  }

  private static KnownRequest known(String log, long position, UUID hash, byte[] data)
      throws InvalidProtocolBufferException {
    return position == 0
        ? new KnownRequest.Rejected(hash, CommandError.parseFrom(data))
        : new KnownRequest.Accepted(hash, event(log, position, data));
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
