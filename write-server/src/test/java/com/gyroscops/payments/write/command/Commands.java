package com.gyroscops.payments.write.command;

import com.gyroscops.payments.write.eventstore.Digest;
import com.gyroscops.payments.write.eventstore.Keys;
import com.gyroscops.payments.write.payment.Description;
import com.gyroscops.payments.write.payment.Failure;
import com.gyroscops.payments.write.payment.Money;
import com.gyroscops.payments.write.payment.PaymentCommand;
import com.gyroscops.payments.write.payment.PaymentKey;
import java.util.Map;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.function.BooleanSupplier;

/** Commands for tests: organization acme, payments of 1.00 EUR, each with a request of its own. */
final class Commands {

  private Commands() {}

  static CommandEnvelope create(String paymentId) {
    return envelope(
        new PaymentCommand.Create(
            key(paymentId),
            new Money(100, "EUR"),
            null,
            new Description("", "", Map.of(), "", "")));
  }

  static CommandEnvelope process(String paymentId) {
    return envelope(new PaymentCommand.Process(key(paymentId), null, ""));
  }

  static CommandEnvelope fail(String paymentId) {
    return envelope(new PaymentCommand.Fail(key(paymentId), new Failure("declined", "")));
  }

  static CommandEnvelope delete(String paymentId) {
    return envelope(new PaymentCommand.Delete(key(paymentId), ""));
  }

  static CommandEnvelope refund(String paymentId, String refundId, long minorUnits) {
    return envelope(
        new PaymentCommand.Refund(key(paymentId), refundId, new Money(minorUnits, "EUR"), ""));
  }

  static CommandEnvelope withRequest(CommandEnvelope of, String requestId) {
    return copy(of, requestId, of.expectedVersion(), of.validateOnly(), of.abandoned());
  }

  static CommandEnvelope expecting(CommandEnvelope of, long version) {
    return copy(of, of.requestId(), OptionalLong.of(version), of.validateOnly(), of.abandoned());
  }

  static CommandEnvelope validating(CommandEnvelope of) {
    return copy(of, of.requestId(), of.expectedVersion(), true, of.abandoned());
  }

  static CommandEnvelope abandonedWhen(CommandEnvelope of, BooleanSupplier abandoned) {
    return copy(of, of.requestId(), of.expectedVersion(), of.validateOnly(), abandoned);
  }

  static CommandEnvelope weighing(CommandEnvelope of, int bytes) {
    return new CommandEnvelope(
        of.command(),
        of.requestId(),
        of.requestKey(),
        of.requestHash(),
        of.formerHash(),
        of.expectedVersion(),
        of.correlationId(),
        of.causationId(),
        of.effectiveAt(),
        of.validateOnly(),
        of.traceparent(),
        of.actor(),
        bytes,
        of.abandoned(),
        of.answerWhen());
  }

  private static PaymentKey key(String paymentId) {
    return new PaymentKey("acme", paymentId);
  }

  private static CommandEnvelope envelope(PaymentCommand command) {
    return envelope(
        command, UUID.randomUUID().toString(), OptionalLong.empty(), false, () -> false);
  }

  private static CommandEnvelope copy(
      CommandEnvelope of,
      String requestId,
      OptionalLong expectedVersion,
      boolean validateOnly,
      BooleanSupplier abandoned) {
    return envelope(of.command(), requestId, expectedVersion, validateOnly, abandoned);
  }

  private static CommandEnvelope envelope(
      PaymentCommand command,
      String requestId,
      OptionalLong expectedVersion,
      boolean validateOnly,
      BooleanSupplier abandoned) {
    UUID hash = new Digest().text(command.toString()).text(expectedVersion.toString()).toUuid();
    return new CommandEnvelope(
        command,
        requestId,
        Keys.request("acme", requestId),
        hash,
        hash,
        expectedVersion,
        "",
        "",
        null,
        validateOnly,
        "",
        "",
        100,
        abandoned,
        AckPolicy.UNSPECIFIED);
  }
}
