package com.gyroscops.payments.contract;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.PreconditionFailure;
import com.google.rpc.RetryInfo;
import com.gyroscops.payments.v1.CommandError;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * An error of the API as a value: a status code, an UPPER_SNAKE reason and the facts that go with
 * it.
 *
 * <p>It becomes a {@code google.rpc.Status} with each detail type at most once, as AIP-193 asks:
 * ErrorInfo always, BadRequest where fields are at fault, PreconditionFailure with
 * FAILED_PRECONDITION, RetryInfo where sending the same request again can succeed. The last one
 * also sets the {@code grpc-retry-pushback-ms} trailer, which is what client libraries honour.
 *
 * @param code status code of the call or of the one command
 * @param reason stable, machine-readable; documented with the RPC in the contracts
 * @param message for people; no promises
 * @param metadata facts for programs, by name
 * @param violations fields at fault, with INVALID_ARGUMENT
 * @param retryAfter how long to wait before sending the same request again; null: do not
 */
public record ApiError(
    Status.Code code,
    String reason,
    String message,
    Map<String, String> metadata,
    List<FieldViolation> violations,
    java.time.@Nullable Duration retryAfter) {

  /** Domain of all reasons. */
  public static final String DOMAIN = "payments.gyroscops.com";

  /** Trailer by which a server tells a client's retry policy how long to wait, in milliseconds. */
  public static final Metadata.Key<String> RETRY_PUSHBACK =
      Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER);

  /**
   * A field at fault.
   *
   * @param field its path in the request, such as {@code amount.currency_code}
   * @param description what is wrong with it and what would be right
   */
  public record FieldViolation(String field, String description) {}

  public ApiError {
    if (code == Status.Code.OK || reason.isEmpty()) {
      throw new IllegalArgumentException("an error needs a code and a reason: " + code + reason);
    }
    metadata = Map.copyOf(metadata);
    violations = List.copyOf(violations);
  }

  /** An error with facts but neither fields at fault nor a retry. */
  public static ApiError of(
      Status.Code code, String reason, String message, Map<String, String> metadata) {
    return new ApiError(code, reason, message, metadata, List.of(), null);
  }

  /** An error without facts. */
  public static ApiError of(Status.Code code, String reason, String message) {
    return of(code, reason, message, Map.of());
  }

  /** INVALID_ARGUMENT {@code FIELD_INVALID}; {@code violations} must not be empty. */
  public static ApiError invalid(List<FieldViolation> violations) {
    FieldViolation first = violations.getFirst();
    return new ApiError(
        Status.Code.INVALID_ARGUMENT,
        "FIELD_INVALID",
        first.field() + ": " + first.description(),
        Map.of("field", first.field()),
        violations,
        null);
  }

  /**
   * UNIMPLEMENTED {@code FEATURE_DISABLED}: this installation does not offer it.
   *
   * @param feature what is not offered, in lower case
   * @param message what would have to be set
   */
  public static ApiError featureDisabled(String feature, String message) {
    return of(Status.Code.UNIMPLEMENTED, "FEATURE_DISABLED", message, Map.of("feature", feature));
  }

  /** INVALID_ARGUMENT with a reason of its own, for one field. */
  public static ApiError invalid(String reason, String field, String description) {
    return new ApiError(
        Status.Code.INVALID_ARGUMENT,
        reason,
        field + ": " + description,
        Map.of("field", field),
        List.of(new FieldViolation(field, description)),
        null);
  }

  /** The same error, worth sending again after {@code delay}. */
  public ApiError retryAfter(java.time.Duration delay) {
    return new ApiError(code, reason, message, metadata, violations, delay);
  }

  /** The same of a part of a request; {@code field} also goes into the metadata. */
  public ApiError at(String field) {
    Map<String, String> more = new TreeMap<>(metadata);
    more.put("field", field);
    return new ApiError(code, reason, field + ": " + message, more, violations, retryAfter);
  }

  /** As the standard error model has it. */
  public com.google.rpc.Status toStatus() {
    var status =
        com.google.rpc.Status.newBuilder()
            .setCode(code.value())
            .setMessage(message)
            .addDetails(
                Any.pack(
                    ErrorInfo.newBuilder()
                        .setReason(reason)
                        .setDomain(DOMAIN)
                        .putAllMetadata(new TreeMap<>(metadata))
                        .build()));
    if (!violations.isEmpty()) {
      var badRequest = BadRequest.newBuilder();
      for (FieldViolation violation : violations) {
        badRequest
            .addFieldViolationsBuilder()
            .setField(violation.field())
            .setDescription(violation.description())
            .setReason(reason);
      }
      status.addDetails(Any.pack(badRequest.build()));
    }
    if (code == Status.Code.FAILED_PRECONDITION) {
      status.addDetails(
          Any.pack(
              PreconditionFailure.newBuilder()
                  .addViolations(
                      PreconditionFailure.Violation.newBuilder()
                          .setType(reason)
                          .setSubject(DOMAIN)
                          .setDescription(message))
                  .build()));
    }
    if (retryAfter != null) {
      status.addDetails(
          Any.pack(RetryInfo.newBuilder().setRetryDelay(toMessage(retryAfter)).build()));
    }
    return status.build();
  }

  /** As what ends a call, trailers included. */
  public StatusRuntimeException toException() {
    StatusRuntimeException exception = StatusProto.toStatusRuntimeException(toStatus());
    Metadata trailers = exception.getTrailers();
    if (retryAfter != null && trailers != null) {
      trailers.put(RETRY_PUSHBACK, Long.toString(retryAfter.toMillis()));
    }
    return exception;
  }

  /** As the contract has an error among outcomes. */
  public CommandError toMessage() {
    var message =
        CommandError.newBuilder()
            .setCode(code.value())
            .setReason(reason)
            .setMessage(this.message)
            .putAllMetadata(metadata);
    for (FieldViolation violation : violations) {
      message
          .addViolationsBuilder()
          .setField(violation.field())
          .setDescription(violation.description());
    }
    if (retryAfter != null) {
      message.setRetryDelay(toMessage(retryAfter));
    }
    return message.build();
  }

  /** What {@link #toMessage} wrote. */
  public static ApiError from(CommandError message) {
    return new ApiError(
        Status.fromCodeValue(message.getCode()).getCode(),
        message.getReason(),
        message.getMessage(),
        message.getMetadataMap(),
        message.getViolationsList().stream()
            .map(violation -> new FieldViolation(violation.getField(), violation.getDescription()))
            .toList(),
        message.hasRetryDelay() ? toDuration(message.getRetryDelay()) : null);
  }

  /** The error that a failed call carries, if it is one of this API's. */
  public static Optional<ApiError> from(Throwable failure) {
    if (!(failure instanceof StatusRuntimeException) && !(failure instanceof StatusException)) {
      return Optional.empty();
    }
    com.google.rpc.Status status = StatusProto.fromThrowable(failure);
    return status == null ? Optional.empty() : from(status);
  }

  /** The error that a status carries, if it has an ErrorInfo. */
  public static Optional<ApiError> from(com.google.rpc.Status status) {
    @Nullable ErrorInfo info = null;
    List<FieldViolation> violations = new ArrayList<>();
    java.time.@Nullable Duration retryAfter = null;
    try {
      for (Any detail : status.getDetailsList()) {
        if (detail.is(ErrorInfo.class)) {
          info = detail.unpack(ErrorInfo.class);
        } else if (detail.is(BadRequest.class)) {
          for (var violation : detail.unpack(BadRequest.class).getFieldViolationsList()) {
            violations.add(new FieldViolation(violation.getField(), violation.getDescription()));
          }
        } else if (detail.is(RetryInfo.class)) {
          retryAfter = toDuration(detail.unpack(RetryInfo.class).getRetryDelay());
        }
      }
    } catch (com.google.protobuf.InvalidProtocolBufferException e) {
      return Optional.empty();
    }
    if (info == null) {
      return Optional.empty();
    }
    return Optional.of(
        new ApiError(
            Status.fromCodeValue(status.getCode()).getCode(),
            info.getReason(),
            status.getMessage(),
            info.getMetadataMap(),
            violations,
            retryAfter));
  }

  private static Duration toMessage(java.time.Duration duration) {
    return Duration.newBuilder()
        .setSeconds(duration.getSeconds())
        .setNanos(duration.getNano())
        .build();
  }

  private static java.time.Duration toDuration(Duration message) {
    return java.time.Duration.ofSeconds(message.getSeconds(), message.getNanos());
  }
}
