package com.gyroscops.payments.cli;

import static com.gyroscops.payments.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.gyroscops.payments.cli.client.Clients;
import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.stack.process.Processes;
import com.gyroscops.payments.v1.Amount;
import com.gyroscops.payments.v1.Command;
import com.gyroscops.payments.v1.CommandContext;
import com.gyroscops.payments.v1.CommandServiceGrpc;
import com.gyroscops.payments.v1.CreatePaymentRequest;
import com.gyroscops.payments.v1.DownloadReportRequest;
import com.gyroscops.payments.v1.DownloadReportResponse;
import com.gyroscops.payments.v1.ExecuteBatchRequest;
import com.gyroscops.payments.v1.GetReportRequest;
import com.gyroscops.payments.v1.PaymentsReport;
import com.gyroscops.payments.v1.Report;
import com.gyroscops.payments.v1.ReportFormat;
import com.gyroscops.payments.v1.ReportServiceGrpc;
import com.gyroscops.payments.v1.ReportSpecification;
import com.gyroscops.payments.v1.ReportState;
import com.gyroscops.payments.v1.StartReportRequest;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * A large export ends whole, each payment in it once, while the read-server that writes it is
 * killed, and Temporal with it, which keeps nothing.
 */
final class ReportsIT {

  private static final int PAYMENTS = 30_000;
  private static final int BATCH = 500;

  /** Small, so that there are many, and an export takes a few seconds. */
  private static final String CHUNK_BYTES = "16384";

  /** Written when the victim is killed: some, and by far not all. */
  private static final int ATTEMPTS_MAX = 5;

  private static final int KILL_AT_ROWS = 4_000;

  /** Longest that a report may take to end, a lost workflow included. */
  private static final Duration END_MAX = Duration.ofMinutes(5);

  private static final Duration POLL = Duration.ofMillis(20);
  private static final int CALL_SECONDS_MAX = 120;

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  static Path folder;

  private static CliStack stack;
  private static ManagedChannel reads;

  @BeforeAll
  static void start() throws Exception {
    stack = new CliStack(folder.resolve("data"), Map.of("REPORT_CHUNK_BYTES", CHUNK_BYTES));
    stack.up("--read-servers", "1", "--without", "redis,search,memory").succeeded();
    reads = Clients.failingFast(stack.readTarget(0));
    ManagedChannel writes = stack.writeServer(0);
    try {
      for (int from = 0; from < PAYMENTS; from += BATCH) {
        ExecuteBatchRequest.Builder batch = ExecuteBatchRequest.newBuilder();
        for (int i = from; i < from + BATCH; i++) {
          batch.addCommands(
              Command.newBuilder()
                  .setCreate(
                      CreatePaymentRequest.newBuilder()
                          .setContext(CommandContext.newBuilder().setRequestId("r" + i))
                          .setOrganizationId("acme")
                          .setPaymentId("p" + i)
                          .setAmount(
                              Amount.newBuilder().setMinorUnits(i + 1L).setCurrencyCode("EUR"))));
        }
        var outcomes =
            CommandServiceGrpc.newBlockingStub(writes)
                .withDeadlineAfter(CALL_SECONDS_MAX, TimeUnit.SECONDS)
                .executeBatch(batch.build());
        assertThat(outcomes.getOutcomesList()).allMatch(it -> it.hasSuccess());
      }
    } finally {
      writes.shutdownNow();
    }
    try (Connection connection = stack.database("payments_read")) {
      await(
          "all is projected",
          () -> number(connection, "select count(*) from payments") == PAYMENTS);
    }
  }

  @AfterAll
  static void stop() throws Exception {
    if (reads != null) {
      reads.shutdownNow();
    }
    stack.close();
  }

  @Test
  void a_report_goes_on_after_its_read_server_was_killed() throws Exception {
    Report report = interrupted("read-server-killed", "read-server-0");
    assertWhole(report);
    assertGoneOnWith(report);
  }

  @Test
  void a_report_that_temporal_forgot_and_nobody_writes_is_started_again() throws Exception {
    Report report = interrupted("both-killed", "temporal", "read-server-0");
    assertWhole(report);
    assertGoneOnWith(report);
  }

  @Test
  void none_is_started_while_temporal_is_away() throws Exception {
    kill(stack.process("temporal"));
    assertThat(refusal("while-it-is-away").reason()).isEqualTo("WORKFLOWS_UNAVAILABLE");
    stack.up().succeeded();
  }

  /** What was on disk when its server was killed is in it, and so is what another attempt wrote. */
  private static void assertGoneOnWith(Report report) throws Exception {
    try (Connection connection = stack.database("payments_read")) {
      String attempts =
          "select count(distinct attempt) from report_chunks where report_id = '"
              + report.getReportId()
              + "'";
      assertThat(number(connection, attempts)).as("attempts that wrote").isGreaterThan(1);
    }
  }

