package com.gyroscops.payments.cli.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.cli.TrainedCaches;
import com.gyroscops.payments.stack.process.FreePorts;
import com.gyroscops.payments.stack.process.ServerJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A server as it was packaged, run in processes with no environment but the one given. */
enum Server {
  WRITE("write-server"),
  READ("read-server");

  static final Path HOME =
      Path.of(System.getProperty("payments.home", "../..")).toAbsolutePath().normalize();

  private static final Duration END_MAX = Duration.ofMinutes(5);
  private static final Pattern ROW =
      Pattern.compile("(?m)^\\| `([A-Z_]+)`(?: or `([A-Z_]+)`)? \\| (.*?) \\|");

  private final String label;

  Server(String label) {
    this.label = label;
  }

  /** Name of its module, its jar, its image's target. */
  String label() {
    return label;
  }

  /** Where the jar lies with its libraries, as in its image. */
  Path folder() {
    return HOME.resolve(label).resolve("target");
  }

  /** A variable that it reads; one that may be a file is there by both names. */
  record Known(String defaultText, boolean required, String other) {}

  /** What it says of the variables that it reads: a table in Markdown. */
  String help() throws IOException {
    Running help = start(command("--help"), Map.of());
    assertThat(help.end()).isZero();
    return help.output();
  }

  /** The same by name. */
  Map<String, Known> variables() throws IOException {
    Map<String, Known> variables = new TreeMap<>();
    Matcher row = ROW.matcher(help());
    while (row.find()) {
      String file = row.group(2) == null ? "" : row.group(2);
      boolean required = row.group(3).equals("none: required");
      String standard = row.group(3).replace("`", "");
      variables.put(row.group(1), new Known(standard, required, file));
      if (!file.isEmpty()) {
        variables.put(file, new Known("", required, row.group(1)));
      }
    }
    assertThat(variables).isNotEmpty();
    return variables;
  }

  /** Starts it as short-lived processes start fastest. */
  Running start(Map<String, String> environment) throws IOException {
    return start(command(), environment);
  }

  private List<String> command(String... arguments) {
    List<String> command =
        new ArrayList<>(
            List.of(
                "java",
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow"));
    command.addAll(TrainedCaches.options(label));
    command.addAll(List.of("-jar", folder().resolve(label + ".jar").toString()));
    command.addAll(List.of(arguments));
    return command;
  }

  /** Starts it by a command line of its image, in which java is the one of this process. */
  Running start(List<String> command, Map<String, String> environment) throws IOException {
    List<String> line = new ArrayList<>(command);
    assertThat(line.getFirst()).isEqualTo("java");
    line.set(0, ServerJvm.java());
    Path output = Files.createTempFile(label, ".log");
    ProcessBuilder builder =
        new ProcessBuilder(line)
            .directory(folder().toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile());
    builder.environment().keySet().removeIf(name -> !name.equals("PATH"));
    builder.environment().putAll(environment);
    return new Running(builder.start(), output);
  }

  /** Ports that nothing listens on, on loopback. */
  Map<String, String> freePorts() throws IOException {
    Map<String, String> ports = new HashMap<>();
    ports.put("GRPC_HOST", "127.0.0.1");
    for (String name : List.of("GRPC_PORT", "INTERNAL_GRPC_PORT", "HTTP_PORT")) {
      ports.put(name, Integer.toString(FreePorts.next()));
    }
    ports.put("DRAIN_NOTICE", "0s");
    return ports;
  }

  /** The prefix of its database's variables. */
  String database() {
    return name().toUpperCase(Locale.ROOT) + "_DATABASE";
  }

  /** A process and what it prints. */
  record Running(Process process, Path log) implements AutoCloseable {

    String output() throws IOException {
      return Files.readString(log);
    }

    /** Waits until it ends by itself; its exit code. */
    int end() throws IOException {
      try {
        assertThat(process.waitFor(END_MAX.toSeconds(), TimeUnit.SECONDS))
            .withFailMessage(() -> "it does not end: " + log)
            .isTrue();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AssertionError("interrupted", e);
      }
      return process.exitValue();
    }

    @Override
    public void close() throws IOException {
      process.destroyForcibly();
      end();
      Files.delete(log);
    }
  }
}
