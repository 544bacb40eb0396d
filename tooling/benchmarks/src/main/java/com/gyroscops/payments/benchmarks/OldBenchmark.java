package com.gyroscops.payments.benchmarks;

import com.gyroscops.payments.benchmarks.Contest.Contender;
import com.gyroscops.payments.benchmarks.Contest.Series;
import com.gyroscops.payments.v1.CommandServiceGrpc;
import com.gyroscops.payments.v1.CommandServiceGrpc.CommandServiceStub;
import com.gyroscops.payments.v1.CreatePaymentRequest;
import com.gyroscops.payments.v1.GetPaymentResponse;
import com.gyroscops.payments.v1.QueryServiceGrpc;
import com.gyroscops.payments.v1.QueryServiceGrpc.QueryServiceStub;
import com.gyroscops.payments.v1.ReadOptions;
import com.gyroscops.payments.v1.ReadSource;
import io.grpc.ManagedChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Create, drain and GetPayment on a log of 20,000,000 events in 50 partitions, by turns with a new
 * log on a stack of its own.
 */
final class OldBenchmark implements Benchmark {

  private static final int EVENTS = 20_000_000;
  private static final int PARTITIONS = 50;

  /** The smallest that a server may be told to make. */
  private static final int SERVER_PARTITION_EVENTS_MIN = 100_000;

  /** Newest payments, on both, which are asked for. */
  private static final int PAYMENTS = 20_000;

  private static final int IN_FLIGHT = 16;
  private static final int BACKLOG = 50_000;

  /** Times as long as on a new log, at most. */
  private static final double RATIO_MAX = 1.15;

  /** A stack that is measured. */
  private record Side(
      Stack stack,
      CommandServiceStub commands,
      List<ManagedChannel> streams,
      SampleQueries recent) {}

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
      Side young = side(fresh);
      Side old = side(aged);
      create(settings, report, young, old);
      get(settings, report, young, old);
      drain(settings, report, young, old);
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

  private static Side side(Stack stack) throws Exception {
    stack.startReadServer().awaitServing();
    List<CreatePaymentRequest> newest = Filling.append(stack, PAYMENTS);
    stack.awaitCaughtUp();
    List<ManagedChannel> streams = new ArrayList<>();
    for (int i = 0; i < DrainBenchmark.STREAMS; i++) {
      streams.add(stack.commands());
    }
    return new Side(
        stack, CommandServiceGrpc.newStub(stack.commands()), streams, new SampleQueries(newest));
  }

  private static void create(Settings settings, Report report, Side young, Side old)
      throws Exception {
    contest(
        settings,
        report,
        "create",
        new Contender(
            "old log",
            length -> CreateBenchmark.create(old.stack(), old.commands(), IN_FLIGHT, length)),
        new Contender(
            "new log",
            length -> CreateBenchmark.create(young.stack(), young.commands(), IN_FLIGHT, length)));
  }

  private static void get(Settings settings, Report report, Side young, Side old) throws Exception {
    contest(settings, report, "GetPayment from sql", get("old log", old), get("new log", young));
  }

  private static Contender get(String name, Side side) {
    QueryServiceStub queries =
        QueryServiceGrpc.newStub(side.stack().channel(side.stack().readServer().grpcPort()));
    ReadOptions options = SampleQueries.from(ReadSource.READ_SOURCE_SQL);
    return new Contender(
        name,
        length ->
            ClosedLoop.<GetPaymentResponse>grpc(
                IN_FLIGHT,
                length,
                answer ->
                    queries
                        .withDeadlineAfter(Stack.CALL_MAX.toSeconds(), TimeUnit.SECONDS)
                        .getPayment(SampleQueries.get(side.recent().any(), options), answer)));
  }

  private static void contest(
      Settings settings, Report report, String what, Contender old, Contender young)
      throws Exception {
    List<Series> series =
        new Contest("old, " + what, List.of(old, young)).run(settings.rounds(), settings.slice());
    report.contest("old", what, series);
    verdict(report, what, 1 / series.getFirst().ratioTo(series.getLast()));
  }

  private static void drain(Settings settings, Report report, Side young, Side old)
      throws Exception {
    int events = settings.scaled(BACKLOG);
    double[] times = new double[settings.rounds()];
    double[] perSecond = new double[settings.rounds()];
    double[] perSecondNew = new double[settings.rounds()];
    long failed = 0;
    for (int round = 0; round < settings.rounds(); round++) {
      DrainBenchmark.Round aged = DrainBenchmark.round(old.stack(), old.streams(), events);
      DrainBenchmark.Round fresh = DrainBenchmark.round(young.stack(), young.streams(), events);
      failed += aged.failed() + fresh.failed();
      perSecond[round] = aged.drained().perSecond();
      perSecondNew[round] = fresh.drained().perSecond();
      times[round] = perSecondNew[round] / perSecond[round];
      Progress.say(
          "old, drain, round %d of %d: old log %,.0f/s, new log %,.0f/s",
          round + 1, settings.rounds(), perSecond[round], perSecondNew[round]);
    }
    long calls = (long) events * settings.rounds();
    report.row("old", "old log, drain", Contest.median(perSecond), calls, failed);
    report.row("old", "new log, drain", Contest.median(perSecondNew), calls, 0);
    verdict(report, "drain", Contest.median(times));
  }

  private static void verdict(Report report, String what, double times) {
    report.note(
        "old: %s took %.2f times as long as on a new log; at most %.2f is wanted: %s",
        what, times, RATIO_MAX, times <= RATIO_MAX ? "met" : "MISSED");
  }
}