  /**
   * A report that was begun and not all read when these were killed, which run again; another one
   * where it was all read before they were.
   */
  private static Report interrupted(String requestId, String... victims) throws Exception {
    for (int attempt = 1; ; attempt++) {
      List<ProcessHandle> processes = new ArrayList<>();
      for (String victim : victims) {
        processes.add(stack.process(victim));
      }
      Report report = startAndAwait(requestId + "-" + attempt);
      for (ProcessHandle process : processes) {
        kill(process);
      }
      boolean interrupted;
      try (Connection connection = stack.database("payments_read")) {
        String unread =
            "select count(*) from reports where not all_read and report_id = '"
                + report.getReportId()
                + "'";
        interrupted = number(connection, unread) == 1;
      }
      stack.up().succeeded();
      if (interrupted) {
        return report;
      }
      assertThat(attempt).as("reports that were all read").isLessThan(ATTEMPTS_MAX);
    }
  }

  private static StartReportRequest request(String requestId) {
    return StartReportRequest.newBuilder()
        .setOrganizationId("acme")
        .setRequestId(requestId)
        .setSpecification(
            ReportSpecification.newBuilder()
                .setFormat(ReportFormat.REPORT_FORMAT_JSON_LINES)
                .setPayments(PaymentsReport.getDefaultInstance()))
        .build();
  }

  private static ReportServiceGrpc.ReportServiceBlockingStub reports() {
    return ReportServiceGrpc.newBlockingStub(reads)
        .withDeadlineAfter(CALL_SECONDS_MAX, TimeUnit.SECONDS);
  }

  private static ApiError refusal(String requestId) {
    try {
      throw new AssertionError("it was started: " + reports().startReport(request(requestId)));
    } catch (StatusRuntimeException e) {
      return ApiError.from(e).orElseThrow(() -> e);
    }
  }

  /** A report in the middle of its work; another one where it was done before that was seen. */
  private static Report startAndAwait(String requestId) throws Exception {
    for (int attempt = 1; ; attempt++) {
      Report started = start(requestId + "-" + attempt);
      Report running = await(started, report -> report.getRows() >= KILL_AT_ROWS);
      if (running.getState() == ReportState.REPORT_STATE_RUNNING && running.getRows() < PAYMENTS) {
        return started;
      }
      assertThat(attempt).as("%s", running).isLessThan(ATTEMPTS_MAX);
    }
  }

  /** Asked for again while Temporal, or the way to it, is on its way back. */
  private static Report start(String requestId) {
    List<Report> started = new ArrayList<>();
    await(
        "it is started",
        () -> {
          try {
            return started.add(reports().startReport(request(requestId)).getReport());
          } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() == Status.Code.UNAVAILABLE) {
              return false;
            }
            throw e;
          }
        });
    return started.getLast();
  }

  private static void kill(ProcessHandle process) throws Exception {
    assertThat(process.destroyForcibly()).isTrue();
    assertThat(Processes.awaitEnd(List.of(process), Duration.ofMinutes(1))).isTrue();
  }

  private static void assertWhole(Report started) throws Exception {
    long from = System.nanoTime();
    Report report = await(started, Report::hasEndTime);
    System.out.printf(
        "%s: ended %d ms after all was up again%n",
        report.getRequestId(), TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - from));
    assertThat(report.getState()).as("%s", report).isEqualTo(ReportState.REPORT_STATE_SUCCEEDED);
    assertThat(report.getRows()).isEqualTo(PAYMENTS);
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    Iterator<DownloadReportResponse> pieces =
        reports()
            .downloadReport(
                DownloadReportRequest.newBuilder()
                    .setOrganizationId("acme")
                    .setReportId(report.getReportId())
                    .build());
    while (pieces.hasNext()) {
      pieces.next().getData().writeTo(whole);
    }
    assertThat(
            HexFormat.of()
                .formatHex(MessageDigest.getInstance("SHA-256").digest(whole.toByteArray())))
        .isEqualTo(report.getSha256());
    Set<String> payments = new HashSet<>();
    for (String line : whole.toString(StandardCharsets.UTF_8).lines().toList()) {
      JsonObject payment = JsonParser.parseString(line).getAsJsonObject();
      String id = payment.get("payment_id").getAsString();
      assertThat(payments.add(id)).as("%s a second time", id).isTrue();
      assertThat(payment.getAsJsonObject("amount").get("minor_units").getAsLong())
          .isEqualTo(Long.parseLong(id.substring(1)) + 1);
    }
    assertThat(payments).hasSize(PAYMENTS);
  }

  private static Report await(Report report, Predicate<Report> condition) throws Exception {
    Report[] newest = {report};
    await(
        "a condition on " + report.getRequestId(),
        () -> {
          try {
            newest[0] =
                reports()
                    .getReport(
                        GetReportRequest.newBuilder()
                            .setOrganizationId("acme")
                            .setReportId(report.getReportId())
                            .build())
                    .getReport();
          } catch (StatusRuntimeException e) {
            return false; // It starts.
          }
          return condition.test(newest[0]);
        });
    return newest[0];
  }

  private static void await(String what, Callable<Boolean> condition) {
    eventually(what, END_MAX, POLL, condition);
  }

  private static long number(Connection connection, String query) throws Exception {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      row.next();
      return row.getLong(1);
    }
  }
}
