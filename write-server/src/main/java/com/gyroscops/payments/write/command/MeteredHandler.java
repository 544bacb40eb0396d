package com.gyroscops.payments.write.command;

import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;

/**
 * Counts and times commands by kind and outcome: {@code payments_commands_total} and {@code
 * payments_commands_duration_seconds}. The outcome is {@code OK}, {@code REPLAYED}, or the reason
 * of the error.
 */
public final class MeteredHandler implements CommandHandler {

  private record Meters(
      io.micrometer.core.instrument.Counter count, io.micrometer.core.instrument.Timer duration) {}

  private final CommandHandler next;
  private final MeterRegistry registry;
  private final ConcurrentMap<String, Meters> meters = new ConcurrentHashMap<>();

  public MeteredHandler(CommandHandler next, MeterRegistry registry) {
    this.next = next;
    this.registry = registry;
  }

  @Override
  public CompletionStage<CommandOutcome> handle(CommandEnvelope command) {
    long started = System.nanoTime();
    CompletionStage<CommandOutcome> stage = next.handle(command);
    return stage.whenComplete((outcome, _) -> {
      Meters of = meters(command.kind(), name(outcome));
      of.count().increment();
      of.duration().record(System.nanoTime() - started, TimeUnit.NANOSECONDS);
    });
  }

  private Meters meters(String kind, String outcome) {
    return meters.computeIfAbsent(
        kind + '/' + outcome,
        _ ->
            new Meters(
                registry.counter("payments.commands", "command", kind, "outcome", outcome),
                registry.timer("payments.commands.duration", "command", kind, "outcome", outcome)));
  }

  private static String name(CommandOutcome outcome) {
    return switch (outcome) {
      case CommandOutcome.Succeeded done -> done.replayed() ? "REPLAYED" : "OK";
      case CommandOutcome.Refused refused ->
          refused.replayed() ? "REPLAYED" : refused.error().reason();
    };
  }
}
