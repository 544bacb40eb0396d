package com.gyroscops.payments.write.command;

import com.google.protobuf.Timestamp;
import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.v1.CommandError;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.write.eventstore.KnownRequest;
import com.gyroscops.payments.write.payment.PaymentCommand;
import java.time.Instant;
import java.util.OptionalLong;
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
 * @param formerHash what the version before makes of the same, see {@link RequestDigests}; for a
 *     submission the one digest that was kept
 * @param expectedVersion version the payment must be at, 0: it does not exist; empty: any
 * @param correlationId may be empty
 * @param causationId may be empty
 * @param effectiveAt business time; null: the time of the decision
 * @param validateOnly decide, but store nothing
 * @param traceparent W3C Trace Context of the call; may be empty
 * @param actor who asks for it, as its event notes; empty: not authenticated
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
    UUID formerHash,
    OptionalLong expectedVersion,
    String correlationId,
    String causationId,
    @Nullable Instant effectiveAt,
    boolean validateOnly,
    String traceparent,
    String actor,
    int sizeBytes,
    BooleanSupplier abandoned,
    AckPolicy answerWhen) {

  /** Name of the command's kind, for metrics: {@code Create}, {@code Refund}. */
  public String kind() {
    return command.getClass().getSimpleName();
  }

  /**
   * The same as it was submitted earlier: by a call that is over, under that call's digest.
   *
   * @param submitter who made that call
   */
  public CommandEnvelope submitted(UUID hash, String submittedTraceparent, String submitter) {
    return new CommandEnvelope(
        command,
        requestId,
        requestKey,
        hash,
        hash,
        expectedVersion,
        correlationId,
        causationId,
        effectiveAt,
        validateOnly,
        submittedTraceparent,
        submitter,
        sizeBytes,
        () -> false,
        AckPolicy.UNSPECIFIED);
  }

  /** Whether an outcome that is stored for the request's id is this command's. */
  public boolean isAnsweredBy(KnownRequest known) {
    return switch (known) {
      case KnownRequest.Accepted(UUID hash, String _, PaymentEvent event) ->
          asksFor(hash, event.getEffectiveTime().equals(Timestamp.getDefaultInstance()));
      case KnownRequest.Rejected(UUID hash, CommandError error) ->
          hash.equals(requestHash)
              || (hash.equals(formerHash)
                  && RequestDigests.version(error) < RequestDigests.CURRENT);
    };
  }

  /** Whether this command, of the same request id, asks for the same as {@code earlier}. */
  boolean repeats(CommandEnvelope earlier) {
    return asksFor(earlier.requestHash, earlier.isAtEpoch());
  }

  /**
   * Whether this command asks for what another one of its request id asked for.
   *
   * @param hash the other's digest, of either version
   * @param atEpoch whether the other's effective time is the epoch
   */
  public boolean asksFor(UUID hash, boolean atEpoch) {
    return (hash.equals(requestHash) || hash.equals(formerHash)) && atEpoch == isAtEpoch();
  }

  /** This command's rejection, as it is stored for good. */
  public CommandError rejection(ApiError error) {
    return RequestDigests.stored(error, isAtEpoch() && requestHash.equals(formerHash));
  }

  private boolean isAtEpoch() {
    return Instant.EPOCH.equals(effectiveAt);
  }
}
