package com.gyroscops.payments.benchmarks;

import com.gyroscops.payments.cli.load.OpenLoop;
import com.gyroscops.payments.v1.Command;
import com.gyroscops.payments.v1.CommandServiceGrpc;
import com.gyroscops.payments.v1.StreamCommandsRequest;
import com.gyroscops.payments.v1.StreamCommandsResponse;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * One stream of commands at one rate for one time, with the latency of each from when it was due to
 * its answer. An answer is taken once.
 */
abstract class PacedStream implements StreamObserver<StreamCommandsResponse> {

  static final Duration STRAGGLERS_MAX = Duration.ofSeconds(60);

  final Tally commands = new Tally();
  private final CountDownLatch ended = new CountDownLatch(1);
  private final OpenLoop arrivals;
  private final long[] dueNanos;

  PacedStream(int perSecond, Duration length) {
    arrivals = new OpenLoop(perSecond, System::nanoTime, LockSupport::parkNanos);
    dueNanos = new long[arrivals.arrivals(length)];
  }

  /** How many commands there are. */
  final int count() {
    return dueNanos.length;
  }

  final int perSecond() {
    return arrivals.perSecond();
  }

  /** Whether answers may still come. */
  final boolean isOpen() {
    return ended.getCount() > 0;
  }

  abstract Command next(int index);

  /** A command has succeeded, at a time as {@link System#nanoTime}. */
  abstract void succeeded(int index, String token, long nanos);

  /** Sends all commands and waits for all answers. */
  final void run(Stack stack) throws InterruptedException {
    StreamObserver<StreamCommandsRequest> requests =
        CommandServiceGrpc.newStub(stack.commands()).streamCommands(this);
    arrivals.run(
        dueNanos.length,
        (index, due) -> {
          dueNanos[index] = due;
          requests.onNext(
              StreamCommandsRequest.newBuilder()
                  .setSequence(index)
                  .setCommand(next(index))
                  .build());
        });
    requests.onCompleted();
    if (!ended.await(STRAGGLERS_MAX.toSeconds(), TimeUnit.SECONDS)) {
      throw new IllegalStateException("commands are still unanswered: " + commands.calls());
    }
  }

  @Override
  public final void onNext(StreamCommandsResponse response) {
    int index = Math.toIntExact(response.getSequence());
    long now = System.nanoTime();
    if (response.getOutcome().hasSuccess()) {
      succeeded(index, response.getOutcome().getSuccess().getReceipt().getConsistencyToken(), now);
      commands.succeeded(now - dueNanos[index]);
    } else {
      commands.failed(response.getOutcome().getError().getReason());
    }
  }

  @Override
  public final void onError(Throwable failure) {
    commands.failed(failure.toString());
    ended.countDown();
  }

  @Override
  public final void onCompleted() {
    ended.countDown();
  }
}
