package com.gyroscops.payments.read.api;

import static com.gyroscops.payments.read.SampleLog.START_MICROS;
import static com.gyroscops.payments.read.UntilFresh.untilFresh;
import static com.gyroscops.payments.read.api.ApiErrors.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.contract.ConsistencyTokens;
import com.gyroscops.payments.read.ReadDatabase;
import com.gyroscops.payments.read.RunningReplica;
import com.gyroscops.payments.read.SampleLog;
import com.gyroscops.payments.read.ScriptedFeed;
import com.gyroscops.payments.testing.Eventually;
import com.gyroscops.payments.v1.AnalyticsDimension;
import com.gyroscops.payments.v1.AnalyticsGroup;
import com.gyroscops.payments.v1.BatchGetPaymentsRequest;
import com.gyroscops.payments.v1.CurrencyStatistics;
import com.gyroscops.payments.v1.GetPaymentAnalyticsRequest;
import com.gyroscops.payments.v1.GetPaymentHistoryRequest;
import com.gyroscops.payments.v1.GetPaymentRequest;
import com.gyroscops.payments.v1.GetPaymentResponse;
import com.gyroscops.payments.v1.GetPaymentStatisticsRequest;
import com.gyroscops.payments.v1.GetPaymentTimelineRequest;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.v1.PaymentFilter;
import com.gyroscops.payments.v1.PaymentStatus;
import com.gyroscops.payments.v1.PaymentSuggestion;
import com.gyroscops.payments.v1.ReadSource;
import com.gyroscops.payments.v1.ReadStrategy;
import com.gyroscops.payments.v1.SearchPaymentsRequest;
import com.gyroscops.payments.v1.SearchPaymentsResponse;
import com.gyroscops.payments.v1.SortDirection;
import com.gyroscops.payments.v1.StatusStatistics;
import com.gyroscops.payments.v1.SuggestPaymentsRequest;
import com.gyroscops.payments.v1.TimeRange;
import io.grpc.Status.Code;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class QueriesTest {

  private static final SampleLog LOG = new SampleLog("payments", "epoch-1");
  private static ScriptedFeed feed;
  private static RunningReplica replica;

  @BeforeAll
  static void start() throws Exception {
    for (int i = 0; i < 120; i++) {
      LOG.create(
          Payment.newBuilder()
              .setOrganizationId("acme")
              .setPaymentId("p%03d".formatted(i))
              .setAmount(SampleLog.amount(100 + i, "EUR"))
              .setEffectiveTime(SampleLog.time(START_MICROS + i / 3))
              .setCorrelationId("invoice-" + i % 2)
              .build());
    }
    for (int i = 0; i < 4; i++) {
      LOG.process("acme", "p001");
      LOG.update("acme", "p002", "change " + i);
      LOG.delete("acme", "p00" + (5 + i));
    }
    // 1 + 2 is 1.5 on average, and 2 + 3 is 2.5: both become 2.
    LOG.create("half", "a", 1, "EUR", START_MICROS);
    LOG.create("half", "b", 2, "EUR", START_MICROS);
    LOG.create("half", "c", 2, "USD", START_MICROS);
    LOG.create("half", "d", 3, "USD", START_MICROS);
    LOG.create("sums", "a", 1_000, "EUR", START_MICROS);
    LOG.create("sums", "b", 500, "EUR", START_MICROS);
    LOG.create("sums", "c", 70, "EUR", START_MICROS);
    LOG.process("sums", "a");
    LOG.refund("sums", "a", 300, START_MICROS + 3_600_000_000L);
    LOG.fail("sums", "b");
    LOG.delete("sums", "c");
    LOG.create("rich", "a", Long.MAX_VALUE, "EUR", START_MICROS);
    LOG.create("rich", "b", 1, "EUR", START_MICROS);
    LOG.create("most", "a", Long.MAX_VALUE - 1, "JPY", START_MICROS);
    LOG.create("most", "b", 1, "JPY", START_MICROS);
    feed = new ScriptedFeed(LOG);
    var postgres = ReadDatabase.shared();
    replica =
        RunningReplica.start(
            ReadDatabase.settings(postgres, ReadDatabase.newDatabase(postgres)),
            feed,
            Map.of("read-server.cross-organization-queries", "true"));
    Eventually.eventually("it serves", replica::isServing);
  }

  @AfterAll
  static void stop() {
    replica.close();
    feed.close();
  }

  private static GetPaymentRequest get(String id) {
    return GetPaymentRequest.newBuilder().setOrganizationId("acme").setPaymentId(id).build();
  }

  @Test
  void anAnswerSaysItsSourceAndHowFreshItIs() {
    var request = get("p001").toBuilder();
    request.getReadOptionsBuilder().setStrategy(ReadStrategy.READ_STRATEGY_DATABASE_FIRST);
    // Where the database takes long, the log answers.
    List<GetPaymentResponse> given = new ArrayList<>();
    Eventually.eventually(
        "the database answers",
        () -> {
          given.add(replica.queries().getPayment(request.build()));
          return given.getLast().getRead().getSource() == ReadSource.READ_SOURCE_SQL;
        });
    GetPaymentResponse answer = given.getLast();
    assertThat(answer.getPayment().getStatus()).isEqualTo(PaymentStatus.PAYMENT_STATUS_COMPLETED);
    var readAt = ConsistencyTokens.decode(answer.getRead().getReadAt()).orElseThrow();
    assertThat(readAt.getLogId()).isEqualTo("payments");
    assertThat(readAt.getEpoch()).isEqualTo("epoch-1");
    assertThat(readAt.getPosition()).isEqualTo(LOG.head());
  }

  @Test
  void aPaymentThatDoesNotExistIsNotFoundAsOfAPosition() {
    ApiError error =
        assertFails(
            Code.NOT_FOUND, "PAYMENT_NOT_FOUND", () -> replica.queries().getPayment(get("none")));
    assertThat(
            ConsistencyTokens.decode(error.metadata().getOrDefault("read_at", ""))
                .orElseThrow()
                .getPosition())
        .isEqualTo(LOG.head());
  }

  @Test
  void aBatchComesInTheOrderAskedForWithWhatIsMissing() {
    var answer =
        replica
            .queries()
            .batchGetPayments(
                BatchGetPaymentsRequest.newBuilder()
                    .setOrganizationId("acme")
                    .addAllPaymentIds(List.of("p090", "none", "p005", "p001", "nil"))
                    .build());
    assertThat(answer.getPaymentsList())
        .extracting(Payment::getPaymentId)
        .containsExactly("p090", "p005", "p001");
    assertThat(answer.getMissingPaymentIdsList()).containsExactly("none", "nil");
    assertThat(answer.getRead().getReadAt()).isNotEmpty();
  }

  @Test
  void pagesOfASearchHoldEachPaymentOnceAndTheLastHasNoToken() {
    for (int size : List.of(1, 7, 58, 116, 200, 0, 1_000)) {
      List<String> found = new ArrayList<>();
      SearchPaymentsRequest request =
          SearchPaymentsRequest.newBuilder()
              .setOrganizationId("acme")
              .setPageSize(size)
              .setCountTotal(true)
              .build();
      SearchPaymentsResponse page;
      String token = "";
      do {
        page = replica.queries().searchPayments(request.toBuilder().setPageToken(token).build());
        page.getPaymentsList().forEach(it -> found.add(it.getPaymentId()));
        assertThat(page.getTotalCount()).isEqualTo(116);
        assertThat(page.getPaymentsCount()).isPositive();
        token = page.getNextPageToken();
      } while (!token.isEmpty());
      assertThat(found)
          .doesNotHaveDuplicates()
          .hasSize(116)
          .isSortedAccordingTo(java.util.Comparator.reverseOrder());
    }
  }

  @Test
  void aPageHolds50UnlessToldOtherwiseAnd200AtMost() {
    SearchPaymentsRequest.Builder request =
        SearchPaymentsRequest.newBuilder().setOrganizationId("acme");
    assertThat(replica.queries().searchPayments(request.build()).getPaymentsCount()).isEqualTo(50);
    assertThat(replica.queries().searchPayments(request.build()).hasTotalCount()).isFalse();
  }

  @Test
  void aPageTokenIsGoodForItsQueryAloneAndCannotBeChanged() {
    SearchPaymentsRequest request =
        SearchPaymentsRequest.newBuilder().setOrganizationId("acme").setPageSize(10).build();
    String token = replica.queries().searchPayments(request).getNextPageToken();
    List<SearchPaymentsRequest> others =
        List.of(
            request.toBuilder().setOrganizationId("half").setPageToken(token).build(),
            request.toBuilder()
                .setDirection(SortDirection.SORT_DIRECTION_ASCENDING)
                .setPageToken(token)
                .build(),
            request.toBuilder()
                .setFilter(PaymentFilter.newBuilder().setCorrelationId("invoice-1"))
                .setPageToken(token)
                .build(),
            request.toBuilder().setCountTotal(true).setPageToken(token).build(),
            request.toBuilder().setPageToken(token.substring(0, token.length() - 2)).build(),
            request.toBuilder()
                .setPageToken((token.charAt(0) == 'A' ? 'B' : 'A') + token.substring(1))
                .build(),
            request.toBuilder().setPageToken(token + "AA").build());
    for (SearchPaymentsRequest other : others) {
      assertFails(
          Code.INVALID_ARGUMENT,
          "PAGE_TOKEN_INVALID",
          () -> replica.queries().searchPayments(other));
    }
    // Another size and other read options are no other query.
    assertThat(
            untilFresh(() ->
                    replica
                        .queries()
                        .searchPayments(
                            request.toBuilder()
                                .setPageSize(3)
                                .setReadOptions(RunningReplica.fullyConsistent())
                                .setPageToken(token)
                                .build()))
                .getPaymentsCount())
        .isEqualTo(3);
    // Nor is the token of a search good for another RPC.
    assertFails(
        Code.INVALID_ARGUMENT,
        "PAGE_TOKEN_INVALID",
        () ->
            replica
                .queries()
                .getPaymentHistory(
                    GetPaymentHistoryRequest.newBuilder()
                        .setOrganizationId("acme")
                        .setPaymentId("p002")
                        .setPageToken(token)
                        .build()));
  }

  @Test
  void statisticsAreAsTheContractDefinesThem() {
    assertThat(statistics("sums"))
        .containsExactly(
            CurrencyStatistics.newBuilder()
                .setCurrencyCode("EUR")
                .setPaymentCount(2)
                .setGrossMinorUnits(1_500)
                .setCapturedMinorUnits(1_000)
                .setRefundCount(1)
                .setRefundedMinorUnits(300)
                .setNetMinorUnits(700)
                .setAverageMinorUnits(750)
                .addByStatus(status(PaymentStatus.PAYMENT_STATUS_FAILED, 500))
                .addByStatus(status(PaymentStatus.PAYMENT_STATUS_PARTIALLY_REFUNDED, 1_000))
                .addByStatus(status(PaymentStatus.PAYMENT_STATUS_DELETED, 70))
                .build());
  }

  private static StatusStatistics.Builder status(PaymentStatus status, long amount) {
    return StatusStatistics.newBuilder().setStatus(status).setCount(1).setAmountMinorUnits(amount);
  }

  @Test
  void refundsCountInTheirOwnTimeSoNetMayBeNegative() {
    var answer =
        replica
            .queries()
            .getPaymentStatistics(
                GetPaymentStatisticsRequest.newBuilder()
                    .setOrganizationId("sums")
                    .setTimeRange(
                        TimeRange.newBuilder()
                            .setStartTime(SampleLog.time(START_MICROS + 1_800_000_000L)))
                    .build());
    assertThat(answer.getCurrenciesList())
        .containsExactly(
            CurrencyStatistics.newBuilder()
                .setCurrencyCode("EUR")
                .setRefundCount(1)
                .setRefundedMinorUnits(300)
                .setNetMinorUnits(-300)
                .build());
  }

  @Test
  void averagesRoundHalfToEven() {
    assertThat(statistics("half"))
        .extracting(CurrencyStatistics::getCurrencyCode, CurrencyStatistics::getAverageMinorUnits)
        .containsExactly(
            org.assertj.core.api.Assertions.tuple("EUR", 2L),
            org.assertj.core.api.Assertions.tuple("USD", 2L));
  }

  private static List<CurrencyStatistics> statistics(String organization) {
    return replica
        .queries()
        .getPaymentStatistics(
            GetPaymentStatisticsRequest.newBuilder().setOrganizationId(organization).build())
        .getCurrenciesList();
  }

  @Test
  void aSumThatDoesNotFitIsNotTold() {
    assertThat(statistics("rich"))
        .containsExactly(
            CurrencyStatistics.newBuilder()
                .setCurrencyCode("EUR")
                .setPaymentCount(2)
                .setAverageMinorUnits(1L << 62)
                .addByStatus(
                    StatusStatistics.newBuilder()
                        .setStatus(PaymentStatus.PAYMENT_STATUS_PROCESSING)
                        .setCount(2))
                .setSumsOutOfRange(true)
                .build());
  }

  @Test
  void aSumThatDoesNotFitLeavesOtherCurrenciesAlone() {
    assertThat(statistics("-"))
        .extracting(
            CurrencyStatistics::getCurrencyCode,
            CurrencyStatistics::getSumsOutOfRange,
            CurrencyStatistics::getGrossMinorUnits)
        .containsExactly(
            tuple("EUR", true, 0L), tuple("JPY", false, Long.MAX_VALUE), tuple("USD", false, 5L));
  }

  @Test
  void statisticsOfAllOrganizationsAreAllowedWhereTheServerAllowsThem() {
    var answer =
        replica
            .queries()
            .getPaymentStatistics(
                GetPaymentStatisticsRequest.newBuilder()
                    .setOrganizationId("-")
                    .addCurrencyCodes("USD")
                    .build());
    assertThat(answer.getCurrencies(0).getPaymentCount()).isEqualTo(2);
    assertThat(answer.getCurrencies(0).getGrossMinorUnits()).isEqualTo(5);
  }

  @Test
  void historyAndTimelineArePaged() {
    List<PaymentEvent> events = new ArrayList<>();
    String token = "";
    do {
      var page =
          replica
              .queries()
              .getPaymentHistory(
                  GetPaymentHistoryRequest.newBuilder()
                      .setOrganizationId("acme")
                      .setPaymentId("p002")
                      .setPageSize(2)
                      .setPageToken(token)
                      .build());
      events.addAll(page.getEventsList());
      token = page.getNextPageToken();
    } while (!token.isEmpty());
    assertThat(events).extracting(PaymentEvent::getVersion).containsExactly(1L, 2L, 3L, 4L, 5L);

    List<Long> positions = new ArrayList<>();
    do {
      var page =
          replica
              .queries()
              .getPaymentTimeline(
                  GetPaymentTimelineRequest.newBuilder()
                      .setOrganizationId("acme")
                      .setCorrelationId("invoice-0")
                      .setPageSize(9)
                      .setPageToken(token)
                      .build());
      page.getEventsList().forEach(it -> positions.add(it.getPosition()));
      token = page.getNextPageToken();
    } while (!token.isEmpty());
    assertThat(positions)
        .isEqualTo(
            LOG.events().stream()
                .filter(it -> it.getCorrelationId().equals("invoice-0"))
                .map(PaymentEvent::getPosition)
                .toList());
    assertThat(
            replica
                .queries()
                .getPaymentTimeline(
                    GetPaymentTimelineRequest.newBuilder()
                        .setOrganizationId("acme")
                        .setCorrelationId("none")
                        .build())
                .getEventsList())
        .isEmpty();
  }

  @Test
  void analyticsHaveTheFiguresOfEachGroup() {
    var answer =
        replica
            .queries()
            .getPaymentAnalytics(
                GetPaymentAnalyticsRequest.newBuilder()
                    .setOrganizationId("sums")
                    .addGroupBy(AnalyticsDimension.ANALYTICS_DIMENSION_STATUS)
                    .addGroupBy(AnalyticsDimension.ANALYTICS_DIMENSION_MONTH)
                    // 2026-03-01T00:00:00Z is still February there.
                    .setTimeZone("America/New_York")
                    .addPercentiles(50)
                    .build());
    assertThat(answer.getTotalGroups()).isEqualTo(2);
    assertThat(answer.getApproximate()).isFalse();
    assertThat(answer.getGroupsList())
        .extracting(
            AnalyticsGroup::getStatus,
            AnalyticsGroup::getPeriodStartDate,
            AnalyticsGroup::getPaymentCount,
            AnalyticsGroup::getSumMinorUnits,
            it -> it.getPercentiles(0).getAmountMinorUnits())
        .containsExactly(
            tuple(PaymentStatus.PAYMENT_STATUS_FAILED, "2026-02-01", 1L, 500L, 500L),
            tuple(
                PaymentStatus.PAYMENT_STATUS_PARTIALLY_REFUNDED, "2026-02-01", 1L, 1_000L, 1_000L));
    assertThat(answer.getRead().getReadAt()).isNotEmpty();
  }

  @Test
  void averagesOfAnalyticsAreRoundedHalfToEvenAndCurrenciesAreApart() {
    var answer =
        replica
            .queries()
            .getPaymentAnalytics(
                GetPaymentAnalyticsRequest.newBuilder().setOrganizationId("half").build());
    assertThat(answer.getGroupsList())
        .extracting(
            AnalyticsGroup::getCurrencyCode,
            AnalyticsGroup::getAverageMinorUnits,
            AnalyticsGroup::getMinMinorUnits,
            AnalyticsGroup::getMaxMinorUnits)
        .containsExactly(tuple("EUR", 2L, 1L, 2L), tuple("USD", 2L, 2L, 3L));
  }

  @Test
  void aSumOfAnalyticsThatDoesNotFitIsNotToldAndLeavesOtherGroupsAlone() {
    for (String organization : List.of("rich", "most")) {
      var answer =
          replica
              .queries()
              .getPaymentAnalytics(
                  GetPaymentAnalyticsRequest.newBuilder().setOrganizationId(organization).build());
      assertThat(answer.getGroupsList())
          .containsExactly(
              organization.equals("rich")
                  ? AnalyticsGroup.newBuilder()
                      .setCurrencyCode("EUR")
                      .setPaymentCount(2)
                      .setAverageMinorUnits(1L << 62)
                      .setMinMinorUnits(1)
                      .setMaxMinorUnits(Long.MAX_VALUE)
                      .setSumOutOfRange(true)
                      .build()
                  : AnalyticsGroup.newBuilder()
                      .setCurrencyCode("JPY")
                      .setPaymentCount(2)
                      .setSumMinorUnits(Long.MAX_VALUE)
                      .setAverageMinorUnits(1L << 62)
                      .setMinMinorUnits(1)
                      .setMaxMinorUnits(Long.MAX_VALUE - 1)
                      .build());
    }
  }

  @Test
  void searchesFindWordsAndBeginningsOfWords() {
    var found =
        replica
            .queries()
            .searchPayments(
                SearchPaymentsRequest.newBuilder()
                    .setOrganizationId("acme")
                    .setFilter(PaymentFilter.newBuilder().setText("CHANGE chan* 3"))
                    .build());
    assertThat(found.getPaymentsList()).extracting(Payment::getPaymentId).containsExactly("p002");
  }

  @Test
  void whatIsTypedIsCompletedByWholeValues() {
    var answer =
        replica
            .queries()
            .suggestPayments(
                SuggestPaymentsRequest.newBuilder()
                    .setOrganizationId("acme")
                    .setText("change 3")
                    .build());
    assertThat(answer.getSuggestionsList())
        .containsExactly(
            PaymentSuggestion.newBuilder().setValue("change 3").setPaymentCount(1).build());
  }
}
