package com.gyroscops.payments.benchmarks;

import com.gyroscops.payments.platform.grpc.Credentials;
import com.gyroscops.payments.stack.AotCaches;
import com.gyroscops.payments.stack.Programs;
import com.gyroscops.payments.stack.ServerEnvironment;
import com.gyroscops.payments.stack.ServerKind;
import com.gyroscops.payments.stack.ServerProcess;
import com.gyroscops.payments.stack.engine.LocalOpenSearch;
import com.gyroscops.payments.stack.engine.LocalPostgres;
import com.gyroscops.payments.stack.engine.LocalRedis;
import com.gyroscops.payments.stack.process.FileTrees;
import com.gyroscops.payments.stack.process.FreePorts;
import com.gyroscops.payments.stack.process.Metrics;
import com.sun.management.OperatingSystemMXBean;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * PostgreSQL and the servers, processes of their own, in a folder of their own and on free ports.
 * Closed, or when this JVM ends, everything is stopped and the folder removed. What is opened
 * through it is closed with it.
 */
final class Stack implements AutoCloseable {

  /** Deadline of each call: far above any latency worth having. */
  static final Duration CALL_MAX = Duration.ofSeconds(10);

  /** A database for tables of peers. */
  private static final String PEER_DATABASE = "payments_peer";

  private static final String WRITE_DATABASE = ServerKind.WRITE_SERVER.database();
  private static final String READ_DATABASE = ServerKind.READ_SERVER.database();
  private static final String WRITE_SERVER = ServerKind.WRITE_SERVER.label();
  private static final String READ_SERVER = ServerKind.READ_SERVER.label();
  private static final String LOOPBACK = "127.0.0.1";

  private static final Duration START_MAX = Duration.ofMinutes(2);

  /** With an ahead-of-time cache to be written, too. */
  private static final Duration STOP_MAX = Duration.ofSeconds(60);

  /** More than any benchmark makes. */
  private static final String MEMORY_PAYMENTS_MAX = "5000000";

  /** Longest wait for the read-server to apply what was appended. */
  private static final Duration CATCH_UP_MAX = Duration.ofMinutes(5);

  private static final Duration CATCH_UP_POLL = Duration.ofMillis(20);

  /** Of the machine's processors, while nothing much goes on. */
  private static final double QUIET_LOAD_MAX = 0.15;

  private static final Duration QUIET_LOOK_EVERY = Duration.ofSeconds(1);

  /** That many quiet looks one after the other. */
  private static final int QUIET_LOOKS = 5;

  /** Longest wait for it: a shared machine may never be. */
  private static final Duration QUIET_WAIT_MAX = Duration.ofMinutes(5);

  /** What may run besides PostgreSQL. */
  private enum Engine {
    REDIS,
    OPENSEARCH
  }

  private static volatile boolean ending;

  private final Path folder;
  private final Thread hook = new Thread(this::end, "stack-closer");
  private final Deque<AutoCloseable> opened = new ArrayDeque<>();
  private final List<ServerMemory> memoryOfStopped = new ArrayList<>();
  private final int writeHttpPort = FreePorts.next();
  private final int readHttpPort = FreePorts.next();
  private final int feedPort = FreePorts.next();
  private final LocalPostgres postgres;
  private final @Nullable LocalRedis redis;
  private final @Nullable LocalOpenSearch search;
  private final Map<String, String> serverSettings;
  private final String apiKey;

  private final Programs programs;
  private final AotCaches caches;
  private volatile boolean training;
  private final ServerProcess writeServer;
  private @Nullable ServerProcess readServer;
  private boolean closed;

