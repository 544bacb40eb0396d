package com.gyroscops.payments.read.cache;

import io.grpc.Context;
import io.grpc.Deadline;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Questions that are being asked, so that an equal one can wait for the answer instead of being
 * asked as well. Whoever waits is never worse off than alone but for the time: it gets an entry, to
 * be judged by its own demand, or nothing, and then asks itself. For concurrent use.
 */
final class SingleFlight {

  /** Longest wait for another's answer; half of the time that the call has left at most. */
  static final Duration WAIT_MAX = Duration.ofSeconds(2);

  /** Most that wait; each holds a call. What comes on top asks itself, and meets other limits. */
  private static final int WAITING_MAX = 4_096;

  /** One question under way. */
  final class Flight {
    private final AnswerKey key;
    private final CompletableFuture<Optional<Entry>> landed = new CompletableFuture<>();

    private Flight(AnswerKey key) {
      this.key = key;
    }

    /** Gives those who wait what was found; null: nothing. To be called in any case. */
    void land(@Nullable Entry entry) {
      underWay.remove(key, this);
      landed.complete(Optional.ofNullable(entry));
    }
  }

  private final ConcurrentHashMap<AnswerKey, Flight> underWay = new ConcurrentHashMap<>();
  private final Semaphore places = new Semaphore(WAITING_MAX);
  private final Duration waitMax;

  /**
   * @param waitMax longest wait for another's answer, usually {@link #WAIT_MAX}
   */
  SingleFlight(Duration waitMax) {
    this.waitMax = waitMax;
  }

  /** Begins a flight; null: there is one already, to {@link #join}. */
  @Nullable Flight begin(AnswerKey key) {
    Flight mine = new Flight(key);
    return underWay.putIfAbsent(key, mine) == null ? mine : null;
  }

  /** What the flight under way brings, if there is one and it brings something in time. */
  @Nullable Entry join(AnswerKey key) {
    Flight other = underWay.get(key);
    if (other == null || !places.tryAcquire()) {
      return null;
    }
    Context call = Context.current();
    CompletableFuture<Optional<Entry>> mine = other.landed.copy();
    Context.CancellationListener cancel = _ -> mine.cancel(false);
    call.addListener(cancel, Runnable::run);
    try {
      return mine.get(waitNanos(call), TimeUnit.NANOSECONDS).orElse(null);
    } catch (TimeoutException | CancellationException | ExecutionException _) {
      return null;
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return null;
    } finally {
      call.removeListener(cancel);
      places.release();
    }
  }

  private long waitNanos(Context call) {
    Deadline deadline = call.getDeadline();
    return deadline == null
        ? waitMax.toNanos()
        : Math.min(waitMax.toNanos(), deadline.timeRemaining(TimeUnit.NANOSECONDS) / 2);
  }
}
