package com.gyroscops.payments.write.api;

import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.contract.Violations;
import com.gyroscops.payments.platform.grpc.UnexpectedErrors;
import com.gyroscops.payments.v1.CancelCommandRequest;
import com.gyroscops.payments.v1.CancelCommandResponse;
import com.gyroscops.payments.v1.CancelInvoiceSettlementRequest;
import com.gyroscops.payments.v1.CancelInvoiceSettlementResponse;
import com.gyroscops.payments.v1.Command;
import com.gyroscops.payments.v1.CommandContext;
import com.gyroscops.payments.v1.CommandReceipt;
import com.gyroscops.payments.v1.CommandServiceGrpc;
import com.gyroscops.payments.v1.CreatePaymentRequest;
import com.gyroscops.payments.v1.CreatePaymentResponse;
import com.gyroscops.payments.v1.DeletePaymentRequest;
import com.gyroscops.payments.v1.DeletePaymentResponse;
import com.gyroscops.payments.v1.ExecuteBatchRequest;
import com.gyroscops.payments.v1.ExecuteBatchResponse;
import com.gyroscops.payments.v1.FailPaymentRequest;
import com.gyroscops.payments.v1.FailPaymentResponse;
import com.gyroscops.payments.v1.GetCommandRequest;
import com.gyroscops.payments.v1.GetCommandResponse;
import com.gyroscops.payments.v1.GetInvoiceSettlementRequest;
import com.gyroscops.payments.v1.GetInvoiceSettlementResponse;
import com.gyroscops.payments.v1.ListInvoiceSettlementsRequest;
import com.gyroscops.payments.v1.ListInvoiceSettlementsResponse;
import com.gyroscops.payments.v1.ListSubmittedCommandsRequest;
import com.gyroscops.payments.v1.ListSubmittedCommandsResponse;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.ProcessPaymentRequest;
import com.gyroscops.payments.v1.ProcessPaymentResponse;
import com.gyroscops.payments.v1.RefundPaymentRequest;
import com.gyroscops.payments.v1.RefundPaymentResponse;
import com.gyroscops.payments.v1.SettleInvoiceRequest;
import com.gyroscops.payments.v1.SettleInvoiceResponse;
import com.gyroscops.payments.v1.StreamCommandsRequest;
import com.gyroscops.payments.v1.StreamCommandsResponse;
import com.gyroscops.payments.v1.SubmitCommandRequest;
import com.gyroscops.payments.v1.SubmitCommandResponse;
import com.gyroscops.payments.v1.UpdatePaymentRequest;
import com.gyroscops.payments.v1.UpdatePaymentResponse;
import com.gyroscops.payments.v1.WaitCommandRequest;
import com.gyroscops.payments.v1.WaitCommandResponse;
import com.gyroscops.payments.write.command.CommandBatcher;
import com.gyroscops.payments.write.command.CommandEnvelope;
import com.gyroscops.payments.write.command.CommandHandler;
import com.gyroscops.payments.write.command.CommandOutcome;
import com.gyroscops.payments.write.command.CommandReader;
import com.gyroscops.payments.write.command.CommandReader.Reading;
import com.gyroscops.payments.write.submission.CommandStatus;
import com.gyroscops.payments.write.submission.Submissions.Submitted;
import com.gyroscops.payments.write.writethrough.WriteRules;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code CommandService} over gRPC. */
public final class CommandEndpoint extends CommandServiceGrpc.CommandServiceImplBase {

  /** Most commands of one ExecuteBatch. */
  static final int BATCH_COMMANDS_MAX = 500;

  private static final Logger LOG = LoggerFactory.getLogger(CommandEndpoint.class);

  private final CommandReader reader;
  private final CommandHandler commands;
  private final WriteRules rules;
  private final Consumer<Runnable> whenRoom;
  private final SubmissionService submissions;
  private final BlockingExecutor blocking;
  private final Set<CommandStream> streams = ConcurrentHashMap.newKeySet();
  private volatile boolean draining;

  /**
   * @param whenRoom runs a task once there is room for commands again
   */
  public CommandEndpoint(
      CommandReader reader,
      CommandHandler commands,
      WriteRules rules,
      Consumer<Runnable> whenRoom,
      SubmissionService submissions,
      BlockingExecutor blocking) {
    this.reader = reader;
    this.commands = commands;
    this.rules = rules;
    this.whenRoom = whenRoom;
    this.submissions = submissions;
    this.blocking = blocking;
  }

