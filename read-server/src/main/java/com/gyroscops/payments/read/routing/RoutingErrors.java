package com.gyroscops.payments.read.routing;

import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.contract.SourceNames;
import com.gyroscops.payments.read.source.SourcePosition;
import com.gyroscops.payments.v1.ReadSource;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Status.Code;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The errors of reads that no source answers, each with its reason in the contract. */
final class RoutingErrors {

  /** About the time in which a source that is behind a little catches up. */
  private static final Duration RETRY_STALE = Duration.ofMillis(100);

  /** About the time in which a store that went away comes back at the earliest. */
  private static final Duration RETRY_UNAVAILABLE = Duration.ofMillis(500);

  /** Parked events wait for someone to act. */
  private static final Duration RETRY_INCOMPLETE = Duration.ofSeconds(10);

  private RoutingErrors() {}

  static ApiError tokenEpochLost() {
    return ApiError.of(
        Code.FAILED_PRECONDITION,
        "TOKEN_EPOCH_LOST",
        "the consistency token is of a history that was lost; what it promised may be lost too");
  }

  static ApiError noFreshSource(Optional<Requirement> required, Optional<SourcePosition> applied) {
    Map<String, String> facts = new HashMap<>();
    required.ifPresent(it -> facts.put("required_position", Long.toString(it.position())));
    applied.ifPresent(it -> facts.put("applied_position", Long.toString(it.position())));
    return ApiError.of(
            Code.UNAVAILABLE, "NO_FRESH_SOURCE", "no source is as fresh as asked for yet", facts)
        .retryAfter(RETRY_STALE);
  }

  static ApiError sourceUnavailable() {
    return ApiError.of(Code.UNAVAILABLE, "SOURCE_UNAVAILABLE", "no source that could answer is up")
        .retryAfter(RETRY_UNAVAILABLE);
  }

  /** The one source asked for holds some payments only, and not this one. */
  static ApiError notHeld(ReadSource source) {
    String name = SourceNames.of(source);
    return ApiError.of(
        Code.FAILED_PRECONDITION,
        "SOURCE_NOT_HELD",
        "source "
            + name
            + " holds some payments only, and not what is asked for; ask without naming it",
        Map.of("source", name));
  }

  /** The one source asked for has figures that it cannot be exact about. */
  static ApiError inexact(ReadSource source) {
    String name = SourceNames.of(source);
    return ApiError.of(
        Code.FAILED_PRECONDITION,
        "SOURCE_NOT_EXACT",
        "source " + name + " is not exact about sums that large; ask without naming it",
        Map.of("source", name));
  }

  static ApiError sourceIncomplete() {
    return ApiError.of(
            Code.UNAVAILABLE,
            "SOURCE_INCOMPLETE",
            "the source could not take up some of the events this answer needs")
        .retryAfter(RETRY_INCOMPLETE);
  }

  // javac drops the @Nullable of a compact constructor's parameter from the class file.
  @SuppressWarnings("NullAway")
  static ApiError sourceNotCapable(ReadSource source, String field) {
    String name = SourceNames.of(source);
    String description =
        "names \"" + name + "\", which this server does not have or which cannot do this at all";
    ApiError invalid = ApiError.invalid(List.of(new ApiError.FieldViolation(field, description)));
    return new ApiError(
        invalid.code(),
        "SOURCE_NOT_CAPABLE",
        invalid.message(),
        Map.of("field", field, "source", name),
        invalid.violations(),
        invalid.retryAfter());
  }

  /** For a query that was stopped: by its caller, its deadline, or because it took too long. */
  static ApiError stopped() {
    Context call = Context.current();
    Deadline deadline = call.getDeadline();
    if (deadline != null && deadline.isExpired()) {
      return ApiError.of(Code.DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED", "the deadline has passed");
    }
    return call.isCancelled()
        ? ApiError.of(Code.CANCELLED, "CANCELLED", "the caller has cancelled")
        : ApiError.of(
            Code.DEADLINE_EXCEEDED,
            "DEADLINE_EXCEEDED",
            "the query took longer than any may; set a deadline and narrow the filter");
  }
}
