package com.gyroscops.payments.read.report;

import com.gyroscops.payments.contract.Violations;
import com.gyroscops.payments.platform.page.ListPage;
import com.gyroscops.payments.platform.page.ListTokens;
import com.gyroscops.payments.platform.retry.Reachability;
import com.gyroscops.payments.read.query.Filters;
import com.gyroscops.payments.read.query.GetPaymentAnalytics;
import com.gyroscops.payments.read.query.TimeRanges;
import com.gyroscops.payments.v1.CancelReportRequest;
import com.gyroscops.payments.v1.CancelReportResponse;
import com.gyroscops.payments.v1.DownloadReportRequest;
import com.gyroscops.payments.v1.EventsReport;
import com.gyroscops.payments.v1.GetReportRequest;
import com.gyroscops.payments.v1.GetReportResponse;
import com.gyroscops.payments.v1.ListReportsRequest;
import com.gyroscops.payments.v1.ListReportsResponse;
import com.gyroscops.payments.v1.Report;
import com.gyroscops.payments.v1.ReportFormat;
import com.gyroscops.payments.v1.ReportSpecification;
import com.gyroscops.payments.v1.ReportState;
import com.gyroscops.payments.v1.StartReportRequest;
import com.gyroscops.payments.v1.StartReportResponse;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What {@code ReportService} offers. All methods block, throw the {@link
 * io.grpc.StatusRuntimeException} that ends the call, or {@link ReportStoreUnavailableException}.
 * For concurrent use.
 */
public final class Reports {

  /** When a sweep starts what was not started at once. */
  static final Duration START_WITHIN = Duration.ofSeconds(5);

  /** How long nothing may be heard of a report before its workflow is started again. */
  public static final Duration AGAIN = Duration.ofSeconds(15);

  /** Likewise where the engine does not answer this server: it may answer another. */
  private static final Duration SOON = Duration.ofSeconds(1);

  /** Workflows started by one sweep. */
  private static final int SWEEP_MAX = 100;

  private static final Logger LOG = LoggerFactory.getLogger(Reports.class);

  private final ReportStore store;
  private final Optional<ReportStarter> workflows;
  private final Optional<ReportFolder> folder;
  private final ReportLimits limits;
  private final ReportMeters meters;
  private final ListTokens pageTokens;
  private final Supplier<String> actor;
  private final Predicate<String> seesPersonal;
  private final Semaphore downloads;
  private final Reachability engine =
      new Reachability(
          LOG,
          "the workflow engine does not answer; reports wait",
          "the workflow engine answers again");

  /**
   * @param workflows empty: no reports are written in this installation
   * @param folder empty: this server has no files of reports
   * @param actor who makes the current call; empty: not authenticated
   * @param seesPersonal whether the current call may see what is personal in an organization
   */
  public Reports(
      ReportStore store,
      Optional<ReportStarter> workflows,
      Optional<ReportFolder> folder,
      ReportLimits limits,
      ReportMeters meters,
      ListTokens pageTokens,
      Supplier<String> actor,
      Predicate<String> seesPersonal) {
    this.store = store;
    this.workflows = workflows;
    this.folder = folder;
    this.limits = limits;
    this.meters = meters;
    this.pageTokens = pageTokens;
    this.actor = actor;
    this.seesPersonal = seesPersonal;
    downloads = new Semaphore(limits.downloadsMax());
  }

  /** Starts a report, or tells of the one that was started by the same request. */
  public StartReportResponse start(StartReportRequest request) {
    Violations violations =
        new Violations()
            .organization("organization_id", request.getOrganizationId())
            .identifier("request_id", request.getRequestId());
    check(violations, request.getOrganizationId(), request.getSpecification());
    violations.throwIfAny();
    Optional<StoredReport> earlier =
        store.ofRequest(request.getOrganizationId(), request.getRequestId());
    if (earlier.isPresent()) {
      return repeated(request, earlier.get());
    }
    ReportStarter starter = workflows.orElseThrow(() -> ReportErrors.disabled().toException());
    try {
      starter.check();
    } catch (WorkflowsUnavailableException e) {
      LOG.info("a report is not started: {}", e.getMessage());
      throw ReportErrors.workflowsUnavailable().toException();
    }
    ReportStore.NewReport report =
        new ReportStore.NewReport(
            UUID.randomUUID(),
            request.getOrganizationId(),
            request.getRequestId(),
            actor.get(),
            request.getSpecification(),
            seesPersonal.test(request.getOrganizationId()),
            limits.openMax(),
            START_WITHIN);
    return switch (store.keep(report)) {
      case ReportStore.Kept.New(StoredReport kept) -> {
        meters.started();
        launch(starter, kept.id());
        yield StartReportResponse.newBuilder().setReport(kept.report()).build();
      }
      case ReportStore.Kept.Earlier(StoredReport other) -> repeated(request, other);
      case ReportStore.Kept.TooMany() -> throw ReportErrors.limit(limits.openMax()).toException();
    };
  }

  /** From the commit on the report stands: where this fails, the sweep starts it. */
  private static void launch(ReportStarter starter, UUID id) {
    try {
      starter.start(id);
    } catch (WorkflowsUnavailableException e) {
      LOG.info("report {} is started later: {}", id, e.getMessage());
    }
  }

  private static StartReportResponse repeated(StartReportRequest request, StoredReport earlier) {
    if (!earlier.report().getSpecification().equals(request.getSpecification())) {
      throw ReportErrors.requestIdReused(request.getRequestId()).toException();
    }
    return StartReportResponse.newBuilder().setReport(earlier.report()).setReplayed(true).build();
  }

