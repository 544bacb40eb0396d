package com.gyroscops.payments.read.api;

import static com.gyroscops.payments.read.SampleLog.START_MICROS;
import static com.gyroscops.payments.read.api.ApiErrors.assertFails;
import static com.gyroscops.payments.read.api.ApiErrors.failureOf;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.read.ReadDatabase;
import com.gyroscops.payments.read.RunningReplica;
import com.gyroscops.payments.read.SampleLog;
import com.gyroscops.payments.read.ScriptedFeed;
import com.gyroscops.payments.stack.engine.LocalTemporal;
import com.gyroscops.payments.stack.process.FreePorts;
import com.gyroscops.payments.testing.Eventually;
import com.gyroscops.payments.testing.Seed;
import com.gyroscops.payments.v1.AnalyticsDimension;
import com.gyroscops.payments.v1.AnalyticsGroup;
import com.gyroscops.payments.v1.AnalyticsReport;
import com.gyroscops.payments.v1.CancelReportRequest;
import com.gyroscops.payments.v1.DownloadReportRequest;
import com.gyroscops.payments.v1.DownloadReportResponse;
import com.gyroscops.payments.v1.EventsReport;
import com.gyroscops.payments.v1.GetPaymentAnalyticsRequest;
import com.gyroscops.payments.v1.GetReportRequest;
import com.gyroscops.payments.v1.ListReportsRequest;
import com.gyroscops.payments.v1.ListReportsResponse;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentFilter;
import com.gyroscops.payments.v1.PaymentSort;
import com.gyroscops.payments.v1.PaymentsReport;
import com.gyroscops.payments.v1.Report;
import com.gyroscops.payments.v1.ReportFormat;
import com.gyroscops.payments.v1.ReportServiceGrpc;
import com.gyroscops.payments.v1.ReportSpecification;
import com.gyroscops.payments.v1.ReportState;
import com.gyroscops.payments.v1.SearchPaymentsRequest;
import com.gyroscops.payments.v1.SearchPaymentsResponse;
import com.gyroscops.payments.v1.SortDirection;
import com.gyroscops.payments.v1.StartReportRequest;
import com.gyroscops.payments.v1.StartReportResponse;
import com.gyroscops.payments.v1.TimeRange;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reports as a client sees them: real servers, real database, real Temporal. */
@Tag("engines")
class ReportServiceTest {

  private static final int LARGE = 3_000;

  /** A workflow is tried again after a while where an attempt fails. */
  private static final Duration END_MAX = Duration.ofMinutes(2);

  private static final SampleLog LOG = new SampleLog("payments", "epoch-1");

  @TempDir static Path directory;
  private static LocalTemporal temporal;
  private static ScriptedFeed feed;
  private static RunningReplica replica;
  private static String database;

  /** Shares the database and nothing else: no Temporal, another folder. */
  private static RunningReplica apart;

  @BeforeAll
  static void start() throws Exception {
    LOG.random(Seed.random(7), 2_000);
    for (int i = 0; i < LARGE; i++) {
      LOG.create("large", "p%05d".formatted(i), 100 + i, "EUR", START_MICROS + i / 2);
    }
    feed = new ScriptedFeed(LOG);
    temporal = LocalTemporal.temporary();
    var postgres = ReadDatabase.shared();
    database = ReadDatabase.newDatabase(postgres);
    Map<String, Object> settings = ReadDatabase.settings(postgres, database);
    replica =
        RunningReplica.start(
            settings,
            feed,
            Map.of(
                "payments.temporal.address",
                temporal.address(),
                "read-server.instance-id",
                "first",
                "read-server.reports.folder",
                directory.resolve("first").toString(),
                "read-server.reports.chunk-bytes",
                65_536,
                "read-server.reports.bytes-max",
                20_000_000,
                "read-server.reports.downloads-max",
                3));
    apart =
        RunningReplica.start(
            settings,
            feed,
            Map.of("read-server.reports.folder", directory.resolve("apart").toString()));
    Eventually.eventually("it serves", replica::isServing);
    Eventually.eventually("it serves", apart::isServing);
    Eventually.eventually(
        "all is projected",
        END_MAX,
        () -> search(PaymentFilter.getDefaultInstance(), "large").size() == LARGE);
  }

