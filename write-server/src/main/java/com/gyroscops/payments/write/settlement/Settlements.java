package com.gyroscops.payments.write.settlement;

import com.gyroscops.payments.write.eventstore.Keys;
import com.gyroscops.payments.write.submission.WorkflowLauncher;
import java.util.Optional;

/**
 * Accepts settlements and tells of them. Both methods block, and throw {@link
 * com.gyroscops.payments.write.eventstore.StoreUnavailableException}. For concurrent use.
 */
public final class Settlements {

  private final SettlementStore store;
  private final SettlementStarter workflows;
  private final WorkflowLauncher launcher;

  public Settlements(
      SettlementStore store, SettlementStarter workflows, WorkflowLauncher launcher) {
    this.store = store;
    this.workflows = workflows;
    this.launcher = launcher;
  }

  /**
   * What became of a request to settle.
   *
   * @param settlement as it is by now; of another digest than asked for where its request id was
   *     used for something else
   * @param replayed whether it had been asked for before
   */
  public record Accepted(Settlement settlement, boolean replayed) {}

  /** Accepts a settlement, unless its request is known. */
  public Accepted accept(Settlement asked) {
    Optional<Settlement> earlier = store.find(asked.requestKey());
    if (earlier.isPresent()) {
      return new Accepted(earlier.get(), true);
    }
    Settlement kept = store.keep(asked, WorkflowLauncher.START_WITHIN);
    launcher.launch(() -> workflows.start(kept));
    return new Accepted(kept, false);
  }

  /** A settlement by its request id. */
  public Optional<Settlement> find(String organizationId, String requestId) {
    return store.find(Keys.request(organizationId, requestId));
  }
}
