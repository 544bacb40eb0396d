package com.gyroscops.payments.read.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Duration;
import com.google.protobuf.Message;
import com.google.protobuf.Timestamp;
import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.contract.ConsistencyTokens;
import com.gyroscops.payments.read.ReadDatabase;
import com.gyroscops.payments.read.RunningReplica;
import com.gyroscops.payments.read.SampleLog;
import com.gyroscops.payments.read.ScriptedFeed;
import com.gyroscops.payments.testing.Eventually;
import com.gyroscops.payments.v1.AmountRange;
import com.gyroscops.payments.v1.AnalyticsDimension;
import com.gyroscops.payments.v1.BatchGetPaymentsRequest;
import com.gyroscops.payments.v1.Consistency;
import com.gyroscops.payments.v1.GetPaymentAnalyticsRequest;
import com.gyroscops.payments.v1.GetPaymentHistoryRequest;
import com.gyroscops.payments.v1.GetPaymentRequest;
import com.gyroscops.payments.v1.GetPaymentStatisticsRequest;
import com.gyroscops.payments.v1.GetPaymentTimelineRequest;
import com.gyroscops.payments.v1.PaymentFilter;
import com.gyroscops.payments.v1.PaymentSort;
import com.gyroscops.payments.v1.PaymentStatus;
import com.gyroscops.payments.v1.QueryServiceGrpc.QueryServiceBlockingStub;
import com.gyroscops.payments.v1.SearchPaymentsRequest;
import com.gyroscops.payments.v1.SuggestField;
import com.gyroscops.payments.v1.SuggestPaymentsRequest;
import com.gyroscops.payments.v1.TimeRange;
import com.gyroscops.payments.v1.WatchPaymentsRequest;
import io.grpc.Status.Code;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class BadInputTest {

  private static ScriptedFeed feed;
  private static RunningReplica replica;

  @BeforeAll
  static void start() throws Exception {
    SampleLog log = new SampleLog("payments", "epoch-1");
    for (int i = 0; i < 5; i++) {
      log.create("acme", "p" + i);
    }
    feed = new ScriptedFeed(log);
    var postgres = ReadDatabase.shared();
    replica =
        RunningReplica.start(
            ReadDatabase.settings(postgres, ReadDatabase.newDatabase(postgres)), feed, Map.of());
    Eventually.eventually("it serves", replica::isServing);
  }

  @AfterAll
  static void stop() {
    replica.close();
    feed.close();
  }

  private static Arguments invalid(String field, Message request) {
    return row(Code.INVALID_ARGUMENT, "FIELD_INVALID", field, request);
  }

  private static Arguments row(Code code, String reason, String field, Message request) {
    return Arguments.of(code, reason, field, request);
  }

  static Stream<Arguments> table() {
    String long65 = "x".repeat(65);
    return Stream.of(
        invalid("organization_id", get("", "p1")),
        invalid("organization_id", get("-", "p1")),
        invalid("organization_id", get("a b", "p1")),
        invalid("organization_id", get(long65, "p1")),
        invalid("payment_id", get("acme", "")),
        invalid("payment_id", get("acme", "ä")),
        invalid("payment_id", get("acme", "a/b")),
        invalid("payment_id", get("acme", "p\0")),
        invalid("payment_id", get("acme", long65)),
        row(Code.NOT_FOUND, "PAYMENT_NOT_FOUND", "", get("acme", "none")),
        row(Code.NOT_FOUND, "PAYMENT_NOT_FOUND", "", get("other", "p1")),
        invalid("payment_ids", batch(List.of())),
        invalid("payment_ids", batch(IntStream.range(0, 201).mapToObj(Integer::toString).toList())),
        invalid("payment_ids[1]", batch(List.of("p1", "p1"))),
        invalid("payment_ids[1]", batch(List.of("p1", "?"))),
        invalid("organization_id", SearchPaymentsRequest.getDefaultInstance()),
        invalid("organization_id", search(it -> {}).toBuilder().setOrganizationId("-").build()),
        invalid("page_size", search(it -> {}).toBuilder().setPageSize(-1).build()),
        invalid("filter.user_id", search(it -> it.setUserId("a b"))),
        invalid(
            "filter.statuses[0]",
            search(it -> it.addStatuses(PaymentStatus.PAYMENT_STATUS_UNSPECIFIED))),
        invalid("filter.statuses[0]", search(it -> it.addStatusesValue(77))),
        invalid(
            "filter.statuses[1]",
            search(it ->
                it.addAllStatuses(Collections.nCopies(2, PaymentStatus.PAYMENT_STATUS_FAILED)))),
        invalid("filter.currency_codes[0]", search(it -> it.addCurrencyCodes("eur"))),
        invalid("filter.currency_codes[0]", search(it -> it.addCurrencyCodes("XXX"))),
        invalid(
            "filter.currency_codes",
            search(it -> it.addAllCurrencyCodes(Collections.nCopies(21, "EUR")))),
        invalid(
            "filter.amount",
            search(it -> it.setAmount(AmountRange.newBuilder().setMinMinorUnits(1)))),
        invalid(
            "filter.amount.min_minor_units",
            search(it ->
                it.addCurrencyCodes("EUR")
                    .setAmount(AmountRange.newBuilder().setMinMinorUnits(2).setMaxMinorUnits(1)))),
        invalid("filter.effective_time.start_time", search(it -> it.setEffectiveTime(range(5, 5)))),
        invalid("filter.update_time.start_time", search(it -> it.setUpdateTime(range(6, 5)))),
        invalid(
            "filter.update_time.end_time",
            search(it -> it.setUpdateTime(range(6, 1_000_000_000_000L)))),
        invalid("filter.merchant_reference", search(it -> it.setMerchantReference("a\nb"))),
        invalid(
            "filter.provider_reference", search(it -> it.setProviderReference("x".repeat(129)))),
        invalid("filter.correlation_id", search(it -> it.setCorrelationId("#"))),
        invalid(
            "filter.metadata",
            search(it -> IntStream.range(0, 6).forEach(i -> it.putMetadata("name" + i, "value")))),
        invalid("filter.metadata", search(it -> it.putMetadata("", "value"))),
        invalid("filter.text", search(it -> it.setText("x".repeat(10_000)))),
        invalid("filter.text", search(it -> it.setText("* ?* %_ --"))),
        invalid("filter.text", search(it -> it.setText("a b c d e f g h i j k"))),
        invalid("filter.text", search(it -> it.setText("\u0000"))),
        invalid("sort", search(it -> {}).toBuilder().setSortValue(9).build()),
        invalid(
            "sort", search(it -> {}).toBuilder().setSort(PaymentSort.PAYMENT_SORT_AMOUNT).build()),
        invalid("direction", search(it -> {}).toBuilder().setDirectionValue(9).build()),
        row(
            Code.INVALID_ARGUMENT,
            "PAGE_TOKEN_INVALID",
            "page_token",
            search(it -> {}).toBuilder().setPageToken("garbage").build()),
        row(
            Code.INVALID_ARGUMENT,
            "PAGE_TOKEN_INVALID",
            "page_token",
            search(it -> {}).toBuilder().setPageToken("?!").build()),
        row(
            Code.INVALID_ARGUMENT,
            "PAGE_TOKEN_INVALID",
            "page_token",
            search(it -> {}).toBuilder().setPageToken("A".repeat(4_000)).build()),
        row(
            Code.PERMISSION_DENIED,
            "CROSS_ORGANIZATION",
            "",
            GetPaymentStatisticsRequest.newBuilder().setOrganizationId("-").build()),
        invalid("organization_id", GetPaymentStatisticsRequest.getDefaultInstance()),
        invalid(
            "time_range.start_time",
            GetPaymentStatisticsRequest.newBuilder()
                .setOrganizationId("acme")
                .setTimeRange(range(9, 9))
                .build()),
        invalid(
            "time_range.end_time",
            GetPaymentStatisticsRequest.newBuilder()
                .setOrganizationId("acme")
                .setTimeRange(
                    TimeRange.newBuilder().setEndTime(Timestamp.newBuilder().setNanos(-1).build()))
                .build()),
        invalid(
            "currency_codes[0]",
            GetPaymentStatisticsRequest.newBuilder()
                .setOrganizationId("acme")
                .addCurrencyCodes("EURO")
                .build()),
        invalid("payment_id", GetPaymentHistoryRequest.newBuilder().setOrganizationId("a").build()),
        invalid("page_size", history().setPageSize(-3).build()),
        row(
            Code.INVALID_ARGUMENT,
            "PAGE_TOKEN_INVALID",
            "page_token",
            history().setPageToken("x").build()),
        row(Code.NOT_FOUND, "PAYMENT_NOT_FOUND", "", history().setPaymentId("none").build()),
        invalid("organization_id", analytics().setOrganizationId("-").build()),
        invalid("time_zone", analytics().setTimeZone("Mars/Olympus").build()),
        invalid("time_zone", analytics().setTimeZone("+02:00").build()),
        invalid("time_zone", analytics().setTimeZone("CET").build()),
        invalid("time_zone", analytics().setTimeZone("x".repeat(10_000)).build()),
        invalid(
            "group_by",
            analytics()
                .addGroupBy(AnalyticsDimension.ANALYTICS_DIMENSION_DAY)
                .addGroupBy(AnalyticsDimension.ANALYTICS_DIMENSION_WEEK)
                .build()),
        invalid(
            "group_by[1]",
            analytics()
                .addGroupBy(AnalyticsDimension.ANALYTICS_DIMENSION_USER)
                .addGroupBy(AnalyticsDimension.ANALYTICS_DIMENSION_USER)
                .build()),
        invalid(
            "group_by[0]",
            analytics().addGroupBy(AnalyticsDimension.ANALYTICS_DIMENSION_UNSPECIFIED).build()),
        invalid("group_by[0]", analytics().addGroupByValue(99).build()),
        invalid("group_limit", analytics().setGroupLimit(1_001).build()),
        invalid("group_limit", analytics().setGroupLimit(-1).build()),
        invalid("order", analytics().setOrderValue(7).build()),
        invalid("percentiles[0]", analytics().addPercentiles(0).build()),
        invalid("percentiles[1]", analytics().addPercentiles(50).addPercentiles(100.5).build()),
        invalid("percentiles[0]", analytics().addPercentiles(Double.NaN).build()),
        invalid(
            "percentiles", analytics().addAllPercentiles(Collections.nCopies(11, 50.0)).build()),
        invalid(
            "filter.effective_time.start_time",
            analytics()
                .setFilter(PaymentFilter.newBuilder().setEffectiveTime(range(6, 5)))
                .build()),
        invalid("organization_id", suggest("x").toBuilder().clearOrganizationId().build()),
        invalid("text", suggest("")),
        invalid("text", suggest("?!")),
        invalid("text", suggest("x".repeat(201))),
        invalid(
            "text", suggest("a\nb").toBuilder().setField(SuggestField.SUGGEST_FIELD_USER).build()),
        invalid("field", suggest("x").toBuilder().setFieldValue(9).build()),
        invalid("limit", suggest("x").toBuilder().setLimit(21).build()),
        invalid("limit", suggest("x").toBuilder().setLimit(-1).build()),
        invalid(
            "correlation_id",
            GetPaymentTimelineRequest.newBuilder().setOrganizationId("a").build()),
        invalid("page_size", timeline().setPageSize(-1).build()),
        row(
            Code.INVALID_ARGUMENT,
            "PAGE_TOKEN_INVALID",
            "page_token",
            timeline().setPageToken("x").build()),
        invalid(
            "read_options.consistency.at_least_as_fresh",
            fresh(it -> it.setAtLeastAsFresh("not a token"))),
        invalid(
            "read_options.consistency.at_least_as_fresh", fresh(it -> it.setAtLeastAsFresh(""))),
        invalid(
            "read_options.consistency.at_least_as_fresh",
            fresh(it -> it.setAtLeastAsFresh("A".repeat(513)))),
        invalid(
            "read_options.consistency.max_staleness",
            fresh(it -> it.setMaxStaleness(Duration.getDefaultInstance()))),
        invalid(
            "read_options.consistency.max_staleness",
            fresh(it -> it.setMaxStaleness(Duration.newBuilder().setSeconds(3_600).setNanos(1)))),
        invalid(
            "read_options.consistency.max_staleness",
            fresh(it -> it.setMaxStaleness(Duration.newBuilder().setSeconds(Long.MAX_VALUE)))),
        invalid(
            "read_options.consistency.fully_consistent", fresh(it -> it.setFullyConsistent(false))),
        row(
            Code.FAILED_PRECONDITION,
            "TOKEN_EPOCH_LOST",
            "",
            fresh(it -> it.setAtLeastAsFresh(ConsistencyTokens.encode("payments", "other", 1)))),
        row(
            Code.FAILED_PRECONDITION,
            "TOKEN_EPOCH_LOST",
            "",
            fresh(it -> it.setAtLeastAsFresh(ConsistencyTokens.encode("other", "epoch-1", 1)))),
        invalid("organization_id", WatchPaymentsRequest.getDefaultInstance()),
        invalid("organization_id", watch("").toBuilder().setOrganizationId("-").build()),
        invalid("payment_id", watch("").toBuilder().setPaymentId("a/b").build()),
        invalid("resume_token", watch("not a token")),
        invalid("resume_token", watch("A".repeat(513))),
        invalid("resume_token", watch("A".repeat(100_000))),
        row(
            Code.FAILED_PRECONDITION,
            "TOKEN_EPOCH_LOST",
            "",
            watch(ConsistencyTokens.encode("payments", "other", 1))),
        row(
            Code.FAILED_PRECONDITION,
            "TOKEN_EPOCH_LOST",
            "",
            watch(ConsistencyTokens.encode("other", "epoch-1", 1))));
  }

  private static WatchPaymentsRequest watch(String token) {
    return WatchPaymentsRequest.newBuilder()
        .setOrganizationId("acme")
        .setResumeToken(token)
        .build();
  }

  private static GetPaymentRequest get(String organization, String id) {
    return GetPaymentRequest.newBuilder().setOrganizationId(organization).setPaymentId(id).build();
  }

  private static BatchGetPaymentsRequest batch(List<String> ids) {
    return BatchGetPaymentsRequest.newBuilder()
        .setOrganizationId("acme")
        .addAllPaymentIds(ids)
        .build();
  }

  private static SearchPaymentsRequest search(Consumer<PaymentFilter.Builder> filter) {
    PaymentFilter.Builder builder = PaymentFilter.newBuilder();
    filter.accept(builder);
    return SearchPaymentsRequest.newBuilder().setOrganizationId("acme").setFilter(builder).build();
  }

  private static GetPaymentHistoryRequest.Builder history() {
    return GetPaymentHistoryRequest.newBuilder().setOrganizationId("acme").setPaymentId("p1");
  }

  private static GetPaymentAnalyticsRequest.Builder analytics() {
    return GetPaymentAnalyticsRequest.newBuilder().setOrganizationId("acme");
  }

  private static SuggestPaymentsRequest suggest(String text) {
    return SuggestPaymentsRequest.newBuilder().setOrganizationId("acme").setText(text).build();
  }

  private static GetPaymentTimelineRequest.Builder timeline() {
    return GetPaymentTimelineRequest.newBuilder().setOrganizationId("acme").setCorrelationId("c");
  }

  private static GetPaymentRequest fresh(Consumer<Consistency.Builder> choice) {
    Consistency.Builder consistency = Consistency.newBuilder();
    choice.accept(consistency);
    return get("acme", "p1").toBuilder().setReadOptions(RunningReplica.with(consistency)).build();
  }

  private static TimeRange range(long startSeconds, long endSeconds) {
    return TimeRange.newBuilder()
        .setStartTime(Timestamp.newBuilder().setSeconds(startSeconds))
        .setEndTime(Timestamp.newBuilder().setSeconds(endSeconds))
        .build();
  }

  @ParameterizedTest
  @MethodSource("table")
  void eachBadInputHasItsStatusReasonAndField(
      Code code, String reason, String field, Message request) {
    ApiError error = ApiErrors.assertFails(code, reason, () -> send(replica.queries(), request));
    if (!field.isEmpty()) {
      assertThat(error.violations())
          .extracting(ApiError.FieldViolation::field)
          .containsExactly(field);
      assertThat(error.metadata()).containsEntry("field", field);
    }
    assertThat(error.retryAfter()).isNull();
  }

  private static Object send(QueryServiceBlockingStub queries, Message request) {
    return switch (request) {
      case GetPaymentRequest it -> queries.getPayment(it);
      case BatchGetPaymentsRequest it -> queries.batchGetPayments(it);
      case SearchPaymentsRequest it -> queries.searchPayments(it);
      case GetPaymentStatisticsRequest it -> queries.getPaymentStatistics(it);
      case GetPaymentHistoryRequest it -> queries.getPaymentHistory(it);
      case GetPaymentTimelineRequest it -> queries.getPaymentTimeline(it);
      case GetPaymentAnalyticsRequest it -> queries.getPaymentAnalytics(it);
      case SuggestPaymentsRequest it -> queries.suggestPayments(it);
      case WatchPaymentsRequest it -> queries.watchPayments(it).next();
      default -> throw new IllegalArgumentException("no query takes a " + request.getClass());
    };
  }
}
