package com.gyroscops.payments.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/**
 * What clients in other languages need of this machine: Node and Python. Tests that miss something
 * are skipped and say what to install; where {@code PAYMENTS_CLIENT_TESTS=required}, they fail.
 */
final class ClientTools {

  private static final Path CHECKOUT =
      Path.of(System.getProperty("payments.home", "../..")).toAbsolutePath().normalize();

  /** The examples in JavaScript and TypeScript. */
  static final Path NODE = CHECKOUT.resolve("examples/node");

  static final Path PYTHON = CHECKOUT.resolve("examples/python");
  static final Path JAVA_EXAMPLE = CHECKOUT.resolve("examples/java/target/example.jar");

  private static final int NODE_MIN = 18;
  private static final Duration PROGRAM_MAX = Duration.ofMinutes(5);

  private ClientTools() {}

  /** What a program printed and how it ended. */
  record Ended(int exitCode, String out, String err) {
    Ended succeeded() {
      assertThat(exitCode).withFailMessage(() -> out + err).isZero();
      return this;
    }
  }

  /**
   * Skips the test without Node, and installs the examples' packages where they are not current.
   */
  static void needNode() throws Exception {
    String version = firstLine("node", "--version");
    need(
        version.matches("v\\d+\\..*")
            && Integer.parseInt(version.substring(1, version.indexOf('.'))) >= NODE_MIN
            && !firstLine("npm", "--version").isEmpty(),
        "Node %d or later with npm".formatted(NODE_MIN));
    Path lock = NODE.resolve("package-lock.json");
    Path installed = NODE.resolve("node_modules/.package-lock.json");
    if (!Files.exists(installed)
        || Files.getLastModifiedTime(installed).compareTo(Files.getLastModifiedTime(lock)) < 0) {
      Ended ended = run(NODE, Map.of(), PROGRAM_MAX, "npm", "ci", "--no-audit", "--no-fund");
      need(ended.exitCode() == 0, "what `npm ci` in examples/node brings; it failed: " + ended);
    }
  }

  /** Skips the test without Python's gRPC and protoc; the python to use. */
  static String needPython() throws Exception {
    String imports = "import grpc, google.protobuf; print('there')";
    for (String python : List.of("python3", "/usr/bin/python3")) {
      if (firstLine(python, "-c", imports).equals("there")
          && !firstLine("protoc", "--version").isEmpty()
          && !firstLine("sh", "-c", "command -v grpc_python_plugin").isEmpty()) {
        return python;
      }
    }
    need(
        false,
        "Python's gRPC and protoc (Debian: apt install python3-grpcio python3-protobuf"
            + " protobuf-compiler protobuf-compiler-grpc)");
    throw new IllegalStateException("a test that should be skipped goes on");
  }

  private static void need(boolean there, String what) {
    if (!there) {
      String message = "needs " + what;
      if ("required".equals(System.getenv("PAYMENTS_CLIENT_TESTS"))) {
        throw new AssertionError(message);
      }
      System.out.println("SKIPPED: a test of clients " + message);
      Assumptions.abort(message);
    }
  }

  private static String firstLine(String... command) throws Exception {
    try {
      return run(CHECKOUT, Map.of(), PROGRAM_MAX, command).out().lines().findFirst().orElse("");
    } catch (IOException e) {
      return ""; // there is no such program
    }
  }

  /**
   * Runs a program to its end, or until the time is over: it then ends with what it has printed.
   */
  static Ended run(Path folder, Map<String, String> environment, Duration max, String... command)
      throws Exception {
    Path out = Files.createTempFile("client", ".out");
    Path err = Files.createTempFile("client", ".err");
    try {
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .directory(folder.toFile())
              .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
              .redirectOutput(out.toFile())
              .redirectError(err.toFile());
      // npx asks whether to download what it was told to run, and gives up where nobody can say.
      builder.environment().put("npm_config_yes", "true");
      builder.environment().putAll(environment);
      Process process = builder.start();
      if (!process.waitFor(max.toMillis(), TimeUnit.MILLISECONDS)) {
        List<ProcessHandle> all = new ArrayList<>(process.descendants().toList());
        all.add(process.toHandle());
        all.forEach(ProcessHandle::destroyForcibly);
      }
      int exitCode = process.waitFor();
      return new Ended(exitCode, Files.readString(out), Files.readString(err));
    } finally {
      Files.delete(out);
      Files.delete(err);
    }
  }

  /** Runs a shell command in which {@code grpcurl} and {@code npx} mean what the tests bring. */
  static Ended shell(Duration max, String command) throws Exception {
    Map<String, String> environment = new TreeMap<>();
    environment.put(
        "PATH",
        "%s:%s:%s"
            .formatted(
                CHECKOUT.resolve("tooling/cli/src/test/sh"),
                NODE.resolve("node_modules/.bin"),
                System.getenv("PATH")));
    // Nothing but the answer on its error output.
    environment.put("npm_config_loglevel", "silent");
    environment.put("npm_config_update_notifier", "false");
    return run(NODE, environment, max, "sh", "-c", command);
  }
}
