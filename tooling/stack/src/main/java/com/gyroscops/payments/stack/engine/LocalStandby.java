package com.gyroscops.payments.stack.engine;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Streaming standbys of a {@link LocalPostgres}. A standby is a LocalPostgres, too, whose folder
 * says whom it follows: it can be closed, killed and started again like any other, and answers
 * reads alone until it is promoted. The primary keeps the log that a standby has yet to get, also
 * while the standby is down.
 */
public final class LocalStandby {

  /** Copying a folder and replaying what was written meanwhile. */
  private static final Duration CATCH_UP_MAX = Duration.ofMinutes(3);

  private static final Duration POLL = Duration.ofMillis(20);
  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_]{0,31}");

  /** Folders whose content belongs to one server, or comes from the primary. */
  private static final Set<String> NOT_COPIED =
      Set.of("pg_wal", "pg_replslot", "pg_stat_tmp", "pg_subtrans", "pg_notify", "pg_serial");

  private LocalStandby() {}

  /**
   * Starts a standby on a copy of the folder of a primary that runs, and waits until it has all
   * that the primary has.
   *
   * @param name of the standby at its primary: a-z, 0-9 and _, at most 32 characters
   * @param dataDirectory absent
   * @param port on loopback; 0: any free one
   */
  public static LocalPostgres start(
      LocalPostgres primary, String name, Path dataDirectory, int port)
      throws IOException, SQLException {
    copy(primary, dataDirectory);
    follow(dataDirectory, primary, name);
    LocalPostgres standby = LocalPostgres.start(dataDirectory, port);
    try {
      awaitCaughtUp(primary, name);
      return standby;
    } catch (IOException | SQLException | RuntimeException e) {
      standby.close();
      throw e;
    }
  }

  /**
   * Has the server of a folder, which is stopped, follow a primary from its next start on: as a
   * former primary does that was stopped after its standby had everything. A folder that holds more
   * than the primary's history does not come back by that.
   */
  public static void follow(Path dataDirectory, LocalPostgres primary, String name)
      throws IOException, SQLException {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException("not a name for a standby: " + name);
    }
    // Keeps the log that the standby has yet to get.
    run(
        primary,
        "select pg_create_physical_replication_slot('"
            + name
            + "', true) where not exists (select from pg_replication_slots where slot_name = '"
            + name
            + "')");
    // The last of two lines with one name counts.
    Files.writeString(
        dataDirectory.resolve("postgresql.auto.conf"),
        """
        primary_conninfo = 'host=127.0.0.1 port=%d user=%s application_name=%s'
        primary_slot_name = '%s'
        wal_retrieve_retry_interval = '100ms'
        synchronous_standby_names = ''
        """
            .formatted(primary.port(), primary.user(), name, name),
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
    Files.writeString(dataDirectory.resolve("standby.signal"), "");
  }

  /**
   * Has commits on a primary wait for a standby from now on, for ever if it is down.
   *
   * @param name of one that streams
   */
  public static void requireForCommits(LocalPostgres primary, String name)
      throws IOException, SQLException {
    setting(primary, "synchronous_standby_names", name);
    await(
        primary,
        "select exists (select from pg_stat_replication where application_name = '"
            + name
            + "' and sync_state = 'sync')",
        "no synchronous standby " + name);
  }

  /** Has commits on a primary wait for no standby. Those that wait end. */
  public static void requireNoneForCommits(LocalPostgres primary) throws IOException, SQLException {
    setting(primary, "synchronous_standby_names", "");
  }

  /** Waits until a standby has replayed what its primary has committed so far. */
  public static void awaitCaughtUp(LocalPostgres primary, String name)
      throws IOException, SQLException {
    String position = ask(primary, "select pg_current_wal_flush_lsn()");
    await(
        primary,
        "select exists (select from pg_stat_replication where application_name = '"
            + name
            + "' and state = 'streaming' and replay_lsn >= '"
            + position
            + "')",
        "the standby " + name + " does not get what its primary has");
  }

  /**
   * Makes a standby a primary, with all that it has got so far, whether its primary runs or not.
   */
  public static void promote(LocalPostgres standby) throws IOException, SQLException {
    await(standby, "select pg_promote(true, 60)", "the standby was not promoted");
  }

  /** Whether a server is a standby that was not promoted. */
  public static boolean isStandby(LocalPostgres server) throws SQLException {
    return ask(server, "select pg_is_in_recovery()").equals("t");
  }

  /**
   * A setting of a server from now on, for its connections, too, and over restarts.
   *
   * @param name of one that needs no restart
   */
  public static void setting(LocalPostgres server, String name, String value)
      throws IOException, SQLException {
    run(server, "alter system set " + name + " = '" + value + "'");
    run(server, "select pg_reload_conf()");
    // A session takes a new setting before its next statement.
    await(
        server,
        "select setting = '" + value + "' from pg_settings where name = '" + name + "'",
        name + " does not become " + value);
  }

  /** The folder as of some moment of the copy, once the log of that time is replayed over it. */
  private static void copy(LocalPostgres primary, Path target) throws IOException, SQLException {
    if (Files.exists(target)) {
      throw new IllegalStateException("the folder exists: " + target);
    }
    // One session holds the backup from its begin to its end.
    try (Connection connection = connect(primary, "");
        Statement statement = connection.createStatement()) {
      statement.execute("select pg_backup_start('standby', true)");
      copyFiles(primary.dataDirectory(), target);
      try (ResultSet label =
          statement.executeQuery("select labelfile from pg_backup_stop(false)")) {
        label.next();
        Files.writeString(target.resolve("backup_label"), label.getString(1));
      }
    }
  }

  private static void copyFiles(Path source, Path target) throws IOException {
    Files.walkFileTree(
        source,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes)
              throws IOException {
            Path relative = source.relativize(folder);
            if (relative.getNameCount() > 1
                && NOT_COPIED.contains(relative.getName(0).toString())) {
              return FileVisitResult.SKIP_SUBTREE;
            }
            Files.copy(folder, target.resolve(relative), StandardCopyOption.COPY_ATTRIBUTES);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Path relative = source.relativize(file);
            boolean ofOneServer =
                relative.getNameCount() > 1
                    ? NOT_COPIED.contains(relative.getName(0).toString())
                    : relative.toString().startsWith("postmaster.")
                        || relative.toString().equals(EngineFolder.NOTE)
                        || relative.toString().endsWith(".log");
            if (!ofOneServer) {
              try {
                Files.copy(file, target.resolve(relative), StandardCopyOption.COPY_ATTRIBUTES);
              } catch (NoSuchFileException e) {
                return FileVisitResult.CONTINUE; // Removed meanwhile, as the log tells.
              }
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
            if (e instanceof NoSuchFileException) {
              return FileVisitResult.CONTINUE;
            }
            throw e;
          }
        });
  }

  private static void await(LocalPostgres server, String sql, String otherwise)
      throws IOException, SQLException {
    long deadline = System.nanoTime() + CATCH_UP_MAX.toNanos();
    while (!ask(server, sql).equals("t")) {
      if (System.nanoTime() - deadline > 0) {
        throw new IOException(otherwise);
      }
      try {
        Thread.sleep(POLL);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted while PostgreSQL is waited for", e);
      }
    }
  }

  private static String ask(LocalPostgres server, String sql) throws SQLException {
    try (Connection connection = connect(server, "");
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      return rows.next() ? rows.getString(1) : "";
    }
  }

  /** Writes also where the server is told to be read-only, and waits for no standby. */
  private static void run(LocalPostgres server, String sql) throws SQLException {
    String writing =
        "?options=-c%20default_transaction_read_only=off%20-c%20synchronous_commit=local";
    try (Connection connection = connect(server, writing);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static Connection connect(LocalPostgres server, String parameters) throws SQLException {
    return DriverManager.getConnection(server.jdbcUrl("postgres") + parameters, server.user(), "");
  }
}
