package com.gyroscops.payments.benchmarks;

import com.gyroscops.payments.benchmarks.SideBySide.Side;
import java.nio.file.Path;

/** Create, stream, GetPayment and drain of this build, by turns with those of another. */
final class BeforeBenchmark implements Benchmark {

  /** Times as long as with the other build: beyond it, with certainty, something was lost. */
  private static final double TIMES_MAX = 1.05;

  private final Path other;

  /**
   * @param other home of the other build, whose jars are there
   */
  BeforeBenchmark(Path other) {
    this.other = other;
  }

  @Override
  public void run(Settings settings, Report report) throws Exception {
    try (Stack now = Stack.start(settings);
        Stack before = Stack.start(settings.with(other))) {
      report.postgres(now.describePostgres());
      SideBySide both =
          new SideBySide(
              "before",
              settings,
              report,
              Side.start("this build", now),
              Side.start("the one before", before));
      verdict(report, "create", both.create(Ids.RANDOM));
      verdict(report, "stream", both.stream());
      verdict(report, "GetPayment from sql", both.get());
      verdict(report, "drain", both.drain(Ids.RANDOM));
      report.memory("before", now.memory());
    }
  }

  private static void verdict(Report report, String what, double[] times) {
    MedianInterval interval = MedianInterval.of(times);
    report.note(
        "before: %s took %.3f times as long as with the build before (95 %% interval %.3f to %.3f,"
            + " %d pairs): %s",
        what, interval.median(), interval.low(), interval.high(), times.length, verdict(interval));
  }

  private static String verdict(MedianInterval interval) {
    if (interval.low() > TIMES_MAX) {
      return "LOST";
    }
    return interval.high() <= TIMES_MAX ? "nothing lost" : "undecided";
  }
}
