package com.gyroscops.payments.cli.deploy;

import com.gyroscops.payments.stack.engine.LocalPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;

/** A PostgreSQL that asks for passwords, with a database and a role for each server. */
final class Databases implements AutoCloseable {

  static final String PASSWORD = "s3cret-of-the-role";

  private final LocalPostgres postgres;

  private Databases(LocalPostgres postgres) {
    this.postgres = postgres;
  }

  static Databases start() throws IOException, SQLException {
    LocalPostgres postgres = LocalPostgres.temporary();
    try (Connection connection =
            DriverManager.getConnection(postgres.jdbcUrl("postgres"), postgres.user(), "");
        Statement statement = connection.createStatement()) {
      for (Server server : Server.values()) {
        String name = name(server);
        statement.execute("create role %s login password '%s'".formatted(name, PASSWORD));
        statement.execute("create database %s owner %s".formatted(name, name));
      }
      Path rules;
      try (ResultSet found = statement.executeQuery("show hba_file")) {
        found.next();
        rules = Path.of(found.getString(1));
      }
      Files.writeString(rules, "host all all 127.0.0.1/32 scram-sha-256\n");
      statement.execute("select pg_reload_conf()");
      return new Databases(postgres);
    } catch (IOException | SQLException | RuntimeException e) {
      postgres.close();
      throw e;
    }
  }

  /** Of a server's database and of its role. */
  static String name(Server server) {
    return "payments_" + server.label().substring(0, server.label().indexOf('-'));
  }

  int port() {
    return postgres.port();
  }

  /** How a server gets in. */
  Map<String, String> environment(Server server) {
    return Map.of(
        server.database() + "_URL", postgres.jdbcUrl(name(server)),
        server.database() + "_USER", name(server),
        server.database() + "_PASSWORD", PASSWORD);
  }

  @Override
  public void close() throws IOException {
    postgres.close();
  }
}