  /** Holds its lock, so that a JVM that ends waits for what is being started, and stops it. */
  private Stack(
      Path folder,
      Path home,
      Set<Engine> engines,
      Map<String, String> serverSettings,
      String apiKey)
      throws IOException, SQLException {
    this.folder = folder;
    this.apiKey = apiKey;
    this.serverSettings = serverSettings;
    this.caches = new AotCaches(folder);
    synchronized (this) {
      try {
        Runtime.getRuntime().addShutdownHook(hook);
        programs = Programs.servers(home, folder);
        postgres =
            register(
                LocalPostgres.start(
                    folder.resolve("postgres"), 0, folder.resolve("postgresql.log")));
        postgres.createDatabase(WRITE_DATABASE);
        postgres.createDatabase(READ_DATABASE);
        postgres.createDatabase(PEER_DATABASE);
        redis =
            engines.contains(Engine.REDIS)
                ? register(
                    LocalRedis.start(folder.resolve("redis"), 0, folder.resolve("redis.log")))
                : null;
        search =
            engines.contains(Engine.OPENSEARCH)
                ? register(
                    LocalOpenSearch.start(
                        folder.resolve("opensearch"), 0, folder.resolve("opensearch.log")))
                : null;
        writeServer = startWriteServer();
      } catch (IOException | SQLException | RuntimeException e) {
        close();
        throw e;
      }
    }
  }

  /**
   * Starts PostgreSQL and a write-server, and waits until it serves.
   *
   * @throws IOException if one of them does not come up; with the end of its log
   */
  static Stack start(Settings settings) throws IOException, SQLException, InterruptedException {
    return start(settings, Map.of());
  }

  /** Likewise with settings for all servers. */
  static Stack start(Settings settings, Map<String, String> serverSettings)
      throws IOException, SQLException, InterruptedException {
    return start(settings, serverSettings, "");
  }

  /**
   * Likewise for callers with an API key.
   *
   * @param apiKey what its channels show the servers; empty: nothing
   */
  static Stack start(Settings settings, Map<String, String> serverSettings, String apiKey)
      throws IOException, SQLException, InterruptedException {
    return start(settings, Set.of(), serverSettings, apiKey);
  }

  /** Likewise with Redis and OpenSearch, for read-servers that have every source. */
  static Stack startWithAllSources(Settings settings)
      throws IOException, SQLException, InterruptedException {
    return start(settings, Set.of(Engine.values()), Map.of(), "");
  }

  /** Likewise with Redis alone, for read-servers that have sql and redis. */
  static Stack startWithRedis(Settings settings)
      throws IOException, SQLException, InterruptedException {
    return start(settings, Set.of(Engine.REDIS), Map.of(), "");
  }

  private static Stack start(
      Settings settings, Set<Engine> engines, Map<String, String> serverSettings, String apiKey)
      throws IOException, SQLException, InterruptedException {
    if (ending) {
      throw new IllegalStateException("this JVM is ending");
    }
    Path folder = Files.createTempDirectory(settings.folder(), "payments-bench-");
    Stack stack = new Stack(folder, settings.home(), engines, serverSettings, apiKey);
    try {
      stack.writeServer.awaitServing();
    } catch (IOException | InterruptedException e) {
      stack.close();
      throw e;
    }
    return stack;
  }

  private ServerProcess startWriteServer() throws IOException {
    return startWriteServer(WRITE_SERVER, feedPort, writeHttpPort, Map.of());
  }

  /** Starts one more write-server, without waiting. Read-servers subscribe at the first. */
  synchronized ServerProcess startWriteServer(
      String name, int httpPort, Map<String, String> settings) throws IOException {
    return startWriteServer(name, FreePorts.next(), httpPort, settings);
  }

  private ServerProcess startWriteServer(
      String name, int internalPort, int httpPort, Map<String, String> settings)
      throws IOException {
    return start(ServerKind.WRITE_SERVER, name, internalPort, httpPort, Map.of(), settings);
  }

  private ServerProcess start(
      ServerKind kind,
      String name,
      int internalPort,
      int httpPort,
      Map<String, String> ofKind,
      Map<String, String> ofServer)
      throws IOException {
    int port = FreePorts.next();
    Map<String, String> environment =
        ServerEnvironment.listening(name, port, internalPort, httpPort);
    environment.putAll(ServerEnvironment.database(kind, postgres.port()));
    environment.putAll(ofKind);
    environment.putAll(serverSettings);
    environment.putAll(ofServer);
    String label = kind.label();
    List<String> program =
        new ArrayList<>(training ? caches.trainingOptions(label) : caches.options(label));
    program.addAll(List.of("-jar", programs.jar(label).toString()));
    return launch(name, program, environment, port);
  }

