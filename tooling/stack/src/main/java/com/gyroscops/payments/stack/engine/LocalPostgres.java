package com.gyroscops.payments.stack.engine;

import com.gyroscops.payments.stack.process.FileTrees;
import com.gyroscops.payments.stack.process.Processes;
import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A PostgreSQL server in a process of its own, as durable as a real one, on loopback alone.
 *
 * <p>Its data folder belongs to one owner at a time, who holds a lock that dies with its process.
 * Whoever gets the lock may therefore treat a server or backends that still run on the folder as
 * left over from an owner that was killed: they are stopped first, and PostgreSQL recovers from its
 * log. The cluster appears by one rename once it is complete, so being killed during the very first
 * start does no harm either.
 *
 * <p>The programs come from {@code io.zonky.test.postgres} artifacts, but not that project's
 * launcher: it turns fsync off, takes any server that answers on the port for its own, gives a
 * shutdown five seconds and then ignores the failure, and stops the server by a JVM hook of its
 * own, beside whatever order its owner stops things in.
 *
 * <p>For concurrent use.
 */
public final class LocalPostgres implements AutoCloseable {

  /** Recovery after a kill reads up to 2 GB of log. */
  private static final Duration START_MAX = Duration.ofSeconds(60);

  /** A fast shutdown writes a checkpoint. */
  private static final Duration STOP_MAX = Duration.ofSeconds(60);

  /** What listens on the port may be no PostgreSQL and say nothing: seconds. */
  private static final String PROBE = "?connectTimeout=2&loginTimeout=2&socketTimeout=5";

  /** Has it end sessions and stop; SIGTERM would wait for clients to leave. */
  private static final String FAST = "INT";

  /** Has it stop without a checkpoint: what is removed anyway need not be written down first. */
  private static final String IMMEDIATE = "QUIT";

  private static final String USER = "postgres";
  private static final Pattern DATABASE_NAME = Pattern.compile("[a-z][a-z0-9_]{0,62}");

  private static final Map<String, String> SETTINGS = new LinkedHashMap<>();

  static {
    SETTINGS.put("listen_addresses", "127.0.0.1");
    SETTINGS.put("unix_socket_directories", "");
    SETTINGS.put("fsync", "on");
    SETTINGS.put("synchronous_commit", "on");
    SETTINGS.put("full_page_writes", "on");
    SETTINGS.put("max_connections", "100");
    SETTINGS.put("shared_buffers", sharedBuffersMib() + "MB");
    SETTINGS.put("max_wal_size", "2GB");
    SETTINGS.put("checkpoint_timeout", "10min");
    // Short statements: compiling them costs more than it saves.
    SETTINGS.put("jit", "off");
    SETTINGS.put("log_checkpoints", "on");
  }

  /** What PostgreSQL keeps of its files itself: an eighth of the memory, from 128 MiB to 1 GiB. */
  private static long sharedBuffersMib() {
    long mib =
        ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system
            ? system.getTotalMemorySize() >> 20
            : 0;
    return Math.clamp(mib / 8, 128, 1024);
  }

  private final Engine engine;
  private boolean closed;

  private LocalPostgres(Engine engine) {
    this.engine = engine;
  }

  /**
   * Starts a server on a folder, which is made if it does not exist, and waits until it answers.
   * The data survives {@link #close} and being killed. The server's log is {@code server.log} in
   * the folder.
   *
   * @param dataDirectory absent, empty or left by an earlier start
   * @param port on loopback; 0: any free one
   * @throws IOException if the server does not start; with the end of its log
   * @throws IllegalStateException if the folder is in use, or holds something else
   */
  public static LocalPostgres start(Path dataDirectory, int port) throws IOException {
    return start(dataDirectory, port, dataDirectory.resolve("server.log"));
  }

  /**
   * The same with another place for the server's log, which is appended to.
   *
   * @throws IOException if the server does not start; with the end of its log
   * @throws IllegalStateException if the folder is in use, or holds something else
   */
  public static LocalPostgres start(Path dataDirectory, int port, Path logFile) throws IOException {
    return new LocalPostgres(Engine.start(kind(FAST), dataDirectory, port, logFile));
  }

  /**
   * Starts a server with the same durability on a folder of its own, which is removed on {@link
   * #close} or when the JVM ends.
   *
   * @throws IOException if the server does not start; with the end of its log
   */
  public static LocalPostgres temporary() throws IOException {
    return new LocalPostgres(Engine.temporary(kind(IMMEDIATE), 0));
  }

