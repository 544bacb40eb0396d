package com.gyroscops.payments.stack;

import java.util.LinkedHashMap;
import java.util.Map;

/** What servers are told by their environment wherever they run on this machine. */
public final class ServerEnvironment {

  private static final String DATABASE_USER = "postgres";

  private ServerEnvironment() {}

  /** Where a server listens, on loopback, and who it is; it drains without notice. */
  public static Map<String, String> listening(
      String name, int grpcPort, int internalPort, int httpPort) {
    Map<String, String> environment = new LinkedHashMap<>();
    environment.put("GRPC_HOST", "127.0.0.1");
    environment.put("GRPC_PORT", Integer.toString(grpcPort));
    environment.put("INTERNAL_GRPC_PORT", Integer.toString(internalPort));
    environment.put("HTTP_PORT", Integer.toString(httpPort));
    environment.put("DRAIN_NOTICE", "0s");
    environment.put("INSTANCE_ID", name);
    return environment;
  }

  /** The database of servers of a kind, on a PostgreSQL of this machine. */
  public static Map<String, String> database(ServerKind kind, int postgresPort) {
    String prefix =
        switch (kind) {
          case WRITE_SERVER -> "WRITE_DATABASE";
          case READ_SERVER -> "READ_DATABASE";
        };
    Map<String, String> environment = new LinkedHashMap<>();
    environment.put(
        prefix + "_URL", "jdbc:postgresql://127.0.0.1:" + postgresPort + "/" + kind.database());
    environment.put(prefix + "_USER", DATABASE_USER);
    environment.put(prefix + "_PASSWORD", "");
    return environment;
  }
}
