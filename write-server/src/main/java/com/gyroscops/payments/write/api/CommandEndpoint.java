package com.gyroscops.payments.write.api;

import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.contract.UnexpectedErrors;
import com.gyroscops.payments.contract.Violations;
import com.gyroscops.payments.v1.Command;
import com.gyroscops.payments.v1.CommandServiceGrpc;
import com.gyroscops.payments.v1.CommandState;
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
import com.gyroscops.payments.v1.ProcessPaymentRequest;
import com.gyroscops.payments.v1.ProcessPaymentResponse;
import com.gyroscops.payments.v1.RefundPaymentRequest;
import com.gyroscops.payments.v1.RefundPaymentResponse;
import com.gyroscops.payments.v1.StreamCommandsRequest;
import com.gyroscops.payments.v1.StreamCommandsResponse;
import com.gyroscops.payments.v1.UpdatePaymentRequest;
import com.gyroscops.payments.v1.UpdatePaymentResponse;
import com.gyroscops.payments.write.api.CommandReader.Reading;
import com.gyroscops.payments.write.command.CommandBatcher;
import com.gyroscops.payments.write.command.CommandEnvelope;
import com.gyroscops.payments.write.command.CommandHandler;
import com.gyroscops.payments.write.command.CommandOutcome;
import com.gyroscops.payments.write.command.Errors;
import com.gyroscops.payments.write.eventstore.EventStore;
import com.gyroscops.payments.write.eventstore.Keys;
import com.gyroscops.payments.write.eventstore.KnownRequest;
import com.gyroscops.payments.write.eventstore.StoreUnavailableException;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code CommandService} over gRPC. */
final class CommandEndpoint extends CommandServiceGrpc.CommandServiceImplBase {

  /** Most commands of one ExecuteBatch. */
  static final int BATCH_COMMANDS_MAX = 500;

  private static final Logger LOG = LoggerFactory.getLogger(CommandEndpoint.class);

  private final CommandReader reader;
  private final CommandHandler commands;
  private final Consumer<Runnable> whenRoom;
  private final EventStore store;
  private final Executor blocking;
  private final Set<CommandStream> streams = ConcurrentHashMap.newKeySet();
  private volatile boolean draining;

  /**
   * @param whenRoom runs a task once there is room for commands again
   * @param blocking for what reads the store
   */
  CommandEndpoint(
      CommandReader reader,
      CommandHandler commands,
      Consumer<Runnable> whenRoom,
      EventStore store,
      Executor blocking) {
    this.reader = reader;
    this.commands = commands;
    this.whenRoom = whenRoom;
    this.store = store;
    this.blocking = blocking;
  }

  @Override
  public void createPayment(
      CreatePaymentRequest request, StreamObserver<CreatePaymentResponse> responses) {
    execute(
        reader.read("", request),
        responses,
        done ->
            CreatePaymentResponse.newBuilder()
                .setReceipt(Responses.receipt(done))
                .setPayment(done.payment())
                .build());
  }

  @Override
  public void updatePayment(
      UpdatePaymentRequest request, StreamObserver<UpdatePaymentResponse> responses) {
    execute(
        reader.read("", request),
        responses,
        done ->
            UpdatePaymentResponse.newBuilder()
                .setReceipt(Responses.receipt(done))
                .setPayment(done.payment())
                .build());
  }

  @Override
  public void processPayment(
      ProcessPaymentRequest request, StreamObserver<ProcessPaymentResponse> responses) {
    execute(
        reader.read("", request),
        responses,
        done ->
            ProcessPaymentResponse.newBuilder()
                .setReceipt(Responses.receipt(done))
                .setPayment(done.payment())
                .build());
  }

  @Override
  public void failPayment(
      FailPaymentRequest request, StreamObserver<FailPaymentResponse> responses) {
    execute(
        reader.read("", request),
        responses,
        done ->
            FailPaymentResponse.newBuilder()
                .setReceipt(Responses.receipt(done))
                .setPayment(done.payment())
                .build());
  }

  @Override
  public void refundPayment(
      RefundPaymentRequest request, StreamObserver<RefundPaymentResponse> responses) {
    execute(
        reader.read("", request),
        responses,
        done ->
            RefundPaymentResponse.newBuilder()
                .setReceipt(Responses.receipt(done))
                .setPayment(done.payment())
                .build());
  }

  @Override
  public void deletePayment(
      DeletePaymentRequest request, StreamObserver<DeletePaymentResponse> responses) {
    execute(
        reader.read("", request),
        responses,
        done ->
            DeletePaymentResponse.newBuilder()
                .setReceipt(Responses.receipt(done))
                .setPayment(done.payment())
                .build());
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
    List<CompletableFuture<CommandOutcome>> outcomes = new ArrayList<>(count);
    boolean room = true;
    for (Command command : request.getCommandsList()) {
      // Once the queue is full it stays so for the rest: a later command must not overtake.
      CompletableFuture<CommandOutcome> outcome =
          room
              ? handle(reader.read(command)).toCompletableFuture()
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
            reader,
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

  /** Ends the streams once what they have sent is answered; their clients go to another server. */
  void drain() {
    draining = true;
    streams.forEach(CommandStream::drain);
  }

  @Override
  public void getCommand(GetCommandRequest request, StreamObserver<GetCommandResponse> responses) {
    new Violations()
        .organization("organization_id", request.getOrganizationId())
        .identifier("request_id", request.getRequestId())
        .throwIfAny();
    blocking.execute(() -> {
      try {
        responses.onNext(find(request));
        responses.onCompleted();
      } catch (StatusRuntimeException e) {
        responses.onError(e);
      } catch (StoreUnavailableException e) {
        responses.onError(Errors.storeUnavailable().toException());
      } catch (RuntimeException e) {
        LOG.error("GetCommand failed unexpectedly", e);
        responses.onError(UnexpectedErrors.hidden());
      }
    });
  }

  private GetCommandResponse find(GetCommandRequest request) {
    Optional<KnownRequest> known =
        store.request(Keys.request(request.getOrganizationId(), request.getRequestId()));
    if (known.isEmpty()) {
      throw ApiError.of(
              Status.Code.NOT_FOUND,
              "COMMAND_UNKNOWN",
              "no outcome is stored of request " + request.getRequestId(),
              Map.of("request_id", request.getRequestId()))
          .toException();
    }
    CommandOutcome outcome = CommandBatcher.outcome(known.get(), store.head().epoch());
    return GetCommandResponse.newBuilder()
        .setState(
            switch (outcome) {
              case CommandOutcome.Succeeded _ -> CommandState.COMMAND_STATE_SUCCEEDED;
              case CommandOutcome.Refused _ -> CommandState.COMMAND_STATE_REJECTED;
            })
        .setOutcome(Responses.message(outcome))
        .build();
  }

  private <T> void execute(
      Reading request, StreamObserver<T> responses, Function<CommandOutcome.Succeeded, T> success) {
    var _ =
        handle(request)
            .thenAccept(outcome -> Responses.answer(responses, outcome, success))
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
