package com.gyroscops.payments.write.settlement;

import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.platform.page.Listed;
import com.gyroscops.payments.platform.page.PageKey;
import com.gyroscops.payments.v1.InvoiceSettlement;
import com.gyroscops.payments.write.command.CommandErrors;
import com.gyroscops.payments.write.eventstore.EventStore;
import com.gyroscops.payments.write.eventstore.Keys;
import com.gyroscops.payments.write.submission.SubmissionStore;
import com.gyroscops.payments.write.submission.WorkflowLauncher;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Accepts settlements and tells of them. Its methods block, and throw {@link
 * com.gyroscops.payments.write.eventstore.StoreUnavailableException}. For concurrent use.
 */
public final class Settlements {

  private final EventStore events;
  private final SubmissionStore submissions;

  /** Most settlements that may be open, about. */
  static final int OPEN_MAX = 100_000;

  private final SettlementStore store;
  private final SettlementStarter workflows;
  private final WorkflowLauncher launcher;
  private volatile int open;

  /**
   * @param events where commands' request ids are
   * @param submissions where those of commands are that are to be executed
   */
  public Settlements(
      EventStore events,
      SubmissionStore submissions,
      SettlementStore store,
      SettlementStarter workflows,
      WorkflowLauncher launcher) {
    this.events = events;
    this.submissions = submissions;
    this.store = store;
    this.workflows = workflows;
    this.launcher = launcher;
  }

  /** Counts what is open, for {@link #open} and for the limit. */
  public void count() {
    open = store.open(OPEN_MAX);
  }

  /** How many were open when last counted. */
  public int open() {
    return open;
  }

  /** Removes settlements that ended longer ago than that; how many they were. */
  public int forgetEnded(Duration retention) {
    return store.removeEnded(retention);
  }

  /** What became of a request to settle. */
  public sealed interface Asked {

    /**
     * It is on disk, or was.
     *
     * @param settlement as it is by now
     * @param replayed whether it had been asked for before
     */
    record Accepted(Settlement settlement, boolean replayed) implements Asked {}

    /** It is not taken. */
    record Refused(ApiError error) implements Asked {}
  }

  /**
   * Accepts a settlement, unless its request id was used for something else.
   *
   * <p>A settlement takes its request id where commands take theirs, under the same lock, before it
   * is kept: so of a settlement and a command that come at once under one id, the second is
   * refused. A submission that is accepted in that very moment ends as such a command does. Whoever
   * stops in between leaves an id that only the same settlement can use, asked for again.
   */
  public Asked accept(Settlement asked) {
    Optional<Settlement> earlier = store.find(asked.requestKey());
    if (earlier.isPresent()) {
      return answer(asked, earlier.get(), true);
    }
    if (open >= OPEN_MAX) {
      return new Asked.Refused(CommandErrors.queueFull());
    }
    if (submissions.find(asked.requestKey()).isPresent() || !takeRequest(asked)) {
      return reused(asked);
    }
    Settlement kept = store.keep(asked, WorkflowLauncher.START_WITHIN);
    launcher.launch(() -> workflows.start(kept));
    return answer(asked, kept, false);
  }

  /** Whether the request id is the settlement's from now on, or was. */
  private boolean takeRequest(Settlement asked) {
    ApiError reused = CommandErrors.requestIdOfSettlement(asked.progress().getRequestId());
    return events
        .close(asked.requestKey(), asked.requestHash(), reused.toMessage())
        .map(known -> known.requestHash().equals(asked.requestHash()))
        .orElse(true);
  }

  private static Asked answer(Settlement asked, Settlement known, boolean replayed) {
    return known.requestHash().equals(asked.requestHash())
        ? new Asked.Accepted(known, replayed)
        : reused(asked);
  }

  private static Asked reused(Settlement asked) {
    return new Asked.Refused(CommandErrors.requestIdReused(asked.progress().getRequestId()));
  }

  /**
   * An organization's settlements, newest first.
   *
   * @param states numbers of the states that they are to be in
   * @param after where to begin
   */
  public List<Listed<InvoiceSettlement>> list(
      String organizationId, List<Integer> states, PageKey after, int max) {
    return store.list(organizationId, states, after, max).stream()
        .map(found -> found.map(Settlement::progress))
        .toList();
  }

  /**
   * Cancels a settlement, unless it has ended: its workflow then brings it to that end. Needs no
   * workflow engine.
   *
   * @return as it is then
   */
  public Optional<Settlement> cancel(String organizationId, String requestId) {
    return store.change(Keys.request(organizationId, requestId), Settlement::cancelled);
  }

  /** A settlement by its request id. */
  public Optional<Settlement> find(String organizationId, String requestId) {
    return store.find(Keys.request(organizationId, requestId));
  }
}
