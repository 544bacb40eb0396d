package com.gyroscops.payments.stack.engine;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A Redis server (6.2) in a process of its own, on loopback alone, without a password.
 *
 * <p>The program comes from {@code com.github.codemonstur:embedded-redis}; it is unpacked once per
 * user and version. On a data folder, writes are kept in an append-only file that is synced every
 * second, as by Redis's own advice; a temporary server keeps nothing. A folder belongs to one owner
 * at a time, see {@link LocalPostgres}.
 *
 * <p>For concurrent use.
 */
public final class LocalRedis implements AutoCloseable {

  private static final Duration START_MAX = Duration.ofSeconds(30);
  private static final Duration STOP_MAX = Duration.ofSeconds(30);
  private static final int ANSWER_MILLIS_MAX = 1_000;

  /** Enough for INFO's first section. */
  private static final int ANSWER_BYTES_MAX = 4_096;

  private final Engine engine;

  private LocalRedis(Engine engine) {
    this.engine = engine;
  }

  /**
   * Starts a server on a folder, which is made if it does not exist, and waits until it answers.
   *
   * @param port on loopback; 0: any free one
   * @param log appended to
   * @throws IOException if the server does not start; with the end of its log
   * @throws IllegalStateException if the folder is in use
   */
  public static LocalRedis start(Path dataDirectory, int port, Path log) throws IOException {
    return new LocalRedis(Engine.start(kind("yes"), dataDirectory, port, log));
  }

  /** Starts a server that keeps nothing, on any free port. */
  public static LocalRedis temporary() throws IOException {
    return new LocalRedis(Engine.temporary(kind("no"), 0));
  }

  private static Engine.Kind kind(String appendOnly) throws IOException {
    Path program = program();
    return new Engine.Kind(
        "Redis",
        (folder, port) -> command(program, folder, port, appendOnly),
        (_, port, process) -> ask(port, process),
        false,
        START_MAX,
        STOP_MAX);
  }

  /**
   * Stops what an owner that was killed left running on a folder; its data stays.
   *
   * @return whether anything ran
   * @throws IllegalStateException if the owner lives
   */
  public static boolean stopLeftOver(Path directory) throws IOException {
    return EngineFolder.stopLeftOver(directory);
  }

  private static List<String> command(Path program, Path data, int port, String appendOnly) {
    return List.of(
        program.toString(),
        "--port",
        Integer.toString(port),
        "--bind",
        "127.0.0.1",
        "--dir",
        data.toString(),
        "--daemonize",
        "no",
        "--save",
        "",
        // It would be written over the environment, by which a run's processes are found.
        "--set-proc-title",
        "no",
        "--appendonly",
        appendOnly);
  }

  /** Ready is who answers on the port, is that very process, and has loaded its data. */
  private static Optional<String> ask(int port, ProcessHandle process) {
    try (Socket socket = new Socket()) {
      socket.connect(
          new InetSocketAddress(InetAddress.getLoopbackAddress(), port), ANSWER_MILLIS_MAX);
      socket.setSoTimeout(ANSWER_MILLIS_MAX);
      socket.getOutputStream().write("INFO server\r\n".getBytes(StandardCharsets.US_ASCII));
      byte[] answer = new byte[ANSWER_BYTES_MAX];
      int length = 0;
      InputStream in = socket.getInputStream();
      String mine = "process_id:" + process.pid() + "\r";
      while (length < answer.length) {
        int count = in.read(answer, length, answer.length - length);
        if (count < 0) {
          break;
        }
        length += count;
        String text = new String(answer, 0, length, StandardCharsets.US_ASCII);
        if (text.contains(mine)) {
          return isLoaded(socket);
        }
        if (text.contains("process_id:") && text.endsWith("\r\n")) {
          return Optional.of("another Redis answers");
        }
      }
      return Optional.of("what answers is no Redis");
    } catch (IOException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  private static Optional<String> isLoaded(Socket socket) throws IOException {
    try (Socket again = new Socket()) {
      again.connect(socket.getRemoteSocketAddress(), ANSWER_MILLIS_MAX);
      again.setSoTimeout(ANSWER_MILLIS_MAX);
      again.getOutputStream().write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
      byte[] answer = again.getInputStream().readNBytes("+PONG".length());
      String text = new String(answer, StandardCharsets.US_ASCII);
      return text.equals("+PONG") ? Optional.empty() : Optional.of(text);
    }
  }

  /** For clients: {@code redis://127.0.0.1:port}. */
  public String uri() {
    return "redis://127.0.0.1:" + port();
  }

  /** Port on loopback. */
  public int port() {
    return engine.port();
  }

  /** The server's process. */
  public ProcessHandle process() {
    return engine.process();
  }

  /**
   * Stops the server and frees the folder; removes a temporary one. Without effect on a server that
   * is gone.
   *
   * @throws IOException if the server had to be killed
   */
  @Override
  public void close() throws IOException {
    engine.close();
  }

  private static Path program() throws IOException {
    String name = "redis-server-" + platform();
    URL found = LocalRedis.class.getResource("/" + name);
    if (found == null) {
      throw new IllegalStateException(
          "no Redis program for this platform: " + name + " is not on the class path");
    }
    Path cache = PostgresBinaries.cacheFolder();
    Path program = cache.resolve(name);
    if (!Files.exists(program)) {
      Files.createDirectories(cache);
      Path copy =
          Files.createTempFile(
              cache,
              "unpacking-",
              "",
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      try (InputStream in = found.openStream()) {
        Files.copy(in, copy, StandardCopyOption.REPLACE_EXISTING);
        Files.setPosixFilePermissions(copy, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.move(copy, program, StandardCopyOption.ATOMIC_MOVE);
      } catch (FileAlreadyExistsException e) {
        // Another was faster with the same program.
        return program;
      } finally {
        Files.deleteIfExists(copy);
      }
    }
    return program;
  }

  private static String platform() {
    boolean mac = System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("mac");
    boolean arm = List.of("aarch64", "arm64").contains(System.getProperty("os.arch"));
    if (mac) {
      return arm ? "6.2.6-v5-darwin-arm64" : "6.2.6-v5-darwin-amd64";
    }
    return arm ? "6.2.7-linux-arm64" : "6.2.6-v5-linux-amd64";
  }
}