  private ServerProcess launch(
      String name, List<String> program, Map<String, String> environment, int port)
      throws IOException {
    return register(
        ServerProcess.start(
            new ServerProcess.Launch(
                name,
                program,
                environment,
                port,
                folder,
                folder.resolve(name + ".log"),
                START_MAX,
                STOP_MAX)));
  }

  /** What a training run does with servers of both kinds. */
  @FunctionalInterface
  interface Training {
    void with(ServerProcess writeServer, ServerProcess readServer)
        throws IOException, InterruptedException;
  }

  /**
   * Has servers that are started from now on use ahead-of-time caches of the JVM: what a server of
   * each kind loads, links and compiles during a training run.
   */
  void trainAheadOfTime(Training training) throws IOException, InterruptedException {
    this.training = true;
    ServerProcess trainedWriter =
        startWriteServer(WRITE_SERVER + "-trained", FreePorts.next(), Map.of());
    ServerProcess trainedReader = startReadServer(READ_SERVER + "-trained", Map.of());
    trainedWriter.awaitServing();
    trainedReader.awaitServing();
    training.with(trainedWriter, trainedReader);
    trainedReader.close();
    trainedWriter.close();
    if (!caches.existFor(List.of(WRITE_SERVER, READ_SERVER))) {
      throw new IOException("a server left no ahead-of-time cache when it ended");
    }
    this.training = false;
  }

  /** Starts a read-server that follows, without waiting. */
  synchronized ServerProcess startReadServer() throws IOException {
    ServerProcess server = startReadServer(READ_SERVER, readHttpPort, Map.of());
    readServer = server;
    return server;
  }

  /** Starts one more, with settings of its own. */
  synchronized ServerProcess startReadServer(String name, Map<String, String> settings)
      throws IOException {
    return startReadServer(name, FreePorts.next(), settings);
  }

  private ServerProcess startReadServer(String name, int httpPort, Map<String, String> settings)
      throws IOException {
    Map<String, String> environment = new HashMap<>();
    environment.put("FEED_TARGETS", LOOPBACK + ":" + feedPort);
    environment.put("PAGE_TOKEN_SECRET", "a secret of the benchmarks alone, 32 bytes and more");
    environment.put("REDIS_URI", redis == null ? "" : redis.uri());
    // Longer than any benchmark, so that what is asked for there is there.
    environment.put("READ_SERVER_REDIS_LIFETIME", "3600s");
    environment.put("SEARCH_URL", search == null ? "" : search.url().toString());
    environment.put("MEMORY_PAYMENTS_MAX", search == null ? "0" : MEMORY_PAYMENTS_MAX);
    environment.put("MEMORY_FOLDER", folder.resolve(name + "-memory").toString());
    return start(ServerKind.READ_SERVER, name, FreePorts.next(), httpPort, environment, settings);
  }

  /** Where the search engine answers; only with all sources. */
  URI searchUrl() {
    return Objects.requireNonNull(search).url();
  }

  /** Where Redis answers; only with all sources. */
  String redisUri() {
    return Objects.requireNonNull(redis).uri();
  }

  /** Drains and stops the read-server, remembering what memory it took. */
  void stopReadServer() throws IOException, InterruptedException {
    ServerProcess server = readServer;
    if (server != null) {
      memoryOfStopped.add(ServerMemory.of(server, readHttpPort));
      readServer = null;
      server.close();
    }
  }

  /** A change of the databases. */
  @FunctionalInterface
  interface DatabaseWork {
    void with(Connection writeDatabase, Connection readDatabase) throws SQLException;
  }

  /** Stops the servers, changes their databases, and starts the write-server again. */
  void whileStopped(DatabaseWork work) throws SQLException, IOException, InterruptedException {
    stopReadServer();
    writeServer.stop();
    try (Connection writeDatabase = connect(WRITE_DATABASE);
        Connection readDatabase = connect(READ_DATABASE)) {
      work.with(writeDatabase, readDatabase);
    }
    writeServer.startAgain();
    writeServer.awaitServing();
  }

