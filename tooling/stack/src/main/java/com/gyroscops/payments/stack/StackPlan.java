package com.gyroscops.payments.stack;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * How many servers a stack has, and on which ports. Servers of one kind are 100 ports apart.
 *
 * @param writeServers 1 to 20
 * @param readServers 1 to 20
 * @param portOffset added to every port
 * @param postgresBasePort PostgreSQL's port before the offset
 * @param features what it has besides what all have
 */
public record StackPlan(
    int writeServers,
    int readServers,
    int portOffset,
    int postgresBasePort,
    Set<Feature> features) {

  /**
   * PostgreSQL's port where none is chosen; not its own 5432, which is often in use. Like the other
   * engines' it lies below the ports of outgoing connections: they would take it while it restarts.
   */
  public static final int POSTGRES_PORT = 15_432;

  /** Redis's port before the offset. */
  private static final int REDIS_PORT = 16_379;

  /** OpenSearch's port before the offset. */
  private static final int SEARCH_PORT = 19_200;

  /** Temporal's port before the offset. */
  private static final int TEMPORAL_PORT = 17_233;

  /** More than a machine of this size can serve; also keeps ports of one kind from another's. */
  private static final int SERVERS_MAX = 20;

  private static final int PORT_MAX = 65_535;
  private static final int STEP = 100;

  /**
   * @throws IllegalArgumentException with a message for the user
   */
  public StackPlan {
    // A state file from before there were any names none.
    features = Set.copyOf(Objects.requireNonNullElse(features, Set.of()));
    requireCount("--write-servers", writeServers);
    requireCount("--read-servers", readServers);
    int highest = Math.max(postgresBasePort, 50_062 + SERVERS_MAX * STEP) + portOffset;
    int lowest = Math.min(postgresBasePort, 8_081) + portOffset;
    if (lowest < 1_024 || highest > PORT_MAX) {
      throw new IllegalArgumentException(
          "--port-offset " + portOffset + " moves a port out of 1024 to " + PORT_MAX);
    }
  }

  private static void requireCount(String option, int count) {
    if (count < 1 || count > SERVERS_MAX) {
      throw new IllegalArgumentException(option + " takes 1 to " + SERVERS_MAX + ", not " + count);
    }
  }

  /** PostgreSQL's port. */
  public int postgresPort() {
    return postgresBasePort + portOffset;
  }

  /** The engines that it takes. */
  List<Engine> engines() {
    List<Engine> engines = new ArrayList<>(List.of(Engine.POSTGRESQL));
    if (features.contains(Feature.REDIS)) {
      engines.add(Engine.REDIS);
    }
    if (features.contains(Feature.SEARCH)) {
      engines.add(Engine.OPENSEARCH);
    }
    if (features.contains(Feature.TEMPORAL)) {
      engines.add(Engine.TEMPORAL);
    }
    return engines;
  }

  /** Port of an engine, whether or not it takes it. */
  int port(Engine engine) {
    return switch (engine) {
      case POSTGRESQL -> postgresPort();
      case REDIS -> REDIS_PORT + portOffset;
      case OPENSEARCH -> SEARCH_PORT + portOffset;
      case TEMPORAL -> TEMPORAL_PORT + portOffset;
    };
  }

  /** All servers, write-servers first. */
  public List<Replica> replicas() {
    List<Replica> replicas = new ArrayList<>();
    for (int i = 0; i < writeServers; i++) {
      int shift = portOffset + STEP * i;
      replicas.add(
          new Replica(ServerKind.WRITE_SERVER, i, 50_051 + shift, 50_061 + shift, 8_081 + shift));
    }
    for (int i = 0; i < readServers; i++) {
      int shift = portOffset + STEP * i;
      replicas.add(
          new Replica(ServerKind.READ_SERVER, i, 50_052 + shift, 50_062 + shift, 8_082 + shift));
    }
    return replicas;
  }

  /** Servers of one kind. */
  public List<Replica> replicas(ServerKind kind) {
    return replicas().stream().filter(replica -> replica.kind() == kind).toList();
  }

  /** Where read-servers find the event feed. */
  String feedTargets() {
    return replicas(ServerKind.WRITE_SERVER).stream()
        .map(replica -> "127.0.0.1:" + replica.internalPort())
        .collect(Collectors.joining(","));
  }
}
