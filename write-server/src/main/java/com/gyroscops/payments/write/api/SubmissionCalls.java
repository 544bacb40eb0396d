package com.gyroscops.payments.write.api;

import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.contract.Deadlines;
import com.gyroscops.payments.contract.Timestamps;
import com.gyroscops.payments.contract.Violations;
import com.gyroscops.payments.v1.CancelCommandRequest;
import com.gyroscops.payments.v1.CancelCommandResponse;
import com.gyroscops.payments.v1.Command;
import com.gyroscops.payments.v1.CommandContext;
import com.gyroscops.payments.v1.CommandState;
import com.gyroscops.payments.v1.GetCommandRequest;
import com.gyroscops.payments.v1.GetCommandResponse;
import com.gyroscops.payments.v1.GetInvoiceSettlementRequest;
import com.gyroscops.payments.v1.GetInvoiceSettlementResponse;
import com.gyroscops.payments.v1.ReadSource;
import com.gyroscops.payments.v1.SettleInvoiceRequest;
import com.gyroscops.payments.v1.SettleInvoiceResponse;
import com.gyroscops.payments.v1.SubmitCommandRequest;
import com.gyroscops.payments.v1.SubmitCommandResponse;
import com.gyroscops.payments.v1.WaitCommandRequest;
import com.gyroscops.payments.v1.WaitCommandResponse;
import com.gyroscops.payments.v1.WriteStrategy;
import com.gyroscops.payments.write.command.CommandEnvelope;
import com.gyroscops.payments.write.command.CommandOutcome;
import com.gyroscops.payments.write.command.CommandReader;
import com.gyroscops.payments.write.command.CommandReader.Reading;
import com.gyroscops.payments.write.command.Errors;
import com.gyroscops.payments.write.command.SharedSources;
import com.gyroscops.payments.write.eventstore.Digest;
import com.gyroscops.payments.write.eventstore.Keys;
import com.gyroscops.payments.write.payment.PaymentCommand;
import com.gyroscops.payments.write.settlement.Settlement;
import com.gyroscops.payments.write.settlement.Settlements;
import com.gyroscops.payments.write.submission.CommandStatus;
import com.gyroscops.payments.write.submission.OutcomeWatch;
import com.gyroscops.payments.write.submission.Submissions;
import com.gyroscops.payments.write.submission.Submissions.Submitted;
import com.gyroscops.payments.write.submission.WorkflowLauncher;
import com.gyroscops.payments.write.through.ThroughHandler;
import io.grpc.Context;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * What {@code CommandService} offers about commands that are executed later. All methods block, and
 * throw the {@link StatusRuntimeException} that ends the call.
 */
final class SubmissionCalls {

  /** Longest that WaitCommand waits. */
  static final Duration WAIT_MAX = Duration.ofMinutes(1);

  /** How long before its deadline a WaitCommand is answered: enough for the way back. */
  private static final Duration WAIT_MARGIN = Duration.ofMillis(200);

  static final Duration EXECUTION_TIMEOUT = Duration.ofMinutes(5);
  private static final Duration EXECUTION_TIMEOUT_MIN = Duration.ofSeconds(1);
  private static final Duration EXECUTION_TIMEOUT_MAX = Duration.ofHours(1);

  /** Most payments of one settlement. */
  static final int SETTLEMENT_PAYMENTS_MAX = 100;

  private final CommandReader reader;
  private final Submissions submissions;
  private final Settlements settlements;
  private final OutcomeWatch outcomes;
  private final ThroughHandler through;
  private final WorkflowLauncher launcher;
  private final Supplier<String> traceparent;

  /**
   * @param traceparent the current call's; empty if it has none
   */
  SubmissionCalls(
      CommandReader reader,
      Submissions submissions,
      Settlements settlements,
      OutcomeWatch outcomes,
      ThroughHandler through,
      WorkflowLauncher launcher,
      Supplier<String> traceparent) {
    this.reader = reader;
    this.submissions = submissions;
    this.settlements = settlements;
    this.outcomes = outcomes;
    this.through = through;
    this.launcher = launcher;
    this.traceparent = traceparent;
  }

  SubmitCommandResponse submit(SubmitCommandRequest request) {
    Violations violations = new Violations();
    Duration timeout = executionTimeout(violations, request);
    CommandContext context = context(request.getCommand());
    violations
        .require(!context.getValidateOnly(), "context.validate_only", "does not apply")
        .require(
            context.getWriteStrategy() == WriteStrategy.WRITE_STRATEGY_UNSPECIFIED
                || context.getWriteStrategy() == WriteStrategy.WRITE_STRATEGY_WRITE_AROUND,
            "context.write_strategy",
            "does not apply")
        .throwIfAny();
    Submitted.Accepted accepted =
        submit(request.getCommand(), reader.read(request.getCommand()), timeout);
    var response =
        SubmitCommandResponse.newBuilder()
            .setState(accepted.status().state())
            .setPaymentId(accepted.paymentId())
            .setReplayed(accepted.replayed());
    accepted.status().outcome().map(Responses::message).ifPresent(response::setOutcome);
    return response.build();
  }

