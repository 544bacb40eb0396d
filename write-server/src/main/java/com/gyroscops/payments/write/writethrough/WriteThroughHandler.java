package com.gyroscops.payments.write.writethrough;

import com.gyroscops.payments.contract.ConsistencyTokens;
import com.gyroscops.payments.contract.SourceNames;
import com.gyroscops.payments.internal.v1.ConsistencyToken;
import com.gyroscops.payments.platform.grpc.Deadlines;
import com.gyroscops.payments.v1.ReadSource;
import com.gyroscops.payments.v1.SourceProgress;
import com.gyroscops.payments.v1.SourceProgressState;
import com.gyroscops.payments.write.command.CommandEnvelope;
import com.gyroscops.payments.write.command.CommandHandler;
import com.gyroscops.payments.write.command.CommandOutcome;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/**
 * Has commands that succeeded wait for the sources that they, or the rules, require; whatever
 * becomes of that, they have succeeded. What is refused, or nothing is required for, is answered at
 * once. Waiting holds no thread and none of the batcher's room.
 *
 * <p>Tells of it by {@code payments_write_through_wait_seconds}, by whether all was applied, and
 * {@code payments_write_through_sources_total}.
 */
public final class WriteThroughHandler implements CommandHandler {

  /** Time before a call's deadline that is left for the answer to reach the caller. */
  static final Duration DEADLINE_MARGIN = Duration.ofMillis(50);

  private final CommandHandler next;
  private final WriteRules rules;
  private final SourceWaits waits;
  private final Duration waitMax;
  private final MeterRegistry registry;

  /**
   * @param waitMax longest wait after the commit
   */
  public WriteThroughHandler(
      CommandHandler next,
      WriteRules rules,
      SourceWaits waits,
      Duration waitMax,
      MeterRegistry registry) {
    this.next = next;
    this.rules = rules;
    this.waits = waits;
    this.waitMax = waitMax;
    this.registry = registry;
  }

  @Override
  public CompletionStage<CommandOutcome> handle(CommandEnvelope command) {
    CompletionStage<CommandOutcome> decided = next.handle(command);
    if (command.validateOnly() || !rules.isThrough(command.answerWhen().strategy())) {
      return decided;
    }
    return decided.thenCompose(outcome ->
        switch (outcome) {
          case CommandOutcome.Succeeded done -> {
            Set<ReadSource> asked = command.answerWhen().sources();
            yield awaitSources(
                    done,
                    asked.isEmpty() ? rules.sources(command.command(), done.payment()) : asked,
                    Deadlines.left(command.answerWhen().deadline(), DEADLINE_MARGIN, waitMax))
                .thenApply(CommandOutcome.class::cast);
          }
          case CommandOutcome.Refused refused -> CompletableFuture.completedFuture(refused);
        });
  }

  /**
   * Waits until sources have applied a command's event, or for {@code max}. Does not block.
   *
   * @return the same with how each source stood
   */
  public CompletionStage<CommandOutcome.Succeeded> awaitSources(
      CommandOutcome.Succeeded done, Set<ReadSource> sources, Duration max) {
    if (sources.isEmpty()) {
      return CompletableFuture.completedFuture(done);
    }
    ConsistencyToken event =
        ConsistencyTokens.decode(done.consistencyToken())
            .orElseThrow(() -> new IllegalStateException("no token: " + done.consistencyToken()));
    long start = System.nanoTime();
    return waits
        .await(new SourceWaits.Wanted(event.getEpoch(), event.getPosition(), sources), max)
        .thenApply(found -> {
          meter(found, System.nanoTime() - start);
          return done.after(found);
        });
  }

  private void meter(List<SourceProgress> found, long nanos) {
    boolean all =
        found.stream()
            .allMatch(it -> it.getState() == SourceProgressState.SOURCE_PROGRESS_STATE_APPLIED);
    registry
        .timer("payments.write.through.wait", "outcome", all ? "applied" : "incomplete")
        .record(nanos, TimeUnit.NANOSECONDS);
    for (SourceProgress source : found) {
      registry
          .counter(
              "payments.write.through.sources",
              "source",
              SourceNames.of(source.getSource()),
              "state",
              source.getState().name().substring("SOURCE_PROGRESS_STATE_".length()))
          .increment();
    }
  }
}
