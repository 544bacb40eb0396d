package com.gyroscops.payments.write.api;

import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.contract.Timestamps;
import com.gyroscops.payments.contract.Violations;
import com.gyroscops.payments.platform.grpc.Deadlines;
import com.gyroscops.payments.platform.page.ListPage;
import com.gyroscops.payments.platform.page.ListTokens;
import com.gyroscops.payments.v1.CancelCommandRequest;
import com.gyroscops.payments.v1.CancelCommandResponse;
import com.gyroscops.payments.v1.CancelInvoiceSettlementRequest;
import com.gyroscops.payments.v1.CancelInvoiceSettlementResponse;
import com.gyroscops.payments.v1.Command;
import com.gyroscops.payments.v1.CommandContext;
import com.gyroscops.payments.v1.CommandState;
import com.gyroscops.payments.v1.CommandSubmission;
import com.gyroscops.payments.v1.GetCommandRequest;
import com.gyroscops.payments.v1.GetCommandResponse;
import com.gyroscops.payments.v1.GetInvoiceSettlementRequest;
import com.gyroscops.payments.v1.GetInvoiceSettlementResponse;
import com.gyroscops.payments.v1.InvoiceSettlement;
import com.gyroscops.payments.v1.ListInvoiceSettlementsRequest;
import com.gyroscops.payments.v1.ListInvoiceSettlementsResponse;
import com.gyroscops.payments.v1.ListSubmittedCommandsRequest;
import com.gyroscops.payments.v1.ListSubmittedCommandsResponse;
import com.gyroscops.payments.v1.ReadSource;
import com.gyroscops.payments.v1.SettleInvoiceRequest;
import com.gyroscops.payments.v1.SettleInvoiceResponse;
import com.gyroscops.payments.v1.SettlementState;
import com.gyroscops.payments.v1.SubmitCommandRequest;
import com.gyroscops.payments.v1.SubmitCommandResponse;
import com.gyroscops.payments.v1.WaitCommandRequest;
import com.gyroscops.payments.v1.WaitCommandResponse;
import com.gyroscops.payments.v1.WriteStrategy;
import com.gyroscops.payments.write.command.CommandEnvelope;
import com.gyroscops.payments.write.command.CommandErrors;
import com.gyroscops.payments.write.command.CommandKind;
import com.gyroscops.payments.write.command.CommandOutcome;
import com.gyroscops.payments.write.command.CommandReader;
import com.gyroscops.payments.write.command.CommandReader.Reading;
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
import com.gyroscops.payments.write.writethrough.WriteThroughHandler;
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
public final class SubmissionService {

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
  private final WriteThroughHandler through;
  private final WorkflowLauncher launcher;
  private final ListTokens pageTokens;
  private final Supplier<String> actor;
  private final Supplier<String> traceparent;

  /**
   * @param actor who makes the current call; empty: not authenticated
   * @param traceparent the current call's; empty if it has none
   */
  public SubmissionService(
      CommandReader reader,
      Submissions submissions,
      Settlements settlements,
      OutcomeWatch outcomes,
      WriteThroughHandler through,
      WorkflowLauncher launcher,
      ListTokens pageTokens,
      Supplier<String> actor,
      Supplier<String> traceparent) {
    this.reader = reader;
    this.submissions = submissions;
    this.settlements = settlements;
    this.outcomes = outcomes;
    this.through = through;
    this.launcher = launcher;
    this.pageTokens = pageTokens;
    this.actor = actor;
    this.traceparent = traceparent;
  }

