package com.gyroscops.payments.write.workflow;

import com.gyroscops.payments.workflow.v1.SettlementPayment;
import com.gyroscops.payments.workflow.v1.SettlementStepResult;
import com.gyroscops.payments.workflow.v1.SubmittedSettlement;
import io.temporal.workflow.Workflow;
import org.jspecify.annotations.Nullable;

/**
 * {@link SettlementWorkflow}: payment after payment; once one is rejected or the settlement is
 * found cancelled, back over those before it. There is no time-out: a settlement that was begun is
 * brought to an end.
 *
 * <p>The settlement's row alone says whether it was cancelled, and each step asks it: the workflow
 * is told by no signal, which the engine could lose.
 */
public final class SettlementWorkflowImpl implements SettlementWorkflow {

  private final SettlementActivities steps =
      Workflow.newActivityStub(SettlementActivities.class, Retries.UNTIL_DONE);

  @Override
  public void settle(SubmittedSettlement settlement) {
    int processed = 0;
    while (processed < settlement.getPayments()
        && steps.process(payment(settlement, processed)).getAccepted()) {
      processed++;
    }
    if (processed == settlement.getPayments() && hasEnded(steps.end(settlement))) {
      return;
    }
    for (int i = processed - 1; i >= 0; i--) {
      steps.refund(payment(settlement, i));
    }
    var _ = steps.end(settlement);
  }

  private static boolean hasEnded(@Nullable SettlementStepResult end) {
    return end == null || end.getAccepted();
  }

  private static SettlementPayment payment(SubmittedSettlement settlement, int index) {
    return SettlementPayment.newBuilder()
        .setOrganizationId(settlement.getOrganizationId())
        .setRequestId(settlement.getRequestId())
        .setIndex(index)
        .build();
  }
}
