package com.gyroscops.payments.read.report;

import com.google.protobuf.Message;
import com.gyroscops.payments.read.source.Answer;
import com.gyroscops.payments.read.source.PaymentSource;
import com.gyroscops.payments.read.source.SourcePosition;
import com.gyroscops.payments.v1.Report;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a report has, a page at a time: each is read in one snapshot, or a few that follow each
 * other, and is bounded in size.
 */
interface ReportPages {

  /** Most payments or events of a page: as many as those of queries have. */
  int ROWS_MAX = 200;

  /**
   * A page.
   *
   * @param place up to where it goes
   * @param at where the source stood
   */
  record Page(List<? extends Message> rows, Place place, SourcePosition at) {}

  /**
   * The page that follows a key; blocks, and ends with {@link io.grpc.Context#current()}.
   *
   * @throws ReportInterruptedException if it cannot be read now
   * @throws ReportFailedException if it never can
   */
  Page after(Place.@Nullable Key key);

  /**
   * The pages of a report.
   *
   * @param upTo position up to which events are read
   */
  static ReportPages of(PaymentSource source, Report report, long upTo) {
    String organization = report.getOrganizationId();
    return switch (report.getSpecification().getReportCase()) {
      case PAYMENTS ->
          new PaymentPages(source, organization, report.getSpecification().getPayments());
      case EVENTS ->
          new EventPages(source, organization, report.getSpecification().getEvents(), upTo);
      case ANALYTICS ->
          new AnalyticsPages(source, organization, report.getSpecification().getAnalytics());
      case REPORT_NOT_SET -> throw new IllegalArgumentException("a report of nothing");
    };
  }

  /** The data of an answer, if it is one. */
  static <T> Answer.Data<T> data(Answer<T> answer) {
    return switch (answer) {
      case Answer.Data<T> data -> data;
      case Answer.Incomplete<T> _ ->
          throw new ReportInterruptedException("the sql source set aside events that it needs");
      case Answer.NotHeld<T> _ ->
          throw new IllegalStateException("the sql source holds all payments");
      case Answer.Inexact<T> _ -> throw new IllegalStateException("the sql source is exact");
      case Answer.NotReady<T> _ ->
          throw new ReportInterruptedException("the sql source is being filled");
      case Answer.Unavailable<T>(Exception cause) ->
          throw new ReportInterruptedException("the sql source does not answer", cause);
      case Answer.Stopped<T> _ ->
          throw new ReportInterruptedException("a page took longer than it may");
    };
  }
}
