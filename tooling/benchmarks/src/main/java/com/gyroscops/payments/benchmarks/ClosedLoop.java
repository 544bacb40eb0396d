package com.gyroscops.payments.benchmarks;

import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Load by callers each of whom waits for an answer before asking again: a fixed number of calls in
 * flight. Every call that is started is awaited and counted.
 */
final class ClosedLoop {

  /** Rest after a failed call, so that a server that is down is not asked in a tight loop. */
  private static final Duration PAUSE_AFTER_FAILURE = Duration.ofMillis(1);

  /** Calls carry deadlines of {@link Stack#CALL_MAX}; this is beyond all of them. */
  private static final Duration STRAGGLERS_MAX = Stack.CALL_MAX.multipliedBy(3);

  /** A call over gRPC, which ends by telling an observer. */
  @FunctionalInterface
  interface GrpcCall<T> {
    void start(StreamObserver<T> answer);
  }

  /** A call that blocks, and fails by throwing. */
  @FunctionalInterface
  interface BlockingCall {
    void run() throws Exception;
  }

  private ClosedLoop() {}

  /** Keeps calls in flight for a while; no thread per call, as they cost what is to be measured. */
  static <T> Measurement grpc(int inFlight, Duration length, GrpcCall<T> call)
      throws InterruptedException {
    Tally tally = new Tally();
    CountDownLatch done = new CountDownLatch(inFlight);
    long endNanos = System.nanoTime() + length.toNanos();
    try (ScheduledExecutorService pause = Executors.newSingleThreadScheduledExecutor()) {
      for (int i = 0; i < inFlight; i++) {
        new Slot<>(call, tally, done, endNanos, pause).next();
      }
      await(done, length);
    }
    return tally.result();
  }

  /** Keeps threads calling for a while. */
  static Measurement blocking(int callers, Duration length, BlockingCall call)
      throws InterruptedException {
    Tally tally = new Tally();
    CountDownLatch done = new CountDownLatch(callers);
    long endNanos = System.nanoTime() + length.toNanos();
    for (int i = 0; i < callers; i++) {
      Thread.ofPlatform()
          .name("caller-" + i)
          .daemon()
          .start(() -> {
            callUntil(endNanos, call, tally);
            done.countDown();
          });
    }
    await(done, length);
    return tally.result();
  }

  private static void callUntil(long endNanos, BlockingCall call, Tally tally) {
    for (long start = System.nanoTime(); start < endNanos; start = System.nanoTime()) {
      try {
        call.run();
        tally.succeeded(System.nanoTime() - start);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        tally.failed(e.toString());
        return;
      } catch (Exception e) {
        tally.failed(e.toString());
        LockSupport.parkNanos(PAUSE_AFTER_FAILURE.toNanos());
      }
    }
  }

  private static void await(CountDownLatch done, Duration length) throws InterruptedException {
    Duration patience = length.plus(STRAGGLERS_MAX);
    if (!done.await(patience.toMillis(), TimeUnit.MILLISECONDS)) {
      throw new IllegalStateException(done.getCount() + " calls did not end, " + patience);
    }
  }

  /** One call after the other. Calls never overlap, so its fields need no lock. */
  private static final class Slot<T> implements StreamObserver<T> {

    private final GrpcCall<T> call;
    private final Tally tally;
    private final CountDownLatch done;
    private final long endNanos;
    private final ScheduledExecutorService pause;
    private volatile long startNanos;

    Slot(
        GrpcCall<T> call,
        Tally tally,
        CountDownLatch done,
        long endNanos,
        ScheduledExecutorService pause) {
      this.call = call;
      this.tally = tally;
      this.done = done;
      this.endNanos = endNanos;
      this.pause = pause;
    }

    void next() {
      long now = System.nanoTime();
      if (now >= endNanos) {
        done.countDown();
        return;
      }
      startNanos = now;
      call.start(this);
    }

    @Override
    public void onNext(T answer) {
      // The call succeeds with its status, which comes after.
    }

    @Override
    public void onCompleted() {
      tally.succeeded(System.nanoTime() - startNanos);
      next();
    }

    @Override
    public void onError(Throwable failure) {
      tally.failed(failure.toString());
      var _ = pause.schedule(this::next, PAUSE_AFTER_FAILURE.toNanos(), TimeUnit.NANOSECONDS);
    }
  }
}
