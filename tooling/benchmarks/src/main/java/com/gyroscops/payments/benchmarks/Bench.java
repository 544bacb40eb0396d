package com.gyroscops.payments.benchmarks;

import com.gyroscops.payments.stack.process.ServerJvm;
import java.lang.management.ManagementFactory;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Runs benchmarks and prints what they found. */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Measures the servers, each benchmark on a durable stack of its own, which is removed at the"
          + " end. Progress goes to standard error, the table to standard output.",
      "Throughput and latencies are of all rounds together, calls that failed left out; a ratio is"
          + " the median of the rounds' ratios.",
      "Ends with 1 if any call failed, with 3 if a benchmark broke off."
    })
final class Bench implements Callable<Integer> {

  private static final int CALLS_FAILED = 1;
  private static final int BROKEN = 3;

  /** The benchmarks by name. */
  enum Name {
    create,
    stream,
    get,
    lag,
    drain,
    visible,
    reads,
    growth,
    journal,
    through,
    submit,
    rolling,
    old,
    access,
    before;

    Benchmark benchmark(@Nullable Path otherBuild) {
      return switch (this) {
        case create -> new CreateBenchmark();
        case stream -> new StreamBenchmark();
        case get -> new GetBenchmark();
        case lag -> new LagBenchmark();
        case drain -> new DrainBenchmark();
        case visible -> new VisibleLagBenchmark();
        case reads -> new ReadsBenchmark();
        case growth -> new GrowthBenchmark();
        case journal -> new JournalBenchmark();
        case through -> new ThroughBenchmark();
        case submit -> new SubmitBenchmark();
        case rolling -> new RollingBenchmark();
        case old -> new OldBenchmark();
        case access -> new AccessBenchmark();
        case before -> new BeforeBenchmark(Objects.requireNonNull(otherBuild));
      };
    }
  }

  @Parameters(
      paramLabel = "NAME",
      arity = "0..*",
      description =
          "What to run: ${COMPLETION-CANDIDATES}. Without one: all; before only with --against.")
  private List<Name> names = new ArrayList<>();

  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "5",
      description = "Length of each measured load (default: ${DEFAULT-VALUE}).")
  private double seconds;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "3",
      description =
          "How often each is measured, in turn with its peers (default: ${DEFAULT-VALUE}).")
  private int rounds;

  @Option(
      names = "--scale",
      paramLabel = "F",
      defaultValue = "1",
      description =
          "Factor on amounts of data: payments of get, reads and growth, backlogs of drain and"
              + " journal, lines that journal verifies, calls of rolling, events and backlog of"
              + " old.")
  private double scale;

  @Option(
      names = "--whole-stack",
      description = "In create and stream, too, have a read-server follow.")
  private boolean wholeStack;

  @Option(
      names = "--folder",
      paramLabel = "DIR",
      description =
          "Where to put the data: on the disk to measure (default: the system's folder for"
              + " temporary files).")
  private @Nullable Path folder;

  @Option(
      names = "--against",
      paramLabel = "DIR",
      description =
          "Another checkout of the project, built by its own ./payments bench --help: its servers are"
              + " the peer of before.")
  private @Nullable Path against;

  @Option(names = "--json", paramLabel = "FILE", description = "Also write what was found there.")
  private @Nullable Path json;

  private Bench() {}

  /** Runs what is named and exits. */
  public static void main(String[] arguments) {
    System.exit(
        new CommandLine(new Bench())
            .setExecutionExceptionHandler((failure, _, _) -> {
              failure.printStackTrace();
              return BROKEN;
            })
            .execute(arguments));
  }

  @Override
  public Integer call() throws Exception {
    Path otherBuild = against == null ? null : against.toAbsolutePath();
    if (names.contains(Name.before) && otherBuild == null) {
      throw new CommandLine.ParameterException(
          new CommandLine(this), "before needs --against DIR: another checkout, built");
    }
    if (otherBuild != null && rounds < MedianInterval.VALUES_MIN) {
      throw new CommandLine.ParameterException(
          new CommandLine(this),
          "before needs --rounds " + MedianInterval.VALUES_MIN + " or more, not " + rounds);
    }
    Path parent = folder == null ? Path.of(System.getProperty("java.io.tmpdir")) : folder;
    Files.createDirectories(parent);
    Settings settings = settings(parent.toAbsolutePath());
    SessionAutogrouping autogrouping = SessionAutogrouping.ofThisMachine();
    Report report = new Report(conditions(settings, autogrouping));
    autogrouping.hint().ifPresent(hint -> report.note("%s", hint));
    boolean broken = false;
    for (Name name : toRun(otherBuild)) {
      Progress.say("%s, starting its stack", name);
      try {
        name.benchmark(otherBuild).run(settings, report);
      } catch (InterruptedException e) {
        throw e;
      } catch (Exception e) {
        if (Stack.isEnding()) {
          return BROKEN;
        }
        // What the others find is worth having; the exit code tells.
        broken = true;
        e.printStackTrace();
        report.note("%s BROKE OFF: %s", name, e);
      }
    }
    System.out.print(report.table());
    System.out.flush();
    Path file = json;
    if (file != null) {
      Files.writeString(file, report.json());
    }
    if (broken) {
      return BROKEN;
    }
    return report.failed() > 0 ? CALLS_FAILED : 0;
  }

  private List<Name> toRun(@Nullable Path otherBuild) {
    if (!names.isEmpty()) {
      return names;
    }
    return Stream.of(Name.values()).filter(it -> it != Name.before || otherBuild != null).toList();
  }

  private Settings settings(Path parent) {
    Duration slice = Duration.ofMillis(Math.round(seconds * 1_000));
    try {
      return new Settings(home(), parent, slice, rounds, scale, wholeStack);
    } catch (IllegalArgumentException e) {
      throw new CommandLine.ParameterException(
          new CommandLine(this), "--seconds, --rounds, --scale: " + e.getMessage(), e);
    }
  }

  /** The project's folder: as the caller says, or else where this is run. */
  private static Path home() {
    return Path.of(System.getProperty("payments.home", "")).toAbsolutePath();
  }

  private static Map<String, String> conditions(Settings settings, SessionAutogrouping autogrouping)
      throws Exception {
    FileStore disk = Files.getFileStore(settings.folder());
    var system = ManagementFactory.getOperatingSystemMXBean();
    Map<String, String> conditions = new LinkedHashMap<>();
    conditions.put(
        "machine",
        String.format(
            Locale.ROOT,
            "%d CPUs for clients, servers and database together, %s %s, %s, data on %s, load before"
                + " %.1f",
            system.getAvailableProcessors(),
            system.getName(),
            system.getArch(),
            autogrouping.description(),
            disk.type(),
            system.getSystemLoadAverage()));
    conditions.put(
        "java",
        String.format(
            Locale.ROOT,
            "%s %s; heap of each server at most %d MiB, of the clients %d MiB",
            System.getProperty("java.vm.name"),
            Runtime.version(),
            ServerJvm.HEAP_MIB,
            Runtime.getRuntime().maxMemory() / (1024 * 1024)));
    conditions.put("database", "not started");
    conditions.put(
        "durations",
        String.format(
            Locale.ROOT,
            "%d rounds of %.1f s each, after warm-up; scale %s%s",
            settings.rounds(),
            settings.slice().toMillis() / 1e3,
            settings.scale(),
            settings.wholeStack() ? "; a read-server follows everywhere" : ""));
    return conditions;
  }
}