  private static void check(
      Violations violations, String organizationId, ReportSpecification specification) {
    violations.require(
        specification.getFormat() == ReportFormat.REPORT_FORMAT_CSV
            || specification.getFormat() == ReportFormat.REPORT_FORMAT_JSON_LINES,
        "specification.format",
        "must be CSV or JSON_LINES");
    switch (specification.getReportCase()) {
      case PAYMENTS ->
          Filters.check(
              violations, "specification.payments.filter", specification.getPayments().getFilter());
      case EVENTS -> {
        EventsReport events = specification.getEvents();
        TimeRanges.check(violations, "specification.events.record_time", events.getRecordTime());
        violations
            .optionalIdentifier("specification.events.payment_id", events.getPaymentId())
            .optionalIdentifier("specification.events.correlation_id", events.getCorrelationId());
      }
      case ANALYTICS ->
          GetPaymentAnalytics.check(
              violations,
              "specification.analytics.",
              AnalyticsPages.request(organizationId, specification.getAnalytics()));
      case REPORT_NOT_SET ->
          violations.add("specification.report", "must be payments, events or analytics");
    }
  }

  /** How far a report is. */
  public GetReportResponse get(GetReportRequest request) {
    StoredReport found = find(request.getOrganizationId(), request.getReportId());
    return GetReportResponse.newBuilder().setReport(found.report()).build();
  }

  /** A page of an organization's reports. */
  public ListReportsResponse list(ListReportsRequest request) {
    ListPage.Cut<Report> cut =
        ListPage.read(
            pageTokens,
            request,
            new Violations().organization("organization_id", request.getOrganizationId()),
            ListPage.specified(ReportState.getDescriptor()),
            (states, after, max) ->
                store.list(request.getOrganizationId(), states, after, max).stream()
                    .map(found -> found.map(StoredReport::report))
                    .toList());
    return ListReportsResponse.newBuilder()
        .addAllReports(cut.elements())
        .setNextPageToken(cut.nextPageToken())
        .build();
  }

  /** Ends a report that has not ended. */
  public CancelReportResponse cancel(CancelReportRequest request) {
    StoredReport found = find(request.getOrganizationId(), request.getReportId());
    Optional<StoredReport> cancelled =
        store.cancel(request.getOrganizationId(), found.id(), limits.retention());
    if (cancelled.isPresent()) {
      meters.ended(ReportState.REPORT_STATE_CANCELLED);
      return CancelReportResponse.newBuilder().setReport(cancelled.get().report()).build();
    }
    StoredReport ended = find(request.getOrganizationId(), request.getReportId());
    ReportState state = ended.report().getState();
    if (state != ReportState.REPORT_STATE_CANCELLED) {
      throw ReportErrors.ended(state).toException();
    }
    return CancelReportResponse.newBuilder().setReport(ended.report()).build();
  }

  /** Opens the file of a report; the caller closes it. */
  public ReportDownload download(DownloadReportRequest request) {
    new Violations()
        .require(request.getOffset() >= 0, "offset", "must not be negative")
        .throwIfAny();
    StoredReport found = find(request.getOrganizationId(), request.getReportId());
    if (found.report().getState() != ReportState.REPORT_STATE_SUCCEEDED) {
      throw ReportErrors.notReady(found.report().getState()).toException();
    }
    if (found.report().getPersonalData() && !seesPersonal.test(request.getOrganizationId())) {
      throw ReportErrors.personal(request.getOrganizationId()).toException();
    }
    ReportFolder own =
        folder
            .filter(it -> it.id().equals(found.holder().folderId()))
            .orElseThrow(() -> ReportErrors.heldElsewhere(found.holder().server()).toException());
    if (request.getOffset() > found.report().getBytes()) {
      throw ReportErrors.offsetBeyondEnd(found.report().getBytes()).toException();
    }
    List<Chunk> chunks = store.chunks(found.id());
    if (!downloads.tryAcquire()) {
      throw ReportErrors.downloadLimit().toException();
    }
    return new ReportDownload(
        own,
        found.id(),
        chunks,
        found.report().getSha256(),
        request.getOffset(),
        downloads::release);
  }

  private StoredReport find(String organizationId, String reportId) {
    new Violations()
        .organization("organization_id", organizationId)
        .identifier("report_id", reportId)
        .throwIfAny();
    UUID id;
    try {
      id = UUID.fromString(reportId);
    } catch (IllegalArgumentException _) {
      throw ReportErrors.notFound(organizationId, reportId).toException(); // None of ours.
    }
    return store
        .find(organizationId, id)
        .orElseThrow(() -> ReportErrors.notFound(organizationId, reportId).toException());
  }

  /**
   * Starts the workflows of open reports of which nothing was heard: what a crash left behind, what
   * the engine lost. Starting what runs changes nothing. By one thread of each server.
   */
  public void sweep() {
    if (workflows.isEmpty()) {
      return;
    }
    // One alone, where it is likely to be in vain: the others stay due.
    for (UUID id : engine.isReachable() ? store.due(SWEEP_MAX, AGAIN) : store.due(1, SOON)) {
      try {
        workflows.get().start(id);
        engine.answered();
      } catch (WorkflowsUnavailableException e) {
        engine.failed(e);
        return;
      }
    }
  }

  /** Counts what is open, for the metrics. */
  public void count() {
    meters.open(store.backlog());
  }
}