  /** Accepts a command that asks for WRITE_BEHIND. */
  Submitted.Accepted submit(Command command, Reading reading) {
    return submit(command, reading, EXECUTION_TIMEOUT);
  }

  private Submitted.Accepted submit(Command command, Reading reading, Duration timeout) {
    if (!launcher.isEnabled()) {
      throw Errors.submissionDisabled().toException();
    }
    return switch (reading) {
      case Reading.Malformed(ApiError error) -> throw error.toException();
      case Reading.WellFormed(CommandEnvelope envelope) ->
          switch (submissions.submit(stored(command, envelope.command()), envelope, timeout)) {
            case Submitted.Refused(ApiError error) -> throw error.toException();
            case Submitted.Accepted accepted -> accepted;
          };
    };
  }

  private static Duration executionTimeout(Violations violations, SubmitCommandRequest request) {
    if (!request.hasExecutionTimeout()) {
      return EXECUTION_TIMEOUT;
    }
    var given = request.getExecutionTimeout();
    boolean valid =
        given.getSeconds() >= EXECUTION_TIMEOUT_MIN.toSeconds()
            && given.getNanos() >= 0
            && given.getNanos() <= 999_999_999
            && (given.getSeconds() < EXECUTION_TIMEOUT_MAX.toSeconds()
                || (given.getSeconds() == EXECUTION_TIMEOUT_MAX.toSeconds()
                    && given.getNanos() == 0));
    violations.require(valid, "execution_timeout", "must be from 1 second to 1 hour");
    // To the whole second: finer is nothing that it promises.
    return Duration.ofSeconds(given.getSeconds());
  }

  /** As it is executed later: with the ids that the server chose, and as what it then is. */
  private static Command stored(Command command, PaymentCommand read) {
    Command.Builder stored = command.toBuilder();
    switch (read) {
      case PaymentCommand.Create create ->
          stored
              .getCreateBuilder()
              .setPaymentId(create.key().paymentId())
              .getContextBuilder()
              .clearWriteStrategy();
      case PaymentCommand.Refund refund ->
          stored
              .getRefundBuilder()
              .setRefundId(refund.refundId())
              .getContextBuilder()
              .clearWriteStrategy();
      case PaymentCommand.Update _ ->
          stored.getUpdateBuilder().getContextBuilder().clearWriteStrategy();
      case PaymentCommand.Process _ ->
          stored.getProcessBuilder().getContextBuilder().clearWriteStrategy();
      case PaymentCommand.Fail _ ->
          stored.getFailBuilder().getContextBuilder().clearWriteStrategy();
      case PaymentCommand.Delete _ ->
          stored.getDeleteBuilder().getContextBuilder().clearWriteStrategy();
    }
    return stored.build();
  }

  private static CommandContext context(Command command) {
    return switch (command.getCommandCase()) {
      case CREATE -> command.getCreate().getContext();
      case UPDATE -> command.getUpdate().getContext();
      case PROCESS -> command.getProcess().getContext();
      case FAIL -> command.getFail().getContext();
      case REFUND -> command.getRefund().getContext();
      case DELETE -> command.getDelete().getContext();
      case COMMAND_NOT_SET -> CommandContext.getDefaultInstance();
    };
  }

  GetCommandResponse get(GetCommandRequest request) {
    CommandStatus status = status(request.getOrganizationId(), request.getRequestId());
    var response = GetCommandResponse.newBuilder().setState(status.state());
    status.outcome().map(Responses::message).ifPresent(response::setOutcome);
    status.submittedAt().map(Timestamps::of).ifPresent(response::setSubmitTime);
    return response.build();
  }

  WaitCommandResponse await(WaitCommandRequest request) throws InterruptedException {
    Violations violations = new Violations();
    SharedSources.check(violations, "required_sources", request.getRequiredSourcesList());
    violations.throwIfAny();
    CommandStatus status = status(request.getOrganizationId(), request.getRequestId());
    if (status instanceof CommandStatus.Open) {
      UUID requestKey = Keys.request(request.getOrganizationId(), request.getRequestId());
      awaitOutcome(requestKey);
      status = status(request.getOrganizationId(), request.getRequestId());
    }
    var response = WaitCommandResponse.newBuilder().setState(status.state());
    Set<ReadSource> sources = Set.copyOf(request.getRequiredSourcesList());
    status
        .outcome()
        .map(outcome -> awaitSources(outcome, sources))
        .map(Responses::message)
        .ifPresent(response::setOutcome);
    status.submittedAt().map(Timestamps::of).ifPresent(response::setSubmitTime);
    return response.build();
  }

  private CommandOutcome awaitSources(CommandOutcome outcome, Set<ReadSource> sources) {
    return switch (outcome) {
      case CommandOutcome.Succeeded done ->
          through
              .awaitSources(
                  done,
                  sources,
                  Deadlines.left(Context.current().getDeadline(), WAIT_MARGIN, WAIT_MAX))
              .toCompletableFuture()
              .join();
      case CommandOutcome.Refused refused -> refused;
    };
  }

