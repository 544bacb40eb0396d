package com.gyroscops.payments.write.command;

import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.write.payment.Money;
import com.gyroscops.payments.write.payment.Payment;
import com.gyroscops.payments.write.payment.PaymentKey;
import com.gyroscops.payments.write.payment.Rejection;
import io.grpc.Status.Code;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;

/**
 * The errors of commands, as the contract names them, and those that the event feed shares with
 * them. The one place where they are worded.
 */
public final class CommandErrors {

  /** How long a caller waits after an error that goes by itself: a few batches. */
  private static final Duration SOON = Duration.ofMillis(50);

  /** How long a caller waits for a store or a server that is not there. */
  private static final Duration LATER = Duration.ofSeconds(1);

  /** Reason of a submitted command that was cancelled. */
  public static final String COMMAND_CANCELLED = "COMMAND_CANCELLED";

  /** Reason of a submitted command that could not be executed in time. */
  public static final String COMMAND_TIMED_OUT = "COMMAND_TIMED_OUT";

  /** Reason of a command that the event store refuses for a reason of its own. */
  public static final String COMMAND_NOT_STORED = "COMMAND_NOT_STORED";

  /** Reason of a command whose expected version is not the payment's. */
  public static final String VERSION_MISMATCH = "VERSION_MISMATCH";

  private CommandErrors() {}

  /** A business rule says no. */
  public static ApiError of(Rejection rejection) {
    return switch (rejection) {
      case Rejection.NotFound(PaymentKey key) ->
          ApiError.of(
              Code.NOT_FOUND,
              "PAYMENT_NOT_FOUND",
              "organization %s has no payment %s".formatted(key.organizationId(), key.paymentId()),
              Map.of("organization_id", key.organizationId(), "payment_id", key.paymentId()));
      case Rejection.AlreadyExists(PaymentKey key) ->
          ApiError.of(
              Code.ALREADY_EXISTS,
              "PAYMENT_EXISTS",
              "organization %s has a payment %s already"
                  .formatted(key.organizationId(), key.paymentId()),
              Map.of("organization_id", key.organizationId(), "payment_id", key.paymentId()));
      case Rejection.CurrencyWithdrawn(String currency, Instant end) ->
          ApiError.of(
              Code.FAILED_PRECONDITION,
              "CURRENCY_WITHDRAWN",
              "%s was withdrawn: a new payment in it must be of before %s".formatted(currency, end),
              Map.of("currency", currency, "end_time", end.toString()));
      case Rejection.WrongStatus(Payment.Existing state) -> {
        String status = PaymentMessages.status(state).name();
        yield ApiError.of(
            Code.FAILED_PRECONDITION,
            "PAYMENT_STATUS",
            "not possible while the payment is "
                + status.substring("PAYMENT_STATUS_".length()).toLowerCase(Locale.ROOT),
            Map.of("status", status));
      }
      case Rejection.AmountMismatch(Money amount, Money requested) ->
          ApiError.of(
              Code.FAILED_PRECONDITION,
              "AMOUNT_MISMATCH",
              "the amount taken is not the payment's amount",
              Map.of(
                  "amount_minor_units", Long.toString(amount.minorUnits()),
                  "amount_currency", amount.currency(),
                  "requested_minor_units", Long.toString(requested.minorUnits()),
                  "requested_currency", requested.currency()));
      case Rejection.RefundExceedsRemaining(Payment.Completed state, Money requested) ->
          ApiError.of(
              Code.FAILED_PRECONDITION,
              "REFUND_EXCEEDS_REMAINING",
              "refund of %d exceeds the %d minor units that are left"
                  .formatted(requested.minorUnits(), state.remaining().minorUnits()),
              Map.of(
                  "requested_minor_units", Long.toString(requested.minorUnits()),
                  "remaining_minor_units", Long.toString(state.remaining().minorUnits()),
                  "captured_minor_units", Long.toString(state.facts().amount().minorUnits()),
                  "refunded_minor_units", Long.toString(state.refunded().minorUnits()),
                  "currency", requested.currency()));
      case Rejection.RefundCurrency(String payment, String requested) ->
          ApiError.of(
              Code.FAILED_PRECONDITION,
              "REFUND_CURRENCY",
              "a payment in %s cannot be refunded in %s".formatted(payment, requested),
              Map.of("payment_currency", payment, "refund_currency", requested));
      case Rejection.RefundExists(String refundId) ->
          ApiError.of(
              Code.ALREADY_EXISTS,
              "REFUND_EXISTS",
              "the payment has a refund " + refundId + " already",
              Map.of("refund_id", refundId));
      case Rejection.RefundLimit(int max) ->
          ApiError.of(
              Code.FAILED_PRECONDITION,
              "REFUND_LIMIT",
              "the payment has " + max + " refunds; there can be no more",
              Map.of("refunds_max", Integer.toString(max)));
    };
  }

