package com.gyroscops.payments.benchmarks;

import com.gyroscops.payments.benchmarks.Contest.Contender;
import com.gyroscops.payments.benchmarks.Contest.Series;
import com.gyroscops.payments.v1.Command;
import io.grpc.ManagedChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * StreamCommands, each payment's processing right behind its creation, beside a loop that does
 * nothing but insert the same events.
 */
final class StreamBenchmark implements Benchmark {

  private static final List<Integer> STREAMS = List.of(1, 4);
  private static final int STREAMS_MAX = 4;
  private static final int WARM_UP_SLICES = 3;

  @Override
  public void run(Settings settings, Report report) throws Exception {
    try (Stack stack = Stack.start(settings)) {
      report.postgres(stack.describePostgres());
      if (settings.wholeStack()) {
        stack.startReadServer().awaitServing();
      }
      List<ManagedChannel> channels = new ArrayList<>();
      for (int i = 0; i < STREAMS_MAX; i++) {
        channels.add(stack.commands());
      }
      RawBatch rawBatch = RawBatch.create(stack, STREAMS_MAX);
      Duration warmUp = settings.slice().multipliedBy(WARM_UP_SLICES);
      Progress.say("stream, warming up for %d s each", warmUp.toSeconds());
      stream(stack, channels, 1, warmUp);
      rawBatch.run(1, warmUp);
      for (int streams : STREAMS) {
        List<Series> series =
            new Contest(
                    "stream, " + streams + (streams == 1 ? " stream" : " streams"),
                    List.of(
                        new Contender("gRPC", length -> stream(stack, channels, streams, length)),
                        new Contender("raw-batch", length -> rawBatch.run(streams, length))))
                .run(settings.rounds(), settings.slice());
        report.contest("stream", streams + " at once", series);
      }
      report.note(
          "stream: %,d commands in flight on each stream, so a latency is mostly the wait behind the"
              + " others; a raw-batch loop has one transaction of %d.",
          StreamLoad.IN_FLIGHT_MAX, RawBatch.BATCH);
      report.memory("stream", stack.memory());
    }
  }

  static Measurement stream(
      Stack stack, List<ManagedChannel> channels, int streams, Duration length) throws Exception {
    long endNanos = System.nanoTime() + length.toNanos();
    List<Iterator<Command>> sources = new ArrayList<>();
    for (int i = 0; i < streams; i++) {
      sources.add(Commands.pairs(() -> System.nanoTime() < endNanos));
    }
    Measurement measured =
        StreamLoad.run(channels, sources, length.plus(Stack.CALL_MAX.multipliedBy(3)));
    stack.awaitCaughtUp(); // What a read-server has yet to do must not slow the peer down.
    return measured;
  }
}
