package com.gyroscops.payments.read.report;

import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.v1.ReportError;
import com.gyroscops.payments.v1.ReportState;
import io.grpc.Status.Code;
import java.time.Duration;
import java.util.Map;

/** The errors of reports, each with its reason in the contract. */
public final class ReportErrors {

  /** How long a caller waits for what is not there. */
  private static final Duration LATER = Duration.ofSeconds(1);

  /** How long a caller waits until something else has ended. */
  private static final Duration MUCH_LATER = Duration.ofSeconds(5);

  private ReportErrors() {}

  static ApiError requestIdReused(String requestId) {
    return ApiError.of(
        Code.INVALID_ARGUMENT,
        "REQUEST_ID_REUSED",
        "request_id " + requestId + " was used for another report",
        Map.of("field", "request_id", "request_id", requestId));
  }

  static ApiError disabled() {
    return ApiError.featureDisabled(
        "reports",
        "this installation writes no reports; set TEMPORAL_ADDRESS and REPORT_FOLDER on the"
            + " read-servers");
  }

  static ApiError workflowsUnavailable() {
    return ApiError.of(
            Code.UNAVAILABLE,
            "WORKFLOWS_UNAVAILABLE",
            "the workflow engine does not answer; nothing was started")
        .retryAfter(LATER);
  }

  static ApiError limit(int openMax) {
    return ApiError.of(
            Code.RESOURCE_EXHAUSTED,
            "REPORT_LIMIT",
            "the organization has " + openMax + " reports under way, and can have no more",
            Map.of("open_max", Integer.toString(openMax)))
        .retryAfter(MUCH_LATER);
  }

  /** PERMISSION_DENIED {@code SCOPE_DENIED}: the file holds what is personal. */
  static ApiError personal(String organizationId) {
    return ApiError.of(
        Code.PERMISSION_DENIED,
        "SCOPE_DENIED",
        "the report holds what is personal, and personal.read is not granted",
        Map.of("organization_id", organizationId, "scope", "personal.read"));
  }

  static ApiError notFound(String organizationId, String reportId) {
    return ApiError.of(
        Code.NOT_FOUND,
        "REPORT_NOT_FOUND",
        "there is no such report, or no more",
        Map.of("organization_id", organizationId, "report_id", reportId));
  }

  static ApiError notReady(ReportState state) {
    return ApiError.of(
        Code.FAILED_PRECONDITION,
        "REPORT_NOT_READY",
        "only a report that has succeeded can be downloaded",
        Map.of("state", state.name()));
  }

  static ApiError heldElsewhere(String server) {
    return ApiError.of(
        Code.FAILED_PRECONDITION,
        "REPORT_HELD_ELSEWHERE",
        "the file is in the report folder of " + server + ", which this server does not share",
        Map.of("held_by", server));
  }

  static ApiError offsetBeyondEnd(long bytes) {
    return ApiError.of(
        Code.OUT_OF_RANGE,
        "OFFSET_BEYOND_END",
        "the file has " + bytes + " bytes",
        Map.of("bytes", Long.toString(bytes)));
  }

  static ApiError downloadLimit() {
    return ApiError.of(
            Code.RESOURCE_EXHAUSTED, "DOWNLOAD_LIMIT", "too many downloads are under way")
        .retryAfter(LATER);
  }

  static ApiError fileLost() {
    return ApiError.of(
        Code.DATA_LOSS,
        "REPORT_FILE_LOST",
        "the file was removed or changed in the report folder; start another report");
  }

  static ApiError ended(ReportState state) {
    return ApiError.of(
        Code.FAILED_PRECONDITION,
        "REPORT_ENDED",
        "the report has ended and cannot be cancelled",
        Map.of("state", state.name()));
  }

  /** The store of reports does not answer. */
  public static ApiError storeUnavailable() {
    return ApiError.of(
            Code.UNAVAILABLE, "STORE_UNAVAILABLE", "the database of reports does not answer")
        .retryAfter(LATER);
  }

  static ReportError tooLarge(long bytesMax) {
    return error(
        "REPORT_TOO_LARGE",
        "the file would be larger than " + bytesMax + " bytes; narrow the filter");
  }

  static ReportError timedOut(Duration timeMax) {
    return error(
        "REPORT_TIMED_OUT", "the report was not done within " + timeMax.toSeconds() + " s");
  }

  static ReportError tooManyGroups(int groupsMax) {
    return error(
        "TOO_MANY_GROUPS", "there are more than " + groupsMax + " groups; narrow the filter");
  }

  static ReportError epochLost() {
    return error("TOKEN_EPOCH_LOST", "the history that was being read was lost");
  }

  static ReportError lostWhileWritten() {
    return error(
        "REPORT_FILE_LOST", "the file was removed or changed in the report folder meanwhile");
  }

  private static ReportError error(String reason, String message) {
    return ReportError.newBuilder().setReason(reason).setMessage(message).build();
  }
}
