package com.gyroscops.payments.read.query;

import com.gyroscops.payments.contract.Violations;
import com.gyroscops.payments.platform.page.Pages;
import com.gyroscops.payments.read.routing.Freshness;
import com.gyroscops.payments.read.routing.Routed;
import com.gyroscops.payments.read.routing.SourceRouter;
import com.gyroscops.payments.read.source.Capability;
import com.gyroscops.payments.v1.BatchGetPaymentsRequest;
import com.gyroscops.payments.v1.BatchGetPaymentsResponse;
import com.gyroscops.payments.v1.Payment;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The newest states of several payments of one organization, and which of them do not exist. */
public final class BatchGetPayments
    extends SourceQuery<BatchGetPaymentsRequest, BatchGetPaymentsResponse> {

  /** Most payments at once, as the contract says. */
  private static final int PAYMENTS_MAX = 200;

  public BatchGetPayments(SourceRouter reads) {
    super(reads, BatchGetPaymentsResponse::getRead, null);
  }

  @Override
  public BatchGetPaymentsResponse answer(BatchGetPaymentsRequest request) {
    List<String> ids = request.getPaymentIdsList();
    check(request, ids);
    Routed<List<Payment>> fresh =
        reads.read(
            request.getReadOptions(),
            Capability.FIND,
            source -> source.find(request.getOrganizationId(), ids));
    Map<String, Payment> found =
        fresh.value().stream()
            .collect(Collectors.toMap(Payment::getPaymentId, Function.identity()));
    var response = BatchGetPaymentsResponse.newBuilder().setRead(fresh.read());
    int bytes = 0;
    for (String id : ids) {
      Payment payment = found.get(id);
      bytes += payment == null ? 0 : payment.getSerializedSize();
      if (bytes > Pages.BYTES_MAX) {
        throw QueryErrors.answerTooLarge(response.getPaymentsCount()).toException();
      }
      if (payment == null) {
        response.addMissingPaymentIds(id);
      } else {
        response.addPayments(payment);
      }
    }
    return response.build();
  }

  private static void check(BatchGetPaymentsRequest request, List<String> ids) {
    Violations violations =
        new Violations()
            .organization("organization_id", request.getOrganizationId())
            .require(
                !ids.isEmpty() && ids.size() <= PAYMENTS_MAX,
                "payment_ids",
                "must name 1 to " + PAYMENTS_MAX + " payments, but names " + ids.size());
    if (ids.size() <= PAYMENTS_MAX) {
      Set<String> seen = new HashSet<>();
      for (int i = 0; i < ids.size(); i++) {
        String field = "payment_ids[" + i + "]";
        violations
            .identifier(field, ids.get(i))
            .require(seen.add(ids.get(i)), field, "is named before already");
      }
    }
    Freshness.check(violations, request.getReadOptions());
    violations.throwIfAny();
  }
}
