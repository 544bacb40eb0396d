package com.gyroscops.payments.write.settlement;

import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.v1.Command;
import com.gyroscops.payments.v1.CommandContext;
import com.gyroscops.payments.v1.ProcessPaymentRequest;
import com.gyroscops.payments.v1.RefundPaymentRequest;
import com.gyroscops.payments.v1.SettledPayment;
import com.gyroscops.payments.v1.SettlementStep;
import com.gyroscops.payments.write.command.CommandEnvelope;
import com.gyroscops.payments.write.command.CommandHandler;
import com.gyroscops.payments.write.command.CommandOutcome;
import com.gyroscops.payments.write.command.CommandReader;
import com.gyroscops.payments.write.command.CommandReader.Reading;
import com.gyroscops.payments.write.eventstore.Keys;
import com.gyroscops.payments.write.eventstore.StoreUnavailableException;
import com.gyroscops.payments.write.settlement.Settlement.StepOutcome;
import com.gyroscops.payments.write.submission.RetryLaterException;
import java.util.UUID;
import java.util.function.UnaryOperator;

/**
 * What a workflow does with a settlement. Every method may be called any number of times, at once
 * and late. They block, and throw {@link RetryLaterException} if a command was not decided for a
 * reason that passes, and {@link StoreUnavailableException}. For concurrent use.
 */
public final class SettlementExecutor {

  private static final String PROCESS = "p";
  private static final String REFUND = "r";

  private final SettlementStore store;
  private final CommandReader reader;
  private final CommandHandler commands;

  public SettlementExecutor(SettlementStore store, CommandReader reader, CommandHandler commands) {
    this.store = store;
    this.reader = reader;
    this.commands = commands;
  }

  /**
   * Processes a payment.
   *
   * @return whether it is processed, now or before; otherwise a business rule forbids it
   */
  public boolean process(String organizationId, String requestId, int index) {
    Settlement settlement = find(organizationId, requestId);
    StepOutcome outcome =
        execute(
            settlement,
            Command.newBuilder()
                .setProcess(
                    ProcessPaymentRequest.newBuilder()
                        .setContext(context(settlement, PROCESS, index))
                        .setOrganizationId(organizationId)
                        .setPaymentId(payment(settlement, index).getPaymentId()))
                .build());
    change(settlement.requestKey(), requestId, it -> it.processed(index, outcome));
    return outcome instanceof StepOutcome.Accepted;
  }

  /** Refunds a payment that this settlement has processed; without effect on any other. */
  public void refund(String organizationId, String requestId, int index) {
    Settlement settlement = find(organizationId, requestId);
    if (payment(settlement, index).getStep() != SettlementStep.SETTLEMENT_STEP_PROCESSED) {
      return;
    }
    StepOutcome outcome =
        execute(
            settlement,
            Command.newBuilder()
                .setRefund(
                    RefundPaymentRequest.newBuilder()
                        .setContext(context(settlement, REFUND, index))
                        .setOrganizationId(organizationId)
                        .setPaymentId(payment(settlement, index).getPaymentId())
                        .setRefundId(stepId(settlement, REFUND, index))
                        .setReason(
                            "invoice "
                                + settlement.progress().getInvoiceId()
                                + " could not be settled"))
                .build());
    change(settlement.requestKey(), requestId, it -> it.refunded(index, outcome));
  }

  /** Notes that all steps were made. */
  public void end(String organizationId, String requestId) {
    change(Keys.request(organizationId, requestId), requestId, Settlement::ended);
  }

  private void change(UUID requestKey, String requestId, UnaryOperator<Settlement> change) {
    if (store.change(requestKey, change).isEmpty()) {
      throw gone(requestId);
    }
  }

  private Settlement find(String organizationId, String requestId) {
    return store.find(Keys.request(organizationId, requestId)).orElseThrow(() -> gone(requestId));
  }

  private static IllegalStateException gone(String requestId) {
    return new IllegalStateException("settlement " + requestId + " is gone");
  }

  private StepOutcome execute(Settlement settlement, Command command) {
    return switch (reader.read(command)) {
      case Reading.Malformed(ApiError error) ->
          throw new IllegalStateException("a step is malformed: " + error.message());
      case Reading.WellFormed(CommandEnvelope envelope) ->
          switch (commands
              .handle(envelope.submitted(envelope.requestHash(), settlement.traceparent()))
              .toCompletableFuture()
              .join()) {
            case CommandOutcome.Succeeded done -> new StepOutcome.Accepted(done.consistencyToken());
            case CommandOutcome.Refused(ApiError error, boolean _) -> {
              if (RetryLaterException.isPassing(error)) {
                throw new RetryLaterException(error);
              }
              yield new StepOutcome.Rejected(error.toMessage());
            }
          };
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
