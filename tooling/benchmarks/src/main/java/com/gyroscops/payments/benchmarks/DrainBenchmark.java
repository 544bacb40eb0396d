package com.gyroscops.payments.benchmarks;

import com.gyroscops.payments.v1.Command;
import io.grpc.ManagedChannel;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** How fast a read-server that was away applies what it missed. */
final class DrainBenchmark implements Benchmark {

  private static final int EVENTS = 100_000;
  static final int STREAMS = 4;
  private static final Duration APPEND_MAX = Duration.ofMinutes(5);
  private static final Duration DRAIN_MAX = Duration.ofMinutes(5);
  private static final Duration POLL = Duration.ofMillis(2);

  /**
   * One backlog, drained.
   *
   * @param perSecond from the first to the last event applied
   * @param perSecondWithStart from the start of the read-server's process
   */
  record Drained(double perSecond, double perSecondWithStart) {}

  /** What was drained, and how many of the calls that appended it failed. */
  record Round(Drained drained, long failed) {}

  @Override
  public void run(Settings settings, Report report) throws Exception {
    try (Stack stack = Stack.start(settings)) {
      report.postgres(stack.describePostgres());
      List<ManagedChannel> channels = new ArrayList<>();
      for (int i = 0; i < STREAMS; i++) {
        channels.add(stack.commands());
      }
      int events = settings.scaled(EVENTS);
      List<Drained> rounds = new ArrayList<>();
      long failed = 0;
      stack.startReadServer().awaitServing();
      for (int round = 1; round <= settings.rounds(); round++) {
        Round one = round(stack, channels, Ids.RANDOM, events);
        Drained drained = one.drained();
        rounds.add(drained);
        failed += one.failed();
        Progress.say(
            "drain, round %d of %d: %,.0f/s, with start %,.0f/s",
            round, settings.rounds(), drained.perSecond(), drained.perSecondWithStart());
      }
      report(report, events, failed, rounds);
      report.memory("drain", stack.memory());
    }
  }

  /** Has the read-server, which runs, miss events and apply them once it is started again. */
  static Round round(Stack stack, List<ManagedChannel> channels, Ids ids, int events)
      throws Exception {
    stack.stopReadServer();
    long before = stack.headPosition();
    long failed = append(channels, ids, events).failed();
    Drained drained = drain(stack, before);
    stack.awaitCaughtUp();
    return new Round(drained, failed);
  }

  private static Measurement append(List<ManagedChannel> channels, Ids ids, int events)
      throws InterruptedException {
    Progress.say("drain, appending %,d events", events);
    List<Iterator<Command>> sources = new ArrayList<>();
    for (int i = 0; i < STREAMS; i++) {
      int pairs = events / 2 * (i + 1) / STREAMS - events / 2 * i / STREAMS;
      int[] left = {pairs};
      sources.add(Commands.pairs(ids, () -> left[0] > 0, _ -> left[0]--));
    }
    return StreamLoad.run(channels, sources, APPEND_MAX);
  }

  private static Drained drain(Stack stack, long before) throws Exception {
    long head = stack.headPosition();
    try (Connection connection = stack.readDatabase();
        ReadCheckpoint checkpoint = new ReadCheckpoint(connection)) {
      long endNanos = System.nanoTime() + DRAIN_MAX.toNanos();
      long start = System.nanoTime();
      stack.startReadServer();
      long firstPosition = before;
      long firstNanos = start;
      while (true) {
        long position = checkpoint.position();
        long now = System.nanoTime();
        if (firstPosition == before && position > before) {
          firstPosition = position;
          firstNanos = now;
        }
        if (position >= head) {
          return new Drained(
              perSecond(head - firstPosition, now - firstNanos),
              perSecond(head - before, now - start));
        }
        if (now > endNanos) {
          throw new IllegalStateException("drained only up to " + position + " of " + head);
        }
        Thread.sleep(POLL);
      }
    }
  }

  private static double perSecond(long events, long nanos) {
    return events * (double) TimeUnit.SECONDS.toNanos(1) / Math.max(1, nanos);
  }

  private static void report(Report report, int events, long failed, List<Drained> rounds) {
    long calls = (long) events * rounds.size();
    report.row(
        "drain",
        "first to last applied",
        Contest.median(rounds.stream().mapToDouble(Drained::perSecond).toArray()),
        calls,
        failed);
    report.row(
        "drain",
        "JVM start included",
        Contest.median(rounds.stream().mapToDouble(Drained::perSecondWithStart).toArray()),
        calls,
        failed);
    report.note(
        "drain: a backlog of %,d events each time, into a read-server just started; medians of %s",
        events, rounds.stream().map(round -> Report.number(round.perSecond()) + "/s").toList());
  }
}