  @Override
  public void createPayment(
      CreatePaymentRequest request, StreamObserver<CreatePaymentResponse> responses) {
    execute(
        Command.newBuilder().setCreate(request),
        request.getContext(),
        reader.read("", request),
        responses,
        (receipt, payment) ->
            CreatePaymentResponse.newBuilder().setReceipt(receipt).setPayment(payment).build());
  }

  @Override
  public void updatePayment(
      UpdatePaymentRequest request, StreamObserver<UpdatePaymentResponse> responses) {
    execute(
        Command.newBuilder().setUpdate(request),
        request.getContext(),
        reader.read("", request),
        responses,
        (receipt, payment) ->
            UpdatePaymentResponse.newBuilder().setReceipt(receipt).setPayment(payment).build());
  }

  @Override
  public void processPayment(
      ProcessPaymentRequest request, StreamObserver<ProcessPaymentResponse> responses) {
    execute(
        Command.newBuilder().setProcess(request),
        request.getContext(),
        reader.read("", request),
        responses,
        (receipt, payment) ->
            ProcessPaymentResponse.newBuilder().setReceipt(receipt).setPayment(payment).build());
  }

  @Override
  public void failPayment(
      FailPaymentRequest request, StreamObserver<FailPaymentResponse> responses) {
    execute(
        Command.newBuilder().setFail(request),
        request.getContext(),
        reader.read("", request),
        responses,
        (receipt, payment) ->
            FailPaymentResponse.newBuilder().setReceipt(receipt).setPayment(payment).build());
  }

  @Override
  public void refundPayment(
      RefundPaymentRequest request, StreamObserver<RefundPaymentResponse> responses) {
    execute(
        Command.newBuilder().setRefund(request),
        request.getContext(),
        reader.read("", request),
        responses,
        (receipt, payment) ->
            RefundPaymentResponse.newBuilder().setReceipt(receipt).setPayment(payment).build());
  }

  @Override
  public void deletePayment(
      DeletePaymentRequest request, StreamObserver<DeletePaymentResponse> responses) {
    execute(
        Command.newBuilder().setDelete(request),
        request.getContext(),
        reader.read("", request),
        responses,
        (receipt, payment) ->
            DeletePaymentResponse.newBuilder().setReceipt(receipt).setPayment(payment).build());
  }

  @Override
  public void executeBatch(
      ExecuteBatchRequest request, StreamObserver<ExecuteBatchResponse> responses) {
    int count = request.getCommandsCount();
    new Violations()
        .require(
            count >= 1 && count <= BATCH_COMMANDS_MAX,
            "commands",
            "must be 1 to " + BATCH_COMMANDS_MAX + ", but are " + count)
        .throwIfAny();
    PermittedCommands permitted = new PermittedCommands(reader);
    List<CompletableFuture<CommandOutcome>> outcomes = new ArrayList<>(count);
    boolean room = true;
    for (Command command : request.getCommandsList()) {
      // Once the queue is full it stays so for the rest: a later command must not overtake.
      CompletableFuture<CommandOutcome> outcome =
          room
              ? handle(permitted.read(command)).toCompletableFuture()
              : CompletableFuture.completedFuture(CommandBatcher.QUEUE_FULL);
      room = !CommandBatcher.isQueueFull(outcome);
      outcomes.add(outcome);
    }
    var _ =
        CompletableFuture.allOf(outcomes.toArray(CompletableFuture[]::new))
            .thenRun(() -> {
              var response = ExecuteBatchResponse.newBuilder();
              outcomes.forEach(outcome -> response.addOutcomes(Responses.message(outcome.join())));
              responses.onNext(response.build());
              responses.onCompleted();
            });
  }

  @Override
  public StreamObserver<StreamCommandsRequest> streamCommands(
      StreamObserver<StreamCommandsResponse> responses) {
    CommandStream stream =
        new CommandStream(
            new PermittedCommands(reader),
            commands,
            whenRoom,
            (ServerCallStreamObserver<StreamCommandsResponse>) responses,
            streams::remove);
    streams.add(stream);
    if (draining) {
      stream.drain();
    }
    return stream;
  }

  /**
   * Ends the streams once what they have sent is answered, and answers whoever waits; their clients
   * go to another server.
   */
  public void drain() {
    draining = true;
    submissions.drain();
    streams.forEach(CommandStream::drain);
  }

