package com.gyroscops.payments.write.workflow;

import com.gyroscops.payments.workflow.v1.SettlementPayment;
import com.gyroscops.payments.workflow.v1.SubmittedSettlement;
import io.temporal.workflow.Workflow;

/**
 * {@link SettlementWorkflow}: payment after payment; once one is rejected, back over those before
 * it. There is no time-out: a settlement that was begun is brought to an end.
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
    if (processed < settlement.getPayments()) {
      for (int i = processed - 1; i >= 0; i--) {
        steps.refund(payment(settlement, i));
      }
    }
    steps.end(settlement);
  }

  private static SettlementPayment payment(SubmittedSettlement settlement, int index) {
    return SettlementPayment.newBuilder()
        .setOrganizationId(settlement.getOrganizationId())
        .setRequestId(settlement.getRequestId())
        .setIndex(index)
        .build();
  }
}