  SubmitCommandResponse submit(SubmitCommandRequest request) {
    Violations violations = new Violations();
    Duration timeout = executionTimeout(violations, request);
    CommandContext context = CommandKind.subject(request.getCommand()).context();
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
      throw CommandErrors.withoutEngine("submissions").toException();
    }
    return switch (reading) {
      case Reading.Malformed(ApiError error) -> throw error.toException();
      case Reading.WellFormed(CommandEnvelope envelope) ->
          switch (submissions.submit(
              stored(command, envelope.command()), envelope, actor.get(), timeout)) {
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
    CommandKind.context(stored).clearWriteStrategy();
    switch (read) {
      case PaymentCommand.Create create ->
          stored.getCreateBuilder().setPaymentId(create.key().paymentId());
      case PaymentCommand.Refund refund -> stored.getRefundBuilder().setRefundId(refund.refundId());
      case PaymentCommand.Update _,
          PaymentCommand.Process _,
          PaymentCommand.Fail _,
          PaymentCommand.Delete _ -> {}
    }
    return stored.build();
  }

  GetCommandResponse get(GetCommandRequest request) {
    CommandStatus status = status(request.getOrganizationId(), request.getRequestId());
    var response = GetCommandResponse.newBuilder().setState(status.state());
    status.outcome().map(Responses::message).ifPresent(response::setOutcome);
    status
        .open()
        .ifPresent(open ->
            response
                .setSubmitTime(Timestamps.of(open.since()))
                .setOwner(open.owner())
                .setActor(open.actor()));
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
    status
        .open()
        .ifPresent(open ->
            response
                .setSubmitTime(Timestamps.of(open.since()))
                .setOwner(open.owner())
                .setActor(open.actor()));
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
            .orElseThrow(() -> CommandErrors.tooManyWaiting().toException());
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
      case CommandStatus.Ended ended ->
          throw CommandErrors.ended(ended.state().name()).toException();
      case CommandStatus.Open _, CommandStatus.Unknown _ ->
          throw CommandErrors.commandNotFound(request.getRequestId()).toException();
    };
  }

  ListSubmittedCommandsResponse list(ListSubmittedCommandsRequest request) {
    ListPage.Cut<CommandSubmission> cut =
        ListPage.read(
            pageTokens,
            request,
            new Violations().organization("organization_id", request.getOrganizationId()),
            List.of(
                CommandState.COMMAND_STATE_PENDING.getValueDescriptor(),
                CommandState.COMMAND_STATE_RUNNING.getValueDescriptor()),
            (states, after, max) ->
                submissions.list(request.getOrganizationId(), states, after, max));
    return ListSubmittedCommandsResponse.newBuilder()
        .addAllSubmissions(cut.elements())
        .setNextPageToken(cut.nextPageToken())
        .build();
  }

  private CommandStatus status(String organizationId, String requestId) {
    requireNamed(organizationId, requestId);
    CommandStatus status = submissions.status(organizationId, requestId);
    if (status instanceof CommandStatus.Unknown) {
      throw CommandErrors.commandNotFound(requestId).toException();
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
      throw CommandErrors.withoutEngine("settlements").toException();
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
                actor.get(),
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
        .orElseThrow(() -> CommandErrors.settlementNotFound(request.getRequestId()).toException());
  }

  ListInvoiceSettlementsResponse list(ListInvoiceSettlementsRequest request) {
    ListPage.Cut<InvoiceSettlement> cut =
        ListPage.read(
            pageTokens,
            request,
            new Violations().organization("organization_id", request.getOrganizationId()),
            ListPage.specified(SettlementState.getDescriptor()),
            (states, after, max) ->
                settlements.list(request.getOrganizationId(), states, after, max));
    return ListInvoiceSettlementsResponse.newBuilder()
        .addAllSettlements(cut.elements())
        .setNextPageToken(cut.nextPageToken())
        .build();
  }

  CancelInvoiceSettlementResponse cancel(CancelInvoiceSettlementRequest request) {
    requireNamed(request.getOrganizationId(), request.getRequestId());
    Settlement settlement =
        settlements
            .cancel(request.getOrganizationId(), request.getRequestId())
            .orElseThrow(
                () -> CommandErrors.settlementNotFound(request.getRequestId()).toException());
    SettlementState state = settlement.progress().getState();
    if (settlement.hasEnded() && state != SettlementState.SETTLEMENT_STATE_CANCELLED) {
      throw CommandErrors.settlementEnded(state.name()).toException();
    }
    return CancelInvoiceSettlementResponse.newBuilder()
        .setSettlement(settlement.progress())
        .build();
  }

  /** Answers whoever waits, and from now on without waiting. */
  public void drain() {
    outcomes.close();
  }
}
