package com.gyroscops.payments.read.query;

import com.gyroscops.payments.contract.ConsistencyTokens;
import com.gyroscops.payments.contract.Violations;
import com.gyroscops.payments.read.feed.FeedClient;
import com.gyroscops.payments.read.feed.FeedUnavailableException;
import com.gyroscops.payments.read.query.FreshReads.Outcome;
import com.gyroscops.payments.read.source.Capability;
import com.gyroscops.payments.v1.GetPaymentRequest;
import com.gyroscops.payments.v1.GetPaymentResponse;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.ReadMetadata;
import com.gyroscops.payments.v1.ReadPaymentResponse;
import com.gyroscops.payments.v1.ReadSource;
import java.util.List;
import java.util.Optional;

/**
 * The newest state of one payment, deleted ones included. Where the source is not fresh enough in
 * time, or has events of the payment parked, the log itself answers.
 *
 * <p>Errors: NOT_FOUND {@code PAYMENT_NOT_FOUND} with {@code read_at}, and those of {@link
 * FreshReads#read}.
 */
public final class GetPayment implements Query<GetPaymentRequest, GetPaymentResponse> {

  private final FreshReads reads;
  private final FeedClient feed;

  public GetPayment(FreshReads reads, FeedClient feed) {
    this.reads = reads;
    this.feed = feed;
  }

  @Override
  public String name() {
    return "GetPayment";
  }

  @Override
  public ReadMetadata readOf(GetPaymentResponse answer) {
    return answer.getRead();
  }

  @Override
  public GetPaymentResponse answer(GetPaymentRequest request) {
    Violations violations =
        new Violations()
            .organization("organization_id", request.getOrganizationId())
            .identifier("payment_id", request.getPaymentId());
    Freshness.check(violations, request.getReadOptions());
    violations.throwIfAny();
    Outcome<List<Payment>> outcome =
        reads.tryRead(
            request.getReadOptions(),
            Capability.FIND,
            source -> source.find(request.getOrganizationId(), List.of(request.getPaymentId())));
    return switch (outcome) {
      case Outcome.Fresh<List<Payment>>(List<Payment> found, ReadMetadata read) ->
          response(request, found.stream().findFirst(), read);
      case Outcome.Stale<List<Payment>> stale ->
          fromLog(request, stale.required())
              .orElseThrow(() -> FreshReads.failure(request.getReadOptions(), stale));
      case Outcome.Incomplete<List<Payment>>(Optional<Requirement> required) ->
          fromLog(request, required)
              .orElseThrow(() -> QueryErrors.sourceIncomplete().toException());
    };
  }

  /** Empty: the log cannot be reached, or does not know what is required. */
  private Optional<GetPaymentResponse> fromLog(
      GetPaymentRequest request, Optional<Requirement> required) {
    ReadPaymentResponse log;
    try {
      log =
          feed.readPayment(
              request.getOrganizationId(), request.getPaymentId(), FreshReads.callDeadline());
    } catch (FeedUnavailableException _) {
      return Optional.empty();
    }
    boolean met =
        required
            .map(it -> it.isMetBy(log.getLogId(), log.getEpoch(), log.getPosition()))
            .orElse(true);
    if (!met) {
      return Optional.empty();
    }
    ReadMetadata read =
        ReadMetadata.newBuilder()
            .setSource(ReadSource.READ_SOURCE_LOG)
            .setReadAt(ConsistencyTokens.encode(log.getLogId(), log.getEpoch(), log.getPosition()))
            .build();
    Optional<Payment> payment = log.hasPayment() ? Optional.of(log.getPayment()) : Optional.empty();
    return Optional.of(response(request, payment, read));
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
