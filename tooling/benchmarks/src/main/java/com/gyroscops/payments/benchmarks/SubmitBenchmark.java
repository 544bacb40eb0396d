package com.gyroscops.payments.benchmarks;

import com.gyroscops.payments.benchmarks.Contest.Contender;
import com.gyroscops.payments.benchmarks.Contest.Series;
import com.gyroscops.payments.cli.load.OpenLoop;
import com.gyroscops.payments.stack.ServerProcess;
import com.gyroscops.payments.stack.engine.LocalTemporal;
import com.gyroscops.payments.stack.process.FreePorts;
import com.gyroscops.payments.v1.Command;
import com.gyroscops.payments.v1.CommandServiceGrpc;
import com.gyroscops.payments.v1.CommandServiceGrpc.CommandServiceBlockingStub;
import com.gyroscops.payments.v1.CommandServiceGrpc.CommandServiceStub;
import com.gyroscops.payments.v1.CommandState;
import com.gyroscops.payments.v1.CreatePaymentRequest;
import com.gyroscops.payments.v1.SubmitCommandRequest;
import com.gyroscops.payments.v1.SubmitCommandResponse;
import com.gyroscops.payments.v1.WaitCommandRequest;
import io.grpc.ManagedChannel;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Submitted commands: how soon they are accepted at a constant rate of arrivals while they are
 * executed, too; and how many are executed to their end, beside a workflow of one activity that
 * does nothing, on the same Temporal, the local stack's test server.
 */
final class SubmitBenchmark implements Benchmark {

  private static final int PER_SECOND = 500;
  private static final int IN_FLIGHT = 64;
  private static final Duration STRAGGLERS_MAX = Duration.ofSeconds(60);

  @Override
  public void run(Settings settings, Report report) throws Exception {
    try (Stack stack = Stack.start(settings);
        LocalTemporal temporal = LocalTemporal.temporary();
        BareWorkflow bare = new BareWorkflow(temporal.address())) {
      report.postgres(stack.describePostgres());
      ServerProcess server =
          stack.startWriteServer(
              "submissions", FreePorts.next(), Map.of("TEMPORAL_ADDRESS", temporal.address()));
      server.awaitServing();
      ManagedChannel channel = stack.channel(server.grpcPort());

      Progress.say("submit, warming up");
      executed(channel, settings.slice());
      ClosedLoop.blocking(IN_FLIGHT, settings.slice(), bare::run);
      List<Series> series =
          new Contest(
                  "submit, executed, " + IN_FLIGHT + " in flight",
                  List.of(
                      new Contender("executed", length -> executed(channel, length)),
                      new Contender(
                          "bare workflow",
                          length -> ClosedLoop.blocking(IN_FLIGHT, length, bare::run))))
              .run(settings.rounds(), settings.slice());
      report.contest("submit", IN_FLIGHT + " in flight", series);

      Duration length = settings.slice().multipliedBy(settings.rounds());
      Progress.say("submit, accepting %d/s for %d s", PER_SECOND, length.toSeconds());
      report.row(
          "submit",
          String.format(Locale.ROOT, "accepted at %d/s", PER_SECOND),
          accepted(CommandServiceGrpc.newStub(channel), length));
      report.memory("submit", stack.memory());
    }
  }

  private static SubmitCommandRequest submission(CreatePaymentRequest create) {
    return SubmitCommandRequest.newBuilder()
        .setCommand(Command.newBuilder().setCreate(create))
        .build();
  }

  private static Measurement executed(ManagedChannel channel, Duration length)
      throws InterruptedException {
    CommandServiceBlockingStub stub = CommandServiceGrpc.newBlockingStub(channel);
    return ClosedLoop.blocking(
        IN_FLIGHT,
        length,
        () -> {
          CreatePaymentRequest create = Commands.create();
          var _ = timed(stub).submitCommand(submission(create));
          CommandState state =
              timed(stub)
                  .waitCommand(
                      WaitCommandRequest.newBuilder()
                          .setOrganizationId(create.getOrganizationId())
                          .setRequestId(create.getContext().getRequestId())
                          .build())
                  .getState();
          if (state != CommandState.COMMAND_STATE_SUCCEEDED) {
            throw new IllegalStateException("it is " + state);
          }
        });
  }

  private static CommandServiceBlockingStub timed(CommandServiceBlockingStub stub) {
    return stub.withDeadlineAfter(Stack.CALL_MAX.toSeconds(), TimeUnit.SECONDS);
  }

  private static Measurement accepted(CommandServiceStub stub, Duration length)
      throws InterruptedException {
    OpenLoop arrivals = new OpenLoop(PER_SECOND, System::nanoTime, LockSupport::parkNanos);
    int count = arrivals.arrivals(length);
    Tally tally = new Tally();
    CountDownLatch ended = new CountDownLatch(count);
    arrivals.run(
        count,
        (_, due) ->
            stub.withDeadlineAfter(Stack.CALL_MAX.toSeconds(), TimeUnit.SECONDS)
                .submitCommand(submission(Commands.create()), new Answer(due, tally, ended)));
    if (!ended.await(STRAGGLERS_MAX.toSeconds(), TimeUnit.SECONDS)) {
      throw new IllegalStateException(ended.getCount() + " submissions are unanswered");
    }
    return tally.result();
  }

  private record Answer(long dueNanos, Tally tally, CountDownLatch ended)
      implements StreamObserver<SubmitCommandResponse> {

    @Override
    public void onNext(SubmitCommandResponse response) {
      // The call succeeds with its status, which comes after.
    }

    @Override
    public void onError(Throwable failure) {
      tally.failed(failure.toString());
      ended.countDown();
    }

    @Override
    public void onCompleted() {
      tally.succeeded(System.nanoTime() - dueNanos);
      ended.countDown();
    }
  }
}
