package com.gyroscops.payments.benchmarks;

import com.gyroscops.payments.contract.ConsistencyTokens;
import com.gyroscops.payments.v1.Command;
import com.gyroscops.payments.v1.CreatePaymentRequest;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;

/**
 * How long after a command's answer the sql source has its event, while commands arrive at a
 * constant rate, create and process in turn.
 */
final class LagBenchmark implements Benchmark {

  private static final List<Integer> EVENTS_PER_SECOND = List.of(500, 2_000);

  /** Commands between a payment's creation and its processing, so that both are not one batch. */
  private static final int PROCESS_AFTER = 400;

  @Override
  public void run(Settings settings, Report report) throws Exception {
    try (Stack stack = Stack.start(settings)) {
      report.postgres(stack.describePostgres());
      stack.startReadServer().awaitServing();
      Duration length = settings.slice().multipliedBy(settings.rounds());
      // The compilers' time comes first, at the highest rate.
      Progress.say("lag, warming up for %d s", length.toSeconds());
      var _ = new Trial(stack, EVENTS_PER_SECOND.getLast(), length).run();
      for (int perSecond : EVENTS_PER_SECOND) {
        Progress.say("lag, %,d/s, warm-up", perSecond);
        var _ = new Trial(stack, perSecond, settings.slice()).run();
        Progress.say("lag, %,d/s, measuring for %d s", perSecond, length.toSeconds());
        Trial trial = new Trial(stack, perSecond, length);
        trial.report(report, trial.run());
      }
      report.memory("lag", stack.memory());
    }
  }

  /**
   * What came of a trial.
   *
   * @param commands latencies from when they were due to their answers
   * @param lags latencies from the answers until they were applied
   */
  private record Result(Measurement commands, Measurement lags) {}

  /** One rate for one time. Arrays have an element for each command; an answer is written once. */
  private static final class Trial extends PacedStream {

    private final Stack stack;
    private final long[] answerNanos;
    private final long[] positions;
    private final Tally lags = new Tally();
    private final Deque<CreatePaymentRequest> created = new ArrayDeque<>();
    private final LagProbe probe;
    private int early;

    Trial(Stack stack, int perSecond, Duration length) throws SQLException {
      super(perSecond, length);
      this.stack = stack;
      answerNanos = new long[count()];
      positions = new long[count()];
      probe = LagProbe.start(stack.readDatabase());
    }

    Result run() throws InterruptedException {
      run(stack);
      Measurement answered = commands.result();
      long last = 0;
      for (long position : positions) {
        last = Math.max(last, position);
      }
      AppliedTimes applied = probe.stopAt(last, PacedStream.STRAGGLERS_MAX);
      for (int i = 0; i < positions.length; i++) {
        if (positions[i] > 0) {
          long lag = applied.reachedNanos(positions[i]) - answerNanos[i];
          early += lag < 0 ? 1 : 0;
          lags.succeeded(lag);
        } else {
          lags.failed("the command failed");
        }
      }
      return new Result(answered, lags.result());
    }

    @Override
    Command next(int index) {
      if (created.size() * 2 > PROCESS_AFTER) {
        return Commands.command(Commands.process(created.remove()));
      }
      CreatePaymentRequest create = Commands.create();
      created.add(create);
      return Commands.command(create);
    }

    @Override
    void succeeded(int index, String token, long nanos) {
      positions[index] = ConsistencyTokens.decode(token).orElseThrow().getPosition();
      answerNanos[index] = nanos;
    }

    void report(Report report, Result result) {
      String rate = String.format(Locale.ROOT, "%,d/s", perSecond());
      report.row("lag", rate + ", answer to applied", result.lags());
      report.row("lag", rate + ", due to answer", result.commands());
      report.note(
          "lag at %s: an applied position is seen late, by up to %.1f ms at the median and %.1f ms"
              + " at p99 (time between two looks at the checkpoint), and a commit is seen late by"
              + " the way of its answer; %,d of %,d events were seen applied before the answer had"
              + " arrived and count as 0.",
          rate, probe.errorMillis(50), probe.errorMillis(99), early, positions.length);
    }
  }
}
