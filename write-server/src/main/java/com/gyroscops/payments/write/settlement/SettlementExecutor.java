package com.gyroscops.payments.write.settlement;

import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.v1.Command;
import com.gyroscops.payments.v1.CommandContext;
import com.gyroscops.payments.v1.CommandError;
import com.gyroscops.payments.v1.ProcessPaymentRequest;
import com.gyroscops.payments.v1.RefundPaymentRequest;
import com.gyroscops.payments.v1.RefundPersonalData;
import com.gyroscops.payments.v1.SettledPayment;
import com.gyroscops.payments.v1.SettlementStep;
import com.gyroscops.payments.write.command.CommandEnvelope;
import com.gyroscops.payments.write.command.CommandErrors;
import com.gyroscops.payments.write.command.CommandHandler;
import com.gyroscops.payments.write.command.CommandOutcome;
import com.gyroscops.payments.write.command.CommandReader;
import com.gyroscops.payments.write.command.CommandReader.Reading;
import com.gyroscops.payments.write.eventstore.EventStore;
import com.gyroscops.payments.write.eventstore.Keys;
import com.gyroscops.payments.write.eventstore.StoreUnavailableException;
import com.gyroscops.payments.write.settlement.Settlement.StepOutcome;
import com.gyroscops.payments.write.submission.RetryLaterException;
import java.util.UUID;
import java.util.function.UnaryOperator;

/**
 * What a workflow does with a settlement. Every method may be called any number of times, at once
 * and late: see the invariants of this package. They block, and throw {@link RetryLaterException}
 * if a command was not decided for a reason that passes, and {@link StoreUnavailableException}. For
 * concurrent use.
 */
public final class SettlementExecutor {

  private static final String PROCESS = "p";
  private static final String REFUND = "r";

  private final EventStore events;
  private final SettlementStore store;
  private final CommandReader reader;
  private final CommandHandler commands;

  /**
   * @param events where the outcomes of steps are
   */
  public SettlementExecutor(
      EventStore events, SettlementStore store, CommandReader reader, CommandHandler commands) {
    this.events = events;
    this.store = store;
    this.reader = reader;
    this.commands = commands;
  }

  /**
   * Processes a payment, unless the settlement was cancelled.
   *
   * @return whether it was processed, now or before; otherwise a business rule forbids it, or it
   *     never will be, for the settlement was cancelled
   */
  public boolean process(String organizationId, String requestId, int index) {
    Settlement settlement = find(organizationId, requestId);
    SettlementStep step = payment(settlement, index).getStep();
    if (step != SettlementStep.SETTLEMENT_STEP_WAITING) {
      return step != SettlementStep.SETTLEMENT_STEP_REJECTED;
    }
    if (settlement.hasEnded()) {
      return false;
    }
    CommandEnvelope command =
        read(
            settlement,
            Command.newBuilder()
                .setProcess(
                    ProcessPaymentRequest.newBuilder()
                        .setContext(context(settlement, PROCESS, index))
                        .setOrganizationId(organizationId)
                        .setPaymentId(payment(settlement, index).getPaymentId()))
                .build());
    if (settlement.isCancelling() && close(command)) {
      return false;
    }
    StepOutcome outcome = execute(command);
    if (outcome instanceof StepOutcome.Rejected(CommandError error)
        && error.getReason().equals(CommandErrors.COMMAND_CANCELLED)) {
      return false;
    }
    var _ = change(settlement.requestKey(), requestId, it -> it.processed(index, outcome));
    return outcome instanceof StepOutcome.Accepted;
  }

  /**
   * Has a step's command never be executed, by whoever is at it.
   *
   * @return whether it was not decided before
   */
  private boolean close(CommandEnvelope command) {
    return events
        .close(
            command.requestKey(),
            command.requestHash(),
            command.rejection(CommandErrors.cancelled()))
        .isEmpty();
  }

  /** Refunds a payment that this settlement has processed; without effect on any other. */
  public void refund(String organizationId, String requestId, int index) {
    Settlement settlement = find(organizationId, requestId);
    if (payment(settlement, index).getStep() != SettlementStep.SETTLEMENT_STEP_PROCESSED) {
      return;
    }
    CommandEnvelope command =
        read(
            settlement,
            Command.newBuilder()
                .setRefund(
                    RefundPaymentRequest.newBuilder()
                        .setContext(context(settlement, REFUND, index))
                        .setOrganizationId(organizationId)
                        .setPaymentId(payment(settlement, index).getPaymentId())
                        .setRefundId(stepId(settlement, REFUND, index))
                        .setPersonalData(
                            RefundPersonalData.newBuilder()
                                .setReason(
                                    "invoice "
                                        + settlement.progress().getInvoiceId()
                                        + " could not be settled")))
                .build());
    StepOutcome outcome = execute(command);
    var _ = change(settlement.requestKey(), requestId, it -> it.refunded(index, outcome));
  }

  /**
   * Notes that all steps were made.
   *
   * @return whether it has ended; otherwise it was cancelled after its last payment was processed,
   *     and all of them are to be refunded
   */
  public boolean end(String organizationId, String requestId) {
    return change(Keys.request(organizationId, requestId), requestId, Settlement::ended).hasEnded();
  }

  private Settlement change(UUID requestKey, String requestId, UnaryOperator<Settlement> change) {
    return store.change(requestKey, change).orElseThrow(() -> gone(requestId));
  }

  private Settlement find(String organizationId, String requestId) {
    return store.find(Keys.request(organizationId, requestId)).orElseThrow(() -> gone(requestId));
  }

  private static IllegalStateException gone(String requestId) {
    return new IllegalStateException("settlement " + requestId + " is gone");
  }

  private CommandEnvelope read(Settlement settlement, Command command) {
    return switch (reader.read(command)) {
      case Reading.Malformed(ApiError error) ->
          throw new IllegalStateException("a step is malformed: " + error.message());
      case Reading.WellFormed(CommandEnvelope envelope) ->
          envelope.submitted(
              envelope.requestHash(), settlement.traceparent(), settlement.progress().getActor());
    };
  }

  private StepOutcome execute(CommandEnvelope command) {
    return switch (commands.handle(command).toCompletableFuture().join()) {
      case CommandOutcome.Succeeded done -> new StepOutcome.Accepted(done.consistencyToken());
      case CommandOutcome.Refused(ApiError error, boolean _) -> {
        if (RetryLaterException.isPassing(error)) {
          throw new RetryLaterException(error);
        }
        yield new StepOutcome.Rejected(error.toMessage());
      }
    };
  }

  private static SettledPayment payment(Settlement settlement, int index) {
    return settlement.progress().getPayments(index);
  }

  private static CommandContext context(Settlement settlement, String step, int index) {
    return CommandContext.newBuilder()
        .setRequestId(stepId(settlement, step, index))
        .setCorrelationId(settlement.correlationId())
        .setCausationId(settlement.progress().getRequestId())
        .build();
  }

  /** At most 53 characters: that of the settlement is up to 64 long, its key always 36. */
  private static String stepId(Settlement settlement, String step, int index) {
    return "settlement." + settlement.requestKey() + "." + step + index;
  }
}