  private static Engine.Kind kind(String stopSignal) throws IOException {
    PostgresBinaries binaries = PostgresBinaries.unpacked();
    List<String> prefix = prefix();
    return new Engine.Kind(
        "PostgreSQL",
        folder -> {
          var _ = endOthers(folder);
          initialize(binaries, prefix, folder);
        },
        (folder, port) -> command(binaries, prefix, folder, port),
        (folder, port, _) -> ask(folder, port),
        false,
        START_MAX,
        stopSignal,
        STOP_MAX);
  }

  /**
   * Stops what an owner that was killed left running on a folder; its data stays.
   *
   * @return whether anything ran, also what had to be killed
   * @throws IOException if it cannot be ended
   * @throws IllegalStateException if the owner lives
   */
  public static boolean stopLeftOver(Path directory) throws IOException {
    return EngineFolder.stopLeftOver(directory, FAST, LocalPostgres::endOthers);
  }

  /** Makes a database if there is none of that name: a-z, 0-9 and _, at most 63 characters. */
  public void createDatabase(String name) throws SQLException {
    checkName(name);
    try (Connection connection = DriverManager.getConnection(jdbcUrl(USER), USER, "");
        Statement statement = connection.createStatement()) {
      try (ResultSet found =
          statement.executeQuery("select from pg_database where datname = '" + name + "'")) {
        if (found.next()) {
          return;
        }
      }
      statement.execute("create database " + name);
    }
  }

  /**
   * Makes a database with all that another one holds, in place of one of that name, whose sessions
   * end. Nobody may be connected to the other one, but PostgreSQL waits some seconds for those who
   * leave.
   */
  public void copyDatabase(String from, String name) throws SQLException {
    checkName(from);
    checkName(name);
    try (Connection connection = DriverManager.getConnection(jdbcUrl(USER), USER, "");
        Statement statement = connection.createStatement()) {
      statement.execute("drop database if exists " + name + " with (force)");
      statement.execute("create database " + name + " template " + from);
    }
  }

  private static void checkName(String name) {
    if (!DATABASE_NAME.matcher(name).matches()) {
      throw new IllegalArgumentException("not a name for a database: " + name);
    }
  }

  /** URL of a database of this server, for JDBC; no password is asked for. */
  public String jdbcUrl(String database) {
    return url(port(), database);
  }

  /** The superuser. */
  public String user() {
    return USER;
  }

  /** Port on loopback. */
  public int port() {
    return engine.port();
  }

  Path dataDirectory() {
    return engine.folder();
  }

  /** The server's first process; killing it kills the server, as a power cut would. */
  public ProcessHandle postmaster() {
    return engine.process();
  }

  /**
   * Ends client sessions, stops the server and frees the folder; removes a temporary one. Without
   * effect on a server that is gone or closed.
   *
   * @throws IOException if the server had to be killed, or a temporary folder could not be removed
   */
  @Override
  public synchronized void close() throws IOException {
    if (!closed) {
      closed = true;
      engine.close();
    }
  }

  /**
   * Kills the server with all of its processes, as a power cut would, and frees the folder, from
   * which it can be started again; removes a temporary one.
   */
  public synchronized void kill() throws IOException {
    if (!closed) {
      EngineProcess.kill(postmaster());
      var _ = endOthers(dataDirectory());
      close();
    }
  }

