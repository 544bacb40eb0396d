package com.gyroscops.payments.cli.imports;

import com.gyroscops.payments.cli.imports.ImportRow.PaymentKey;
import com.gyroscops.payments.cli.imports.ImportRow.Sendable;
import com.gyroscops.payments.cli.imports.ImportRow.Unusable;
import com.gyroscops.payments.platform.retry.Backoff;
import com.gyroscops.payments.v1.CommandError;
import com.gyroscops.payments.v1.CommandOutcome;
import com.gyroscops.payments.v1.StreamCommandsResponse;
import io.grpc.Channel;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Sends rows as commands until each has an outcome, whatever breaks meanwhile.
 *
 * <p>The scheme: of each payment at most one row is under way, and its next row is sent only once
 * that one has an outcome that will stay. Then
 *
 * <ul>
 *   <li>order: the server never sees a row before the rows of the same payment above it are
 *       decided, so no process is refused for good because its create has yet to be repeated;
 *   <li>exactly once: a row whose answer is lost is sent again with the same request id, here or to
 *       another server, and whichever copy comes first decides; a copy that is still on its way
 *       finds that outcome stored;
 *   <li>speed: different payments do not wait for one another, thousands are in flight at once.
 * </ul>
 *
 * <p>A payment always travels on the same lane, one lane for each server; a lane that breaks turns
 * to the next server and repeats what is unanswered. Outcomes that will not stay (conflict,
 * overload, unavailable) are repeated after the wait that the server asks for. One thread does
 * everything; gRPC's threads only leave events for it.
 */
public final class CommandImport {

  private static final Set<Status.Code> REPEATABLE =
      Set.of(
          Status.Code.ABORTED,
          Status.Code.UNAVAILABLE,
          Status.Code.RESOURCE_EXHAUSTED,
          Status.Code.DEADLINE_EXCEEDED,
          Status.Code.CANCELLED);

  /** A server that says these will say them again. */
  private static final Set<Status.Code> HOPELESS =
      Set.of(Status.Code.UNIMPLEMENTED, Status.Code.UNAUTHENTICATED, Status.Code.PERMISSION_DENIED);

  /** How long answers are awaited after a request to stop. */
  private static final Duration STOP_MAX = Duration.ofSeconds(3);

  /** Longest sleep, so that requests to stop and limits of time are seen. */
  private static final Duration TICK = Duration.ofMillis(100);

  private final Iterator<ImportRow> rows;
  private final ImportSettings settings;
  private final ImportListener listener;
  private final List<Lane> lanes = new ArrayList<>();
  private final BlockingQueue<LaneEvent> events = new LinkedBlockingQueue<>();

  /** Rows of each payment that has one under way; the first is that one. */
  private final Map<PaymentKey, Deque<Sendable>> chains = new HashMap<>();

  private final PriorityQueue<Repetition> repetitions =
      new PriorityQueue<>(Comparator.comparingLong(Repetition::atNanos));
  private final Map<Long, Integer> attempts = new HashMap<>();

  private long held;
  private long done;
  private long accepted;
  private long rejected;
  private long replayed;
  private long known;
  private long progressNanos = System.nanoTime();
  private String lastTrouble = "no server answered";
  private volatile boolean stopAsked;
  private long stopNanos;

  private record Repetition(long atNanos, Sendable row) {}

  /**
   * @param servers at least one; all of one log
   */
  public CommandImport(
      Iterator<ImportRow> rows,
      List<? extends Channel> servers,
      ImportSettings settings,
      ImportListener listener) {
    this.rows = rows;
    this.settings = settings;
    this.listener = listener;
    for (int i = 0; i < servers.size(); i++) {
      lanes.add(new Lane(i, servers, settings, events));
    }
  }

  /**
   * Has {@link #run} end early, from any thread: nothing more is sent, answers are awaited shortly.
   */
  public void stop() {
    stopAsked = true;
  }

  /**
   * Runs to the end of the rows.
   *
   * @throws ImportStuckException if nothing went on for the time set, or a server refuses this
   *     caller
   * @throws java.io.UncheckedIOException if the rows cannot be read on; what was read before it was
   *     done with
   */
  public ImportResult run() throws ImportStuckException, InterruptedException {
    java.io.UncheckedIOException unreadable = null;
    boolean more = true;
    try {
      while (true) {
        if (more && unreadable == null && !stopAsked) {
          try {
            more = read();
          } catch (java.io.UncheckedIOException e) {
            unreadable = e;
          }
        }
        boolean allRead = !more || unreadable != null;
        if (allRead && held == 0) {
          break;
        }
        if (stopAsked && isStopDue()) {
          break;
        }
        releaseRepetitions();
        if (!stopAsked) {
          lanes.forEach(Lane::pump);
        }
        requireProgress();
        await();
      }
      for (Lane lane : lanes) {
        lane.finish();
      }
    } finally {
      lanes.forEach(Lane::cancel);
    }
    if (unreadable != null) {
      throw unreadable;
    }
    return result(!more && held == 0);
  }

  /** What was done so far; exact once {@link #run} ended, in whatever way. */
  public ImportResult result(boolean complete) {
    return new ImportResult(done, accepted, rejected, replayed, known, complete);
  }

