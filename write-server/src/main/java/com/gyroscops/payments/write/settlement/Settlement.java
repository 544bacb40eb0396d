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

  /**
   * One that has not begun.
   *
   * @param actor who asks for it; empty: not authenticated
   */
  public static InvoiceSettlement asked(
      String organizationId,
      String actor,
      String requestId,
      String invoiceId,
      List<String> paymentIds) {
    var settlement =
        InvoiceSettlement.newBuilder()
            .setOrganizationId(organizationId)
            .setOwner(organizationId)
            .setActor(actor)
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
          SETTLEMENT_STATE_COMPENSATION_REJECTED,
          SETTLEMENT_STATE_CANCELLED ->
          true;
      default -> false;
    };
  }

  /** Whether it was cancelled and has not ended. */
  public boolean isCancelling() {
    return progress.getState() == SettlementState.SETTLEMENT_STATE_CANCELLING;
  }

  /** From now on no further payment is processed, and those processed are refunded. */
  public Settlement cancelled() {
    return with(progress.toBuilder().setState(SettlementState.SETTLEMENT_STATE_CANCELLING));
  }

  /** After a payment's processing; without effect unless the payment was waiting. */
  public Settlement processed(int index, StepOutcome outcome) {
    return step(
        index,
        SettlementStep.SETTLEMENT_STEP_WAITING,
        outcome,
        SettlementStep.SETTLEMENT_STEP_PROCESSED,
        SettlementStep.SETTLEMENT_STEP_REJECTED);
  }

  /** After a payment's refund; without effect unless the payment was processed. */
  public Settlement refunded(int index, StepOutcome outcome) {
    return step(
        index,
        SettlementStep.SETTLEMENT_STEP_PROCESSED,
        outcome,
        SettlementStep.SETTLEMENT_STEP_REFUNDED,
        SettlementStep.SETTLEMENT_STEP_REFUND_REJECTED);
  }

  private Settlement step(
      int index,
      SettlementStep from,
      StepOutcome outcome,
      SettlementStep accepted,
      SettlementStep rejected) {
    SettledPayment payment = progress.getPayments(index);
    if (payment.getStep() != from) {
      return this;
    }
    SettledPayment.Builder moved = payment.toBuilder();
    switch (outcome) {
      case StepOutcome.Accepted(String token) -> moved.setStep(accepted).setConsistencyToken(token);
      case StepOutcome.Rejected(CommandError error) -> moved.setStep(rejected).setError(error);
    }
    InvoiceSettlement.Builder changed = progress.toBuilder().setPayments(index, moved);
    if (isCancelling()) {
      return with(changed);
    }
    SettlementState state =
        moved.getStep() == SettlementStep.SETTLEMENT_STEP_PROCESSED
            ? SettlementState.SETTLEMENT_STATE_SETTLING
            : SettlementState.SETTLEMENT_STATE_COMPENSATING;
    return with(changed.setState(state));
  }

  /**
   * After the last step. A settlement that was cancelled stays as it is as long as a payment is
   * processed and not refunded.
   *
   * @throws IllegalStateException if a step is missing
   */
  public Settlement ended() {
    List<SettlementStep> steps =
        progress.getPaymentsList().stream().map(SettledPayment::getStep).toList();
    if (isCancelling() && steps.contains(SettlementStep.SETTLEMENT_STEP_PROCESSED)) {
      return this;
    }
    SettlementState end;
    if (steps.stream().allMatch(step -> step == SettlementStep.SETTLEMENT_STEP_PROCESSED)) {
      end = SettlementState.SETTLEMENT_STATE_SETTLED;
    } else if (steps.contains(SettlementStep.SETTLEMENT_STEP_PROCESSED)
        || !(isCancelling() || steps.contains(SettlementStep.SETTLEMENT_STEP_REJECTED))) {
      throw new IllegalStateException(
          "settlement " + progress.getRequestId() + " cannot end with steps " + steps);
    } else if (steps.contains(SettlementStep.SETTLEMENT_STEP_REFUND_REJECTED)) {
      end = SettlementState.SETTLEMENT_STATE_COMPENSATION_REJECTED;
    } else {
      end =
          isCancelling()
              ? SettlementState.SETTLEMENT_STATE_CANCELLED
              : SettlementState.SETTLEMENT_STATE_COMPENSATED;
    }
    return with(progress.toBuilder().setState(end));
  }

  /** The same settlement, of which the API says something else. */
  public Settlement with(InvoiceSettlement.Builder changed) {
    return new Settlement(requestKey, requestHash, correlationId, traceparent, changed.build());
  }
}
