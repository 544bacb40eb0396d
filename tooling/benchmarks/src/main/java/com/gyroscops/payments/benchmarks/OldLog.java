package com.gyroscops.payments.benchmarks;

import com.google.protobuf.ByteString;
import com.gyroscops.payments.v1.CreatePaymentRequest;
import com.gyroscops.payments.v1.PaymentEvent;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A log of many events, made in the databases themselves: payments that were created and then
 * processed, as {@link Commands#pairs} has them, in as many partitions as are wanted. The read
 * model gets the payments and their events, not the words of descriptions and no totals.
 */
final class OldLog {

  /** Texts of one length each, in whose places every payment's own come. */
  private static final String PAYMENT = "00000000-0000-0000-0000-00000000000a";

  private static final String REQUEST = "00000000-0000-0000-0000-00000000000b";
  private static final String EVENT = "00000000-0000-0000-0000-00000000000c";
  private static final String ORGANIZATION = "organization-0";

  /** What is unique about entry {@code g}: of payment {@code (g + 1) / 2}. */
  private static final Map<String, String> VALUES = new LinkedHashMap<>();

  static {
    VALUES.put(PAYMENT, "md5('payment' || (g + 1) / 2)::uuid::text");
    VALUES.put(REQUEST, "md5('request' || g)::uuid::text");
    VALUES.put(EVENT, "md5('event' || g)::uuid::text");
  }

  private final int events;
  private final PaymentEvent created;
  private final PaymentEvent processed;

  /**
   * @param events an even number
   */
  OldLog(int events) {
    this.events = events;
    CreatePaymentRequest create =
        Commands.create().toBuilder().setOrganizationId(ORGANIZATION).setPaymentId(PAYMENT).build();
    PaymentEvent first = Events.created(create);
    created = first.toBuilder().setEventId(EVENT).setRequestId(REQUEST).build();
    processed =
        Events.processed(first, Commands.process(create)).toBuilder()
            .setEventId(EVENT)
            .setRequestId(REQUEST)
            .build();
  }

  /** Fills the write database, whose log must be empty. */
  void fillWriteDatabase(Connection connection, int partitionEvents) throws SQLException {
    partition(connection, partitionEvents);
    Progress.say("old, %,d events", events);
    execute(
        connection,
        "insert into events (position, payment_key, version, event_id, payload)"
            + " select g, md5('key' || (g + 1) / 2)::uuid, 2 - g % 2, "
            + VALUES.get(EVENT)
            + "::uuid, case g % 2 when 1 then "
            + bytes(created.toByteString())
            + " else "
            + bytes(processed.toByteString())
            + " end from generate_series(1, "
            + events
            + "::bigint) g");
    fill(
        connection,
        "payments",
        "insert into payments (payment_key, organization_id, payment_id, version, last_position)"
            + " select md5('key' || g / 2)::uuid, '"
            + ORGANIZATION
            + "', "
            + VALUES.get(PAYMENT)
            + ", 2, g from generate_series(2, "
            + events
            + "::bigint, 2) g");
    fill(
        connection,
        "request_outcomes_a",
        "insert into request_outcomes_a (request_key, request_hash, position)"
            + " select md5('request key' || g)::uuid, md5('hash')::uuid, g from generate_series(1, "
            + events
            + "::bigint) g");
    execute(connection, "update log_positions set position = " + events);
    execute(connection, "vacuum analyze");
    execute(connection, "checkpoint");
  }

  /**
   * Fills the read database, whose source must have applied nothing, up to the write database's
   * head.
   */
  void fillReadDatabase(Connection connection, Connection writeDatabase) throws SQLException {
    String price = Integer.toString((int) created.getPayment().getAmount().getMinorUnits());
    fill(
        connection,
        "payments",
        "insert into payments (version, position, amount, effective_at, update_at, status,"
            + " organization_id, payment_id, currency, user_id, merchant_reference,"
            + " provider_reference, correlation_id, payment)"
            + " select 2, g, "
            + price
            + ", 1700000000000000 + g, 1700000000000000 + g, "
            + processed.getPayment().getStatusValue()
            + ", '"
            + ORGANIZATION
            + "', "
            + VALUES.get(PAYMENT)
            + ", 'EUR', 'user-' || g % 10000, 'order-' || g, 'ch_' || g, '', "
            + bytes(processed.getPayment().toByteString())
            + " from generate_series(2, "
            + events
            + "::bigint, 2) g");
    fill(
        connection,
        "payment_events",
        "insert into payment_events (version, position, organization_id, payment_id,"
            + " correlation_id, event) select 2 - g % 2, g, '"
            + ORGANIZATION
            + "', "
            + VALUES.get(PAYMENT)
            + ", '', case g % 2 when 1 then "
            + bytes(created.toByteString())
            + " else "
            + bytes(processed.toByteString())
            + " end from generate_series(1, "
            + events
            + "::bigint) g");
    try (PreparedStatement checkpoint =
            connection.prepareStatement(
                "update checkpoints set log_id = ?, epoch = ?, position = ?, last_event_id = ?,"
                    + " ready_position = ?, parked = 0 where source = 'sql'");
        Statement head = writeDatabase.createStatement();
        ResultSet row =
            head.executeQuery(
                "select h.log_id, h.epoch::text, h.position, e.event_id::text"
                    + " from outbox_head h join events e on e.position = h.position")) {
      row.next();
      checkpoint.setString(1, row.getString(1));
      checkpoint.setString(2, row.getString(2));
      checkpoint.setLong(3, row.getLong(3));
      checkpoint.setString(4, row.getString(4));
      checkpoint.setLong(5, row.getLong(3));
      checkpoint.executeUpdate();
    }
    execute(connection, "vacuum analyze");
    execute(connection, "checkpoint");
  }

  /** Puts partitions of another size in the place of those that an empty log has. */
  private void partition(Connection connection, int partitionEvents) throws SQLException {
    for (String name :
        strings(
            connection,
            "select inhrelid::regclass::text from pg_inherits where inhparent ="
                + " 'events'::regclass")) {
      execute(connection, "drop table " + name);
    }
    execute(connection, "delete from event_partitions");
    execute(connection, "create table events_from_0 (like events including all)");
    execute(
        connection,
        "alter table events attach partition events_from_0 for values from (0) to ("
            + partitionEvents
            + ")");
    execute(connection, "insert into event_partitions values (0, " + partitionEvents + ")");
    execute(
        connection,
        "select ensure_event_partitions("
            + (events + partitionEvents)
            + ", "
            + partitionEvents
            + ")");
  }

  /** Inserts with the table's indexes made afterwards, as sorting is faster than searching. */
  private static void fill(Connection connection, String table, String insert) throws SQLException {
    Progress.say("old, filling %s", table);
    String of = "'" + table + "'::regclass";
    List<String> keys =
        strings(
            connection,
            "select format('add constraint %I %s', conname, pg_get_constraintdef(oid))"
                + " from pg_constraint where contype = 'p' and conrelid = "
                + of);
    List<String> indexes =
        strings(
            connection,
            "select pg_get_indexdef(indexrelid) from pg_index where not indisprimary and indrelid ="
                + " "
                + of);
    for (String drop :
        strings(
            connection,
            "select format('alter table "
                + table
                + " drop constraint %I', conname) from pg_constraint where contype = 'p'"
                + " and conrelid = "
                + of
                + " union all select format('drop index %s', indexrelid::regclass) from pg_index"
                + " where not indisprimary and indrelid = "
                + of)) {
      execute(connection, drop);
    }
    execute(connection, insert);
    for (String key : keys) {
      execute(connection, "alter table " + table + " " + key);
    }
    for (String index : indexes) {
      execute(connection, index);
    }
  }

  /** An expression of the bytes with each payment's own texts in the places of the template's. */
  private static String bytes(ByteString template) {
    // One character a byte, so that places in the text are places in the bytes.
    String text = template.toString(StandardCharsets.ISO_8859_1);
    List<String> parts = new ArrayList<>();
    int from = 0;
    while (true) {
      int next = text.length();
      String found = "";
      for (String placeholder : VALUES.keySet()) {
        int at = text.indexOf(placeholder, from);
        if (at >= 0 && at < next) {
          next = at;
          found = placeholder;
        }
      }
      parts.add("'\\x" + hex(text.substring(from, next)) + "'::bytea");
      if (found.isEmpty()) {
        return String.join(" || ", parts);
      }
      parts.add("convert_to(" + VALUES.get(found) + ", 'UTF8')");
      from = next + found.length();
    }
  }

  private static String hex(String bytes) {
    return HexFormat.of().formatHex(bytes.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static List<String> strings(Connection connection, String sql) throws SQLException {
    List<String> strings = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      while (row.next()) {
        strings.add(row.getString(1));
      }
    }
    return strings;
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
