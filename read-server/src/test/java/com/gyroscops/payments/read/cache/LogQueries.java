package com.gyroscops.payments.read.cache;

import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.contract.ConsistencyTokens;
import com.gyroscops.payments.read.SampleLog;
import com.gyroscops.payments.read.query.CacheKind;
import com.gyroscops.payments.read.query.CacheRules;
import com.gyroscops.payments.read.query.CacheScope;
import com.gyroscops.payments.read.query.Query;
import com.gyroscops.payments.v1.GetPaymentRequest;
import com.gyroscops.payments.v1.GetPaymentResponse;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.v1.ReadMetadata;
import com.gyroscops.payments.v1.ReadSource;
import com.gyroscops.payments.v1.SearchPaymentsRequest;
import com.gyroscops.payments.v1.SearchPaymentsResponse;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Queries that a log itself answers, as of whatever position a test says. */
final class LogQueries {

  /** How often a source was asked. */
  final AtomicInteger asked = new AtomicInteger();

  private volatile SampleLog log;
  private volatile LongSupplier position;

  LogQueries(SampleLog log) {
    this.log = log;
    position = log::head;
  }

  /** Where answers are taken from now on. */
  void position(LongSupplier now) {
    position = now;
  }

  /** Answers are taken from this history from now on. */
  void history(SampleLog other) {
    log = other;
  }

  @Nullable Payment payment(String organizationId, String paymentId, long at) {
    Payment newest = null;
    for (PaymentEvent event : log.events().subList(0, (int) at)) {
      if (event.getOrganizationId().equals(organizationId)
          && event.getPaymentId().equals(paymentId)) {
        newest = event.getPayment();
      }
    }
    return newest;
  }

  Collection<Payment> payments(String organizationId, long at) {
    Map<String, Payment> newest = new TreeMap<>();
    for (PaymentEvent event : log.events().subList(0, (int) at)) {
      if (event.getOrganizationId().equals(organizationId)) {
        newest.put(event.getPaymentId(), event.getPayment());
      }
    }
    return List.copyOf(newest.values());
  }

  private ReadMetadata read(long at) {
    return ReadMetadata.newBuilder()
        .setSource(ReadSource.READ_SOURCE_SQL)
        .setReadAt(ConsistencyTokens.encode(log.logId(), log.epoch(), at))
        .build();
  }

  /** One payment. */
  Query<GetPaymentRequest, GetPaymentResponse> getPayment() {
    return new OnePayment();
  }

  /** All payments of an organization. */
  Query<SearchPaymentsRequest, SearchPaymentsResponse> search() {
    return new AllPayments();
  }

  private final class OnePayment implements Query<GetPaymentRequest, GetPaymentResponse> {
    @Override
    public String name() {
      return "GetPayment";
    }

    @Override
    public GetPaymentResponse answer(GetPaymentRequest request) {
      asked.incrementAndGet();
      long at = position.getAsLong();
      Payment payment = payment(request.getOrganizationId(), request.getPaymentId(), at);
      if (payment == null) {
        throw absent(read(at).getReadAt());
      }
      return GetPaymentResponse.newBuilder().setPayment(payment).setRead(read(at)).build();
    }

    @Override
    public ReadMetadata readOf(GetPaymentResponse answer) {
      return answer.getRead();
    }

    @Override
    public Optional<CacheRules<GetPaymentRequest, GetPaymentResponse>> caching() {
      return Optional.of(
          new CacheRules<>(
              CacheKind.PAYMENT,
              request ->
                  Optional.of(new CacheScope(request.getOrganizationId(), request.getPaymentId())),
              GetPaymentRequest::getReadOptions,
              request -> request.toBuilder().clearReadOptions().build(),
              (answer, read) -> answer.toBuilder().setRead(read).build(),
              answer -> answer,
              GetPaymentResponse.parser(),
              new CacheRules.Absence<>(
                  failure -> ApiError.from(failure).map(it -> it.metadata().get("read_at")),
                  (_, readAt) -> absent(readAt))));
    }
  }

  static StatusRuntimeException absent(String readAt) {
    return ApiError.of(
            Code.NOT_FOUND, "PAYMENT_NOT_FOUND", "no such payment", Map.of("read_at", readAt))
        .toException();
  }

  private final class AllPayments implements Query<SearchPaymentsRequest, SearchPaymentsResponse> {
    @Override
    public String name() {
      return "SearchPayments";
    }

    @Override
    public SearchPaymentsResponse answer(SearchPaymentsRequest request) {
      asked.incrementAndGet();
      long at = position.getAsLong();
      return SearchPaymentsResponse.newBuilder()
          .addAllPayments(payments(request.getOrganizationId(), at))
          .setRead(read(at))
          .build();
    }

    @Override
    public ReadMetadata readOf(SearchPaymentsResponse answer) {
      return answer.getRead();
    }

    @Override
    public Optional<CacheRules<SearchPaymentsRequest, SearchPaymentsResponse>> caching() {
      return Optional.of(
          new CacheRules<>(
              CacheKind.SEARCH,
              request -> Optional.of(CacheScope.of(request.getOrganizationId())),
              SearchPaymentsRequest::getReadOptions,
              request -> request.toBuilder().clearReadOptions().build(),
              (answer, read) -> answer.toBuilder().setRead(read).build(),
              answer -> answer,
              SearchPaymentsResponse.parser(),
              null));
    }
  }
}
