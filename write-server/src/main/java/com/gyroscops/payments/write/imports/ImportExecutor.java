package com.gyroscops.payments.write.imports;

import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.contract.Violations;
import com.gyroscops.payments.v1.ImportRejection;
import com.gyroscops.payments.v1.ImportRow;
import com.gyroscops.payments.write.command.AckPolicy;
import com.gyroscops.payments.write.command.CommandEnvelope;
import com.gyroscops.payments.write.command.CommandErrors;
import com.gyroscops.payments.write.command.CommandHandler;
import com.gyroscops.payments.write.command.CommandKind;
import com.gyroscops.payments.write.command.CommandOutcome;
import com.gyroscops.payments.write.command.CommandReader;
import com.gyroscops.payments.write.command.CommandReader.Reading;
import com.gyroscops.payments.write.eventstore.EventStore;
import com.gyroscops.payments.write.eventstore.KnownRequest;
import com.gyroscops.payments.write.eventstore.StoreUnavailableException;
import com.gyroscops.payments.write.imports.ImportStore.Chunk;
import com.gyroscops.payments.write.imports.ImportStore.Result;
import com.gyroscops.payments.write.payment.PaymentKey;
import com.gyroscops.payments.write.submission.RetryLaterException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a workflow does with an import. {@link #executeNext} may be called any number of times, at
 * once and late: see the invariants of this package. For concurrent use.
 */
public final class ImportExecutor {

  /** Most attempts at a row that the event store does not take for an unknown reason. */
  static final int NOT_STORED_ATTEMPTS_MAX = 5;

  /** The wait after the first of them; doubled with each. */
  private static final Duration NOT_STORED_RETRY = Duration.ofMillis(100);

  /** A chunk's time for such waits: a step that takes longer than 30 s counts as lost. */
  private static final Duration NOT_STORED_TIME_MAX = Duration.ofSeconds(10);

  private static final Logger LOG = LoggerFactory.getLogger(ImportExecutor.class);

  private final EventStore events;
  private final ImportStore imports;
  private final CommandReader reader;
  private final CommandHandler commands;
  private final Executor blocking;
  private final Pause pause;

  /**
   * @param blocking runs what waits for commands, a task for each payment of a chunk
   */
  public ImportExecutor(
      EventStore events,
      ImportStore imports,
      CommandReader reader,
      CommandHandler commands,
      Executor blocking) {
    this(events, imports, reader, commands, blocking, Thread::sleep);
  }

  ImportExecutor(
      EventStore events,
      ImportStore imports,
      CommandReader reader,
      CommandHandler commands,
      Executor blocking,
      Pause pause) {
    this.events = events;
    this.imports = imports;
    this.reader = reader;
    this.commands = commands;
    this.blocking = blocking;
    this.pause = pause;
  }

  /** Lets time pass. */
  @FunctionalInterface
  interface Pause {
    void pause(Duration time) throws InterruptedException;
  }

  /** A row that is a command. */
  private record Task(int index, ImportRow row, CommandEnvelope command) {}

  /** How a row ended. */
  private record End(Optional<ApiError> rejection, boolean replayed) {

    /** Whether it may be executed yet: no outcome of it is stored. */
    boolean isNotStored() {
      return rejection
          .map(ApiError::reason)
          .filter(CommandErrors.COMMAND_NOT_STORED::equals)
          .isPresent();
    }
  }

  /**
   * Executes the first chunk without a result. Blocks.
   *
   * @return whether chunks are left; also false if the import has ended otherwise
   * @throws RetryLaterException if a row was not decided, for a reason that passes
   * @throws StoreUnavailableException if the store does not answer
   */
  public boolean executeNext(String importId) {
    Optional<Chunk> next = imports.next(importId);
    return next.isPresent()
        && imports.executed(importId, next.get().rows().getChunk(), execute(importId, next.get()));
  }

  private Result execute(String importId, Chunk chunk) {
    Set<PaymentKey> notStored = imports.notStored(importId);
    long retryUntilNanos = System.nanoTime() + NOT_STORED_TIME_MAX.toNanos();
    List<ImportRow> rows = chunk.rows().getRowsList();
    End[] ends = new End[rows.size()];
    Map<PaymentKey, List<Task>> byPayment = new LinkedHashMap<>();
    for (int i = 0; i < rows.size(); i++) {
      switch (read(rows.get(i))) {
        case Reading.Malformed(ApiError error) -> ends[i] = new End(Optional.of(error), false);
        case Reading.WellFormed(CommandEnvelope command) ->
            byPayment
                .computeIfAbsent(command.command().key(), _ -> new ArrayList<>())
                .add(
                    new Task(
                        i,
                        rows.get(i),
                        command.submitted(
                            command.requestHash(), chunk.traceparent(), chunk.actor())));
      }
    }
    List<CompletableFuture<Void>> running = new ArrayList<>();
    byPayment.forEach((payment, tasks) ->
        running.add(
            CompletableFuture.runAsync(
                () -> execute(tasks, notStored.contains(payment), retryUntilNanos, ends),
                blocking)));
    // All of them, even if one fails: a step that is over leaves nothing behind that goes on.
    try {
      CompletableFuture.allOf(running.toArray(CompletableFuture[]::new)).join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    }
    return result(rows, ends);
  }

  private Reading read(ImportRow row) {
    Reading reading = reader.read(row.getCommand());
    if (reading instanceof Reading.WellFormed(CommandEnvelope command)) {
      Violations violations =
          new Violations()
              .require(!command.validateOnly(), "context.validate_only", "does not apply")
              .require(
                  command.answerWhen().strategy() == AckPolicy.UNSPECIFIED.strategy()
                      && command.answerWhen().sources().isEmpty(),
                  "context.write_strategy",
                  "does not apply");
      if (!violations.isEmpty()) {
        return new Reading.Malformed(ApiError.invalid(violations.found()));
      }
    }
    return reading;
  }

  /**
   * Executes the rows of one payment, up to the first that is not stored. Those after it are not
   * executed: decided without it, they might be rejected for good.
   *
   * @param stopped whether there was such a row in an earlier chunk
   */
  private void execute(List<Task> tasks, boolean stopped, long retryUntilNanos, End[] ends) {
    boolean goesOn = !stopped;
    for (Task task : tasks) {
      End end =
          goesOn
              ? execute(task, retryUntilNanos)
              : new End(Optional.of(CommandErrors.notStoredBefore()), false);
      ends[task.index()] = end;
      goesOn = goesOn && !end.isNotStored();
    }
  }

  private End execute(Task task, long retryUntilNanos) {
    Duration wait = NOT_STORED_RETRY;
    End end = executeOnce(task);
    for (int attempt = 1;
        end.isNotStored()
            && attempt < NOT_STORED_ATTEMPTS_MAX
            && System.nanoTime() - retryUntilNanos < 0;
        attempt++) {
      try {
        pause.pause(wait);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted while a row was to be tried again", e);
      }
      wait = wait.multipliedBy(2);
      end = executeOnce(task);
    }
    if (end.isNotStored()) {
      LOG.warn("row {} of an import is not stored, and is reported so", task.row().getRow());
    }
    return end;
  }

  private End executeOnce(Task task) {
    return switch (commands.handle(task.command()).toCompletableFuture().join()) {
      case CommandOutcome.Succeeded done -> new End(Optional.empty(), done.replayed());
      case CommandOutcome.Refused(ApiError error, boolean replayed) -> {
        if (error.reason().equals(CommandErrors.COMMAND_NOT_STORED)) {
          // Whatever the fault is, it is none of the row's: no outcome is stored for its request.
          yield new End(Optional.of(error), false);
        }
        // The event store does not keep it, and it does not pass.
        if (error.reason().equals(CommandErrors.VERSION_MISMATCH)) {
          yield stored(task, error);
        }
        if (RetryLaterException.isPassing(error)) {
          throw new RetryLaterException(error);
        }
        yield new End(Optional.of(error), replayed);
      }
    };
  }

  /** Stores a rejection as the request's outcome, unless a copy of the row was faster. */
  private End stored(Task task, ApiError error) {
    Optional<KnownRequest> earlier =
        events.close(
            task.command().requestKey(),
            task.command().requestHash(),
            task.command().rejection(error));
    if (earlier.isEmpty()) {
      return new End(Optional.of(error), false);
    }
    return switch (earlier.get()) {
      case KnownRequest.Accepted _ -> new End(Optional.empty(), true);
      case KnownRequest.Rejected rejected ->
          new End(Optional.of(ApiError.from(rejected.error())), true);
    };
  }

  private static Result result(List<ImportRow> rows, End[] ends) {
    int accepted = 0;
    int replayed = 0;
    int notStored = 0;
    List<ImportRejection> rejections = new ArrayList<>();
    for (int i = 0; i < ends.length; i++) {
      if (ends[i].replayed()) {
        replayed++;
      }
      if (ends[i].isNotStored()) {
        notStored++;
      }
      if (ends[i].rejection().isEmpty()) {
        accepted++;
      } else {
        rejections.add(rejection(rows.get(i), ends[i].rejection().get()));
      }
    }
    return new Result(accepted, rejections, replayed, notStored);
  }

  private static ImportRejection rejection(ImportRow row, ApiError error) {
    CommandKind.Subject subject = CommandKind.subject(row.getCommand());
    return ImportRejection.newBuilder()
        .setRow(row.getRow())
        .setOrganizationId(subject.organizationId())
        .setPaymentId(subject.paymentId())
        .setCommand(CommandKind.word(row.getCommand()))
        .setError(error.toMessage())
        .build();
  }
}