  @AfterAll
  static void stop() throws Exception {
    apart.close();
    replica.close();
    temporal.close();
    feed.close();
  }

  private static ReportSpecification payments(ReportFormat format, PaymentFilter filter) {
    return ReportSpecification.newBuilder()
        .setFormat(format)
        .setPayments(PaymentsReport.newBuilder().setFilter(filter))
        .build();
  }

  private static ReportSpecification allPayments() {
    return payments(ReportFormat.REPORT_FORMAT_JSON_LINES, PaymentFilter.getDefaultInstance());
  }

  private static StartReportRequest request(String organization, ReportSpecification what) {
    return StartReportRequest.newBuilder()
        .setOrganizationId(organization)
        .setRequestId(UUID.randomUUID().toString())
        .setSpecification(what)
        .build();
  }

  private static Report get(String organization, String id) {
    return replica
        .reports()
        .getReport(
            GetReportRequest.newBuilder().setOrganizationId(organization).setReportId(id).build())
        .getReport();
  }

  private static Report write(String organization, ReportSpecification what) throws Exception {
    Report started = replica.reports().startReport(request(organization, what)).getReport();
    assertThat(started.getState()).isEqualTo(ReportState.REPORT_STATE_PENDING);
    Eventually.eventually(
        "the report ends", END_MAX, () -> get(organization, started.getReportId()).hasEndTime());
    return get(organization, started.getReportId());
  }

  private static DownloadReportRequest download(Report report, long offset) {
    return DownloadReportRequest.newBuilder()
        .setOrganizationId(report.getOrganizationId())
        .setReportId(report.getReportId())
        .setOffset(offset)
        .build();
  }

  private static ByteString content(Report report, long offset) {
    ByteString all = ByteString.EMPTY;
    Iterator<DownloadReportResponse> pieces =
        replica.reports().downloadReport(download(report, offset));
    while (pieces.hasNext()) {
      DownloadReportResponse piece = pieces.next();
      assertThat(piece.getData().size()).isLessThanOrEqualTo(65_536);
      assertThat(piece.getSha256()).isEqualTo(pieces.hasNext() ? "" : report.getSha256());
      all = all.concat(piece.getData());
    }
    return all;
  }

  private static <M extends Message> List<M> read(
      ByteString lines, Supplier<? extends Message.Builder> builder, Class<M> type)
      throws Exception {
    List<M> found = new ArrayList<>();
    for (String line : lines.toStringUtf8().lines().toList()) {
      Message.Builder message = builder.get();
      JsonFormat.parser().merge(line, message);
      found.add(type.cast(message.build()));
    }
    return found;
  }

  private static List<Payment> search(PaymentFilter filter, String organization) {
    List<Payment> all = new ArrayList<>();
    String token = "";
    do {
      SearchPaymentsResponse page =
          replica
              .queries()
              .searchPayments(
                  SearchPaymentsRequest.newBuilder()
                      .setOrganizationId(organization)
                      .setFilter(filter)
                      .setSort(PaymentSort.PAYMENT_SORT_EFFECTIVE_TIME)
                      .setDirection(SortDirection.SORT_DIRECTION_ASCENDING)
                      .setPageSize(200)
                      .setPageToken(token)
                      .build());
      all.addAll(page.getPaymentsList());
      token = page.getNextPageToken();
    } while (!token.isEmpty());
    return all;
  }

  @Test
  void anExportIsWhatSearchesAnswer() throws Exception {
    List<PaymentFilter> filters =
        List.of(
            PaymentFilter.getDefaultInstance(),
            PaymentFilter.newBuilder().setUserId("user-1").build(),
            PaymentFilter.newBuilder().addCurrencyCodes("EUR").setText("lamp*").build());
    for (PaymentFilter filter : filters) {
      Report report = write("org-1", payments(ReportFormat.REPORT_FORMAT_JSON_LINES, filter));
      assertThat(report.getState()).isEqualTo(ReportState.REPORT_STATE_SUCCEEDED);
      assertThat(read(content(report, 0), Payment::newBuilder, Payment.class))
          .isNotEmpty()
          .isEqualTo(search(filter, "org-1"));
    }
  }

