package com.gyroscops.payments.benchmarks;

import com.gyroscops.payments.benchmarks.Contest.Contender;
import com.gyroscops.payments.benchmarks.Contest.Series;
import com.gyroscops.payments.stack.ServerProcess;
import com.gyroscops.payments.stack.process.FreePorts;
import com.gyroscops.payments.v1.Command;
import com.gyroscops.payments.v1.GetPaymentRequest;
import com.gyroscops.payments.v1.GetPaymentResponse;
import com.gyroscops.payments.v1.QueryServiceGrpc;
import com.gyroscops.payments.v1.QueryServiceGrpc.QueryServiceStub;
import com.gyroscops.payments.v1.ReadSource;
import io.grpc.ManagedChannel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * GetPayment from the sql source, beside a server that only gives stored bytes, and beside the
 * database alone.
 */
final class GetBenchmark implements Benchmark {

  private static final List<Integer> IN_FLIGHT = List.of(1, 16, 64);
  private static final int WARM_UP_IN_FLIGHT = 64;
  private static final int WARM_UP_SLICES = 3;

  /** Enough that neither a page nor a processor's cache holds them all. */
  private static final int PAYMENTS = 50_000;

  private static final Duration FILL_MAX = Duration.ofMinutes(5);

  @Override
  public void run(Settings settings, Report report) throws Exception {
    try (Stack stack = Stack.start(settings)) {
      report.postgres(stack.describePostgres());
      ServerProcess readServer = stack.startReadServer();
      readServer.awaitServing();
      List<GetPaymentRequest> requests = fill(stack, settings.scaled(PAYMENTS));
      ManagedChannel channel = stack.channel(readServer.grpcPort());
      QueryServiceStub queries = QueryServiceGrpc.newStub(channel);
      QueryServiceStub echo = echo(stack, channel, requests.getFirst());
      DirectQuery direct = new DirectQuery(stack);

      Duration warmUp = settings.slice().multipliedBy(WARM_UP_SLICES);
      Progress.say("get, warming up for %d s each", warmUp.toSeconds());
      get(queries, requests, WARM_UP_IN_FLIGHT, warmUp);
      get(echo, requests, WARM_UP_IN_FLIGHT, warmUp);
      query(direct, requests, WARM_UP_IN_FLIGHT, warmUp);
      for (int inFlight : IN_FLIGHT) {
        List<Series> series =
            new Contest(
                    "get, " + inFlight + " in flight",
                    List.of(
                        new Contender("gRPC", length -> get(queries, requests, inFlight, length)),
                        new Contender("echo", length -> get(echo, requests, inFlight, length)),
                        new Contender("jdbc", length -> query(direct, requests, inFlight, length))))
                .run(settings.rounds(), settings.slice());
        report.contest("get", inFlight + " in flight", series);
      }
      report.memory("get", stack.memory());
    }
  }

  /** Appends payments and waits until the read-server has them; how to ask for each. */
  private static List<GetPaymentRequest> fill(Stack stack, int payments) throws Exception {
    Progress.say("get, filling in %,d payments", payments);
    List<GetPaymentRequest> requests = new ArrayList<>();
    Iterator<Command> noted =
        Commands.pairs(
            Ids.RANDOM,
            () -> requests.size() < payments,
            create ->
                requests.add(
                    GetPaymentRequest.newBuilder()
                        .setOrganizationId(create.getOrganizationId())
                        .setPaymentId(create.getPaymentId())
                        .setReadOptions(SampleQueries.from(ReadSource.READ_SOURCE_SQL))
                        .build()));
    Measurement filled = StreamLoad.run(List.of(stack.commands()), List.of(noted), FILL_MAX);
    if (filled.failed() > 0) {
      throw new IllegalStateException(filled.failed() + " payments could not be filled in");
    }
    stack.awaitCaughtUp();
    return List.copyOf(requests);
  }

  private static QueryServiceStub echo(Stack stack, ManagedChannel queries, GetPaymentRequest any)
      throws IOException, InterruptedException {
    GetPaymentResponse answer =
        QueryServiceGrpc.newBlockingStub(queries)
            .withDeadlineAfter(Stack.CALL_MAX.toSeconds(), TimeUnit.SECONDS)
            .getPayment(any);
    Path file = stack.folder().resolve("echo-answer");
    Files.write(file, answer.toByteArray());
    int port = FreePorts.next();
    stack.startPeer(EchoServer.class, List.of(Integer.toString(port), file.toString()), port);
    return QueryServiceGrpc.newStub(stack.channel(port));
  }

  private static Measurement get(
      QueryServiceStub stub, List<GetPaymentRequest> requests, int inFlight, Duration length)
      throws InterruptedException {
    return ClosedLoop.<GetPaymentResponse>grpc(
        inFlight,
        length,
        answer ->
            stub.withDeadlineAfter(Stack.CALL_MAX.toSeconds(), TimeUnit.SECONDS)
                .getPayment(any(requests), answer));
  }

  private static Measurement query(
      DirectQuery direct, List<GetPaymentRequest> requests, int inFlight, Duration length)
      throws InterruptedException {
    return ClosedLoop.blocking(inFlight, length, () -> direct.get(any(requests)));
  }

  private static GetPaymentRequest any(List<GetPaymentRequest> requests) {
    return requests.get(ThreadLocalRandom.current().nextInt(requests.size()));
  }
}
