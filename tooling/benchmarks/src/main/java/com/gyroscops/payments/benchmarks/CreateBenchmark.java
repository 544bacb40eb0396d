package com.gyroscops.payments.benchmarks;

import com.gyroscops.payments.benchmarks.Contest.Contender;
import com.gyroscops.payments.benchmarks.Contest.Series;
import com.gyroscops.payments.v1.CommandServiceGrpc;
import com.gyroscops.payments.v1.CreatePaymentResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * CreatePayment as unary calls over gRPC, beside the transaction that a textbook would make of each
 * command, in-process.
 */
final class CreateBenchmark implements Benchmark {

  private static final List<Integer> IN_FLIGHT = List.of(1, 16, 64);
  private static final int WARM_UP_IN_FLIGHT = 64;
  private static final int WARM_UP_SLICES = 3;

  @Override
  public void run(Settings settings, Report report) throws Exception {
    try (Stack stack = Stack.start(settings)) {
      report.postgres(stack.describePostgres());
      if (settings.wholeStack()) {
        stack.startReadServer().awaitServing();
      }
      var commands = CommandServiceGrpc.newStub(stack.commands());
      Textbook textbook = Textbook.create(stack);
      // The compilers' time comes before any of the contests.
      Duration warmUp = settings.slice().multipliedBy(WARM_UP_SLICES);
      Progress.say("create, warming up for %d s each", warmUp.toSeconds());
      create(stack, commands, Ids.RANDOM, WARM_UP_IN_FLIGHT, warmUp);
      ClosedLoop.blocking(WARM_UP_IN_FLIGHT, warmUp, () -> textbook.execute(Commands.create()));
      for (int inFlight : IN_FLIGHT) {
        List<Series> series =
            new Contest(
                    "create, " + inFlight + " in flight",
                    List.of(
                        new Contender(
                            "gRPC",
                            length -> create(stack, commands, Ids.RANDOM, inFlight, length)),
                        new Contender(
                            "textbook",
                            length ->
                                ClosedLoop.blocking(
                                    inFlight, length, () -> textbook.execute(Commands.create())))))
                .run(settings.rounds(), settings.slice());
        report.contest("create", inFlight + " in flight", series);
      }
      report.memory("create", stack.memory());
    }
  }

  static Measurement create(
      Stack stack,
      CommandServiceGrpc.CommandServiceStub commands,
      Ids ids,
      int inFlight,
      Duration length)
      throws Exception {
    Measurement measured =
        ClosedLoop.<CreatePaymentResponse>grpc(
            inFlight,
            length,
            answer ->
                commands
                    .withDeadlineAfter(Stack.CALL_MAX.toSeconds(), TimeUnit.SECONDS)
                    .createPayment(Commands.create(ids), answer));
    stack.awaitCaughtUp(); // What a read-server has yet to do must not slow the peer down.
    return measured;
  }
}