  @Override
  public void getCommand(GetCommandRequest request, StreamObserver<GetCommandResponse> responses) {
    blocking.answer("GetCommand", responses, () -> submissions.get(request));
  }

  @Override
  public void submitCommand(
      SubmitCommandRequest request, StreamObserver<SubmitCommandResponse> responses) {
    blocking.answer("SubmitCommand", responses, () -> submissions.submit(request));
  }

  @Override
  public void waitCommand(
      WaitCommandRequest request, StreamObserver<WaitCommandResponse> responses) {
    blocking.answer("WaitCommand", responses, () -> submissions.await(request));
  }

  @Override
  public void cancelCommand(
      CancelCommandRequest request, StreamObserver<CancelCommandResponse> responses) {
    blocking.answer("CancelCommand", responses, () -> submissions.cancel(request));
  }

  @Override
  public void settleInvoice(
      SettleInvoiceRequest request, StreamObserver<SettleInvoiceResponse> responses) {
    blocking.answer("SettleInvoice", responses, () -> submissions.settle(request));
  }

  @Override
  public void getInvoiceSettlement(
      GetInvoiceSettlementRequest request, StreamObserver<GetInvoiceSettlementResponse> responses) {
    blocking.answer("GetInvoiceSettlement", responses, () -> submissions.settlement(request));
  }

  @Override
  public void listSubmittedCommands(
      ListSubmittedCommandsRequest request,
      StreamObserver<ListSubmittedCommandsResponse> responses) {
    blocking.answer("ListSubmittedCommands", responses, () -> submissions.list(request));
  }

  @Override
  public void listInvoiceSettlements(
      ListInvoiceSettlementsRequest request,
      StreamObserver<ListInvoiceSettlementsResponse> responses) {
    blocking.answer("ListInvoiceSettlements", responses, () -> submissions.list(request));
  }

  @Override
  public void cancelInvoiceSettlement(
      CancelInvoiceSettlementRequest request,
      StreamObserver<CancelInvoiceSettlementResponse> responses) {
    blocking.answer("CancelInvoiceSettlement", responses, () -> submissions.cancel(request));
  }

  /** Answers a command that was only accepted so far, or had been executed before. */
  private static <T> void accepted(
      StreamObserver<T> responses,
      Submitted.Accepted accepted,
      Payment identity,
      BiFunction<CommandReceipt, Payment, T> success) {
    switch (accepted.status()) {
      case CommandStatus.Ended(CommandOutcome outcome) ->
          Responses.answer(
              responses, outcome, done -> success.apply(Responses.receipt(done), done.payment()));
      case CommandStatus.Open _, CommandStatus.Unknown _ -> {
        responses.onNext(
            success.apply(
                CommandReceipt.newBuilder()
                    .setPending(true)
                    .setReplayed(accepted.replayed())
                    .build(),
                identity.toBuilder().setPaymentId(accepted.paymentId()).build()));
        responses.onCompleted();
      }
    }
  }

  private <T> void execute(
      Command.Builder command,
      CommandContext context,
      Reading request,
      StreamObserver<T> responses,
      BiFunction<CommandReceipt, Payment, T> success) {
    if (rules.isBehind(context.getWriteStrategy())
        && !context.getValidateOnly()
        && request instanceof Reading.WellFormed(CommandEnvelope envelope)) {
      Payment identity =
          Payment.newBuilder().setOrganizationId(envelope.command().key().organizationId()).build();
      blocking.run(
          envelope.kind(),
          responses,
          () ->
              accepted(responses, submissions.submit(command.build(), request), identity, success));
      return;
    }
    var _ =
        handle(request)
            .thenAccept(outcome ->
                Responses.answer(
                    responses,
                    outcome,
                    done -> success.apply(Responses.receipt(done), done.payment())))
            .exceptionally(unexpected -> {
              LOG.error("an answer cannot be given", unexpected);
              responses.onError(UnexpectedErrors.hidden());
              return null;
            });
  }

  private CompletionStage<CommandOutcome> handle(Reading request) {
    return switch (request) {
      case Reading.WellFormed(CommandEnvelope command) -> commands.handle(command);
      case Reading.Malformed(ApiError error) ->
          CompletableFuture.completedFuture(CommandOutcome.Refused.of(error));
    };
  }
}