  private boolean read() {
    while (held < settings.heldMax()) {
      if (!rows.hasNext()) {
        return false;
      }
      switch (rows.next()) {
        case Unusable unusable -> {
          rejected++;
          finishRow();
          listener.rejected(unusable.rejection());
        }
        case Sendable row -> {
          held++;
          Deque<Sendable> chain = chains.get(row.key());
          if (chain == null) {
            chain = new ArrayDeque<>(2);
            chains.put(row.key(), chain);
            lane(row).add(row);
          }
          chain.add(row);
        }
      }
    }
    return true;
  }

  private Lane lane(Sendable row) {
    return lanes.get(Math.floorMod(row.key().hashCode(), lanes.size()));
  }

  private void await() throws ImportStuckException, InterruptedException {
    LaneEvent event = events.poll(waitNanos(), TimeUnit.NANOSECONDS);
    while (event != null) {
      handle(event);
      event = events.poll();
    }
    for (Lane lane : lanes) {
      if (lane.isSilentTooLong()) {
        handle(new LaneEvent.Broken(lane, lane.stream(), Status.DEADLINE_EXCEEDED));
      }
    }
  }

  private long waitNanos() {
    long wait = TICK.toNanos();
    Repetition next = repetitions.peek();
    if (next != null) {
      wait = Math.min(wait, Math.max(0, next.atNanos() - System.nanoTime()));
    }
    for (Lane lane : lanes) {
      wait = Math.min(wait, lane.waitNanos());
    }
    return wait;
  }

  private void handle(LaneEvent event) throws ImportStuckException {
    switch (event) {
      case LaneEvent.Ready _ -> {}
      case LaneEvent.Answered(Lane lane, int stream, StreamCommandsResponse response) -> {
        Optional<Sendable> row = lane.answered(stream, response.getSequence());
        if (row.isPresent()) {
          decide(row.get(), response.getOutcome());
        }
      }
      case LaneEvent.Broken(Lane lane, int stream, Status status) -> {
        if (lane.broken(stream)) {
          lastTrouble = lane.server() + ": " + status.getCode() + " " + status.getDescription();
          if (HOPELESS.contains(status.getCode())) {
            throw new ImportStuckException(lastTrouble);
          }
          listener.troubled(lastTrouble);
        }
      }
    }
  }

  private void decide(Sendable row, CommandOutcome outcome) {
    switch (outcome.getOutcomeCase()) {
      case SUCCESS -> {
        accepted++;
        settle(row, outcome.getReplayed());
      }
      case ERROR -> {
        CommandError error = outcome.getError();
        if (error.hasRetryDelay() || REPEATABLE.contains(code(error))) {
          repeat(row, error);
        } else {
          rejected++;
          settle(row, outcome.getReplayed());
          listener.rejected(rejection(row, error));
        }
      }
      case OUTCOME_NOT_SET -> throw new IllegalStateException("an outcome without an outcome");
    }
  }

  private void settle(Sendable row, boolean wasReplayed) {
    boolean sentOnce = lane(row).settled(row);
    if (wasReplayed) {
      replayed++;
      if (sentOnce) {
        known++;
        listener.known(row.line());
      }
    }
    attempts.remove(row.row());
    held--;
    Deque<Sendable> chain = chains.get(row.key());
    if (chain == null || chain.remove().row() != row.row()) {
      throw new IllegalStateException("row " + row.row() + " was not under way");
    }
    Sendable next = chain.peek();
    if (next == null) {
      chains.remove(row.key());
    } else {
      lane(next).add(next);
    }
    finishRow();
  }

  private void finishRow() {
    done++;
    progressNanos = System.nanoTime();
    listener.advanced(done);
  }

  private void repeat(Sendable row, CommandError error) {
    lastTrouble = error.getMessage();
    int attempt = attempts.merge(row.row(), 1, Integer::sum);
    Duration wait =
        error.hasRetryDelay()
            ? Duration.ofSeconds(
                error.getRetryDelay().getSeconds(), error.getRetryDelay().getNanos())
            : Backoff.delay(attempt, settings.backoffMin(), settings.backoffMax());
    repetitions.add(new Repetition(System.nanoTime() + wait.toNanos(), row));
  }

  private void releaseRepetitions() {
    long now = System.nanoTime();
    for (Repetition next = repetitions.peek();
        next != null && next.atNanos() - now <= 0;
        next = repetitions.peek()) {
      repetitions.remove();
      lane(next.row()).add(next.row());
    }
  }

  private void requireProgress() throws ImportStuckException {
    if (System.nanoTime() - progressNanos > settings.giveUpAfter().toNanos()) {
      throw new ImportStuckException(
          "no row got an outcome for "
              + settings.giveUpAfter().toSeconds()
              + " s ("
              + lastTrouble
              + "); "
              + held
              + " rows wait. Run the same import again once the servers answer");
    }
  }

  private boolean isStopDue() {
    if (stopNanos == 0) {
      stopNanos = System.nanoTime();
    }
    boolean nothingUnderWay = lanes.stream().allMatch(Lane::isIdle);
    return nothingUnderWay || System.nanoTime() - stopNanos > STOP_MAX.toNanos();
  }

  private static RowRejection rejection(Sendable row, CommandError error) {
    return RowRejection.of(
        row.row(), row.line(), row.name(), row.key().organization(), row.key().payment(), error);
  }

  private static Status.Code code(CommandError error) {
    return Status.fromCodeValue(error.getCode()).getCode();
  }
}
