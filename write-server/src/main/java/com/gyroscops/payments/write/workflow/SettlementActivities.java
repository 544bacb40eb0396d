package com.gyroscops.payments.write.workflow;

import com.gyroscops.payments.workflow.v1.SettlementPayment;
import com.gyroscops.payments.workflow.v1.SettlementStepResult;
import com.gyroscops.payments.workflow.v1.SubmittedSettlement;
import io.temporal.activity.ActivityInterface;
import io.temporal.activity.ActivityMethod;

/** Steps of {@link SettlementWorkflow}. Each may run any number of times, at once and late. */
@ActivityInterface
public interface SettlementActivities {

  /** Processes a payment. */
  @ActivityMethod(name = "ProcessSettlementPayment")
  SettlementStepResult process(SettlementPayment payment);

  /** Refunds a payment that was processed. */
  @ActivityMethod(name = "RefundSettlementPayment")
  void refund(SettlementPayment payment);

  /** Notes the end. */
  @ActivityMethod(name = "EndSettlement")
  void end(SubmittedSettlement settlement);
}
