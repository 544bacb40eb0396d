package com.gyroscops.payments.read.query;

import com.gyroscops.payments.read.feed.FeedUnavailableException;
import com.gyroscops.payments.read.source.Answer;
import com.gyroscops.payments.read.source.Capability;
import com.gyroscops.payments.read.source.KnownPosition;
import com.gyroscops.payments.read.source.PaymentSource;
import com.gyroscops.payments.read.source.SourcePosition;
import com.gyroscops.payments.read.source.SourceUnavailableException;
import com.gyroscops.payments.v1.ReadMetadata;
import com.gyroscops.payments.v1.ReadOptions;
import io.grpc.Context;
import io.grpc.Deadline;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;

/**
 * Puts questions to the source once it is as fresh as the caller asks. For concurrent use.
 *
 * <p>The position of an answer, which is of the snapshot of its data, decides in the end; what was
 * known before only tells how long to wait.
 */
public final class FreshReads {

  /** Longest wait for a source to catch up; it is usually a few milliseconds behind. */
  static final Duration WAIT_MAX = Duration.ofMillis(200);

  /** Time between looks at the store while a query waits on a replica that does not project. */
  private static final Duration POLL = Duration.ofMillis(5);

  /** What came of asking. */
  sealed interface Outcome<T> {

    /** As fresh as asked for. */
    record Fresh<T>(T value, ReadMetadata read) implements Outcome<T> {}

    /**
     * No answer, for want of freshness.
     *
     * @param required empty: nothing was demanded but the source is being filled, or what is
     *     demanded could not be found out
     */
    record Stale<T>(Optional<Requirement> required, Optional<SourcePosition> applied)
        implements Outcome<T> {

      <R> Stale<R> ofOther() {
        return new Stale<>(required, applied);
      }
    }

    /** No answer, for some of its events are parked. */
    record Incomplete<T>(Optional<Requirement> required) implements Outcome<T> {}
  }

  private final PaymentSource source;
  private final KnownPosition known;
  private final Freshness freshness;
  private final ReentrantLock polling = new ReentrantLock();

  public FreshReads(PaymentSource source, KnownPosition known, Freshness freshness) {
    this.source = source;
    this.known = known;
    this.freshness = freshness;
  }

  /**
   * Answers, or fails the call.
   *
   * @throws io.grpc.StatusRuntimeException UNAVAILABLE {@code NO_FRESH_SOURCE}, {@code
   *     SOURCE_UNAVAILABLE}, {@code SOURCE_INCOMPLETE}; FAILED_PRECONDITION {@code
   *     TOKEN_EPOCH_LOST}; DEADLINE_EXCEEDED, CANCELLED
   */
  <T> Outcome.Fresh<T> read(
      ReadOptions options, Capability capability, Function<PaymentSource, Answer<T>> question) {
    return switch (tryRead(options, capability, question)) {
      case Outcome.Fresh<T> fresh -> fresh;
      case Outcome.Stale<T> stale -> throw failure(options, stale);
      case Outcome.Incomplete<T> _ -> throw QueryErrors.sourceIncomplete().toException();
    };
  }

  /** The error of a stale outcome for which there is no other way. */
  static RuntimeException failure(ReadOptions options, Outcome.Stale<?> stale) {
    boolean nothingDemanded =
        switch (options.getConsistency().getRequirementCase()) {
          case MINIMIZE_LATENCY, REQUIREMENT_NOT_SET -> true;
          case MAX_STALENESS, AT_LEAST_AS_FRESH, FULLY_CONSISTENT -> false;
        };
    return nothingDemanded
        ? QueryErrors.sourceUnavailable().toException()
        : QueryErrors.noFreshSource(stale.required(), stale.applied()).toException();
  }

  /** Answers unless freshness or completeness is wanting; fails otherwise as {@link #read}. */
  <T> Outcome<T> tryRead(
      ReadOptions options, Capability capability, Function<PaymentSource, Answer<T>> question) {
    if (!source.capabilities().contains(capability)) {
      throw QueryErrors.sourceUnavailable().toException();
    }
    long until = System.nanoTime() + waitNanos();
    Optional<Requirement> required;
    try {
      required = freshness.required(options, callDeadline());
    } catch (FeedUnavailableException _) {
      throwIfStopped();
      return new Outcome.Stale<>(Optional.empty(), Optional.of(known.latest()));
    }
    while (required.isEmpty() || await(required.get(), until)) {
      switch (question.apply(source)) {
        case Answer.Data<T>(T value, SourcePosition at) -> {
          if (required.isEmpty() || required.get().isMetBy(at)) {
            return new Outcome.Fresh<>(
                value,
                ReadMetadata.newBuilder()
                    .setSource(source.id())
                    .setReadAt(QueryErrors.readAt(at))
                    .build());
          }
          // The store lost what it had applied, or is another's already: wait for it again.
          known.publish(at);
        }
        case Answer.Incomplete<T> _ -> {
          return new Outcome.Incomplete<>(required);
        }
        case Answer.NotHeld<T>(SourcePosition at) -> {
          return new Outcome.Stale<>(required, Optional.of(at));
        }
        case Answer.NotReady<T>(SourcePosition at) -> {
          known.publish(at);
          if (required.isEmpty()) {
            return new Outcome.Stale<>(required, Optional.of(at));
          }
        }
        case Answer.Unavailable<T> _ -> throw QueryErrors.sourceUnavailable().toException();
        case Answer.Stopped<T> _ -> throw QueryErrors.stopped().toException();
      }
    }
    return new Outcome.Stale<>(required, Optional.of(known.latest()));
  }

  private boolean await(Requirement required, long until) {
    try {
      while (!known.await(required::isMetBy, 0)) {
        throwIfStopped();
        if (until - System.nanoTime() <= 0) {
          return false;
        }
        poll();
        known.await(required::isMetBy, Math.min(POLL.toNanos(), until - System.nanoTime()));
      }
      return true;
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw QueryErrors.stopped().toException();
    }
  }

  /** Looks at the store, unless another waiting query does so already. */
  private void poll() {
    if (polling.tryLock()) {
      try {
        known.publish(source.position());
      } catch (SourceUnavailableException _) {
        throw QueryErrors.sourceUnavailable().toException();
      } finally {
        polling.unlock();
      }
    }
  }

  private static void throwIfStopped() {
    if (Context.current().isCancelled()) {
      throw QueryErrors.stopped().toException();
    }
  }

  private static long waitNanos() {
    Deadline deadline = Context.current().getDeadline();
    return deadline == null
        ? WAIT_MAX.toNanos()
        : Math.min(WAIT_MAX.toNanos(), deadline.timeRemaining(TimeUnit.NANOSECONDS) / 2);
  }

  /** The call's deadline, or one as far away as any answer of the feed is waited for. */
  static Deadline callDeadline() {
    Deadline deadline = Context.current().getDeadline();
    return deadline == null ? Deadline.after(1, TimeUnit.SECONDS) : deadline;
  }
}
