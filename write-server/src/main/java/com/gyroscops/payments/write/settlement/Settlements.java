package com.gyroscops.payments.write.settlement;

import com.gyroscops.payments.write.eventstore.Keys;
import com.gyroscops.payments.write.submission.WorkflowLauncher;
import java.time.Duration;
import java.util.Optional;

/**
 * Accepts settlements and tells of them. Its methods block, and throw {@link
 * com.gyroscops.payments.write.eventstore.StoreUnavailableException}. For concurrent use.
 */
public final class Settlements {

  /** Most settlements that may be open, about. */
  static final int OPEN_MAX = 100_000;

  private final SettlementStore store;
  private final SettlementStarter workflows;
  private final WorkflowLauncher launcher;
  private volatile int open;

  public Settlements(
      SettlementStore store, SettlementStarter workflows, WorkflowLauncher launcher) {
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

  /**
   * What became of a request to settle.
   *
   * @param settlement as it is by now; of another digest than asked for where its request id was
   *     used for something else
   * @param replayed whether it had been asked for before
   */
  public record Accepted(Settlement settlement, boolean replayed) {}

  /**
   * Accepts a settlement, unless its request is known.
   *
   * @return empty if as much is open as may be
   */
  public Optional<Accepted> accept(Settlement asked) {
    Optional<Settlement> earlier = store.find(asked.requestKey());
    if (earlier.isPresent()) {
      return Optional.of(new Accepted(earlier.get(), true));
    }
    if (open >= OPEN_MAX) {
      return Optional.empty();
    }
    Settlement kept = store.keep(asked, WorkflowLauncher.START_WITHIN);
    launcher.launch(() -> workflows.start(kept));
    return Optional.of(new Accepted(kept, false));
  }

  /** A settlement by its request id. */
  public Optional<Settlement> find(String organizationId, String requestId) {
    return store.find(Keys.request(organizationId, requestId));
  }
}
