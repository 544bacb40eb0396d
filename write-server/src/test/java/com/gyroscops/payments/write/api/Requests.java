package com.gyroscops.payments.write.api;

import com.gyroscops.payments.v1.Amount;
import com.gyroscops.payments.v1.CommandContext;
import com.gyroscops.payments.v1.CreatePaymentRequest;
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
}