  /** Waits until the request is decided, or the call should be answered, or is cancelled. */
  private void awaitOutcome(UUID requestKey) throws InterruptedException {
    CompletableFuture<Void> decided =
        outcomes
            .await(
                requestKey, Deadlines.left(Context.current().getDeadline(), WAIT_MARGIN, WAIT_MAX))
            .orElseThrow(() -> Errors.tooManyWaiting().toException());
    Context.CancellationListener cancelled = _ -> decided.complete(null);
    Context.current().addListener(cancelled, Runnable::run);
    try {
      decided.join();
    } finally {
      Context.current().removeListener(cancelled);
    }
  }

  CancelCommandResponse cancel(CancelCommandRequest request) {
    requireNamed(request.getOrganizationId(), request.getRequestId());
    return switch (submissions.cancel(request.getOrganizationId(), request.getRequestId())) {
      case CommandStatus.Ended ended when ended.state() == CommandState.COMMAND_STATE_CANCELLED ->
          CancelCommandResponse.newBuilder()
              .setState(ended.state())
              .setOutcome(Responses.message(ended.how()))
              .build();
      case CommandStatus.Ended ended -> throw Errors.ended(ended.state().name()).toException();
      case CommandStatus.Open _, CommandStatus.Unknown _ ->
          throw Errors.commandUnknown(request.getRequestId()).toException();
    };
  }

  private CommandStatus status(String organizationId, String requestId) {
    requireNamed(organizationId, requestId);
    CommandStatus status = submissions.status(organizationId, requestId);
    if (status instanceof CommandStatus.Unknown) {
      throw Errors.commandUnknown(requestId).toException();
    }
    return status;
  }

  private static void requireNamed(String organizationId, String requestId) {
    new Violations()
        .organization("organization_id", organizationId)
        .identifier("request_id", requestId)
        .throwIfAny();
  }

  SettleInvoiceResponse settle(SettleInvoiceRequest request) {
    CommandContext context = request.getContext();
    List<String> payments = request.getPaymentIdsList();
    Violations violations =
        new Violations()
            .identifier("context.request_id", context.getRequestId())
            .optionalIdentifier("context.correlation_id", context.getCorrelationId())
            .require(
                context.equals(
                    CommandContext.newBuilder()
                        .setRequestId(context.getRequestId())
                        .setCorrelationId(context.getCorrelationId())
                        .build()),
                "context",
                "may hold request_id and correlation_id alone")
            .organization("organization_id", request.getOrganizationId())
            .identifier("invoice_id", request.getInvoiceId())
            .require(
                !payments.isEmpty() && payments.size() <= SETTLEMENT_PAYMENTS_MAX,
                "payment_ids",
                "must be 1 to " + SETTLEMENT_PAYMENTS_MAX + ", but are " + payments.size());
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < Math.min(payments.size(), SETTLEMENT_PAYMENTS_MAX); i++) {
      String field = "payment_ids[" + i + "]";
      violations
          .identifier(field, payments.get(i))
          .require(
              seen.add(payments.get(i)),
              field,
              "names " + Violations.quote(payments.get(i)) + " a second time");
    }
    violations.throwIfAny();
    if (!launcher.isEnabled()) {
      throw Errors.submissionDisabled().toException();
    }
    Digest digest =
        new Digest()
            .text("settle")
            .text(request.getInvoiceId())
            .text(context.getCorrelationId())
            .number(payments.size());
    payments.forEach(digest::text);
    Settlement asked =
        new Settlement(
            Keys.request(request.getOrganizationId(), context.getRequestId()),
            digest.toUuid(),
            context.getCorrelationId().isEmpty()
                ? context.getRequestId()
                : context.getCorrelationId(),
            traceparent.get(),
            Settlement.asked(
                request.getOrganizationId(),
                context.getRequestId(),
                request.getInvoiceId(),
                payments));
    return switch (settlements.accept(asked)) {
      case Settlements.Asked.Refused(ApiError error) -> throw error.toException();
      case Settlements.Asked.Accepted(Settlement settlement, boolean replayed) ->
          SettleInvoiceResponse.newBuilder()
              .setSettlement(settlement.progress())
              .setReplayed(replayed)
              .build();
    };
  }

  GetInvoiceSettlementResponse settlement(GetInvoiceSettlementRequest request) {
    requireNamed(request.getOrganizationId(), request.getRequestId());
    return settlements
        .find(request.getOrganizationId(), request.getRequestId())
        .map(found ->
            GetInvoiceSettlementResponse.newBuilder().setSettlement(found.progress()).build())
        .orElseThrow(() -> Errors.settlementUnknown(request.getRequestId()).toException());
  }

  /** Answers whoever waits, and from now on without waiting. */
  void drain() {
    outcomes.close();
  }
}
