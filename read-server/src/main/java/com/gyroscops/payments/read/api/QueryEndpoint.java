package com.gyroscops.payments.read.api;

import com.gyroscops.payments.read.query.BatchGetPayments;
import com.gyroscops.payments.read.query.GetPayment;
import com.gyroscops.payments.read.query.GetPaymentAnalytics;
import com.gyroscops.payments.read.query.GetPaymentHistory;
import com.gyroscops.payments.read.query.GetPaymentStatistics;
import com.gyroscops.payments.read.query.GetPaymentTimeline;
import com.gyroscops.payments.read.query.Query;
import com.gyroscops.payments.read.query.QueryBus;
import com.gyroscops.payments.read.query.SearchPayments;
import com.gyroscops.payments.read.query.SuggestPayments;
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
  private final GetPayment getPayment;
  private final BatchGetPayments batchGetPayments;
  private final SearchPayments searchPayments;
  private final GetPaymentStatistics getPaymentStatistics;
  private final GetPaymentHistory getPaymentHistory;
  private final GetPaymentTimeline getPaymentTimeline;
  private final GetPaymentAnalytics getPaymentAnalytics;
  private final SuggestPayments suggestPayments;

  private final PaymentWatches watches;

  public QueryEndpoint(
      QueryBus bus,
      GetPayment getPayment,
      BatchGetPayments batchGetPayments,
      SearchPayments searchPayments,
      GetPaymentStatistics getPaymentStatistics,
      GetPaymentHistory getPaymentHistory,
      GetPaymentTimeline getPaymentTimeline,
      GetPaymentAnalytics getPaymentAnalytics,
      SuggestPayments suggestPayments,
      PaymentWatches watches) {
    this.bus = bus;
    this.getPayment = getPayment;
    this.batchGetPayments = batchGetPayments;
    this.searchPayments = searchPayments;
    this.getPaymentStatistics = getPaymentStatistics;
    this.getPaymentHistory = getPaymentHistory;
    this.getPaymentTimeline = getPaymentTimeline;
    this.getPaymentAnalytics = getPaymentAnalytics;
    this.suggestPayments = suggestPayments;
    this.watches = watches;
  }

  @Override
  public void getPayment(GetPaymentRequest request, StreamObserver<GetPaymentResponse> call) {
    answer(getPayment, request, call);
  }

  @Override
  public void batchGetPayments(
      BatchGetPaymentsRequest request, StreamObserver<BatchGetPaymentsResponse> call) {
    answer(batchGetPayments, request, call);
  }

  @Override
  public void searchPayments(
      SearchPaymentsRequest request, StreamObserver<SearchPaymentsResponse> call) {
    answer(searchPayments, request, call);
  }

  @Override
  public void getPaymentStatistics(
      GetPaymentStatisticsRequest request, StreamObserver<GetPaymentStatisticsResponse> call) {
    answer(getPaymentStatistics, request, call);
  }

  @Override
  public void getPaymentHistory(
      GetPaymentHistoryRequest request, StreamObserver<GetPaymentHistoryResponse> call) {
    answer(getPaymentHistory, request, call);
  }

  @Override
  public void getPaymentTimeline(
      GetPaymentTimelineRequest request, StreamObserver<GetPaymentTimelineResponse> call) {
    answer(getPaymentTimeline, request, call);
  }

  @Override
  public void getPaymentAnalytics(
      GetPaymentAnalyticsRequest request, StreamObserver<GetPaymentAnalyticsResponse> call) {
    answer(getPaymentAnalytics, request, call);
  }

  @Override
  public void suggestPayments(
      SuggestPaymentsRequest request, StreamObserver<SuggestPaymentsResponse> call) {
    answer(suggestPayments, request, call);
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
