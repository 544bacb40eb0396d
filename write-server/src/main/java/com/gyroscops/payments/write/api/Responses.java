package com.gyroscops.payments.write.api;

import com.gyroscops.payments.v1.CommandReceipt;
import com.gyroscops.payments.v1.CommandSuccess;
import com.gyroscops.payments.write.command.CommandOutcome;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.util.function.Function;

/** Outcomes as answers: the one place where an outcome becomes a response or a status. */
final class Responses {

  private static final Metadata.Key<String> REPLAYED =
      Metadata.Key.of("payments-replayed", Metadata.ASCII_STRING_MARSHALLER);

  private Responses() {}

  /** Answers a unary call. */
  static <T> void answer(
      StreamObserver<T> responses,
      CommandOutcome outcome,
      Function<CommandOutcome.Succeeded, T> success) {
    switch (outcome) {
      case CommandOutcome.Succeeded succeeded -> {
        responses.onNext(success.apply(succeeded));
        responses.onCompleted();
      }
      case CommandOutcome.Refused refused -> responses.onError(exception(refused));
    }
  }

  static CommandReceipt receipt(CommandOutcome.Succeeded outcome) {
    return CommandReceipt.newBuilder()
        .setEventId(outcome.eventId())
        .setConsistencyToken(outcome.consistencyToken())
        .setReplayed(outcome.replayed())
        .addAllSources(outcome.sources())
        .build();
  }

  /** An outcome among others. */
  static com.gyroscops.payments.v1.CommandOutcome message(CommandOutcome outcome) {
    var message = com.gyroscops.payments.v1.CommandOutcome.newBuilder();
    switch (outcome) {
      case CommandOutcome.Succeeded succeeded ->
          message
              .setSuccess(
                  CommandSuccess.newBuilder()
                      .setReceipt(receipt(succeeded))
                      .setPayment(succeeded.payment()))
              .setReplayed(succeeded.replayed());
      case CommandOutcome.Refused refused ->
          message.setError(refused.error().toMessage()).setReplayed(refused.replayed());
    }
    return message.build();
  }

  private static StatusRuntimeException exception(CommandOutcome.Refused refused) {
    StatusRuntimeException exception = refused.error().toException();
    Metadata trailers = exception.getTrailers();
    if (refused.replayed() && trailers != null) {
      trailers.put(REPLAYED, "true");
    }
    return exception;
  }
}
