package com.gyroscops.payments.benchmarks;

import com.gyroscops.payments.benchmarks.SideBySide.Side;
import java.util.Map;

/**
 * Create, drain and GetPayment on a log of 20,000,000 events in 50 partitions, by turns with a new
 * log on a stack of its own.
 */
final class OldBenchmark implements Benchmark {

  private static final int EVENTS = 20_000_000;
  private static final int PARTITIONS = 50;

  /** The smallest that a server may be told to make. */
  private static final int SERVER_PARTITION_EVENTS_MIN = 100_000;

  /** Times as long as on a new log, at most. */
  private static final double RATIO_MAX = 1.15;

  @Override
  public void run(Settings settings, Report report) throws Exception {
    int partition = Math.max(2, settings.scaled(EVENTS) / PARTITIONS);
    int events = partition * PARTITIONS / 2 * 2;
    Map<String, String> size =
        Map.of(
            "EVENT_PARTITION_EVENTS",
            Integer.toString(Math.max(SERVER_PARTITION_EVENTS_MIN, partition)));
    try (Stack fresh = Stack.start(settings);
        Stack aged = Stack.start(settings, size)) {
      report.postgres(fresh.describePostgres());
      age(aged, events, partition);
      report.note(
          "old: %,d events in %d partitions; payments and events in the read model, no words",
          events, PARTITIONS);
      SideBySide both =
          new SideBySide(
              "old", settings, report, Side.start("old log", aged), Side.start("new log", fresh));
      verdict(report, "create, ids by time", both.create(Ids.BY_TIME));
      verdict(report, "create, random ids", both.create(Ids.RANDOM));
      verdict(report, "GetPayment from sql", both.get());
      verdict(report, "drain, ids by time", both.drain(Ids.BY_TIME));
      verdict(report, "drain, random ids", both.drain(Ids.RANDOM));
      report.memory("old", aged.memory());
    }
  }

  private static void age(Stack stack, int events, int partition) throws Exception {
    OldLog log = new OldLog(events);
    stack.startReadServer().awaitServing();
    stack.whileStopped((writeDatabase, readDatabase) -> {
      log.fillWriteDatabase(writeDatabase, partition);
      log.fillReadDatabase(readDatabase, writeDatabase);
    });
  }

  private static void verdict(Report report, String what, double[] rounds) {
    double times = Contest.median(rounds);
    report.note(
        "old: %s took %.2f times as long as on a new log; at most %.2f is wanted: %s",
        what, times, RATIO_MAX, times <= RATIO_MAX ? "met" : "MISSED");
  }
}
