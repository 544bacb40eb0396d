package com.gyroscops.payments.read.api;

import com.gyroscops.payments.read.query.Query;
import com.gyroscops.payments.read.query.QueryBus;
import com.gyroscops.payments.read.watch.PaymentWatches;
import com.gyroscops.payments.v1.BatchGetPaymentsRequest;
import com.gyroscops.payments.v1.BatchGetPaymentsResponse;
import com.gyroscops.payments.v1.GetPaymentAnalyticsRequest;
import com.gyroscops.payments.v1.GetPaymentAnalyticsResponse;
import com.gyroscops.payments.v1.GetPaymentHistoryRequest;
import com.gyroscops.payments.v1.GetPaymentHistoryResponse;
import com.gyroscops.payments.v1.GetPaymentRequest;
import com.gyroscops.payments.v1.GetPaymentResponse;
import com.gyroscops.payments.v1.GetPaymentStatisticsRequest;
import com.gyroscops.payments.v1.GetPaymentStatisticsResponse;
import com.gyroscops.payments.v1.GetPaymentTimelineRequest;
import com.gyroscops.payments.v1.GetPaymentTimelineResponse;
import com.gyroscops.payments.v1.QueryServiceGrpc;
import com.gyroscops.payments.v1.SearchPaymentsRequest;
import com.gyroscops.payments.v1.SearchPaymentsResponse;
import com.gyroscops.payments.v1.SuggestPaymentsRequest;
import com.gyroscops.payments.v1.SuggestPaymentsResponse;
import com.gyroscops.payments.v1.WatchPaymentsRequest;
import com.gyroscops.payments.v1.WatchPaymentsResponse;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import jakarta.inject.Singleton;

/**
 * QueryService as gRPC sees it. Calls block their thread. A query that throws ends its call with
 * what it threw, by the server's {@code UnexpectedErrors}: errors become statuses there alone.
 */
@Singleton
public final class QueryEndpoint extends QueryServiceGrpc.QueryServiceImplBase {

  private final QueryBus bus;
  private final Queries queries;
  private final PaymentWatches watches;

  QueryEndpoint(QueryBus bus, Queries queries, PaymentWatches watches) {
    this.bus = bus;
    this.queries = queries;
    this.watches = watches;
  }

  @Override
  public void getPayment(GetPaymentRequest request, StreamObserver<GetPaymentResponse> call) {
    answer(queries.getPayment(), request, call);
  }

  @Override
  public void batchGetPayments(
      BatchGetPaymentsRequest request, StreamObserver<BatchGetPaymentsResponse> call) {
    answer(queries.batchGetPayments(), request, call);
  }

  @Override
  public void searchPayments(
      SearchPaymentsRequest request, StreamObserver<SearchPaymentsResponse> call) {
    answer(queries.searchPayments(), request, call);
  }

  @Override
  public void getPaymentStatistics(
      GetPaymentStatisticsRequest request, StreamObserver<GetPaymentStatisticsResponse> call) {
    answer(queries.getPaymentStatistics(), request, call);
  }

  @Override
  public void getPaymentHistory(
      GetPaymentHistoryRequest request, StreamObserver<GetPaymentHistoryResponse> call) {
    answer(queries.getPaymentHistory(), request, call);
  }

  @Override
  public void getPaymentTimeline(
      GetPaymentTimelineRequest request, StreamObserver<GetPaymentTimelineResponse> call) {
    answer(queries.getPaymentTimeline(), request, call);
  }

  @Override
  public void getPaymentAnalytics(
      GetPaymentAnalyticsRequest request, StreamObserver<GetPaymentAnalyticsResponse> call) {
    answer(queries.getPaymentAnalytics(), request, call);
  }

  @Override
  public void suggestPayments(
      SuggestPaymentsRequest request, StreamObserver<SuggestPaymentsResponse> call) {
    answer(queries.suggestPayments(), request, call);
  }

  @Override
  public void watchPayments(
      WatchPaymentsRequest request, StreamObserver<WatchPaymentsResponse> call) {
    watches.watch(request, (ServerCallStreamObserver<WatchPaymentsResponse>) call);
  }

  private <Q, A> void answer(Query<Q, A> query, Q request, StreamObserver<A> call) {
    A answer = bus.ask(query, request);
    call.onNext(answer);
    call.onCompleted();
  }
}
