package com.gyroscops.payments.cli.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.gyroscops.payments.stack.engine.LocalPostgres;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The scripts of the compose file's first start, run here. Wherever one is cut short, the next run
 * ends as if there had been no other.
 */
final class ComposeScriptsTest {

  private static final Path SCRIPTS = Server.HOME.resolve("tooling/deploy/compose");
  private static final Duration RUN_MAX = Duration.ofMinutes(5);

  @TempDir private Path folder;

  private Path secrets;
  private Path programs;

  @BeforeEach
  void make() throws IOException {
    secrets = Files.createDirectory(folder.resolve("secrets"));
    programs = Files.createDirectory(folder.resolve("programs"));
  }

  /** How a script ended, and all that it said. */
  private record Ended(int exitCode, String said) {
    Ended succeeded() {
      assertThat(exitCode).as(said).isZero();
      return this;
    }

    Ended failed() {
      assertThat(exitCode).as(said).isNotZero();
      return this;
    }
  }

  /** Runs a script with programs of this test before those of the machine. */
  private Ended run(String script, Map<String, String> environment, String... arguments)
      throws Exception {
    List<String> command = new ArrayList<>(List.of("bash", SCRIPTS.resolve(script).toString()));
    command.addAll(List.of(arguments));
    Path said = folder.resolve("said");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said.toFile());
    String path = builder.environment().getOrDefault("PATH", "");
    builder.environment().put("PATH", programs + File.pathSeparator + path);
    builder.environment().put("SECRETS", secrets.toString());
    builder.environment().putAll(environment);
    Process process = builder.start();
    assertThat(process.waitFor(RUN_MAX.toSeconds(), TimeUnit.SECONDS))
        .as("%s ends", script)
        .isTrue();
    return new Ended(process.exitValue(), Files.readString(said));
  }

  private void program(String name, String text) throws IOException {
    Path program = programs.resolve(name);
    Files.writeString(program, "#!/usr/bin/env bash\n" + text);
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private void secret(String name, String text) throws IOException {
    Files.writeString(secrets.resolve(name), text);
  }

  @Test
  void roles_are_the_same_after_each_run() throws Exception {
    needPsql();
    try (LocalPostgres postgres = LocalPostgres.temporary()) {
      secret("postgres", "not asked for");
      secret("owner", "first");
      Map<String, String> environment = environment(postgres, "one:owner two:owner");
      run("roles.sh", environment).succeeded();
      String first = password(postgres, "owner");
      assertMade(postgres, "one", "owner");
      assertMade(postgres, "two", "owner");

      secret("owner", "it's \"another\" one: \\ $x");
      run("roles.sh", environment).succeeded();
      assertMade(postgres, "one", "owner");
      assertMade(postgres, "two", "owner");
      assertThat(password(postgres, "owner")).startsWith("SCRAM-SHA-256$").isNotEqualTo(first);
    }
  }

  @Test
  void roles_are_whole_after_a_run_that_was_cut_short_after_any_of_its_statements()
      throws Exception {
    needPsql();
    long lines =
        Files.readString(SCRIPTS.resolve("roles.sh"))
                .lines()
                .dropWhile(it -> !it.contains("<<'SQL'"))
                .takeWhile(it -> !it.equals("SQL"))
                .count()
            - 1;
    assertThat(lines).isPositive();
    String real = run("sh", "-c", "command -v psql");
    try (LocalPostgres postgres = LocalPostgres.temporary()) {
      secret("postgres", "not asked for");
      for (int after = 2; after <= lines; after++) {
        String role = "role_" + after;
        String database = "database_" + after;
        secret(role, "secret");
        Map<String, String> environment = environment(postgres, database + ":" + role);
        program("psql", "head -n %d | '%s' \"$@\"; exit 137%n".formatted(after, real));
        run("roles.sh", environment).failed();
        Files.delete(programs.resolve("psql"));
        run("roles.sh", environment).succeeded();
        assertMade(postgres, database, role);
      }
    }
  }

  /** The database is the role's, who may log in to it and may nothing else, and nobody's else. */
  private static void assertMade(LocalPostgres postgres, String database, String role)
      throws SQLException {
    assertThat(
            ask(
                postgres,
                """
                select concat_ws(' ', r.rolname, rolcanlogin, rolsuper, rolcreatedb, rolcreaterole,
                  rolpassword like 'SCRAM-SHA-256$%%',
                  (select bool_or(grantee = 0) from aclexplode(datacl) where privilege_type = 'CONNECT'))
                from pg_database d join pg_authid r on r.oid = d.datdba where datname = '%s'
                """
                    .formatted(database)))
        .as(database)
        .isEqualTo(role + " t f f f t f");
  }

  private static String password(LocalPostgres postgres, String role) throws SQLException {
    return ask(postgres, "select rolpassword from pg_authid where rolname = '%s'".formatted(role));
  }

  private static String ask(LocalPostgres postgres, String query) throws SQLException {
    try (Connection connection =
            DriverManager.getConnection(postgres.jdbcUrl("postgres"), postgres.user(), "");
        Statement statement = connection.createStatement();
        ResultSet found = statement.executeQuery(query)) {
      assertThat(found.next()).as(query).isTrue();
      return found.getString(1);
    }
  }

  private static Map<String, String> environment(LocalPostgres postgres, String databases) {
    return Map.of(
        "PGHOST", "127.0.0.1", "PGPORT", Integer.toString(postgres.port()), "DATABASES", databases);
  }

  private static void needPsql() throws Exception {
    assumeThat(run("sh", "-c", "command -v psql || true"))
        .withFailMessage("psql is not installed (Debian: apt install postgresql-client)")
        .isNotEmpty();
  }

  /** What a program prints. */
  private static String run(String... command) throws IOException {
    Process process = new ProcessBuilder(command).start();
    return new String(
            process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8)
        .strip();
  }

  @Test
  void a_cluster_whose_making_was_cut_short_is_made_anew() throws Exception {
    Path data = folder.resolve("volume/18/docker");
    Map<String, String> environment = Map.of("PGDATA", data.toString());
    secret("postgres", "secret");
    program("postgres", "cat \"$PGDATA/postgresql.conf\"; echo runs \"$@\"\n");
    String begin =
        """
        for argument; do case "$argument" in --pgdata=*) folder="${argument#*=}" ;; esac; done
        [ ! -e "$folder" ]
        mkdir "$folder"
        echo 18 > "$folder/PG_VERSION"
        """;
    program("initdb", "set -e\n" + begin + "kill -9 $$\n");
    assertThat(run("database.sh", environment).failed().said()).doesNotContain("runs");
    assertThat(data).doesNotExist();

    program("initdb", "set -e\n" + begin + "echo whole > \"$folder/postgresql.conf\"\n");
    assertThat(run("database.sh", environment, "-cjit=off").succeeded().said())
        .isEqualTo("whole\nruns -cjit=off\n");

    program("initdb", "echo made twice; exit 1\n");
    assertThat(run("database.sh", environment).succeeded().said()).isEqualTo("whole\nruns\n");
  }

  @Test
  void a_cluster_takes_the_place_of_an_empty_folder_and_of_no_other() throws Exception {
    Path data = Files.createDirectories(folder.resolve("volume/18/docker"));
    Map<String, String> environment = Map.of("PGDATA", data.toString());
    secret("postgres", "secret");
    program("postgres", "echo runs\n");
    program(
        "initdb",
        "mkdir \"${1#*=}\" && echo 18 > \"${1#*=}/PG_VERSION\" && echo made > \"${1#*=}/made\"\n");
    Files.writeString(data.resolve("somebody's"), "");
    assertThat(run("database.sh", environment).failed().said()).doesNotContain("runs");
    assertThat(data.resolve("somebody's")).exists();

    Files.delete(data.resolve("somebody's"));
    assertThat(run("database.sh", environment).succeeded().said()).isEqualTo("runs\n");
    assertThat(data.resolve("made")).exists();
  }

  @Test
  void passwords_are_made_once_and_each_container_gets_its_own() throws Exception {
    for (String container :
        List.of("write-database", "read-database", "write-server", "read-server", "temporal")) {
      Files.createDirectory(secrets.resolve(container));
    }
    // Cut short after the second.
    program("mv", "/bin/mv \"$@\"; [ \"$2\" != write-database/payments_write ] || kill -9 $PPID\n");
    run("secrets.sh", Map.of()).failed();
    Files.delete(programs.resolve("mv"));
    String kept = Files.readString(secrets.resolve("write-database/postgres"));
    // As one that was cut short while it was written.
    Files.writeString(secrets.resolve("write-database/temporal"), "");

    for (int time = 0; time < 2; time++) {
      run("secrets.sh", Map.of()).succeeded();
    }
    assertThat(secrets.resolve("write-database/postgres")).hasContent(kept);
    try (Stream<Path> files = Files.walk(secrets)) {
      assertThat(files.filter(Files::isRegularFile))
          .hasSize(9)
          .allSatisfy(file -> assertThat(file).content().matches("[A-Za-z0-9]{30,}"));
    }
    for (String copied :
        List.of(
            "write-database/payments_write write-server/payments_write",
            "write-database/temporal temporal/temporal",
            "read-database/payments_read read-server/payments_read")) {
      String[] files = copied.split(" ", 2);
      assertThat(secrets.resolve(files[1])).hasSameTextualContentAs(secrets.resolve(files[0]));
    }
  }
}
