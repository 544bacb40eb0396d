package com.gyroscops.payments.write.api;

import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.v1.Amount;
import com.gyroscops.payments.v1.CommandContext;
import com.gyroscops.payments.v1.CreatePaymentRequest;
import io.grpc.StatusRuntimeException;
import java.util.Objects;
import java.util.UUID;

/** Requests for tests: payments of acme, of 0.01 EUR. */
final class Requests {

  private Requests() {}

  /** Creates a payment; the same request each time. */
  static CreatePaymentRequest create(String id) {
    return request("request-" + id).setPaymentId(id).build();
  }

  /** Creates payments whose ids the server chooses. */
  static void createPayments(TestServer on, int count) {
    for (int i = 0; i < count; i++) {
      var _ = on.commands().createPayment(request(UUID.randomUUID().toString()).build());
    }
  }

  private static CreatePaymentRequest.Builder request(String requestId) {
    return CreatePaymentRequest.newBuilder()
        .setContext(CommandContext.newBuilder().setRequestId(requestId))
        .setOrganizationId("acme")
        .setAmount(Amount.newBuilder().setMinorUnits(1).setCurrencyCode("EUR"));
  }

  /** The context of a request of its own. */
  static CommandContext.Builder context() {
    return CommandContext.newBuilder().setRequestId(UUID.randomUUID().toString());
  }

  /** What a call fails with. */
  static ApiError error(Runnable call) {
    StatusRuntimeException failure =
        Objects.requireNonNull(
            catchThrowableOfType(StatusRuntimeException.class, call::run), "it did not fail");
    return ApiError.from(failure).orElseThrow();
  }
}
