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
import java.util.concurrent.TimeUnit;

/**
 * The same loads on two stacks that run beside each other, by turns.
 *
 * @param name of the benchmark
 * @param subject what is measured
 * @param peer what it is compared with
 */
record SideBySide(String name, Settings settings, Report report, Side subject, Side peer) {

  private static final int IN_FLIGHT = 16;

  /** The compilers of five JVMs share the machine: until they are through, all grow faster. */
  private static final int WARM_UP_SLICES = 6;

  private static final int BACKLOG = 50_000;

  /** At any scale: fewer are drained in one batch, which takes no time. */
  private static final int BACKLOG_MIN = 10_000;

  /** Newest payments of each stack, which are asked for. */
  private static final int PAYMENTS = 20_000;

  /** A stack with a read-server and payments of its own. */
  record Side(
      String name,
      Stack stack,
      CommandServiceStub commands,
      List<ManagedChannel> streams,
      SampleQueries recent) {

    /** Starts the stack's read-server, and fills payments in. */
    static Side start(String name, Stack stack) throws Exception {
      stack.startReadServer().awaitServing();
      List<CreatePaymentRequest> newest = Filling.append(stack, PAYMENTS);
      stack.awaitCaughtUp();
      List<ManagedChannel> streams = new ArrayList<>();
      for (int i = 0; i < DrainBenchmark.STREAMS; i++) {
        streams.add(stack.commands());
      }
      return new Side(
          name,
          stack,
          CommandServiceGrpc.newStub(stack.commands()),
          streams,
          new SampleQueries(newest));
    }

    private Contender contender(Contest.Load load) {
      return new Contender(name, load);
    }

    private Contender create(Ids ids) {
      return contender(length -> CreateBenchmark.create(stack, commands, ids, IN_FLIGHT, length));
    }

    private Contender stream() {
      return contender(length -> StreamBenchmark.stream(stack, streams, 1, length));
    }

    private Contender get() {
      QueryServiceStub queries =
          QueryServiceGrpc.newStub(stack.channel(stack.readServer().grpcPort()));
      ReadOptions options = SampleQueries.from(ReadSource.READ_SOURCE_SQL);
      return contender(length ->
          ClosedLoop.<GetPaymentResponse>grpc(
              IN_FLIGHT,
              length,
              answer ->
                  queries
                      .withDeadlineAfter(Stack.CALL_MAX.toSeconds(), TimeUnit.SECONDS)
                      .getPayment(SampleQueries.get(recent.any(), options), answer)));
    }
  }

  /** CreatePayment; for each round how many times as long it took on the subject. */
  double[] create(Ids ids) throws Exception {
    return contest(named("create", ids), subject.create(ids), peer.create(ids));
  }

  /** StreamCommands on one stream, likewise. */
  double[] stream() throws Exception {
    return contest("stream", subject.stream(), peer.stream());
  }

  /** GetPayment from the sql source, likewise. */
  double[] get() throws Exception {
    return contest("GetPayment from sql", subject.get(), peer.get());
  }

  private double[] contest(String what, Contender first, Contender second) throws Exception {
    Progress.say("%s, %s, warming up", name, what);
    for (int i = 0; i < WARM_UP_SLICES; i++) {
      first.load().run(settings.slice());
      second.load().run(settings.slice());
    }
    List<Series> series =
        new Contest(name + ", " + what, List.of(first, second))
            .run(settings.rounds(), settings.slice());
    report.contest(name, what, series);
    return series.getLast().ratiosTo(series.getFirst());
  }

  /** A backlog that the read-server missed, likewise. */
  double[] drain(Ids ids) throws Exception {
    String what = named("drain", ids);
    int events = Math.max(BACKLOG_MIN, settings.scaled(BACKLOG));
    double[] times = new double[settings.rounds()];
    double[] perSecond = new double[settings.rounds()];
    double[] perSecondOfPeer = new double[settings.rounds()];
    long failed = 0;
    long failedOfPeer = 0;
    for (int round = 0; round < settings.rounds(); round++) {
      // As in a contest: who is later finds everything a little warmer.
      boolean subjectFirst = round % 2 == 0;
      DrainBenchmark.Round one = drain(subjectFirst ? subject : peer, ids, events);
      DrainBenchmark.Round other = drain(subjectFirst ? peer : subject, ids, events);
      DrainBenchmark.Round first = subjectFirst ? one : other;
      DrainBenchmark.Round second = subjectFirst ? other : one;
      failed += first.failed();
      failedOfPeer += second.failed();
      perSecond[round] = first.drained().perSecond();
      perSecondOfPeer[round] = second.drained().perSecond();
      times[round] = perSecondOfPeer[round] / perSecond[round];
      Progress.say(
          "%s, %s, round %d of %d: %s %,.0f/s, %s %,.0f/s",
          name,
          what,
          round + 1,
          settings.rounds(),
          subject.name(),
          perSecond[round],
          peer.name(),
          perSecondOfPeer[round]);
    }
    long calls = (long) events * settings.rounds();
    report.row(name, subject.name() + ", " + what, Contest.median(perSecond), calls, failed);
    report.row(
        name, peer.name() + ", " + what, Contest.median(perSecondOfPeer), calls, failedOfPeer);
    return times;
  }

  private static DrainBenchmark.Round drain(Side side, Ids ids, int events) throws Exception {
    return DrainBenchmark.round(side.stack(), side.streams(), ids, events);
  }

  private static String named(String what, Ids ids) {
    return ids == Ids.RANDOM ? what : what + ", ids by time";
  }
}
