package com.gyroscops.payments.write.command;

import com.gyroscops.payments.write.payment.PaymentCommand;
import java.time.Instant;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A well-formed command with what travels along.
 *
 * @param requestId as the caller chose it
 * @param requestKey identity of the request, organization included
 * @param requestHash digest of what the caller asked for: the same request id with another digest
 *     is a mistake
 * @param expectedVersion version the payment must be at; 0: any
 * @param correlationId may be empty
 * @param causationId may be empty
 * @param effectiveAt business time; null: the time of the decision
 * @param validateOnly decide, but store nothing
 * @param traceparent W3C Trace Context of the call; may be empty
 * @param sizeBytes about how much it weighs in a batch
 * @param abandoned whether the caller no longer waits: its deadline passed or it cancelled
 * @param answerWhen what the caller wants to have happened before it is answered; no part of what
 *     makes two requests the same
 */
public record CommandEnvelope(
    PaymentCommand command,
    String requestId,
    UUID requestKey,
    UUID requestHash,
    long expectedVersion,
    String correlationId,
    String causationId,
    @Nullable Instant effectiveAt,
    boolean validateOnly,
    String traceparent,
    int sizeBytes,
    BooleanSupplier abandoned,
    AnswerWhen answerWhen) {

  /** Name of the command's kind, for metrics: {@code Create}, {@code Refund}. */
  public String kind() {
    return command.getClass().getSimpleName();
  }

  /** The same as it was submitted earlier: by a call that is over, under that call's digest. */
  public CommandEnvelope submitted(UUID hash, String submittedTraceparent) {
    return new CommandEnvelope(
        command,
        requestId,
        requestKey,
        hash,
        expectedVersion,
        correlationId,
        causationId,
        effectiveAt,
        validateOnly,
        submittedTraceparent,
        sizeBytes,
        () -> false,
        AnswerWhen.UNSPECIFIED);
  }
}