  @Test
  void analyticsAreWhatTheQueryAnswers() throws Exception {
    List<List<AnalyticsDimension>> groupings =
        List.of(
            List.of(),
            List.of(
                AnalyticsDimension.ANALYTICS_DIMENSION_DAY,
                AnalyticsDimension.ANALYTICS_DIMENSION_STATUS),
            List.of(
                AnalyticsDimension.ANALYTICS_DIMENSION_MONTH,
                AnalyticsDimension.ANALYTICS_DIMENSION_USER),
            List.of(AnalyticsDimension.ANALYTICS_DIMENSION_WEEK));
    for (List<AnalyticsDimension> groupBy : groupings) {
      Report report =
          write(
              "org-2",
              ReportSpecification.newBuilder()
                  .setFormat(ReportFormat.REPORT_FORMAT_JSON_LINES)
                  .setAnalytics(
                      AnalyticsReport.newBuilder()
                          .addAllGroupBy(groupBy)
                          .setTimeZone("Europe/Paris")
                          .addAllPercentiles(List.of(50.0, 99.0)))
                  .build());
      var answer =
          replica
              .queries()
              .getPaymentAnalytics(
                  GetPaymentAnalyticsRequest.newBuilder()
                      .setOrganizationId("org-2")
                      .addAllGroupBy(groupBy)
                      .setTimeZone("Europe/Paris")
                      .addAllPercentiles(List.of(50.0, 99.0))
                      .setGroupLimit(1_000)
                      .build());
      assertThat(read(content(report, 0), AnalyticsGroup::newBuilder, AnalyticsGroup.class))
          .isNotEmpty()
          .isEqualTo(answer.getGroupsList());
    }
  }

  @Test
  void aDownloadGoesOnFromAnyByteAndEndsWithTheHashOfTheWhole() throws Exception {
    Report report = write("large", allPayments());
    assertThat(report.getRows()).isEqualTo(LARGE);
    assertThat(report.getRowsExpected()).isEqualTo(LARGE);
    ByteString whole = content(report, 0);
    assertThat((long) whole.size()).isEqualTo(report.getBytes());
    assertThat(
            HexFormat.of()
                .formatHex(MessageDigest.getInstance("SHA-256").digest(whole.toByteArray())))
        .isEqualTo(report.getSha256());
    for (int offset : List.of(1, 65_535, 65_536, 100_001, whole.size() - 1, whole.size())) {
      assertThat(content(report, offset)).isEqualTo(whole.substring(offset));
    }
    assertFails(
        Code.OUT_OF_RANGE,
        "OFFSET_BEYOND_END",
        () -> replica.reports().downloadReport(download(report, whole.size() + 1L)).next());
    assertThat(
            failureOf(() -> replica.reports().downloadReport(download(report, -1)).next())
                .violations())
        .extracting(ApiError.FieldViolation::field)
        .containsExactly("offset");
  }

  /** A client that takes a response only when it says so. */
  private static final class SlowClient extends ClientCall.Listener<DownloadReportResponse> {
    final AtomicInteger received = new AtomicInteger();
    final CompletableFuture<Status> ended = new CompletableFuture<>();

    @Override
    public void onMessage(DownloadReportResponse message) {
      received.incrementAndGet();
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      ended.complete(status);
    }
  }