  /** The read-server that follows, started by {@link #startReadServer()}. */
  ServerProcess readServer() {
    return Objects.requireNonNull(readServer);
  }

  /** Starts a peer: a main class of this program, which says SERVING once it does. */
  ServerProcess startPeer(Class<?> main, List<String> arguments, int port)
      throws IOException, InterruptedException {
    List<String> program = new ArrayList<>();
    program.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    program.addAll(arguments);
    // Class path entries may be relative to this process's folder.
    program.set(1, absolute(program.get(1)));
    ServerProcess peer;
    synchronized (this) {
      peer = launch(main.getSimpleName(), program, Map.of(), port);
    }
    peer.awaitServing();
    return peer;
  }

  private static String absolute(String classPath) {
    return Stream.of(classPath.split(File.pathSeparator, -1))
        .map(entry -> Path.of(entry).toAbsolutePath().toString())
        .collect(Collectors.joining(File.pathSeparator));
  }

  /** The write-server that it began with. */
  ServerProcess writeServer() {
    return writeServer;
  }

  /** Closed with the stack, before what was opened earlier. */
  synchronized <T extends AutoCloseable> T closing(T resource) {
    return register(resource);
  }

  /** A folder for files of the run. */
  Path folder() {
    return folder;
  }

  /** A connection of its own to the write-server. */
  ManagedChannel commands() {
    return channel(writeServer.grpcPort());
  }

  /** A connection of its own to a server on this machine. */
  ManagedChannel channel(int port) {
    ManagedChannel channel = channelTo(port, apiKey);
    register(channel::shutdownNow);
    return channel;
  }

  /** Calls end on network threads: nothing that a load does with an answer blocks. */
  static ManagedChannel channelTo(int port) {
    return channelTo(port, "");
  }

  private static ManagedChannel channelTo(int port, String apiKey) {
    return NettyChannelBuilder.forAddress(LOOPBACK, port)
        .intercept(Credentials.ofApiKey(apiKey))
        .usePlaintext()
        .directExecutor()
        .disableRetry()
        .build();
  }

  /** A connection of its own to the read database. */
  Connection readDatabase() throws SQLException {
    return register(connect(READ_DATABASE));
  }

  Connection peerDatabase() throws SQLException {
    return register(connect(PEER_DATABASE));
  }

  private Connection connect(String database) throws SQLException {
    return DriverManager.getConnection(postgres.jdbcUrl(database), postgres.user(), "");
  }

  HikariDataSource readPool(int connections) {
    return pool(READ_DATABASE, connections, true);
  }

  /** A pool for transactions over several statements. */
  HikariDataSource peerPool(int connections) {
    return pool(PEER_DATABASE, connections, false);
  }

  private HikariDataSource pool(String database, int connections, boolean autoCommit) {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(postgres.jdbcUrl(database));
    config.setUsername(postgres.user());
    config.setPassword("");
    config.setMaximumPoolSize(connections);
    config.setAutoCommit(autoCommit);
    return register(new HikariDataSource(config));
  }

  /** Position of the newest event. */
  long headPosition() throws SQLException {
    try (Connection connection = connect(WRITE_DATABASE);
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("select position from outbox_head")) {
      row.next();
      return row.getLong(1);
    }
  }

  /** Waits until the read-server, if one runs, has applied everything there is. */
  void awaitCaughtUp() throws SQLException, InterruptedException {
    if (readServer == null) {
      return;
    }
    long head = headPosition();
    long endNanos = System.nanoTime() + CATCH_UP_MAX.toNanos();
    try (Connection connection = connect(READ_DATABASE);
        ReadCheckpoint checkpoint = new ReadCheckpoint(connection)) {
      while (checkpoint.position() < head) {
        if (System.nanoTime() > endNanos) {
          throw new IllegalStateException(
              "the read-server is at " + checkpoint.position() + ", not at " + head);
        }
        Thread.sleep(CATCH_UP_POLL);
      }
    }
  }

