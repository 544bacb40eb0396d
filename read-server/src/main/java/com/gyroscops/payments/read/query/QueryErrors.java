package com.gyroscops.payments.read.query;

import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.platform.page.Pages;
import com.gyroscops.payments.read.source.Analysis;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/** The errors of queries, each with its reason in the contract. */
final class QueryErrors {

  private static final String PAYMENT_NOT_FOUND = "PAYMENT_NOT_FOUND";

  /** Many times what a usual query takes. */
  private static final Duration RETRY_QUEUE_FULL = Duration.ofMillis(100);

  /** A source moves on with the first batch of its next subscription. */
  private static final Duration RETRY_HISTORY = Duration.ofMillis(500);

  private QueryErrors() {}

  static ApiError queueFull() {
    return ApiError.of(Code.RESOURCE_EXHAUSTED, "QUEUE_FULL", "too many queries are under way")
        .retryAfter(RETRY_QUEUE_FULL);
  }

  /** Sources answer of two histories: one has yet to move on into the other's. */
  static ApiError historyChanging() {
    return ApiError.of(
            Code.UNAVAILABLE, "NO_FRESH_SOURCE", "no source is as fresh as asked for yet")
        .retryAfter(RETRY_HISTORY);
  }

  static ApiError crossOrganization() {
    return ApiError.of(
        Code.PERMISSION_DENIED,
        "CROSS_ORGANIZATION",
        "this server does not answer for all organizations at once");
  }

  static ApiError paymentNotFound(String organizationId, String paymentId, String readAt) {
    return ApiError.of(
        Code.NOT_FOUND,
        PAYMENT_NOT_FOUND,
        "there is no such payment",
        Map.of("organization_id", organizationId, "payment_id", paymentId, "read_at", readAt));
  }

  /** The token in what {@link #paymentNotFound} became; empty: it is another failure. */
  static Optional<String> readAtOfAbsence(StatusRuntimeException failure) {
    return failure.getStatus().getCode() == Code.NOT_FOUND
        ? ApiError.from(failure)
            .filter(it -> it.reason().equals(PAYMENT_NOT_FOUND))
            .map(it -> it.metadata().getOrDefault("read_at", ""))
        : Optional.empty();
  }

  static ApiError answerTooLarge(int fitting) {
    return ApiError.of(
        Code.OUT_OF_RANGE,
        "ANSWER_TOO_LARGE",
        "the payments are too large for one answer; ask for fewer",
        Map.of("fitting_payments", Integer.toString(fitting)));
  }

  // javac drops the @Nullable of a compact constructor's parameter from the class file.
  @SuppressWarnings("NullAway")
  static ApiError pageTokenInvalid() {
    return Pages.tokenInvalid(
        "is not a next_page_token of the same query; all arguments but page_size and read_options"
            + " must stay as they were");
  }

  static ApiError tooManyGroups() {
    return ApiError.of(
        Code.OUT_OF_RANGE,
        "TOO_MANY_GROUPS",
        "there are more than " + Analysis.GROUPS_MAX + " groups; narrow the filter",
        Map.of("groups_max", Integer.toString(Analysis.GROUPS_MAX)));
  }
}
