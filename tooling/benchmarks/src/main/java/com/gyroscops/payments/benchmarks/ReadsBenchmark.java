package com.gyroscops.payments.benchmarks;

import com.gyroscops.payments.benchmarks.Contest.Contender;
import com.gyroscops.payments.stack.ServerProcess;
import com.gyroscops.payments.stack.process.FreePorts;
import com.gyroscops.payments.v1.CreatePaymentRequest;
import com.gyroscops.payments.v1.GetPaymentAnalyticsResponse;
import com.gyroscops.payments.v1.GetPaymentResponse;
import com.gyroscops.payments.v1.GetPaymentStatisticsResponse;
import com.gyroscops.payments.v1.QueryServiceGrpc;
import com.gyroscops.payments.v1.QueryServiceGrpc.QueryServiceStub;
import com.gyroscops.payments.v1.ReadOptions;
import com.gyroscops.payments.v1.ReadSource;
import com.gyroscops.payments.v1.SearchPaymentsResponse;
import io.grpc.ManagedChannel;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Queries answered by each source and each cache, with all sources on, beside the same question put
 * to the engine directly and beside an echo of an answer of the same size.
 */
final class ReadsBenchmark implements Benchmark {

  /** Many first: a server that has answered few searches is measured while it still compiles. */
  private static final List<Integer> IN_FLIGHT = List.of(16, 1);

  /**
   * What each lookup gets before the first is measured: servers compile for longer than a slice.
   */
  private static final Duration WARMING = Duration.ofSeconds(10);

  private static final int PAYMENTS = 100_000;

  /** Payments that fit any cache, asked for again and again. */
  private static final int HOT = 1_000;

  private static final String NO_L1 = "read-server-without-l1";

  /** A query put to the read-server. */
  @FunctionalInterface
  private interface Ask<T> {
    void start(
        QueryServiceStub stub,
        CreatePaymentRequest about,
        ReadOptions options,
        StreamObserver<T> answer);
  }

  @Override
  public void run(Settings settings, Report report) throws Exception {
    try (Stack stack = Stack.startWithAllSources(settings)) {
      report.postgres(stack.describePostgres());
      ServerProcess server = stack.startReadServer();
      server.awaitServing();
      int payments = settings.scaled(PAYMENTS);
      SampleQueries samples = new SampleQueries(Filling.append(stack, payments));
      ServerProcess withoutL1 = stack.startReadServer(NO_L1, Map.of("CACHE_L1_BYTES_MAX", "0"));
      withoutL1.awaitServing();
      stack.settle();
      ManagedChannel channel = stack.channel(server.grpcPort());
      QueryServiceStub queries = QueryServiceGrpc.newStub(channel);
      QueryServiceStub uncached = QueryServiceGrpc.newStub(stack.channel(withoutL1.grpcPort()));
      QueryServiceStub echo = echo(stack, channel, samples);
      EngineQueries engines = new EngineQueries(stack);
      String at = String.format(Locale.ROOT, "%,d payments", payments);
      for (int inFlight : IN_FLIGHT) {
        Turn turn = new Turn(settings, report, at, inFlight, samples, queries, engines);
        turn.lookups(uncached, echo);
        turn.searches();
        turn.figures();
      }
      report.memory("reads", stack.memory());
    }
  }

