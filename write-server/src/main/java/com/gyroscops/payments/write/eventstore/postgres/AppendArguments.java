package com.gyroscops.payments.write.eventstore.postgres;

import com.gyroscops.payments.v1.CommandError;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.write.eventstore.Chain;
import com.gyroscops.payments.write.eventstore.Chain.Entry;
import com.gyroscops.payments.write.eventstore.Keys;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import org.postgresql.PGConnection;

/** Chains as the arrays that the SQL function {@code append_batch} takes: column by column. */
final class AppendArguments {

  private static final UUID NONE = new UUID(0, 0);
  private static final byte[] NOTHING = {};

  private final UUID[] chainKeys;
  private final String[] organizations;
  private final String[] payments;
  private final int[] bases;
  private final int[] events;
  private final int[] firstEntries;
  private final int[] entryChains;
  private final String[] kinds;
  private final UUID[] requests;
  private final UUID[] hashes;
  private final int[] versions;
  private final UUID[] eventIds;
  private final byte[][] data;

  AppendArguments(List<Chain> chains) {
    int n = chains.size();
    int entries = chains.stream().mapToInt(chain -> chain.entries().size()).sum();
    chainKeys = new UUID[n];
    organizations = new String[n];
    payments = new String[n];
    bases = new int[n];
    events = new int[n];
    firstEntries = new int[n];
    entryChains = new int[entries];
    kinds = new String[entries];
    requests = new UUID[entries];
    hashes = new UUID[entries];
    versions = new int[entries];
    eventIds = new UUID[entries];
    data = new byte[entries][];
    int entry = 0;
    for (int c = 0; c < n; c++) {
      firstEntries[c] = entry;
      entry = fill(c, chains.get(c), entry);
    }
  }

  private int fill(int c, Chain chain, int firstEntry) {
    chainKeys[c] = Keys.payment(chain.key());
    organizations[c] = chain.key().organizationId();
    payments[c] = chain.key().paymentId();
    bases[c] = Math.toIntExact(chain.baseVersion());
    int i = firstEntry;
    for (Entry entry : chain.entries()) {
      entryChains[i] = c + 1;
      switch (entry) {
        case Entry.Accepted(UUID request, UUID hash, PaymentEvent event) -> {
          events[c]++;
          fill(i, "e", request, hash, event.toByteArray());
          versions[i] = Math.toIntExact(event.getVersion());
          eventIds[i] = UUID.fromString(event.getEventId());
        }
        case Entry.Rejected(UUID request, UUID hash, CommandError error) ->
            fill(i, "r", request, hash, error.toByteArray());
        case Entry.Refused(UUID request) -> fill(i, "u", request, NONE, NOTHING);
        case Entry.Asked() -> fill(i, "q", NONE, NONE, NOTHING);
      }
      i++;
    }
    return i;
  }

  private void fill(int i, String kind, UUID request, UUID hash, byte[] bytes) {
    kinds[i] = kind;
    requests[i] = request;
    hashes[i] = hash;
    eventIds[i] = NONE;
    data[i] = bytes;
  }

  int chainOf(int entry) {
    return entryChains[entry] - 1;
  }

  int indexInChain(int entry) {
    return entry - firstEntries[chainOf(entry)];
  }

  int eventsOf(int chain) {
    return events[chain];
  }

  void set(Connection connection, PreparedStatement statement) throws SQLException {
    PGConnection typed = connection.unwrap(PGConnection.class);
    Array[] arrays = {
      connection.createArrayOf("uuid", chainKeys),
      connection.createArrayOf("text", organizations),
      connection.createArrayOf("text", payments),
      typed.createArrayOf("int4", bases),
      typed.createArrayOf("int4", events),
      typed.createArrayOf("int4", entryChains),
      connection.createArrayOf("text", kinds),
      connection.createArrayOf("uuid", requests),
      connection.createArrayOf("uuid", hashes),
      typed.createArrayOf("int4", versions),
      connection.createArrayOf("uuid", eventIds),
      connection.createArrayOf("bytea", data)
    };
    for (int i = 0; i < arrays.length; i++) {
      statement.setArray(i + 3, arrays[i]);
    }
  }
}
