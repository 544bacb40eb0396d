package com.gyroscops.payments.write.settlement;

import com.gyroscops.payments.v1.CommandError;
import com.gyroscops.payments.v1.InvoiceSettlement;
import com.gyroscops.payments.v1.SettledPayment;
import com.gyroscops.payments.v1.SettlementState;
import com.gyroscops.payments.v1.SettlementStep;
import java.util.List;
import java.util.UUID;

/**
 * A settlement with what travels along. Its steps change it by rules that hold in any order and any
 * number of times: a step never moves a payment back.
 *
 * @param correlationId of the commands of its steps
 * @param traceparent of the call that asked for it; may be empty
 * @param progress what the API says of it
 */
public record Settlement(
    UUID requestKey,
    UUID requestHash,
    String correlationId,
    String traceparent,
    InvoiceSettlement progress) {

  /** What became of a step's command. */
  public sealed interface StepOutcome {

    /** It was carried out. */
    record Accepted(String consistencyToken) implements StepOutcome {}

    /** A business rule forbade it. */
    record Rejected(CommandError error) implements StepOutcome {}
  }

  /** One that has not begun. */
  public static InvoiceSettlement asked(
      String organizationId, String requestId, String invoiceId, List<String> paymentIds) {
    var settlement =
        InvoiceSettlement.newBuilder()
            .setOrganizationId(organizationId)
            .setRequestId(requestId)
            .setInvoiceId(invoiceId)
            .setState(SettlementState.SETTLEMENT_STATE_PENDING);
    paymentIds.forEach(id ->
        settlement.addPayments(
            SettledPayment.newBuilder()
                .setPaymentId(id)
                .setStep(SettlementStep.SETTLEMENT_STEP_WAITING)));
    return settlement.build();
  }

  /** Whether nothing more happens. */
  public boolean hasEnded() {
    return switch (progress.getState()) {
      case SETTLEMENT_STATE_SETTLED,
          SETTLEMENT_STATE_COMPENSATED,
          SETTLEMENT_STATE_COMPENSATION_REJECTED ->
          true;
      default -> false;
    };
  }

  /** After a payment's processing; without effect unless the payment was waiting. */
  public Settlement processed(int index, StepOutcome outcome) {
    if (step(index) != SettlementStep.SETTLEMENT_STEP_WAITING) {
      return this;
    }
    return switch (outcome) {
      case StepOutcome.Accepted(String token) ->
          moved(
              index,
              payment(index)
                  .setStep(SettlementStep.SETTLEMENT_STEP_PROCESSED)
                  .setConsistencyToken(token),
              SettlementState.SETTLEMENT_STATE_SETTLING);
      case StepOutcome.Rejected(CommandError error) ->
          moved(
              index,
              payment(index).setStep(SettlementStep.SETTLEMENT_STEP_REJECTED).setError(error),
              SettlementState.SETTLEMENT_STATE_COMPENSATING);
    };
  }

  /** After a payment's refund; without effect unless the payment was processed. */
  public Settlement refunded(int index, StepOutcome outcome) {
    if (step(index) != SettlementStep.SETTLEMENT_STEP_PROCESSED) {
      return this;
    }
    return switch (outcome) {
      case StepOutcome.Accepted(String token) ->
          moved(
              index,
              payment(index)
                  .setStep(SettlementStep.SETTLEMENT_STEP_REFUNDED)
                  .setConsistencyToken(token),
              SettlementState.SETTLEMENT_STATE_COMPENSATING);
      case StepOutcome.Rejected(CommandError error) ->
          moved(
              index,
              payment(index)
                  .setStep(SettlementStep.SETTLEMENT_STEP_REFUND_REJECTED)
                  .setError(error),
              SettlementState.SETTLEMENT_STATE_COMPENSATING);
    };
  }

  /**
   * After the last step.
   *
   * @throws IllegalStateException if a step is missing
   */
  public Settlement ended() {
    List<SettlementStep> steps =
        progress.getPaymentsList().stream().map(SettledPayment::getStep).toList();
    SettlementState end;
    if (steps.stream().allMatch(step -> step == SettlementStep.SETTLEMENT_STEP_PROCESSED)) {
      end = SettlementState.SETTLEMENT_STATE_SETTLED;
    } else if (steps.contains(SettlementStep.SETTLEMENT_STEP_PROCESSED)
        || !steps.contains(SettlementStep.SETTLEMENT_STEP_REJECTED)) {
      throw new IllegalStateException(
          "settlement " + progress.getRequestId() + " cannot end with steps " + steps);
    } else if (steps.contains(SettlementStep.SETTLEMENT_STEP_REFUND_REJECTED)) {
      end = SettlementState.SETTLEMENT_STATE_COMPENSATION_REJECTED;
    } else {
      end = SettlementState.SETTLEMENT_STATE_COMPENSATED;
    }
    return with(progress.toBuilder().setState(end));
  }

  private SettlementStep step(int index) {
    return progress.getPayments(index).getStep();
  }

  private SettledPayment.Builder payment(int index) {
    return progress.getPayments(index).toBuilder();
  }

  private Settlement moved(int index, SettledPayment.Builder payment, SettlementState state) {
    return with(progress.toBuilder().setPayments(index, payment).setState(state));
  }

  private Settlement with(InvoiceSettlement.Builder changed) {
    return new Settlement(requestKey, requestHash, correlationId, traceparent, changed.build());
  }
}
