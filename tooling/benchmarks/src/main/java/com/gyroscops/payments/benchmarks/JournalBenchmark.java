package com.gyroscops.payments.benchmarks;

import com.gyroscops.payments.platform.journal.Expectation;
import com.gyroscops.payments.platform.journal.JournalEntry;
import com.gyroscops.payments.platform.journal.JournalVerifier;
import com.gyroscops.payments.platform.journal.Segment;
import com.gyroscops.payments.platform.journal.SegmentHeader;
import com.gyroscops.payments.platform.journal.Verification;
import com.gyroscops.payments.stack.ServerProcess;
import com.gyroscops.payments.stack.process.FreePorts;
import com.gyroscops.payments.stack.process.Metrics;
import com.gyroscops.payments.v1.PaymentEvent;
import io.grpc.ManagedChannel;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * How fast a write-server journals a backlog, whether it keeps up with commands that it takes
 * itself, and how fast a journal is verified.
 */
final class JournalBenchmark implements Benchmark {

  private static final int PAYMENTS = 60_000;
  private static final int LINES = 1_000_000;
  private static final long SEGMENT_BYTES = 64L * 1024 * 1024;
  private static final int LINES_SAMPLED = 1_000;
  private static final int BUFFER_BYTES = 1024 * 1024;
  private static final Duration CATCH_UP_MAX = Duration.ofMinutes(5);
  private static final Duration POLL = Duration.ofMillis(5);
  private static final String POSITION = "payments_journal_position";

  /**
   * Commands to a server that keeps the journal.
   *
   * @param behind events that were not in the journal when the last command was answered
   * @param catchUpMillis after which they were
   */
  private record Live(Measurement commands, long behind, double catchUpMillis) {}

  @Override
  public void run(Settings settings, Report report) throws Exception {
    try (Stack stack = Stack.start(settings)) {
      report.postgres(stack.describePostgres());
      var _ = Filling.append(stack, settings.scaled(PAYMENTS));
      List<Double> backlog = new ArrayList<>();
      List<Live> live = new ArrayList<>();
      long head = stack.headPosition();
      for (int round = 1; round <= settings.rounds(); round++) {
        int httpPort = FreePorts.next();
        Path folder = stack.folder().resolve("journal-" + round);
        try (ServerProcess server =
            stack.startWriteServer(
                "journal-" + round, httpPort, Map.of("JOURNAL_FOLDER", folder.toString()))) {
          server.awaitServing();
          backlog.add(drain(folder, httpPort, stack.headPosition()));
          live.add(live(settings, stack, server, httpPort));
        }
        requireWhole(folder, stack.headPosition());
        Progress.say(
            "journal, round %d of %d: backlog %,.0f/s, %,.0f commands/s with %,d events behind",
            round,
            settings.rounds(),
            backlog.getLast(),
            live.getLast().commands().perSecond(),
            live.getLast().behind());
      }
      report(report, head, backlog, live);
      verify(settings, stack.folder().resolve("journal-large"), report);
    }
  }

  /**
   * Events per second, from when the folder was locked to the last write. By the files' own times:
   * the journal begins before the server answers, so that who asks it sees the end alone.
   */
  private static double drain(Path folder, int httpPort, long head) throws Exception {
    long endNanos = System.nanoTime() + CATCH_UP_MAX.toNanos();
    while (position(httpPort) < head) {
      if (System.nanoTime() > endNanos) {
        throw new IllegalStateException("not all was journaled up to " + head);
      }
      Thread.sleep(POLL);
    }
    // Never written to: its time is that of its making.
    Instant begun = Files.getLastModifiedTime(folder.resolve("journal.lock")).toInstant();
    Instant ended = Files.getLastModifiedTime(Segment.all(folder).getLast().file()).toInstant();
    long nanos = Math.max(1, Duration.between(begun, ended).toNanos());
    return head * (double) TimeUnit.SECONDS.toNanos(1) / nanos;
  }

