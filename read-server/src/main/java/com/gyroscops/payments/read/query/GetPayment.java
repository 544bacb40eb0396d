package com.gyroscops.payments.read.query;

import com.gyroscops.payments.contract.Lineage;
import com.gyroscops.payments.contract.Violations;
import com.gyroscops.payments.internal.v1.ReadPaymentResponse;
import com.gyroscops.payments.read.feed.FeedClient;
import com.gyroscops.payments.read.feed.FeedUnavailableException;
import com.gyroscops.payments.read.routing.Freshness;
import com.gyroscops.payments.read.routing.Routed;
import com.gyroscops.payments.read.routing.SourceRouter;
import com.gyroscops.payments.read.source.Answer;
import com.gyroscops.payments.read.source.Capability;
import com.gyroscops.payments.read.source.SourcePosition;
import com.gyroscops.payments.v1.GetPaymentRequest;
import com.gyroscops.payments.v1.GetPaymentResponse;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.ReadMetadata;
import io.grpc.Deadline;
import java.util.List;
import java.util.Optional;

/**
 * The newest state of one payment, deleted ones included. Where no source can answer, the log
 * itself does.
 *
 * <p>Errors: NOT_FOUND {@code PAYMENT_NOT_FOUND} with {@code read_at}, and those of {@link
 * SourceRouter#read}.
 */
public final class GetPayment extends SourceQuery<GetPaymentRequest, GetPaymentResponse> {

  private final FeedClient feed;

  public GetPayment(SourceRouter reads, FeedClient feed) {
    super(
        reads,
        GetPaymentResponse::getRead,
        CacheRules.of(
            CacheKind.PAYMENT,
            request ->
                Optional.of(new CacheScope(request.getOrganizationId(), request.getPaymentId())),
            GetPaymentRequest::getReadOptions,
            request -> request.toBuilder().clearReadOptions().build(),
            (answer, read) -> answer.toBuilder().setRead(read).build(),
            GetPaymentResponse.parser(),
            new CacheRules.Absence<>(
                QueryErrors::readAtOfAbsence,
                (request, readAt) ->
                    QueryErrors.paymentNotFound(
                            request.getOrganizationId(), request.getPaymentId(), readAt)
                        .toException())));
    this.feed = feed;
  }

  @Override
  public GetPaymentResponse answer(GetPaymentRequest request) {
    Violations violations =
        new Violations()
            .organization("organization_id", request.getOrganizationId())
            .identifier("payment_id", request.getPaymentId());
    Freshness.check(violations, request.getReadOptions());
    violations.throwIfAny();
    Routed<List<Payment>> routed =
        reads.readOrAskLog(
            request.getReadOptions(),
            Capability.FIND,
            source -> source.find(request.getOrganizationId(), List.of(request.getPaymentId())),
            deadline -> log(request, deadline));
    return response(request, routed.value().stream().findFirst(), routed.read());
  }

  private Answer<List<Payment>> log(GetPaymentRequest request, Deadline deadline) {
    try {
      ReadPaymentResponse log =
          feed.readPayment(request.getOrganizationId(), request.getPaymentId(), deadline);
      return new Answer.Data<>(
          log.hasPayment() ? List.of(log.getPayment()) : List.of(),
          new SourcePosition(
              log.getLogId(),
              Lineage.of(log.getEpoch(), log.getAncestorsList()),
              log.getPosition(),
              "",
              0,
              0));
    } catch (FeedUnavailableException e) {
      return new Answer.Unavailable<>(e);
    }
  }

  private static GetPaymentResponse response(
      GetPaymentRequest request, Optional<Payment> payment, ReadMetadata read) {
    return payment
        .map(it -> GetPaymentResponse.newBuilder().setPayment(it).setRead(read).build())
        .orElseThrow(() ->
            QueryErrors.paymentNotFound(
                    request.getOrganizationId(), request.getPaymentId(), read.getReadAt())
                .toException());
  }
}