  private static void initialize(PostgresBinaries binaries, List<String> prefix, Path dataDirectory)
      throws IOException {
    if (Files.exists(dataDirectory.resolve("PG_VERSION"))) {
      return;
    }
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(dataDirectory)) {
      if (entries.iterator().hasNext()) {
        throw new IllegalStateException(
            dataDirectory + " holds files, but they are not those of a PostgreSQL server");
      }
    }
    Path draft = dataDirectory.resolveSibling(dataDirectory.getFileName() + ".initializing");
    FileTrees.delete(draft);
    List<String> command = new ArrayList<>(prefix);
    command.addAll(
        List.of(
            binaries.program("initdb"),
            "--pgdata=" + draft,
            "--username=" + USER,
            "--auth=trust",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C"));
    run(command);
    Files.move(draft, dataDirectory, StandardCopyOption.ATOMIC_MOVE);
  }

  private static void run(List<String> initdb) throws IOException {
    Path output = Files.createTempFile("payments-initdb-", ".log");
    try {
      Process process =
          new ProcessBuilder(initdb)
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      if (!process.waitFor(START_MAX.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly();
        throw new IOException("initdb took more than " + START_MAX.toSeconds() + " s");
      }
      if (process.exitValue() != 0) {
        throw new IOException(
            "initdb ended with code " + process.exitValue() + ":\n" + Files.readString(output));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while initdb runs", e);
    } finally {
      Files.deleteIfExists(output);
    }
  }

  /**
   * Kills what PostgreSQL has on a folder that the caller has locked: a server whose note is
   * missing, and backends that outlived theirs and hold its shared memory until they notice.
   *
   * @return whether anything ran
   */
  private static boolean endOthers(Path dataDirectory) throws IOException {
    Path pidFile = dataDirectory.resolve("postmaster.pid");
    Optional<ProcessHandle> postmaster = postmaster(pidFile, dataDirectory);
    if (postmaster.isPresent()) {
      EngineProcess.kill(postmaster.get());
    }
    // Once there is nobody left to start another.
    List<ProcessHandle> backends = processesOn(dataDirectory).toList();
    for (ProcessHandle backend : backends) {
      EngineProcess.kill(backend);
    }
    // Its number may be another process's by now, for which PostgreSQL would refuse to start.
    Files.deleteIfExists(pidFile);
    return postmaster.isPresent() || !backends.isEmpty();
  }

  private static Optional<ProcessHandle> postmaster(Path pidFile, Path dataDirectory)
      throws IOException {
    if (!Files.exists(pidFile)) {
      return Optional.empty();
    }
    return Files.readAllLines(pidFile).stream()
        .findFirst()
        .filter(line -> line.matches("[0-9]{1,18}"))
        .flatMap(line -> ProcessHandle.of(Long.parseLong(line)))
        .filter(Processes::isRunning)
        .filter(process ->
            List.of(process.info().arguments().orElse(new String[0]))
                .contains(dataDirectory.toString()));
  }

  /**
   * Found by their working folder, where the system tells it (Linux); elsewhere they end by
   * themselves within the time allowed for a start.
   */
  private static Stream<ProcessHandle> processesOn(Path dataDirectory) {
    return ProcessHandle.allProcesses()
        .filter(process -> process.pid() != ProcessHandle.current().pid())
        .filter(process -> dataDirectory.equals(workingFolder(process)))
        .filter(process -> process.info().command().orElse("").endsWith("/bin/postgres"));
  }

  private static @Nullable Path workingFolder(ProcessHandle process) {
    try {
      return Files.readSymbolicLink(Path.of("/proc", Long.toString(process.pid()), "cwd"));
    } catch (IOException | UnsupportedOperationException e) {
      // Gone meanwhile, another user's, or no such file system: not one of ours to end.
      return null;
    }
  }

  private static List<String> command(
      PostgresBinaries binaries, List<String> prefix, Path dataDirectory, int port) {
    List<String> command = new ArrayList<>(prefix);
    command.addAll(
        List.of(
            binaries.program("postgres"),
            "-D",
            dataDirectory.toString(),
            "-p",
            Integer.toString(port)));
    SETTINGS.forEach((name, value) -> command.addAll(List.of("-c", name + "=" + value)));
    return command;
  }

  /** Ready is the server that works on this very folder. */
  private static Optional<String> ask(Path dataDirectory, int port) {
    try (Connection connection = DriverManager.getConnection(url(port, USER) + PROBE, USER, "");
        Statement statement = connection.createStatement();
        ResultSet shown = statement.executeQuery("show data_directory")) {
      return shown.next() && dataDirectory.toString().equals(shown.getString(1))
          ? Optional.empty()
          : Optional.of("another PostgreSQL answers");
    } catch (SQLException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  /**
   * What to put before a PostgreSQL program, which becomes it: its messages are in English. It
   * refuses to run as root: as root, a user namespace in which it is nobody and files of root are
   * its own.
   */
  private static List<String> prefix() throws IOException {
    List<String> english = List.of("env", "LC_ALL=C");
    boolean root = "root".equals(System.getProperty("user.name"));
    if (!root) {
      return english;
    }
    try {
      Process probe =
          new ProcessBuilder("unshare", "-U", "true")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (probe.waitFor() == 0) {
        return Stream.concat(Stream.of("unshare", "-U"), english.stream()).toList();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while looking for unshare", e);
    } catch (IOException e) {
      throw new IOException(cannotRunAsRoot(), e);
    }
    throw new IOException(cannotRunAsRoot());
  }

  private static String cannotRunAsRoot() {
    return "PostgreSQL does not run as root, and `unshare -U` (util-linux, user namespaces) does not"
        + " work here: run as another user";
  }

  private static String url(int port, String database) {
    return "jdbc:postgresql://127.0.0.1:" + port + "/" + database;
  }
}