  static ApiError versionMismatch(long expected, long actual) {
    return ApiError.of(
        Code.ABORTED,
        VERSION_MISMATCH,
        "the payment is at version " + actual + ", not " + expected,
        Map.of(
            "expected_version", Long.toString(expected), "actual_version", Long.toString(actual)));
  }

  static ApiError concurrentChange() {
    return ApiError.of(
            Code.ABORTED, "CONCURRENT_CHANGE", "others keep changing the payment; try again")
        .retryAfter(SOON);
  }

  /** The request id was used for another command or settlement. */
  public static ApiError requestIdReused(String requestId) {
    return requestIdReused(requestId, "was used for another command or settlement");
  }

  /** What is stored for a settlement's request id, where commands look for theirs. */
  public static ApiError requestIdOfSettlement(String requestId) {
    return requestIdReused(requestId, "is a settlement's; see GetInvoiceSettlement");
  }

  private static ApiError requestIdReused(String requestId, String how) {
    return ApiError.of(
        Code.INVALID_ARGUMENT,
        "REQUEST_ID_REUSED",
        "request_id " + requestId + " " + how,
        Map.of("field", "context.request_id", "request_id", requestId));
  }

  /** Too much waits already. */
  public static ApiError queueFull() {
    return ApiError.of(
            Code.RESOURCE_EXHAUSTED, "QUEUE_FULL", "too many commands are waiting; try again")
        .retryAfter(SOON);
  }

  /** A submitted command was cancelled before it was decided. */
  public static ApiError cancelled() {
    return ApiError.of(Code.CANCELLED, COMMAND_CANCELLED, "the command was cancelled");
  }

  /** A submitted command was not decided in the time it had. */
  public static ApiError timedOut(Duration executionTimeout) {
    return ApiError.of(
        Code.DEADLINE_EXCEEDED,
        COMMAND_TIMED_OUT,
        "the command could not be executed within " + executionTimeout.toSeconds() + " s",
        Map.of("execution_timeout_seconds", Long.toString(executionTimeout.toSeconds())));
  }

  /** It is too late to cancel a command. */
  public static ApiError ended(String state) {
    return ended("COMMAND_ENDED", "command", state);
  }

  /** Nothing is known of a request. */
  public static ApiError commandNotFound(String requestId) {
    return notFound(
        "COMMAND_NOT_FOUND", "nothing is stored of request " + requestId, "request_id", requestId);
  }

  /** There is no settlement of a request. */
  public static ApiError settlementNotFound(String requestId) {
    return notFound(
        "SETTLEMENT_NOT_FOUND",
        "there is no settlement of request " + requestId,
        "request_id",
        requestId);
  }

  /** It is too late to cancel a settlement. */
  public static ApiError settlementEnded(String state) {
    return ended("SETTLEMENT_ENDED", "settlement", state);
  }

