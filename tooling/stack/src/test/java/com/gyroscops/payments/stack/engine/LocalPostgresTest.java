package com.gyroscops.payments.stack.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.gyroscops.payments.stack.process.Processes;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class LocalPostgresTest {

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"fsync", "synchronous_commit", "full_page_writes"})
  void it_is_as_durable_as_a_real_server(String setting) throws Exception {
    try (LocalPostgres kept = LocalPostgres.start(folder.resolve("data"), 0);
        LocalPostgres temporary = LocalPostgres.temporary()) {
      assertThat(show(kept, setting)).isEqualTo("on");
      assertThat(show(temporary, setting)).isEqualTo("on");
    }
  }

  @Test
  void it_is_postgresql_18_and_listens_on_loopback_alone() throws Exception {
    try (LocalPostgres postgres = LocalPostgres.temporary()) {
      assertThat(show(postgres, "server_version")).startsWith("18.");
      assertThat(show(postgres, "listen_addresses")).isEqualTo("127.0.0.1");
      assertThat(show(postgres, "unix_socket_directories")).isEmpty();
    }
  }

  @Test
  void data_survives_a_stop_and_a_start() throws Exception {
    Path data = folder.resolve("data");
    try (LocalPostgres postgres = LocalPostgres.start(data, 0)) {
      postgres.createDatabase("payments_write");
      postgres.createDatabase("payments_write");
      execute(postgres, "create table kept as select 42 as answer");
    }
    try (LocalPostgres postgres = LocalPostgres.start(data, 0)) {
      assertThat(query(postgres, "select answer from kept")).isEqualTo("42");
    }
  }

  @Test
  void data_survives_a_kill_in_the_middle_of_work_with_backends_left_alive() throws Exception {
    Path data = folder.resolve("data");
    LocalPostgres killed = LocalPostgres.start(data, 0);
    killed.createDatabase("payments_write");
    execute(killed, "create table kept as select 42 as answer");
    Thread busy =
        Thread.ofVirtual()
            .start(() -> {
              try {
                // Does not notice that its server is gone, for it never waits.
                query(killed, "select count(*) from generate_series(1, 100000000000)");
              } catch (SQLException expected) {
                return;
              }
            });
    awaitBusy(killed);

    killed.postmaster().destroyForcibly();
    killed.postmaster().onExit().join();
    killed.close();
    Files.writeString(
        data.resolve("postmaster.pid"), ProcessHandle.current().pid() + "\n" + data + "\n");

    try (LocalPostgres postgres = LocalPostgres.start(data, 0)) {
      assertThat(query(postgres, "select answer from kept")).isEqualTo("42");
    }
    busy.join();
  }

  @Test
  void a_folder_has_one_owner_at_a_time() throws Exception {
    Path data = folder.resolve("data");
    try (LocalPostgres owner = LocalPostgres.start(data, 0)) {
      assertThatThrownBy(() -> LocalPostgres.start(data, 0))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("another process uses");
      assertThat(owner.postmaster().isAlive()).isTrue();
    }
  }

  @Test
  void a_server_whose_owner_was_killed_is_stopped_and_started_anew() throws Exception {
    Path data = folder.resolve("data");
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    Process owner =
        new ProcessBuilder(
                java.toString(),
                "-cp",
                System.getProperty("java.class.path"),
                OwnerThatHangs.class.getName(),
                data.toString())
            .redirectErrorStream(true)
            .start();
    try (var lines = owner.inputReader()) {
      assertThat(lines.readLine()).isEqualTo("started");
    }
    long orphan = Long.parseLong(Files.readAllLines(data.resolve("postmaster.pid")).getFirst());
    owner.destroyForcibly().onExit().join();
    assertThat(ProcessHandle.of(orphan)).isPresent();

    try (LocalPostgres postgres = LocalPostgres.start(data, 0)) {
      assertThat(postgres.postmaster().pid()).isNotEqualTo(orphan);
      assertThat(ProcessHandle.of(orphan).filter(Processes::isRunning)).isEmpty();
      assertThat(query(postgres, "select 1")).isEqualTo("1");
    }
  }

  /** Stands for a supervisor that will be killed. */
  static final class OwnerThatHangs {
    private OwnerThatHangs() {}

    public static void main(String[] arguments) throws Exception {
      LocalPostgres postgres = LocalPostgres.start(Path.of(arguments[0]), 0);
      postgres.createDatabase("payments_write");
      System.out.println("started");
      Thread.currentThread().join();
    }
  }

  @Test
  void a_port_in_use_is_told_with_the_servers_own_words() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertThatThrownBy(() -> LocalPostgres.start(folder.resolve("data"), taken.getLocalPort()))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("could not bind");
    }
  }

  @Test
  void a_folder_with_other_files_is_left_alone() throws Exception {
    Files.writeString(folder.resolve("mine.txt"), "precious");

    assertThatThrownBy(() -> LocalPostgres.start(folder, 0))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("holds files");
    assertThat(folder.resolve("mine.txt")).hasContent("precious");
  }

  @Test
  void a_temporary_server_leaves_nothing_behind() throws Exception {
    LocalPostgres postgres = LocalPostgres.temporary();
    Path data = Path.of(show(postgres, "data_directory"));
    postgres.close();
    postgres.close();

    assertThat(data.getParent()).doesNotExist();
    assertThat(Processes.isRunning(postgres.postmaster())).isFalse();
  }

  @Test
  void programs_unpacked_by_several_at_once_are_whole() throws Exception {
    Callable<PostgresBinaries> unpack = () -> PostgresBinaries.unpacked(folder);
    try (var threads = Executors.newFixedThreadPool(3)) {
      for (Future<PostgresBinaries> binaries : threads.invokeAll(List.of(unpack, unpack, unpack))) {
        assertThat(Path.of(binaries.get().program("postgres"))).isExecutable();
      }
    }
    try (var entries = Files.list(folder)) {
      assertThat(entries).hasSize(1);
    }
  }

  private static void awaitBusy(LocalPostgres postgres) throws Exception {
    String busy =
        "select count(*) > 0 from pg_stat_activity where state = 'active' and query like"
            + " '%generate_series%' and pid <> pg_backend_pid()";
    await("it is busy")
        .pollInSameThread()
        .pollInterval(Duration.ofMillis(10))
        .atMost(Duration.ofMinutes(2))
        .until(() -> query(postgres, busy).equals("t"));
  }

  private static String show(LocalPostgres postgres, String setting) throws SQLException {
    try (Connection connection =
            DriverManager.getConnection(postgres.jdbcUrl("postgres"), postgres.user(), "");
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("show " + setting)) {
      rows.next();
      return rows.getString(1);
    }
  }

  private static String query(LocalPostgres postgres, String sql) throws SQLException {
    try (Connection connection =
            DriverManager.getConnection(postgres.jdbcUrl("payments_write"), postgres.user(), "");
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getString(1);
    }
  }

  private static void execute(LocalPostgres postgres, String sql) throws SQLException {
    try (Connection connection =
            DriverManager.getConnection(postgres.jdbcUrl("payments_write"), postgres.user(), "");
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
