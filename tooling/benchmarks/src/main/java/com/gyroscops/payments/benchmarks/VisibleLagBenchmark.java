package com.gyroscops.payments.benchmarks;

import com.gyroscops.payments.stack.ServerProcess;
import com.gyroscops.payments.v1.Command;
import com.gyroscops.payments.v1.Consistency;
import com.gyroscops.payments.v1.CreatePaymentRequest;
import com.gyroscops.payments.v1.GetPaymentRequest;
import com.gyroscops.payments.v1.PaymentFilter;
import com.gyroscops.payments.v1.QueryServiceGrpc;
import com.gyroscops.payments.v1.QueryServiceGrpc.QueryServiceBlockingStub;
import com.gyroscops.payments.v1.ReadOptions;
import com.gyroscops.payments.v1.ReadSource;
import com.gyroscops.payments.v1.SearchPaymentsRequest;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * How long after a command's answer each source shows its effect, with all sources on: while
 * commands arrive at a constant rate, the newest answer's token is put into a query to one named
 * source, again and again until that answers. What is measured includes the query itself.
 */
final class VisibleLagBenchmark implements Benchmark {

  private static final List<Integer> EVENTS_PER_SECOND = List.of(500, 2_000);

  /** At the highest rate: so long do the JVMs' compilers take what the sources need. */
  private static final Duration WARM_UP = Duration.ofMinutes(5);

  /** Rest between two looks at one source: few enough looks to be no load themselves. */
  private static final Duration LOOK_EVERY = Duration.ofMillis(25);

  /** A source that takes longer is counted as failed. */
  private static final Duration VISIBLE_MAX = Duration.ofSeconds(10);

  private static final List<ReadSource> SOURCES =
      List.of(
          ReadSource.READ_SOURCE_SQL,
          ReadSource.READ_SOURCE_REDIS,
          ReadSource.READ_SOURCE_MEMORY,
          ReadSource.READ_SOURCE_SEARCH);

  @Override
  public void run(Settings settings, Report report) throws Exception {
    try (Stack stack = Stack.startWithAllSources(settings)) {
      report.postgres(stack.describePostgres());
      ServerProcess server = stack.startReadServer();
      server.awaitServing();
      Duration length = settings.slice().multipliedBy(settings.rounds());
      Progress.say("visible, warming up for %d s", WARM_UP.toSeconds());
      var _ = new Trial(stack, server, EVENTS_PER_SECOND.getLast(), WARM_UP).run();
      for (int perSecond : EVENTS_PER_SECOND) {
        Progress.say("visible, %,d/s, warm-up", perSecond);
        var _ = new Trial(stack, server, perSecond, settings.slice()).run();
        Progress.say("visible, %,d/s, measuring for %d s", perSecond, length.toSeconds());
        List<Measurement> found = new Trial(stack, server, perSecond, length).run();
        for (int i = 0; i < SOURCES.size(); i++) {
          report.row(
              "visible",
              String.format(Locale.ROOT, "%,d/s, %s", perSecond, name(SOURCES.get(i))),
              found.get(i));
        }
        report.row(
            "visible",
            String.format(Locale.ROOT, "%,d/s, due to answer", perSecond),
            found.getLast());
      }
      report.memory("visible", stack.memory());
    }
  }

  static String name(ReadSource source) {
    return source.name().substring("READ_SOURCE_".length()).toLowerCase(Locale.ROOT);
  }

  /** One rate for one time. */
  private static final class Trial extends PacedStream {

    /** A payment that was just created. */
    private record Created(CreatePaymentRequest request, String token, long answerNanos) {}

    private final Stack stack;
    private final ManagedChannel queries;
    private final CreatePaymentRequest[] requests;
    private volatile @Nullable Created newest;

    Trial(Stack stack, ServerProcess server, int perSecond, Duration length) {
      super(perSecond, length);
      this.stack = stack;
      queries = stack.channel(server.grpcPort());
      requests = new CreatePaymentRequest[count()];
    }

    /** Lags of the sources, in their order, and at last the commands' latencies. */
    List<Measurement> run() throws InterruptedException {
      List<Tally> tallies = new ArrayList<>();
      List<Thread> lookers = new ArrayList<>();
      for (ReadSource source : SOURCES) {
        Tally tally = new Tally();
        tallies.add(tally);
        lookers.add(Thread.ofPlatform().daemon().start(() -> look(source, tally)));
      }
      run(stack);
      for (Thread looker : lookers) {
        looker.join();
      }
      List<Measurement> results = new ArrayList<>();
      tallies.forEach(tally -> results.add(tally.result()));
      results.add(commands.result());
      return results;
    }

    private void look(ReadSource source, Tally tally) {
      String last = "";
      while (isOpen()) {
        Created created = newest;
        if (created != null && !created.token().equals(last)) {
          last = created.token();
          if (awaitVisible(source, created)) {
            tally.succeeded(System.nanoTime() - created.answerNanos());
          } else {
            tally.failed("not visible within " + VISIBLE_MAX);
          }
        }
        LockSupport.parkNanos(LOOK_EVERY.toNanos());
      }
    }

    private boolean awaitVisible(ReadSource source, Created created) {
      ReadOptions options =
          ReadOptions.newBuilder()
              .setSource(source)
              .setConsistency(Consistency.newBuilder().setAtLeastAsFresh(created.token()))
              .build();
      while (System.nanoTime() - created.answerNanos() < VISIBLE_MAX.toNanos()) {
        try {
          ask(source, created.request(), options);
          return true;
        } catch (StatusRuntimeException e) {
          if (e.getStatus().getCode() != Status.Code.UNAVAILABLE) {
            throw e;
          }
        }
      }
      return false;
    }

    private void ask(ReadSource source, CreatePaymentRequest created, ReadOptions options) {
      QueryServiceBlockingStub stub =
          QueryServiceGrpc.newBlockingStub(queries)
              .withDeadlineAfter(VISIBLE_MAX.toSeconds(), TimeUnit.SECONDS);
      if (source != ReadSource.READ_SOURCE_SEARCH) {
        var _ =
            stub.getPayment(
                GetPaymentRequest.newBuilder()
                    .setOrganizationId(created.getOrganizationId())
                    .setPaymentId(created.getPaymentId())
                    .setReadOptions(options)
                    .build());
        return;
      }
      int found =
          stub.searchPayments(
                  SearchPaymentsRequest.newBuilder()
                      .setOrganizationId(created.getOrganizationId())
                      .setFilter(
                          PaymentFilter.newBuilder()
                              .setMerchantReference(created.getMerchantReference()))
                      .setReadOptions(options)
                      .build())
              .getPaymentsCount();
      if (found == 0) {
        throw new IllegalStateException("a token was not honoured: nothing found under it");
      }
    }

    @Override
    Command next(int index) {
      requests[index] = Commands.create();
      return Commands.command(requests[index]);
    }

    @Override
    void succeeded(int index, String token, long nanos) {
      newest = new Created(requests[index], token, nanos);
    }
  }
}
