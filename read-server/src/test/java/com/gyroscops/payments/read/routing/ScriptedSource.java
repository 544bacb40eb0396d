package com.gyroscops.payments.read.routing;

import com.gyroscops.payments.contract.Lineage;
import com.gyroscops.payments.contract.SourceNames;
import com.gyroscops.payments.read.source.Answer;
import com.gyroscops.payments.read.source.ApplyOutcome;
import com.gyroscops.payments.read.source.Capability;
import com.gyroscops.payments.read.source.PaymentSource;
import com.gyroscops.payments.read.source.PositionTracker;
import com.gyroscops.payments.read.source.SourcePosition;
import com.gyroscops.payments.read.source.SourceUnavailableException;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.v1.ReadSource;
import io.grpc.Context;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** A source without payments that stands, answers and fails as a test says. */
class ScriptedSource implements PaymentSource {

  /** Long enough to be a failure of the test. */
  private static final int HANG_SECONDS_MAX = 90;

  final PositionTracker known = new PositionTracker();
  final AtomicInteger asked = new AtomicInteger();
  final AtomicInteger looks = new AtomicInteger();
  final AtomicInteger cancelled = new AtomicInteger();
  final RoutedSource routed;
  private final ReadSource id;
  private volatile Set<Capability> capabilities = EnumSet.of(Capability.FIND);
  private volatile SourcePosition stands = at(1);
  private volatile boolean away;
  private volatile boolean givenUp;
  private volatile Duration lag = Duration.ZERO;
  private volatile Supplier<Answer<List<Payment>>> script = this::data;

  ScriptedSource(ReadSource id, LongSupplier nanoTime) {
    this.id = id;
    known.publish(stands);
    routed =
        new RoutedSource(
            SourceNames.of(id), this, known, () -> true, () -> givenUp, _ -> lag, nanoTime);
  }

  static SourcePosition at(long position) {
    return at("epoch-1", position);
  }

  static SourcePosition at(String epoch, long position) {
    return new SourcePosition("payments", epoch, position, "event-" + position, 0, 0);
  }

  /** Is behind by that much. */
  ScriptedSource lagging(Duration by) {
    lag = by;
    return this;
  }

  /** Stands there and is known to. */
  ScriptedSource standing(long position) {
    stands(at(position));
    known.publish(stands);
    return this;
  }

  /** Stands there, which nobody knows yet. */
  void stands(SourcePosition position) {
    stands = position;
  }

  SourcePosition stands() {
    return stands;
  }

  ScriptedSource can(Capability... some) {
    capabilities = some.length == 0 ? Set.of() : EnumSet.copyOf(List.of(some));
    return this;
  }

  void away(boolean isAway) {
    away = isAway;
  }

  void givesUp() {
    givenUp = true;
  }

  /** Answers so from now on. */
  ScriptedSource answers(Supplier<Answer<List<Payment>>> how) {
    script = how;
    return this;
  }

  ScriptedSource fails() {
    return answers(() -> new Answer.Unavailable<>(new IllegalStateException("on purpose")));
  }

  ScriptedSource works() {
    return answers(this::data);
  }

  /** Answers only when its call ends, as the port demands. */
  ScriptedSource hangs() {
    return answers(() -> {
      awaitEnd(new CountDownLatch(1));
      return new Answer.Stopped<>();
    });
  }

  /** Waits for the release or the end of its context, and answers then. */
  void awaitEnd(CountDownLatch release) {
    Context.CancellationListener onEnd =
        _ -> {
          cancelled.incrementAndGet();
          release.countDown();
        };
    Context context = Context.current();
    context.addListener(onEnd, Runnable::run);
    await(release);
    context.removeListener(onEnd);
  }

  /** Waits for the release, whatever happens to its context: its store hangs. */
  static void await(CountDownLatch release) {
    try {
      if (!release.await(HANG_SECONDS_MAX, TimeUnit.SECONDS)) {
        throw new IllegalStateException("nobody released it");
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  Answer<List<Payment>> data() {
    return new Answer.Data<>(List.of(), stands);
  }

  @Override
  public ReadSource id() {
    return id;
  }

  @Override
  public Set<Capability> capabilities() {
    return capabilities;
  }

  @Override
  public Answer<List<Payment>> find(String organizationId, List<String> paymentIds) {
    asked.incrementAndGet();
    return script.get();
  }

  @Override
  public SourcePosition position() throws SourceUnavailableException {
    looks.incrementAndGet();
    if (away) {
      throw new SourceUnavailableException("away", new IllegalStateException());
    }
    return stands;
  }

  @Override
  public Optional<SourcePosition> takeOver(long fence) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Optional<SourcePosition> startOver(long fence) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Optional<SourcePosition> continueIn(
      long fence, SourcePosition at, Lineage lineage, long head) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Optional<SourcePosition> begin(
      long fence, String logId, Lineage lineage, long readyPosition) {
    throw new UnsupportedOperationException();
  }

  @Override
  public ApplyOutcome apply(long fence, SourcePosition from, List<PaymentEvent> events) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Optional<SourcePosition> retryParked(long fence) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Optional<Tidied> optimize() throws SourceUnavailableException {
    if (away) {
      throw new SourceUnavailableException("away", new IllegalStateException());
    }
    return id == ReadSource.READ_SOURCE_MEMORY ? Optional.of(new Tidied(7, 1)) : Optional.empty();
  }
}
