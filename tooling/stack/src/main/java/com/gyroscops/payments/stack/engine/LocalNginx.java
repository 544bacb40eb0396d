package com.gyroscops.payments.stack.engine;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * An nginx in a process of its own, on loopback alone, with the configuration that is shipped
 * ({@code tooling/deploy/nginx/nginx.conf}), in which nothing but addresses and folders is
 * replaced, and for an older nginx how it is told of HTTP/2. It starts with as few open files as in
 * a container. The program is the system's: Debian's package {@code nginx}, for one. For concurrent
 * use.
 */
public final class LocalNginx implements AutoCloseable {

  private static final String PROGRAM = "nginx";
  private static final Path CONFIGURATION = Path.of("tooling", "deploy", "nginx", "nginx.conf");

  /** Debian's lies where the path of ordinary users does not lead. */
  private static final Path DEBIAN = Path.of("/usr/sbin", PROGRAM);

  private static final Pattern VERSION = Pattern.compile("nginx/([0-9.]+)");
  private static final String ACCESSES = "access.log";

  /** The first that knows the directive {@code http2}; before, it is a word after the port. */
  private static final Runtime.Version HTTP2_DIRECTIVE = Runtime.Version.parse("1.25.1");

  /** As many as container engines let a process have open that does not ask for more. */
  private static final int FILES = 1024;

  private static final Duration START_MAX = Duration.ofSeconds(60);
  private static final Duration STOP_MAX = Duration.ofSeconds(60);

  private final Engine engine;
  private final Path accesses;

  private LocalNginx(Engine engine, Path accesses) {
    this.engine = engine;
    this.accesses = accesses;
  }

  /** Whether this machine has the program. */
  public static boolean isInstalled() {
    return program().isPresent();
  }

  /**
   * Starts it on a free port and waits until it listens.
   *
   * @param writeServers host and port of the two write-servers
   * @param readServers likewise
   * @param directory for its files; made if it does not exist
   * @throws IOException if it does not start, or is not installed; with the end of its log
   */
  public static LocalNginx start(
      List<String> writeServers, List<String> readServers, Path directory) throws IOException {
    Path program =
        program()
            .orElseThrow(
                () -> new IOException("nginx is not installed; on Debian: apt install nginx"));
    boolean isOld = Runtime.Version.parse(version(program)).compareTo(HTTP2_DIRECTIVE) < 0;
    String shipped = Files.readString(LocalOpenSearch.home().resolve(CONFIGURATION));
    Map<String, String> addresses = new LinkedHashMap<>();
    for (int i = 0; i < 2; i++) {
      addresses.put("write-server-" + (i + 1) + ":50051", writeServers.get(i));
      addresses.put("read-server-" + (i + 1) + ":50052", readServers.get(i));
    }
    Engine.Kind kind =
        new Engine.Kind(
            PROGRAM,
            (folder, port) -> {
              Map<String, String> all = new LinkedHashMap<>(addresses);
              all.put("listen 50050;", "listen 127.0.0.1:" + port + (isOld ? " http2;" : ";"));
              if (isOld) {
                all.put("http2 on;", "");
              }
              all.put(
                  "access_log off;",
                  "log_format servers '$upstream_addr $upstream_status $uri'; access_log "
                      + folder.resolve(ACCESSES)
                      + " servers;");
              all.put("/tmp/nginx", folder.resolve("run").toString());
              Path configuration = folder.resolve("nginx.conf");
              write(configuration, shipped, all);
              return command(program, folder, configuration);
            },
            (_, port, _) -> Engine.listens(port),
            false,
            START_MAX,
            STOP_MAX);
    Engine engine = Engine.start(kind, directory, 0, directory.resolve("nginx.log"));
    return new LocalNginx(engine, directory.resolve(ACCESSES));
  }

  private static Optional<Path> program() {
    String path = Optional.ofNullable(System.getenv("PATH")).orElse("");
    return Stream.concat(
            Stream.of(path.split(File.pathSeparator, -1)).map(it -> Path.of(it, PROGRAM)),
            Stream.of(DEBIAN))
        .filter(Files::isExecutable)
        .findFirst();
  }

  private static String version(Path program) throws IOException {
    Process process =
        new ProcessBuilder(program.toString(), "-v").redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    Matcher version = VERSION.matcher(said);
    if (!version.find()) {
      throw new IOException(program + " does not tell its version: " + said);
    }
    return version.group(1);
  }

  private static void write(Path file, String shipped, Map<String, String> replacements) {
    String text = shipped;
    for (Map.Entry<String, String> each : replacements.entrySet()) {
      if (!text.contains(each.getKey())) {
        throw new IllegalStateException(CONFIGURATION + " does not mention " + each.getKey());
      }
      text = text.replace(each.getKey(), each.getValue());
    }
    try {
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> command(Path program, Path prefix, Path configuration) {
    return List.of(
        "sh",
        "-c",
        "ulimit -S -n " + FILES + " && exec \"$0\" \"$@\"",
        program.toString(),
        "-p",
        prefix.toString(),
        "-c",
        configuration.toString(),
        "-g",
        "daemon off;");
  }

  /** The process that the others are children of. */
  ProcessHandle master() {
    return engine.process();
  }

  /** For clients: host and port. */
  public String target() {
    return "127.0.0.1:" + engine.port();
  }

  /** Calls so far by the address of the server that answered, or by all that were tried. */
  public Map<String, Long> servers() throws IOException {
    try (Stream<String> lines = Files.lines(accesses)) {
      return lines.collect(
          Collectors.groupingBy(
              line -> line.substring(0, line.lastIndexOf(' ')),
              TreeMap::new,
              Collectors.counting()));
    }
  }

  /**
   * Stops it and frees the folder.
   *
   * @throws IOException if it had to be killed
   */
  @Override
  public void close() throws IOException {
    engine.close();
  }
}
