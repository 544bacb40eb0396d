package com.gyroscops.payments.write.workflow;

import com.gyroscops.payments.workflow.v1.SubmittedSettlement;
import io.temporal.workflow.WorkflowInterface;
import io.temporal.workflow.WorkflowMethod;

/** Carries out a settlement of an invoice. */
@WorkflowInterface
public interface SettlementWorkflow {

  /** Ends when the settlement has ended. */
  @WorkflowMethod(name = "SettleInvoice")
  void settle(SubmittedSettlement settlement);
}