  @Test
  void aDownloadIsSentNoFasterThanItIsReadAndThereAreOnlySoMany() throws Exception {
    Report report = write("large", allPayments());
    List<ClientCall<DownloadReportRequest, DownloadReportResponse>> calls = new ArrayList<>();
    List<SlowClient> clients = new ArrayList<>();
    List<ManagedChannel> channels = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      ManagedChannel channel = replica.narrowChannel();
      channels.add(channel);
      ClientCall<DownloadReportRequest, DownloadReportResponse> call =
          channel.newCall(
              ReportServiceGrpc.getDownloadReportMethod(),
              CallOptions.DEFAULT.withDeadlineAfter(5, TimeUnit.MINUTES));
      SlowClient client = new SlowClient();
      call.start(client, new Metadata());
      call.request(1);
      call.sendMessage(download(report, 0));
      call.halfClose();
      calls.add(call);
      clients.add(client);
    }
    for (SlowClient client : clients) {
      Eventually.eventually("it is sent something", () -> client.received.get() == 1);
    }
    assertFails(
        Code.RESOURCE_EXHAUSTED,
        "DOWNLOAD_LIMIT",
        () -> replica.reports().downloadReport(download(report, 0)).next());
    assertThat(clients.getFirst().ended).isNotDone();
    calls.getFirst().request(Integer.MAX_VALUE);
    assertThat(clients.getFirst().ended.get(60, TimeUnit.SECONDS).isOk()).isTrue();
    assertThat(clients.getFirst().received.get()).isGreaterThan(10);
    assertThat(clients.get(1).received.get()).isEqualTo(1);
    calls.get(1).cancel("enough", null);
    calls.get(2).cancel("enough", null);
    Eventually.eventually(
        "they make room",
        () -> {
          try {
            return content(report, report.getBytes()).isEmpty();
          } catch (StatusRuntimeException e) {
            return false;
          }
        });
    channels.forEach(ManagedChannel::shutdownNow);
  }

  @Test
  void theSameRequestIsAnsweredWithTheSameReport() throws Exception {
    StartReportRequest request = request("org-0", allPayments());
    StartReportResponse first = replica.reports().startReport(request);
    assertThat(first.getReplayed()).isFalse();
    StartReportResponse again = replica.reports().startReport(request);
    assertThat(again.getReplayed()).isTrue();
    assertThat(again.getReport().getReportId()).isEqualTo(first.getReport().getReportId());
    ApiError reused =
        assertFails(
            Code.INVALID_ARGUMENT,
            "REQUEST_ID_REUSED",
            () ->
                replica
                    .reports()
                    .startReport(
                        request.toBuilder()
                            .setSpecification(
                                payments(
                                    ReportFormat.REPORT_FORMAT_CSV,
                                    PaymentFilter.getDefaultInstance()))
                            .build()));
    assertThat(reused.metadata()).containsEntry("request_id", request.getRequestId());
    // Another organization may use it, and a server without workflows knows what was started.
    assertThat(
            replica
                .reports()
                .startReport(request.toBuilder().setOrganizationId("org-9").build())
                .getReplayed())
        .isFalse();
    assertThat(apart.reports().startReport(request).getReplayed()).isTrue();
  }

  @Test
  void anotherOrganizationsReportIsNotThere() throws Exception {
    Report report = write("org-1", allPayments());
    for (String id : List.of(report.getReportId(), UUID.randomUUID().toString(), "nothing")) {
      assertFails(Code.NOT_FOUND, "REPORT_NOT_FOUND", () -> get("org-2", id));
      assertFails(
          Code.NOT_FOUND,
          "REPORT_NOT_FOUND",
          () ->
              replica
                  .reports()
                  .downloadReport(
                      DownloadReportRequest.newBuilder()
                          .setOrganizationId("org-2")
                          .setReportId(id)
                          .build())
                  .next());
      assertFails(
          Code.NOT_FOUND,
          "REPORT_NOT_FOUND",
          () ->
              replica
                  .reports()
                  .cancelReport(
                      CancelReportRequest.newBuilder()
                          .setOrganizationId("org-2")
                          .setReportId(id)
                          .build()));
    }
    assertThat(failureOf(() -> get("", report.getReportId())).reason()).isEqualTo("FIELD_INVALID");
  }

  @Test
  void aServerThatDoesNotShareTheFolderSaysWhoHasTheFile() throws Exception {
    Report report = write("org-1", allPayments());
    ApiError error =
        assertFails(
            Code.FAILED_PRECONDITION,
            "REPORT_HELD_ELSEWHERE",
            () -> apart.reports().downloadReport(download(report, 0)).next());
    assertThat(error.metadata()).containsEntry("held_by", "first");
    try (var files = Files.walk(directory.resolve("first/" + report.getReportId()))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.delete(file);
      }
    }
    assertFails(
        Code.DATA_LOSS,
        "REPORT_FILE_LOST",
        () -> replica.reports().downloadReport(download(report, 0)).next());
  }

  @Test
  void badInputIsNamed() {
    Map<String, ReportSpecification> wrong = new HashMap<>();
    wrong.put("specification.format", allPayments().toBuilder().clearFormat().build());
    wrong.put("specification.format ", allPayments().toBuilder().setFormatValue(9).build());
    wrong.put("specification.report", allPayments().toBuilder().clearPayments().build());
    wrong.put(
        "specification.payments.filter.user_id",
        payments(
            ReportFormat.REPORT_FORMAT_CSV, PaymentFilter.newBuilder().setUserId("a b").build()));
    wrong.put(
        "specification.analytics.time_zone",
        allPayments().toBuilder()
            .setAnalytics(AnalyticsReport.newBuilder().setTimeZone("Mars"))
            .build());
    wrong.put(
        "specification.events.record_time.start_time",
        allPayments().toBuilder()
            .setEvents(
                EventsReport.newBuilder()
                    .setRecordTime(
                        TimeRange.newBuilder()
                            .setStartTime(SampleLog.time(2))
                            .setEndTime(SampleLog.time(1))))
            .build());
    wrong.forEach((field, specification) ->
        assertThat(
                failureOf(() -> replica.reports().startReport(request("org-1", specification)))
                    .violations())
            .extracting(ApiError.FieldViolation::field)
            .containsExactly(field.strip()));
    assertThat(
            failureOf(() -> replica.reports().startReport(StartReportRequest.getDefaultInstance()))
                .violations())
        .extracting(ApiError.FieldViolation::field)
        .contains("organization_id", "request_id", "specification.format");
  }

  @Test
  void withoutWorkflowsNothingIsStarted() {
    ApiError error =
        assertFails(
            Code.UNIMPLEMENTED,
            "FEATURE_DISABLED",
            () -> apart.reports().startReport(request("org-1", allPayments())));
    assertThat(error.metadata()).containsEntry("feature", "reports");
  }

  private static List<String> ids(ListReportsResponse page) {
    return page.getReportsList().stream().map(Report::getReportId).toList();
  }

  @Test
  void reportsAreListedByOrganizationAndStateTheNewestFirst() throws Exception {
    List<String> written = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      written.addFirst(write("listed", allPayments()).getReportId());
    }
    Report newest = get("listed", written.getFirst());
    assertThat(newest.getOwner()).isEqualTo("listed");
    assertThat(newest.getActor()).isEmpty();

    // By a server that shares the database alone: neither folder nor workflows are needed.
    var list = ListReportsRequest.newBuilder().setOrganizationId("listed").setPageSize(2);
    ListReportsResponse first = apart.reports().listReports(list.build());
    assertThat(first.getReports(0)).isEqualTo(newest);
    assertThat(ids(first)).containsExactlyElementsOf(written.subList(0, 2));
    list.setPageToken(first.getNextPageToken());
    // Pages go on at any server.
    ListReportsResponse second = replica.reports().listReports(list.build());
    assertThat(ids(second)).containsExactlyElementsOf(written.subList(2, 3));
    assertThat(second.getNextPageToken()).isEmpty();
    assertFails(
        Code.INVALID_ARGUMENT,
        "PAGE_TOKEN_INVALID",
        () -> replica.reports().listReports(list.setOrganizationId("org-1").build()));
    list.clearPageToken().setOrganizationId("listed");
    assertThat(
            ids(
                replica
                    .reports()
                    .listReports(list.addStates(ReportState.REPORT_STATE_SUCCEEDED).build())))
        .containsExactlyElementsOf(written.subList(0, 2));
    assertThat(
            ids(
                replica
                    .reports()
                    .listReports(
                        list.clearStates().addStates(ReportState.REPORT_STATE_FAILED).build())))
        .isEmpty();
    assertThat(
            failureOf(() ->
                    replica
                        .reports()
                        .listReports(
                            ListReportsRequest.newBuilder()
                                .setPageSize(-1)
                                .addStates(ReportState.REPORT_STATE_UNSPECIFIED)
                                .build()))
                .violations())
        .extracting(ApiError.FieldViolation::field)
        .containsExactly("organization_id", "states[0]", "page_size");
  }

  @Test
  void whileTemporalIsAwayNothingIsStartedAndAllElseGoesOn() throws Exception {
    int port = FreePorts.next();
    var postgres = ReadDatabase.shared();
    Map<String, Object> settings =
        ReadDatabase.settings(postgres, ReadDatabase.newDatabase(postgres));
    try (RunningReplica alone =
        RunningReplica.start(
            settings,
            feed,
            Map.of(
                "payments.temporal.address",
                "127.0.0.1:" + port,
                "read-server.reports.open-max",
                1,
                "read-server.reports.folder",
                directory.resolve("alone").toString()))) {
      Eventually.eventually("it serves", alone::isServing);
      assertThat(alone.health(ReportServiceGrpc.SERVICE_NAME)).isEqualTo(ServingStatus.SERVING);
      StartReportRequest request = request("org-1", allPayments());
      ApiError error =
          assertFails(
              Code.UNAVAILABLE,
              "WORKFLOWS_UNAVAILABLE",
              () -> alone.reports().startReport(request));
      assertThat(error.retryAfter()).isNotNull();
      Report report;
      try (LocalTemporal late = LocalTemporal.temporary(port)) {
        Eventually.eventually(
            "it is started",
            END_MAX,
            () -> {
              try {
                return !alone.reports().startReport(request).getReplayed();
              } catch (StatusRuntimeException e) {
                return false;
              }
            });
        report = alone.reports().startReport(request).getReport();
        Eventually.eventually("it ends", END_MAX, () -> ended(alone, report));
        assertThat(late.port()).isEqualTo(port);
      }
      // What has ended can be had without Temporal.
      assertThat(alone.reports().downloadReport(download(report, 0)).hasNext()).isTrue();
      for (String metric :
          List.of(
              "payments_reports_started_total 1.0",
              "payments_reports_ended_total{state=\"succeeded\"} 1.0",
              "payments_reports_running 0.0",
              "payments_reports_bytes_total ",
              "payments_reports_oldest_seconds ")) {
        Eventually.eventually(metric, () -> alone.get("/prometheus").body().contains(metric));
      }
    }
  }

  private static boolean ended(RunningReplica server, Report report) {
    return server
        .reports()
        .getReport(
            GetReportRequest.newBuilder()
                .setOrganizationId(report.getOrganizationId())
                .setReportId(report.getReportId())
                .build())
        .getReport()
        .hasEndTime();
  }

  private static Connection connect() throws SQLException {
    return DriverManager.getConnection(
        ReadDatabase.shared().jdbcUrl(database), ReadDatabase.shared().user(), "");
  }

  @Test
  void whatIsUnfinishedCannotBeDownloadedAndWhatHasEndedCannotBeCancelled() throws Exception {
    Report report = write("org-1", allPayments());
    CancelReportRequest cancel =
        CancelReportRequest.newBuilder()
            .setOrganizationId("org-1")
            .setReportId(report.getReportId())
            .build();
    ApiError late =
        assertFails(
            Code.FAILED_PRECONDITION, "REPORT_ENDED", () -> replica.reports().cancelReport(cancel));
    assertThat(late.metadata()).containsEntry("state", "REPORT_STATE_SUCCEEDED");

    Report other;
    Report cancelled;
    CancelReportRequest cancelOther;
    try (Connection blocker = connect()) {
      // What is written reads payments, and so does not end before it is cancelled.
      blocker.setAutoCommit(false);
      blocker.createStatement().execute("lock table payments in access exclusive mode");
      other = replica.reports().startReport(request("large", allPayments())).getReport();
      cancelOther =
          CancelReportRequest.newBuilder()
              .setOrganizationId("large")
              .setReportId(other.getReportId())
              .build();
      cancelled = replica.reports().cancelReport(cancelOther).getReport();
    }
    assertThat(cancelled.getState()).isEqualTo(ReportState.REPORT_STATE_CANCELLED);
    assertThat(replica.reports().cancelReport(cancelOther).getReport()).isEqualTo(cancelled);
    ApiError unready =
        assertFails(
            Code.FAILED_PRECONDITION,
            "REPORT_NOT_READY",
            () -> replica.reports().downloadReport(download(other, 0)).next());
    assertThat(unready.metadata()).containsEntry("state", "REPORT_STATE_CANCELLED");
  }
}
