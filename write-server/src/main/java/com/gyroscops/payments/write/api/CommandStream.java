package com.gyroscops.payments.write.api;

import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.v1.StreamCommandsRequest;
import com.gyroscops.payments.v1.StreamCommandsResponse;
import com.gyroscops.payments.write.command.CommandBatcher;
import com.gyroscops.payments.write.command.CommandEnvelope;
import com.gyroscops.payments.write.command.CommandErrors;
import com.gyroscops.payments.write.command.CommandHandler;
import com.gyroscops.payments.write.command.CommandOutcome;
import com.gyroscops.payments.write.command.CommandReader.Reading;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * One StreamCommands call. Commands enter the queue in the order in which they came; outcomes leave
 * as they come.
 *
 * <p>Backpressure is gRPC's own: a message is asked for only as an outcome leaves, so that at most
 * {@value #IN_FLIGHT_MAX} commands are here, read and unanswered, and none is asked for while the
 * client does not read its outcomes. A command that finds the queue full waits here with all that
 * came after it. One lock around everything; nothing blocks under it.
 */
final class CommandStream implements StreamObserver<StreamCommandsRequest> {

  /** Most commands of one stream that are read and not yet answered. */
  static final int IN_FLIGHT_MAX = 1_024;

  private final PermittedCommands permitted;
  private final CommandHandler commands;
  private final Consumer<Runnable> whenRoom;
  private final ServerCallStreamObserver<StreamCommandsResponse> responses;
  private final Consumer<CommandStream> onEnd;
  private final Deque<Waiting> waiting = new ArrayDeque<>();
  private int inFlight;
  private int owed;
  private boolean halfClosed;
  private boolean draining;
  private boolean ended;

  /** A command that found the queue full, or came after one that did. */
  private record Waiting(long sequence, CommandEnvelope command) {}

  CommandStream(
      PermittedCommands permitted,
      CommandHandler commands,
      Consumer<Runnable> whenRoom,
      ServerCallStreamObserver<StreamCommandsResponse> responses,
      Consumer<CommandStream> onEnd) {
    this.permitted = permitted;
    this.commands = commands;
    this.whenRoom = whenRoom;
    this.responses = responses;
    this.onEnd = onEnd;
    responses.disableAutoRequest();
    responses.setOnReadyHandler(this::askForMore);
    responses.setOnCancelHandler(this::abandon);
    responses.request(IN_FLIGHT_MAX);
  }

  @Override
  public synchronized void onNext(StreamCommandsRequest request) {
    if (ended) {
      return;
    }
    inFlight++;
    switch (permitted.read(request.getCommand())) {
      case Reading.Malformed(ApiError error) ->
          send(request.getSequence(), Responses.message(CommandOutcome.Refused.of(error)));
      case Reading.WellFormed(CommandEnvelope command) -> {
        if (waiting.isEmpty()) {
          submit(request.getSequence(), command);
        } else {
          waiting.add(new Waiting(request.getSequence(), command));
        }
      }
    }
  }

  @Override
  public synchronized void onError(Throwable failure) {
    abandon();
  }

  @Override
  public synchronized void onCompleted() {
    halfClosed = true;
    endIfDone();
  }

  /** Hands a command in; if the queue is full, it is the first of those that wait for room. */
  private boolean submit(long sequence, CommandEnvelope command) {
    CompletableFuture<CommandOutcome> outcome = commands.handle(command).toCompletableFuture();
    if (CommandBatcher.isQueueFull(outcome)) {
      waiting.addFirst(new Waiting(sequence, command));
      whenRoom.accept(this::submitWaiting);
      return false;
    }
    var _ = outcome.thenAccept(done -> send(sequence, Responses.message(done)));
    return true;
  }

  private synchronized void submitWaiting() {
    boolean room = true;
    while (room && !ended && !waiting.isEmpty()) {
      Waiting next = waiting.removeFirst();
      room = submit(next.sequence(), next.command());
    }
  }

  private synchronized void send(long sequence, com.gyroscops.payments.v1.CommandOutcome outcome) {
    inFlight--;
    if (ended) {
      return;
    }
    responses.onNext(
        StreamCommandsResponse.newBuilder().setSequence(sequence).setOutcome(outcome).build());
    owed++;
    askForMore();
    endIfDone();
  }

  private synchronized void askForMore() {
    if (owed > 0 && !ended && !draining && responses.isReady()) {
      responses.request(owed);
      owed = 0;
    }
  }

  /** Reads no more, and ends with an error once all that was read is answered. */
  synchronized void drain() {
    draining = true;
    endIfDone();
  }

  private void endIfDone() {
    if (inFlight > 0 || ended || !(halfClosed || draining)) {
      return;
    }
    ended = true;
    if (halfClosed) {
      responses.onCompleted();
    } else {
      responses.onError(CommandErrors.draining().toException());
    }
    onEnd.accept(this);
  }

  private synchronized void abandon() {
    ended = true;
    waiting.clear();
    onEnd.accept(this);
  }
}