  /** Waits until every source of the first read-server has applied everything there is. */
  void awaitAllSources() throws SQLException, IOException, InterruptedException {
    long head = headPosition();
    long endNanos = System.nanoTime() + CATCH_UP_MAX.toNanos();
    for (List<Metrics.Sample> at = sourcePositions();
        at.size() < sources() || at.stream().anyMatch(source -> source.value() < head);
        at = sourcePositions()) {
      if (System.nanoTime() > endNanos) {
        throw new IllegalStateException("the sources are at " + at + ", not at " + head);
      }
      Thread.sleep(CATCH_UP_POLL.multipliedBy(10));
    }
  }

  /**
   * Waits until all sources have all there is and what they still do about it is done, as an engine
   * that merges what it was given; the read database gets its planner's statistics.
   */
  void settle() throws SQLException, IOException, InterruptedException {
    Progress.say("waiting for all sources");
    awaitAllSources();
    analyzeReadDatabase();
    Progress.say("waiting for the machine to be quiet");
    var machine = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    machine.getCpuLoad();
    long endNanos = System.nanoTime() + QUIET_WAIT_MAX.toNanos();
    for (int quiet = 0; quiet < QUIET_LOOKS; ) {
      Thread.sleep(QUIET_LOOK_EVERY);
      double load = machine.getCpuLoad();
      quiet = load < QUIET_LOAD_MAX ? quiet + 1 : 0;
      if (System.nanoTime() > endNanos) {
        Progress.say(
            "the machine is still busy to %.0f %% after %s; going on", load * 100, QUIET_WAIT_MAX);
        return;
      }
    }
  }

  /** sql, redis if it runs, and, where everything runs, search and memory. */
  private int sources() {
    return 1 + (redis == null ? 0 : 1) + (search == null ? 0 : 2);
  }

  private List<Metrics.Sample> sourcePositions() throws IOException, InterruptedException {
    return Metrics.read(readHttpPort).named("payments_source_position");
  }

  /** Gives the read database's planner its statistics, as autovacuum does with time. */
  private void analyzeReadDatabase() throws SQLException {
    try (Connection connection = connect(READ_DATABASE);
        Statement statement = connection.createStatement()) {
      statement.execute("vacuum analyze");
    }
  }

  /** PostgreSQL's version and the settings that make a commit durable. */
  String describePostgres() throws SQLException {
    try (Connection connection = connect(PEER_DATABASE);
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "select 'PostgreSQL ' || current_setting('server_version')"
                    + " || ', fsync ' || current_setting('fsync')"
                    + " || ', synchronous_commit ' || current_setting('synchronous_commit')"
                    + " || ', full_page_writes ' || current_setting('full_page_writes')"
                    + " || ', shared_buffers ' || current_setting('shared_buffers')")) {
      row.next();
      return row.getString(1);
    }
  }

  /** What each server's process took, those that were stopped included. */
  List<ServerMemory> memory() throws IOException, InterruptedException {
    List<ServerMemory> all = new ArrayList<>(memoryOfStopped);
    all.add(ServerMemory.of(writeServer, writeHttpPort));
    ServerProcess reading = readServer;
    if (reading != null) {
      all.add(ServerMemory.of(reading, readHttpPort));
    }
    return all;
  }

  private synchronized <T extends AutoCloseable> T register(T resource) {
    if (closed) {
      closeOne(resource);
      throw new IllegalStateException("the stack is closed");
    }
    opened.push(resource);
    return resource;
  }

  @Override
  public void close() {
    stopAll();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The JVM is ending: the hook finds this closed.
      return;
    }
  }

  /** Whether this JVM ends, and everything fails for that. */
  static boolean isEnding() {
    return ending;
  }

  private void end() {
    ending = true;
    Progress.say("ending: stopping and removing the stack");
    stopAll();
  }

  private synchronized void stopAll() {
    if (closed) {
      return;
    }
    closed = true;
    opened.forEach(Stack::closeOne);
    try {
      FileTrees.delete(folder);
    } catch (IOException e) {
      Progress.say("%s was not removed: %s", folder, e);
    }
  }

  private static void closeOne(AutoCloseable resource) {
    try {
      resource.close();
    } catch (Exception e) {
      Progress.say("not stopped cleanly: %s", e);
    }
  }
}