  private static ApiError ended(String reason, String what, String state) {
    return ApiError.of(
        Code.FAILED_PRECONDITION,
        reason,
        "the " + what + " has ended and cannot be cancelled",
        Map.of("state", state));
  }

  /** There is no such import. */
  public static ApiError importNotFound(String importId) {
    return notFound("IMPORT_NOT_FOUND", "there is no import " + importId, "import_id", importId);
  }

  private static ApiError notFound(String reason, String message, String field, String id) {
    return ApiError.of(Code.NOT_FOUND, reason, message, Map.of(field, id));
  }

  /** A chunk of an import is there with other rows. */
  public static ApiError importIdReused(String importId, int chunk) {
    return importIdReused(
        importId,
        chunk,
        "rows",
        "chunk %d of import %s was uploaded with other rows".formatted(chunk, importId));
  }

  /** An import is another owner's. */
  public static ApiError importOfAnother(String importId, int chunk) {
    return importIdReused(
        importId,
        chunk,
        "owner",
        "import %s has another owner, or another caller made it".formatted(importId));
  }

  private static ApiError importIdReused(String importId, int chunk, String field, String message) {
    return ApiError.of(
        Code.INVALID_ARGUMENT,
        "IMPORT_ID_REUSED",
        message,
        Map.of("field", field, "import_id", importId, "chunk", Integer.toString(chunk)));
  }

  /** It is too late for a change of an import. */
  public static ApiError importStarted(String importId, String state) {
    return ApiError.of(
        Code.FAILED_PRECONDITION,
        "IMPORT_STARTED",
        "import " + importId + " is " + state,
        Map.of("import_id", importId, "state", state));
  }

  /** An import does not have just the chunks it should. */
  public static ApiError importIncomplete(String importId, int chunks) {
    return ApiError.of(
        Code.FAILED_PRECONDITION,
        "IMPORT_INCOMPLETE",
        "import %s has %d chunks, or others than it should".formatted(importId, chunks),
        Map.of("import_id", importId, "chunks", Integer.toString(chunks)));
  }

  /**
   * This installation executes nothing later.
   *
   * @param feature what it therefore does not offer
   */
  public static ApiError withoutEngine(String feature) {
    return ApiError.featureDisabled(
        feature,
        "this installation has no workflow engine; set TEMPORAL_ADDRESS on the write-servers");
  }

  /** As many callers wait for commands as may. */
  public static ApiError tooManyWaiting() {
    return ApiError.of(
            Code.RESOURCE_EXHAUSTED, "TOO_MANY_WAITING", "too many callers wait for commands")
        .retryAfter(LATER);
  }

  /** This server is shutting down. */
  public static ApiError draining() {
    return ApiError.of(Code.UNAVAILABLE, "DRAINING", "this server is shutting down")
        .retryAfter(LATER);
  }

  static ApiError abandoned() {
    return ApiError.of(
        Code.CANCELLED, "ABANDONED", "the call ended before the command was taken up");
  }

  /** The event store refused a command for a reason of its own; nothing of it is stored. */
  public static ApiError notStored() {
    return ApiError.of(
        Code.INTERNAL, COMMAND_NOT_STORED, "the event store refused this command; see the log");
  }

  /** An earlier row of an import, of the same payment, was not stored. */
  public static ApiError notStoredBefore() {
    return ApiError.of(
        Code.INTERNAL,
        COMMAND_NOT_STORED,
        "not executed, for an earlier row of this payment could not be stored");
  }

  /** The event store does not answer. */
  public static ApiError storeUnavailable() {
    return ApiError.of(
            Code.UNAVAILABLE, "STORE_UNAVAILABLE", "the event store does not answer; try again")
        .retryAfter(LATER);
  }

  /** The audit journal, which is required here, is too far behind. */
  public static ApiError journalUnavailable() {
    return ApiError.of(
            Code.UNAVAILABLE,
            "JOURNAL_UNAVAILABLE",
            "the audit journal is too far behind the event log; try again")
        .retryAfter(LATER);
  }
}
