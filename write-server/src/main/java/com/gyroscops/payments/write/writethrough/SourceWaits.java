package com.gyroscops.payments.write.writethrough;

import com.gyroscops.payments.contract.Lineage;
import com.gyroscops.payments.contract.SourceNames;
import com.gyroscops.payments.v1.ReadSource;
import com.gyroscops.payments.v1.SourceProgress;
import com.gyroscops.payments.v1.SourceProgressState;
import com.gyroscops.payments.write.command.SharedSources;
import com.gyroscops.payments.write.outbox.SubscriberProgress.Standing;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Commands whose events are committed and which wait for sources to apply them. Who waits is
 * answered by a look at all sources at once, never piece by piece: either all of them are found to
 * stand as required, or the time is up, or nothing would be gained by waiting on. For concurrent
 * use; only {@link #settle} and {@link #expire} are for one thread.
 */
public final class SourceWaits {

  /** An event to be applied. */
  record Wanted(String epoch, long position, Set<ReadSource> sources) {}

  private record Wait(
      Wanted wanted, long endNanos, CompletableFuture<List<SourceProgress>> answer) {}

  /**
   * How a source is.
   *
   * @param isWorthWaiting whether it may yet be found to have applied the event
   */
  private record Finding(SourceProgressState state, boolean isWorthWaiting) {}

  private static final Finding APPLIED =
      new Finding(SourceProgressState.SOURCE_PROGRESS_STATE_APPLIED, false);
  private static final Finding PENDING =
      new Finding(SourceProgressState.SOURCE_PROGRESS_STATE_PENDING, true);
  private static final Finding PENDING_FOR_GOOD =
      new Finding(SourceProgressState.SOURCE_PROGRESS_STATE_PENDING, false);
  private static final Finding UNKNOWN =
      new Finding(SourceProgressState.SOURCE_PROGRESS_STATE_UNKNOWN, true);
  private static final Finding NEVER_HEARD_OF =
      new Finding(SourceProgressState.SOURCE_PROGRESS_STATE_UNKNOWN, false);

  private final int waitsMax;
  private final LongSupplier nanoTime;
  private final Executor answering;
  private final Queue<Wait> waits = new ConcurrentLinkedQueue<>();
  private final AtomicInteger count = new AtomicInteger();
  private volatile Runnable onFirst = () -> {};

  /**
   * @param waitsMax most who wait; one more is told at once how the sources stand
   * @param nanoTime as {@link System#nanoTime}
   * @param answering runs what waits for the answers
   */
  public SourceWaits(int waitsMax, LongSupplier nanoTime, Executor answering) {
    this.waitsMax = waitsMax;
    this.nanoTime = nanoTime;
    this.answering = answering;
  }

  /** How many wait. */
  public int count() {
    return count.get();
  }

  /** Has this one thing run when somebody waits where nobody did; it must be quick. */
  void onFirst(Runnable listener) {
    onFirst = listener;
  }

  /**
   * Waits at most this long. Who finds too many others waiting, and who has no time, is told at
   * once that nothing is known.
   *
   * @return completes with each source wanted, in the order of {@link SharedSources}
   */
  CompletionStage<List<SourceProgress>> await(Wanted wanted, Duration max) {
    int before = count.getAndIncrement();
    if (before >= waitsMax || max.isNegative()) {
      count.getAndDecrement();
      return CompletableFuture.completedFuture(answer(wanted, (_, _) -> UNKNOWN));
    }
    Wait wait = new Wait(wanted, nanoTime.getAsLong() + max.toNanos(), new CompletableFuture<>());
    waits.add(wait);
    if (before == 0) {
      onFirst.run();
    }
    return wait.answer();
  }

  /**
   * Answers those who need not wait on, now that sources were found to stand like this.
   *
   * @param present the log's history and those before it: what was wanted of an earlier one is
   *     applied by sources in the present one, if that holds it
   */
  void settle(List<Standing> standings, Lineage present) {
    Map<String, Standing> bySource =
        standings.stream().collect(Collectors.toMap(Standing::source, it -> it));
    long now = nanoTime.getAsLong();
    answerThose(
        wait ->
            now - wait.endNanos() >= 0
                || wait.wanted().sources().stream()
                    .noneMatch(it -> find(it, wait.wanted(), bySource, present).isWorthWaiting()),
        (source, wanted) -> find(source, wanted, bySource, present));
  }

  /** Answers those whose time is up, while it cannot be found out how sources stand. */
  void expire() {
    long now = nanoTime.getAsLong();
    answerThose(wait -> now - wait.endNanos() >= 0, (_, _) -> UNKNOWN);
  }

  private void answerThose(
      Predicate<Wait> enough, BiFunction<ReadSource, Wanted, Finding> findings) {
    List<Runnable> answers = new ArrayList<>();
    waits.removeIf(wait -> {
      if (!enough.test(wait)) {
        return false;
      }
      List<SourceProgress> sources = answer(wait.wanted(), findings);
      answers.add(() -> wait.answer().complete(sources));
      return true;
    });
    if (!answers.isEmpty()) {
      count.addAndGet(-answers.size());
      answering.execute(() -> answers.forEach(Runnable::run));
    }
  }

  private static List<SourceProgress> answer(
      Wanted wanted, BiFunction<ReadSource, Wanted, Finding> findings) {
    return wanted.sources().stream()
        .sorted(SharedSources.ORDER)
        .map(source ->
            SourceProgress.newBuilder()
                .setSource(source)
                .setState(findings.apply(source, wanted).state())
                .build())
        .toList();
  }

  private static Finding find(
      ReadSource source, Wanted wanted, Map<String, Standing> standings, Lineage present) {
    Standing standing = standings.get(SourceNames.of(source));
    if (standing == null) {
      return NEVER_HEARD_OF;
    }
    if (!standing.live()) {
      return UNKNOWN;
    }
    if (standing.parked() > 0) {
      return PENDING_FOR_GOOD;
    }
    // What is known here of the present history may lag behind, and that is no reason to wait.
    boolean isLost =
        present.descendsFrom(wanted.epoch()) && !present.holds(wanted.epoch(), wanted.position());
    boolean inOneHistory =
        !isLost
            && (standing.epoch().equals(wanted.epoch())
                || (standing.epoch().equals(present.epoch())
                    && present.holds(wanted.epoch(), wanted.position())));
    return inOneHistory && standing.visible() >= wanted.position() ? APPLIED : PENDING;
  }
}