  private static Live live(Settings settings, Stack stack, ServerProcess server, int httpPort)
      throws Exception {
    ManagedChannel channel = stack.channel(server.grpcPort());
    long endNanos = System.nanoTime() + settings.slice().toNanos();
    Measurement commands =
        StreamLoad.run(
            List.of(channel),
            List.of(Commands.pairs(() -> System.nanoTime() < endNanos)),
            settings.slice().plus(CATCH_UP_MAX));
    long answered = System.nanoTime();
    long head = stack.headPosition();
    long behind = Math.max(0, head - position(httpPort));
    while (position(httpPort) < head) {
      if (System.nanoTime() - answered > CATCH_UP_MAX.toNanos()) {
        throw new IllegalStateException("the journal does not reach " + head);
      }
      Thread.sleep(POLL);
    }
    return new Live(commands, behind, (System.nanoTime() - answered) / 1e6);
  }

  private static long position(int httpPort) throws IOException, InterruptedException {
    return (long) Metrics.read(httpPort).max(POSITION).orElse(0);
  }

  private static void requireWhole(Path folder, long head)
      throws IOException, InterruptedException {
    Verification verified =
        new JournalVerifier(folder, new Expectation(head, null), _ -> {}).verify(1);
    if (verified.fault() != null) {
      throw new IllegalStateException("the journal is not whole: " + verified.fault());
    }
  }

  private static void report(Report report, long head, List<Double> backlog, List<Live> live) {
    report.row(
        "journal",
        "backlog",
        Contest.median(backlog.stream().mapToDouble(Double::doubleValue).toArray()),
        head * backlog.size(),
        0);
    report.row(
        "journal",
        "stream, journal kept",
        Measurement.sum(live.stream().map(Live::commands).toList()));
    report.note(
        "journal: a backlog of %,d events; behind after the last answer, and caught up after: %s",
        head,
        live.stream()
            .map(one ->
                Report.number((double) one.behind())
                    + " events, "
                    + Report.number(one.catchUpMillis())
                    + " ms")
            .toList());
  }

  /** Verifies in this process, which has what `./payments journal verify` has. */
  private static void verify(Settings settings, Path folder, Report report)
      throws IOException, InterruptedException {
    int lines = settings.scaled(LINES);
    Progress.say("journal, writing %,d lines", lines);
    Files.createDirectories(folder);
    long bytes = write(folder, lines);
    int threads = Runtime.getRuntime().availableProcessors();
    double[] perSecond = new double[settings.rounds()];
    for (int round = 0; round < settings.rounds(); round++) {
      long start = System.nanoTime();
      Verification verified =
          new JournalVerifier(folder, new Expectation(lines, null), _ -> {}).verify(threads);
      double seconds = (System.nanoTime() - start) / 1e9;
      if (verified.fault() != null) {
        throw new IllegalStateException("not whole: " + verified.fault());
      }
      perSecond[round] = lines / seconds;
      Progress.say("journal, verified %,d lines in %.1f s", lines, seconds);
    }
    report.row(
        "journal", "verify, lines", Contest.median(perSecond), (long) lines * perSecond.length, 0);
    report.note(
        "journal: verified %,d lines of %,d bytes in all, by %d threads", lines, bytes, threads);
  }

  private static long write(Path folder, int lines) throws IOException {
    List<PaymentEvent> sample = new ArrayList<>();
    for (int i = 0; i < LINES_SAMPLED; i++) {
      sample.add(Events.created(Commands.create()));
    }
    String hash = SegmentHeader.firstPrev("main", "benchmark");
    long all = 0;
    long position = 0;
    while (position < lines) {
      byte[] header =
          new SegmentHeader("main", "benchmark", "benchmark", position + 1, hash).line();
      long length = header.length;
      try (OutputStream out =
          new BufferedOutputStream(
              Files.newOutputStream(Segment.in(folder, position + 1).file()), BUFFER_BYTES)) {
        out.write(header);
        while (position < lines && length < SEGMENT_BYTES) {
          position++;
          PaymentEvent event =
              sample.get((int) (position % LINES_SAMPLED)).toBuilder()
                  .setLogId("main")
                  .setPosition(position)
                  .build();
          JournalEntry.Written written = JournalEntry.of(event, hash);
          hash = written.entry().hash();
          out.write(written.line().array());
          length += written.line().capacity();
        }
      }
      all += length;
    }
    return all;
  }
}
