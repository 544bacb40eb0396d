package com.gyroscops.payments.read.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.contract.ApiError;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import org.assertj.core.api.Assertions;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** Takes failed calls apart. */
final class ApiErrors {

  private ApiErrors() {}

  static ApiError failureOf(ThrowingCallable call) {
    StatusRuntimeException failure =
        Assertions.catchThrowableOfType(StatusRuntimeException.class, call);
    assertThat(failure).isNotNull();
    return ApiError.from(failure)
        .orElseThrow(() -> new AssertionError("no ErrorInfo: " + failure.getStatus(), failure));
  }

  static ApiError assertFails(Status.Code code, String reason, ThrowingCallable call) {
    ApiError error = failureOf(call);
    assertThat(error.reason()).as("%s", error).isEqualTo(reason);
    assertThat(error.code()).isEqualTo(code);
    return error;
  }
}
