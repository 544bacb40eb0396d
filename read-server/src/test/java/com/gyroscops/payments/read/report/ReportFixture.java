package com.gyroscops.payments.read.report;

import com.gyroscops.payments.read.ReadDatabase;
import com.gyroscops.payments.read.SampleLog;
import com.gyroscops.payments.read.report.postgres.PostgresReports;
import com.gyroscops.payments.read.source.ApplyOutcome;
import com.gyroscops.payments.read.source.PaymentSource;
import com.gyroscops.payments.read.source.SourcePosition;
import com.gyroscops.payments.v1.EventsReport;
import com.gyroscops.payments.v1.PaymentFilter;
import com.gyroscops.payments.v1.PaymentsReport;
import com.gyroscops.payments.v1.Report;
import com.gyroscops.payments.v1.ReportFormat;
import com.gyroscops.payments.v1.ReportSpecification;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.UUID;

/** Reports in a database of their own, over one log after the other. */
final class ReportFixture implements AutoCloseable {

  static final ReportLimits LIMITS =
      new ReportLimits(1 << 28, 3, 2, 8 * 1024, Duration.ofMinutes(1), Duration.ofHours(1), 2);

  final ReadDatabase database;
  final PaymentSource source;
  final ReportStore store;
  MeterRegistry registry = new SimpleMeterRegistry();
  ReportFolder folder;
  private long fence = 1;

  ReportFixture(Path folder) throws Exception {
    database = ReadDatabase.fresh();
    source = database.source();
    store = new PostgresReports(database.dataSource());
    this.folder = ReportFolder.open(folder);
  }

  /** Begins anew: a log, a folder, and no reports. */
  void reset(Path newFolder, SampleLog log) throws Exception {
    database.execute("truncate reports cascade");
    registry = new SimpleMeterRegistry();
    folder = ReportFolder.open(newFolder);
    fill(log);
  }

  /** Has the source hold a log's events, and no others. */
  void fill(SampleLog log) throws Exception {
    source.takeOver(++fence);
    source.startOver(fence);
    SourcePosition at = source.begin(fence, log.logId(), log.lineage(), 0).orElseThrow();
    ApplyOutcome outcome = source.apply(fence, at, log.events());
    if (!(outcome instanceof ApplyOutcome.Applied)) {
      throw new AssertionError("not applied: " + outcome);
    }
  }

  ReportExecutor executor() {
    return executor(LIMITS, source, folder);
  }

  ReportExecutor executor(ReportLimits limits, PaymentSource from, ReportFolder into) {
    return executor(store, limits, from, into);
  }

  ReportExecutor executor(
      ReportStore by, ReportLimits limits, PaymentSource from, ReportFolder into) {
    return new ReportExecutor(by, from, into, "server", limits, new ReportMeters(registry));
  }

  static ReportSpecification payments(ReportFormat format) {
    return payments(format, PaymentFilter.getDefaultInstance());
  }

  static ReportSpecification payments(ReportFormat format, PaymentFilter filter) {
    return ReportSpecification.newBuilder()
        .setFormat(format)
        .setPayments(PaymentsReport.newBuilder().setFilter(filter))
        .build();
  }

  static ReportSpecification events(EventsReport events) {
    return ReportSpecification.newBuilder()
        .setFormat(ReportFormat.REPORT_FORMAT_JSON_LINES)
        .setEvents(events)
        .build();
  }

  /** Keeps a report of {@code acme}. */
  UUID keep(ReportSpecification specification) {
    return keep("acme", specification);
  }

  UUID keep(String organization, ReportSpecification specification) {
    return keep(organization, specification, true);
  }

  /** Keeps a report for someone who may see what is personal, or may not. */
  UUID keep(String organization, ReportSpecification specification, boolean personal) {
    var kept =
        store.keep(
            new ReportStore.NewReport(
                UUID.randomUUID(),
                organization,
                UUID.randomUUID().toString(),
                "",
                specification,
                personal,
                LIMITS.openMax(),
                Duration.ZERO));
    return ((ReportStore.Kept.New) kept).report().id();
  }

  Report report(UUID id) {
    return report("acme", id);
  }

  Report report(String organization, UUID id) {
    return store.find(organization, id).orElseThrow().report();
  }

  /** The whole file, as its chunks have it. */
  String content(UUID id) throws IOException, FileLostException {
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    for (Chunk chunk : store.chunks(id)) {
      try (var channel = folder.open(id, chunk)) {
        Channels.newInputStream(channel).transferTo(whole);
      }
    }
    return whole.toString(StandardCharsets.UTF_8);
  }

  double ended(String state) {
    return registry.counter("payments.reports.ended", "state", state).count();
  }

  @Override
  public void close() {
    database.close();
  }
}
