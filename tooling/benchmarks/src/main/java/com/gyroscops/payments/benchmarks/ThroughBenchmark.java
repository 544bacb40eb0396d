package com.gyroscops.payments.benchmarks;

import com.gyroscops.payments.benchmarks.Contest.Contender;
import com.gyroscops.payments.benchmarks.Contest.Series;
import com.gyroscops.payments.stack.ServerProcess;
import com.gyroscops.payments.stack.process.FreePorts;
import com.gyroscops.payments.v1.CommandServiceGrpc;
import com.gyroscops.payments.v1.CommandServiceGrpc.CommandServiceStub;
import com.gyroscops.payments.v1.CreatePaymentRequest;
import com.gyroscops.payments.v1.CreatePaymentResponse;
import com.gyroscops.payments.v1.ReadSource;
import com.gyroscops.payments.v1.SourceProgressState;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * What WRITE_THROUGH to sql and redis costs beside WRITE_AROUND: unary creations, at two
 * write-servers in turn, of which the read-server's projectors subscribe at the first. An answer
 * that does not say that both sources have applied the event counts as failed.
 */
final class ThroughBenchmark implements Benchmark {

  private static final int IN_FLIGHT = 16;

  /** The compilers' time comes before the contest. */
  private static final int WARM_UP_SLICES = 3;

  private static final List<ReadSource> SOURCES =
      List.of(ReadSource.READ_SOURCE_SQL, ReadSource.READ_SOURCE_REDIS);

  @Override
  public void run(Settings settings, Report report) throws Exception {
    try (Stack stack = Stack.startWithRedis(settings)) {
      report.postgres(stack.describePostgres());
      ServerProcess second = stack.startWriteServer("write-server-2", FreePorts.next(), Map.of());
      second.awaitServing();
      stack.startReadServer().awaitServing();
      List<CommandServiceStub> servers =
          List.of(
              CommandServiceGrpc.newStub(stack.commands()),
              CommandServiceGrpc.newStub(stack.channel(second.grpcPort())));
      stack.awaitAllSources();
      Progress.say("through, warming up");
      load(stack, servers, Commands::create, settings.slice().multipliedBy(WARM_UP_SLICES));
      List<Series> series =
          new Contest(
                  "through, " + IN_FLIGHT + " in flight",
                  List.of(
                      new Contender(
                          "through sql, redis",
                          length ->
                              load(stack, servers, () -> Commands.createThrough(SOURCES), length)),
                      new Contender(
                          "around", length -> load(stack, servers, Commands::create, length))))
              .run(settings.rounds(), settings.slice());
      report.contest("through", IN_FLIGHT + " in flight", series);
      report.note(
          "through: WRITE_THROUGH to sql and redis adds %.1f ms to WRITE_AROUND at p50",
          series.getFirst().total().percentileMillis(50)
              - series.getLast().total().percentileMillis(50));
      report.memory("through", stack.memory());
    }
  }

  private static Measurement load(
      Stack stack,
      List<CommandServiceStub> servers,
      Supplier<CreatePaymentRequest> commands,
      Duration length)
      throws Exception {
    AtomicInteger calls = new AtomicInteger();
    Measurement measured =
        ClosedLoop.<CreatePaymentResponse>grpc(
            IN_FLIGHT,
            length,
            answer ->
                servers
                    .get(Math.floorMod(calls.getAndIncrement(), servers.size()))
                    .withDeadlineAfter(Stack.CALL_MAX.toSeconds(), TimeUnit.SECONDS)
                    .createPayment(commands.get(), new Applied(answer)));
    stack.awaitAllSources(); // What the read-server has yet to do must not slow the peer down.
    return measured;
  }

  /**
   * Passes an answer on, as a failure if a source that was waited for has not applied the event.
   */
  private record Applied(StreamObserver<CreatePaymentResponse> answer)
      implements StreamObserver<CreatePaymentResponse> {

    @Override
    public void onNext(CreatePaymentResponse response) {
      if (response.getReceipt().getSourcesList().stream()
          .allMatch(it -> it.getState() == SourceProgressState.SOURCE_PROGRESS_STATE_APPLIED)) {
        answer.onNext(response);
        answer.onCompleted();
      } else {
        answer.onError(
            Status.ABORTED
                .withDescription("not applied: " + response.getReceipt().getSourcesList())
                .asRuntimeException());
      }
    }

    @Override
    public void onError(Throwable failure) {
      answer.onError(failure);
    }

    @Override
    public void onCompleted() {
      // Passed on with the response.
    }
  }
}
