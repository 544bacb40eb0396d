package com.gyroscops.payments.write.workflow;

import com.gyroscops.payments.workflow.v1.SettlementPayment;
import com.gyroscops.payments.workflow.v1.SettlementStepResult;
import com.gyroscops.payments.workflow.v1.SubmittedSettlement;
import io.temporal.activity.ActivityInterface;
import io.temporal.activity.ActivityMethod;
import org.jspecify.annotations.Nullable;

/** Steps of {@link SettlementWorkflow}. Each may run any number of times, at once and late. */
@ActivityInterface
public interface SettlementActivities {

  /** Processes a payment, unless the settlement was cancelled. */
  @ActivityMethod(name = "ProcessSettlementPayment")
  SettlementStepResult process(SettlementPayment payment);

  /** Refunds a payment that was processed. */
  @ActivityMethod(name = "RefundSettlementPayment")
  void refund(SettlementPayment payment);

  /**
   * Notes the end.
   *
   * @return not accepted: it was cancelled, and its payments are to be refunded; null in histories
   *     of an earlier version, which knew no cancellation
   */
  @ActivityMethod(name = "EndSettlement")
  @Nullable SettlementStepResult end(SubmittedSettlement settlement);
}
