package com.gyroscops.payments.localstack;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
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
 * log. The folder appears by one rename once it is complete, so being killed during the very first
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

  private static final Duration POLL = Duration.ofMillis(25);

  /** Another process may take a free port between its choice and its use. */
  private static final int FREE_PORT_ATTEMPTS_MAX = 5;

  private static final int LOG_TAIL_LINES = 20;
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

  private final PostgresBinaries binaries;
  private final Path dataDirectory;
  private final FileChannel lockFile;
  private final Process server;
  private final int port;
  private final boolean temporary;
  private final @Nullable Thread closer;
  private boolean closed;

  private LocalPostgres(
      PostgresBinaries binaries,
      Path dataDirectory,
      FileChannel lockFile,
      Process server,
      int port,
      boolean temporary) {
    this.binaries = binaries;
    this.dataDirectory = dataDirectory;
    this.lockFile = lockFile;
    this.server = server;
    this.port = port;
    this.temporary = temporary;
    this.closer = temporary ? new Thread(this::stopForGood, "local-postgres-closer") : null;
    if (closer != null) {
      Runtime.getRuntime().addShutdownHook(closer);
    }
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
    return start(dataDirectory, port, logFile, false);
  }

  /**
   * Starts a server with the same durability on a folder of its own, which is removed on {@link
   * #close} or when the JVM ends.
   *
   * @throws IOException if the server does not start; with the end of its log
   */
  public static LocalPostgres temporary() throws IOException {
    Path folder = Files.createTempDirectory("payments-postgres-");
    return start(folder.resolve("data"), 0, folder.resolve("server.log"), true);
  }

  private static LocalPostgres start(Path directory, int port, Path logFile, boolean temporary)
      throws IOException {
    Path dataDirectory = directory.toAbsolutePath().normalize();
    Path parent = dataDirectory.getParent();
    if (parent == null) {
      throw new IllegalArgumentException("no folder for data: " + directory);
    }
    Files.createDirectories(parent);
    dataDirectory = parent.toRealPath().resolve(directory.getFileName());
    PostgresBinaries binaries = PostgresBinaries.unpacked();
    FileChannel lockFile = lock(dataDirectory);
    try {
      initialize(binaries, dataDirectory);
      endLeftovers(binaries, dataDirectory);
      for (int attempt = 1; ; attempt++) {
        int chosen = port == 0 ? FreePorts.next() : port;
        Files.createDirectories(logFile.toAbsolutePath().getParent());
        long logStart = Files.exists(logFile) ? Files.size(logFile) : 0;
        Process server = launch(binaries, dataDirectory, chosen, logFile);
        String trouble;
        try {
          trouble = awaitReady(server, dataDirectory, chosen, logFile);
        } catch (IOException | RuntimeException e) {
          server.destroyForcibly();
          throw e;
        }
        if (trouble == null) {
          return new LocalPostgres(binaries, dataDirectory, lockFile, server, chosen, temporary);
        }
        endNow(server.toHandle());
        boolean portTaken = logSince(logFile, logStart).contains("could not bind");
        if (port != 0 || !portTaken || attempt == FREE_PORT_ATTEMPTS_MAX) {
          throw new IOException(trouble);
        }
      }
    } catch (IOException | RuntimeException e) {
      lockFile.close();
      throw e;
    }
  }

  /**
   * Stops what an owner that was killed left running on a folder; its data stays.
   *
   * @return whether anything ran
   * @throws IOException if it had to be killed, or cannot be
   * @throws IllegalStateException if the owner lives
   */
  public static boolean stopLeftOver(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return false;
    }
    Path dataDirectory = directory.toRealPath();
    try (FileChannel held = lock(dataDirectory)) {
      return held.isOpen() && endLeftovers(PostgresBinaries.unpacked(), dataDirectory);
    }
  }

  /** Makes a database if there is none of that name: a-z, 0-9 and _, at most 63 characters. */
  public void createDatabase(String name) throws SQLException {
    if (!DATABASE_NAME.matcher(name).matches()) {
      throw new IllegalArgumentException("not a name for a database: " + name);
    }
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

  /** URL of a database of this server, for JDBC; no password is asked for. */
  public String jdbcUrl(String database) {
    return url(port, database);
  }

  /** The superuser. */
  public String user() {
    return USER;
  }

  /** Port on loopback. */
  public int port() {
    return port;
  }

  Path dataDirectory() {
    return dataDirectory;
  }

  /** The server's first process; killing it kills the server, as a power cut would. */
  public ProcessHandle postmaster() {
    return server.toHandle();
  }

  /**
   * Ends client sessions, stops the server and frees the folder; removes a temporary one. Without
   * effect on a server that is gone or closed.
   *
   * @throws IOException if the server had to be killed, or a temporary folder could not be removed
   */
  @Override
  public synchronized void close() throws IOException {
    if (closed) {
      return;
    }
    closed = true;
    try (lockFile) {
      // What is removed anyway need not be written down first.
      stop(binaries, dataDirectory, server.toHandle(), temporary ? "immediate" : "fast");
    }
    removeIfTemporary();
  }

  /**
   * Kills the server with all of its processes, as a power cut would, and frees the folder, from
   * which it can be started again; removes a temporary one.
   */
  public synchronized void kill() throws IOException {
    if (closed) {
      return;
    }
    closed = true;
    try (lockFile) {
      endNow(server.toHandle());
      endLeftovers(binaries, dataDirectory);
    }
    removeIfTemporary();
  }

  private void removeIfTemporary() throws IOException {
    if (!temporary) {
      return;
    }
    Path folder = dataDirectory.getParent();
    if (folder != null) {
      PostgresBinaries.deleteTree(folder);
    }
    if (closer != null && !Thread.currentThread().equals(closer)) {
      forget(closer);
    }
  }

  private static void forget(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The JVM is ending: the hook will find this closed.
      return;
    }
  }

  private void stopForGood() {
    try {
      close();
    } catch (IOException e) {
      System.getLogger(LocalPostgres.class.getName())
          .log(System.Logger.Level.WARNING, "a temporary PostgreSQL was not stopped cleanly", e);
    }
  }

  private static FileChannel lock(Path dataDirectory) throws IOException {
    Path file = dataDirectory.resolveSibling(dataDirectory.getFileName() + ".lock");
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    @Nullable FileLock lock;
    try {
      lock = channel.tryLock();
    } catch (OverlappingFileLockException e) {
      lock = null;
    }
    if (lock == null) {
      channel.close();
      throw new IllegalStateException("another process uses the folder " + dataDirectory);
    }
    return channel;
  }

  private static void initialize(PostgresBinaries binaries, Path dataDirectory) throws IOException {
    if (Files.exists(dataDirectory.resolve("PG_VERSION"))) {
      return;
    }
    if (Files.isDirectory(dataDirectory)) {
      try (DirectoryStream<Path> entries = Files.newDirectoryStream(dataDirectory)) {
        if (entries.iterator().hasNext()) {
          throw new IllegalStateException(
              dataDirectory + " holds files, but they are not those of a PostgreSQL server");
        }
      }
    }
    Path draft = dataDirectory.resolveSibling(dataDirectory.getFileName() + ".initializing");
    PostgresBinaries.deleteTree(draft);
    run(
        binaries,
        "initdb",
        START_MAX,
        "--pgdata=" + draft,
        "--username=" + USER,
        "--auth=trust",
        "--encoding=UTF8",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--locale=C");
    Files.move(draft, dataDirectory, StandardCopyOption.ATOMIC_MOVE);
  }

  /** Ends what a killed owner left running on the folder, which the caller has locked. */
  private static boolean endLeftovers(PostgresBinaries binaries, Path dataDirectory)
      throws IOException {
    boolean found = false;
    Path pidFile = dataDirectory.resolve("postmaster.pid");
    if (Files.exists(pidFile)) {
      Optional<ProcessHandle> postmaster =
          Files.readAllLines(pidFile).stream()
              .findFirst()
              .filter(line -> line.matches("[0-9]{1,18}"))
              .flatMap(line -> ProcessHandle.of(Long.parseLong(line)))
              .filter(process -> isServerOf(process, dataDirectory));
      if (postmaster.isPresent()) {
        found = true;
        stop(binaries, dataDirectory, postmaster.get(), "fast");
      }
      // Its number may be another process's by now, for which PostgreSQL would refuse to start.
      Files.deleteIfExists(pidFile);
    }
    for (ProcessHandle backend : backendsOn(dataDirectory)) {
      found = true;
      endNow(backend);
    }
    return found;
  }

  private static boolean isServerOf(ProcessHandle process, Path dataDirectory) {
    String[] arguments = process.info().arguments().orElse(new String[0]);
    return Processes.isRunning(process) && List.of(arguments).contains(dataDirectory.toString());
  }

  /**
   * Processes that PostgreSQL started on the folder and that outlived it: they hold its shared
   * memory until they notice. Found by their working folder, where the system tells it (Linux);
   * elsewhere they end by themselves within the time allowed for a start.
   */
  private static List<ProcessHandle> backendsOn(Path dataDirectory) {
    return ProcessHandle.allProcesses()
        .filter(process -> process.pid() != ProcessHandle.current().pid())
        .filter(process -> dataDirectory.equals(workingFolder(process)))
        .filter(process -> process.info().command().orElse("").endsWith("/bin/postgres"))
        .toList();
  }

  private static @Nullable Path workingFolder(ProcessHandle process) {
    try {
      return Files.readSymbolicLink(Path.of("/proc", Long.toString(process.pid()), "cwd"));
    } catch (IOException | UnsupportedOperationException e) {
      // Gone meanwhile, another user's, or no such file system: not one of ours to end.
      return null;
    }
  }

  private static Process launch(
      PostgresBinaries binaries, Path dataDirectory, int port, Path logFile) throws IOException {
    List<String> command = new ArrayList<>(notAsRoot());
    command.add(binaries.program("postgres"));
    command.add("-D");
    command.add(dataDirectory.toString());
    command.add("-p");
    command.add(Integer.toString(port));
    SETTINGS.forEach((name, value) -> {
      command.add("-c");
      command.add(name + "=" + value);
    });
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(logFile.toFile()));
    builder.environment().put("LC_ALL", "C");
    Process process = builder.start();
    process.getOutputStream().close();
    return process;
  }

  /** Null once the server answers; else what went wrong. */
  private static @Nullable String awaitReady(
      Process server, Path dataDirectory, int port, Path logFile) throws IOException {
    long deadline = System.nanoTime() + START_MAX.toNanos();
    String last = "";
    while (System.nanoTime() < deadline) {
      if (!server.isAlive()) {
        return "PostgreSQL ended with code "
            + server.exitValue()
            + " while starting on port "
            + port
            + ":\n"
            + tail(logFile);
      }
      try (Connection connection = DriverManager.getConnection(url(port, USER) + PROBE, USER, "");
          Statement statement = connection.createStatement();
          ResultSet shown = statement.executeQuery("show data_directory")) {
        if (shown.next() && dataDirectory.toString().equals(shown.getString(1))) {
          return null;
        }
        last = "another PostgreSQL answers on port " + port;
      } catch (SQLException e) {
        last = String.valueOf(e.getMessage());
      }
      pause();
    }
    return "PostgreSQL did not answer within "
        + START_MAX.toSeconds()
        + " s ("
        + last
        + "):\n"
        + tail(logFile);
  }

  private static void stop(
      PostgresBinaries binaries, Path dataDirectory, ProcessHandle postmaster, String mode)
      throws IOException {
    if (!Processes.isRunning(postmaster)) {
      return;
    }
    try {
      run(
          binaries,
          "pg_ctl",
          STOP_MAX.plusSeconds(10),
          "stop",
          "-D",
          dataDirectory.toString(),
          "-m",
          mode,
          "-w",
          "-t",
          Long.toString(STOP_MAX.toSeconds()));
    } catch (IOException e) {
      if (!Processes.isRunning(postmaster)) {
        return; // It ended by itself between the question and the order.
      }
      endNow(postmaster);
      throw new IOException("PostgreSQL did not stop and was killed", e);
    }
    awaitEnd(postmaster);
  }

  private static void endNow(ProcessHandle process) throws IOException {
    process.destroyForcibly();
    awaitEnd(process);
  }

  private static void awaitEnd(ProcessHandle process) throws IOException {
    if (!Processes.awaitEnd(List.of(process), STOP_MAX)) {
      throw new IOException("process " + process.pid() + " does not end");
    }
  }

  private static void run(
      PostgresBinaries binaries, String program, Duration timeMax, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>(notAsRoot());
    command.add(binaries.program(program));
    command.addAll(List.of(arguments));
    Path output = Files.createTempFile("payments-" + program + "-", ".log");
    try {
      ProcessBuilder builder =
          new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
      builder.environment().put("LC_ALL", "C");
      Process process = builder.start();
      if (!process.waitFor(timeMax.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly();
        throw new IOException(program + " took more than " + timeMax.toSeconds() + " s");
      }
      if (process.exitValue() != 0) {
        throw new IOException(
            program + " ended with code " + process.exitValue() + ":\n" + tail(output));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while " + program + " runs", e);
    } finally {
      Files.deleteIfExists(output);
    }
  }

  /**
   * What to put before a PostgreSQL program, which refuses to run as root: as root, a user
   * namespace in which it is nobody and files of root are its own.
   */
  private static List<String> notAsRoot() throws IOException {
    boolean root = "root".equals(System.getProperty("user.name"));
    if (!root) {
      return List.of();
    }
    try {
      Process probe =
          new ProcessBuilder("unshare", "-U", "true")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (probe.waitFor() == 0) {
        return List.of("unshare", "-U");
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

  private static void pause() throws IOException {
    try {
      Thread.sleep(POLL);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while PostgreSQL starts", e);
    }
  }

  private static String logSince(Path logFile, long start) throws IOException {
    try (FileChannel channel = FileChannel.open(logFile)) {
      channel.position(start);
      return new String(
          java.nio.channels.Channels.newInputStream(channel).readAllBytes(),
          java.nio.charset.StandardCharsets.UTF_8);
    }
  }

  private static String tail(Path logFile) throws IOException {
    try (Stream<String> lines = Files.lines(logFile)) {
      List<String> all = lines.toList();
      return String.join("\n", all.subList(Math.max(0, all.size() - LOG_TAIL_LINES), all.size()));
    }
  }
}