  /** What is measured with one number of reads in flight. */
  private record Turn(
      Settings settings,
      Report report,
      String at,
      int inFlight,
      SampleQueries samples,
      QueryServiceStub queries,
      EngineQueries engines) {

    private void lookups(QueryServiceStub uncached, QueryServiceStub echo) throws Exception {
      Contender bare =
          new Contender(
              "echo",
              length ->
                  ReadsBenchmark.<GetPaymentResponse>load(
                      inFlight, length, answer -> get(echo, samples, answer)));
      List<Contender> contenders = new ArrayList<>();
      contenders.add(
          new Contender(
              "GetPayment L1",
              length ->
                  load(
                      inFlight,
                      length,
                      (StreamObserver<GetPaymentResponse> answer) ->
                          deadline(queries)
                              .getPayment(
                                  SampleQueries.get(samples.hot(HOT), SampleQueries.cacheFirst()),
                                  answer))));
      contenders.add(
          new Contender(
              "GetPayment L2",
              length ->
                  load(
                      inFlight,
                      length,
                      (StreamObserver<GetPaymentResponse> answer) ->
                          deadline(uncached)
                              .getPayment(
                                  SampleQueries.get(samples.hot(HOT), SampleQueries.cacheFirst()),
                                  answer))));
      for (ReadSource source :
          List.of(
              ReadSource.READ_SOURCE_REDIS,
              ReadSource.READ_SOURCE_MEMORY,
              ReadSource.READ_SOURCE_SQL)) {
        contenders.add(
            new Contender(
                "GetPayment " + VisibleLagBenchmark.name(source),
                length ->
                    load(
                        inFlight,
                        length,
                        (StreamObserver<GetPaymentResponse> answer) ->
                            deadline(queries)
                                .getPayment(
                                    SampleQueries.get(samples.any(), SampleQueries.from(source)),
                                    answer))));
      }
      if (inFlight == IN_FLIGHT.getFirst()) {
        Progress.say("reads, warming up for %d lookups and their echo", contenders.size());
        for (Contender contender : contenders) {
          contender.load().run(WARMING);
        }
        bare.load().run(WARMING);
      }
      for (Contender contender : contenders) {
        contest(contender, bare);
      }
    }

    private void searches() throws Exception {
      for (ReadSource source :
          List.of(
              ReadSource.READ_SOURCE_MEMORY,
              ReadSource.READ_SOURCE_SEARCH,
              ReadSource.READ_SOURCE_SQL)) {
        Contender filtered =
            this.<SearchPaymentsResponse>asked(
                "filtered search " + VisibleLagBenchmark.name(source),
                source,
                (stub, about, options, answer) ->
                    stub.searchPayments(SampleQueries.filtered(about, options), answer));
        Contender text =
            this.<SearchPaymentsResponse>asked(
                "text search " + VisibleLagBenchmark.name(source),
                source,
                (stub, about, options, answer) ->
                    stub.searchPayments(SampleQueries.text(about, options), answer));
        contest(filtered, direct(source, () -> engines.filtered(source, samples.any())));
        contest(text, direct(source, () -> engines.text(source, samples.any())));
      }
    }

    private void figures() throws Exception {
      for (ReadSource source : List.of(ReadSource.READ_SOURCE_MEMORY, ReadSource.READ_SOURCE_SQL)) {
        contest(
            this.<GetPaymentStatisticsResponse>asked(
                "statistics " + VisibleLagBenchmark.name(source),
                source,
                (stub, about, options, answer) ->
                    stub.getPaymentStatistics(SampleQueries.statistics(about, options), answer)),
            direct(ReadSource.READ_SOURCE_SQL, () -> engines.statistics(samples.any())));
        contest(
            this.<GetPaymentAnalyticsResponse>asked(
                "analytics " + VisibleLagBenchmark.name(source),
                source,
                (stub, about, options, answer) ->
                    stub.getPaymentAnalytics(SampleQueries.analytics(about, options), answer)),
            direct(ReadSource.READ_SOURCE_SQL, () -> engines.analytics(samples.any())));
      }
    }

    private <T> Contender asked(String name, ReadSource source, Ask<T> ask) {
      ReadOptions options = SampleQueries.from(source);
      return new Contender(
          name,
          length ->
              load(
                  inFlight,
                  length,
                  (StreamObserver<T> answer) ->
                      ask.start(deadline(queries), samples.any(), options, answer)));
    }

    /** The memory source's engine lives in the read-server: the SQL database stands beside it. */
    private Contender direct(ReadSource source, ClosedLoop.BlockingCall call) {
      String name = source == ReadSource.READ_SOURCE_SEARCH ? "engine" : "jdbc";
      return new Contender(name, length -> ClosedLoop.blocking(inFlight, length, call));
    }

    private void contest(Contender subject, Contender peer) throws Exception {
      String variant = at + ", " + inFlight + " in flight";
      report.contest(
          "reads",
          variant,
          new Contest("reads, " + subject.name() + ", " + variant, List.of(subject, peer))
              .run(settings.rounds(), settings.slice()));
    }
  }

  private static void get(
      QueryServiceStub stub, SampleQueries samples, StreamObserver<GetPaymentResponse> answer) {
    deadline(stub).getPayment(SampleQueries.get(samples.any(), SampleQueries.cacheFirst()), answer);
  }

  private static <T> Measurement load(int inFlight, Duration length, ClosedLoop.GrpcCall<T> call)
      throws InterruptedException {
    return ClosedLoop.grpc(inFlight, length, call);
  }

  private static QueryServiceStub deadline(QueryServiceStub stub) {
    return stub.withDeadlineAfter(Stack.CALL_MAX.toSeconds(), TimeUnit.SECONDS);
  }

  private static QueryServiceStub echo(Stack stack, ManagedChannel queries, SampleQueries samples)
      throws IOException, InterruptedException {
    GetPaymentResponse answer =
        QueryServiceGrpc.newBlockingStub(queries)
            .withDeadlineAfter(Stack.CALL_MAX.toSeconds(), TimeUnit.SECONDS)
            .getPayment(SampleQueries.get(samples.any(), SampleQueries.cacheFirst()));
    Path file = stack.folder().resolve("echo-answer");
    Files.write(file, answer.toByteArray());
    int port = FreePorts.next();
    stack.startPeer(EchoServer.class, List.of(Integer.toString(port), file.toString()), port);
    return QueryServiceGrpc.newStub(stack.channel(port));
  }
}
