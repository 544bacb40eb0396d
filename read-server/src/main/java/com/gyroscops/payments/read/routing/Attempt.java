package com.gyroscops.payments.read.routing;

import com.gyroscops.payments.platform.grpc.Deadlines;
import com.gyroscops.payments.read.routing.SourceBreaker.Permit;
import com.gyroscops.payments.read.source.Answer;
import com.gyroscops.payments.read.source.IncapableException;
import com.gyroscops.payments.read.source.PaymentSource;
import io.grpc.Context;
import io.grpc.Deadline;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One question put to one source, on a thread of its own and under a {@link Context} of its own,
 * whose end the source follows down to its store. A source that does not, because its store hangs,
 * keeps that thread; whoever waits for the answer does not.
 *
 * <p>Everything but the source's work happens on the thread of the read.
 */
final class Attempt<T> {

  /** A budget that is the call's own time, however long. */
  static final long UNBOUNDED = Long.MAX_VALUE;

  /** How a source's work ended. */
  sealed interface End<T> {

    /** As the port says. */
    record Answered<T>(Answer<T> answer) implements End<T> {}

    /** It has lost the capability since it was chosen. */
    record Withdrawn<T>() implements End<T> {}

    /** It threw what it should not. */
    record Threw<T>(Throwable cause) implements End<T> {}
  }

  private final Candidate candidate;
  private final Permit permit;
  private final Context.CancellableContext context;
  private final long startNanos = System.nanoTime();
  private final @Nullable Deadline budget;
  private volatile @Nullable End<T> end;
  private volatile long tookNanos;

  private Attempt(Candidate candidate, Permit permit, @Nullable Deadline budget) {
    this.candidate = candidate;
    this.permit = permit;
    this.budget = budget;
    this.context = budget == null ? Context.current().withCancellation() : Deadlines.share(budget);
  }

  /**
   * Puts the question.
   *
   * @param permit the breaker's
   * @param budgetNanos the source's time, which the read watches, or {@link #UNBOUNDED}
   * @param ended told once the source has ended, on its thread
   */
  static <T> Attempt<T> start(
      Candidate candidate,
      Permit permit,
      Function<PaymentSource, Answer<T>> question,
      long budgetNanos,
      RoutingMeters meters,
      Consumer<Attempt<T>> ended) {
    Attempt<T> attempt =
        new Attempt<>(
            candidate,
            permit,
            budgetNanos == UNBOUNDED ? null : Deadline.after(budgetNanos, TimeUnit.NANOSECONDS));
    candidate.source().load().started();
    Thread.ofVirtual()
        .name("ask-" + candidate.source().name())
        .start(() -> {
          attempt.run(question);
          candidate.source().load().ended();
          meters.answered(candidate.source().id(), candidate.capability(), attempt.tookNanos);
          ended.accept(attempt);
        });
    return attempt;
  }

  @SuppressWarnings("CatchingUnchecked") // Whatever it is, the read must hear of it.
  private void run(Function<PaymentSource, Answer<T>> question) {
    End<T> found;
    try {
      found = new End.Answered<>(context.call(() -> question.apply(candidate.source().source())));
    } catch (IncapableException _) {
      found = new End.Withdrawn<>();
    } catch (Throwable e) {
      found = new End.Threw<>(e);
    }
    tookNanos = System.nanoTime() - startNanos;
    end = found;
  }

  Candidate candidate() {
    return candidate;
  }

  /** How it ended, which it must have. */
  End<T> end() {
    End<T> known = end;
    if (known == null) {
      throw new IllegalStateException("has not ended");
    }
    return known;
  }

  /** Time left of its budget; 0 or less: none. */
  long leftNanos() {
    return budget == null ? UNBOUNDED : budget.timeRemaining(TimeUnit.NANOSECONDS);
  }

  /** Takes note that the source answered, whatever it was. */
  void answered() {
    candidate.source().load().answered(candidate.capability(), tookNanos);
    candidate.source().breaker().answered(permit, tookNanos);
    finish();
  }

  /** Takes note that the source failed. */
  void failed(Throwable cause) {
    candidate.source().breaker().failed(permit, tookNanos, cause);
    finish();
  }

  /** Takes note that nothing can be told of the source. */
  void withdrawn() {
    candidate.source().breaker().released(permit);
    finish();
  }

  /** Stops a question whose answer nobody waits for any more; that is no failure. */
  void cancel() {
    candidate.source().load().tookLonger(candidate.capability(), sinceStart());
    candidate.source().breaker().released(permit);
    finish();
  }

  /** Stops a question that took too long for a healthy source. */
  void failedByTime(Throwable cause) {
    long nanos = sinceStart();
    candidate.source().load().tookLonger(candidate.capability(), nanos);
    candidate.source().breaker().failed(permit, nanos, cause);
    finish();
  }

  /** Time since the question was put, in nanoseconds. */
  long sinceStart() {
    return System.nanoTime() - startNanos;
  }

  /** Without a cause, which would cost each read a stack trace. */
  private void finish() {
    context.close();
  }
}
