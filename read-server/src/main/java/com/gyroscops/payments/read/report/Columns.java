package com.gyroscops.payments.read.report;

import com.google.protobuf.Message;
import com.google.protobuf.Struct;
import com.google.protobuf.Timestamp;
import com.google.protobuf.Value;
import com.google.protobuf.util.Timestamps;
import com.gyroscops.payments.read.source.Percentile;
import com.gyroscops.payments.v1.Amount;
import com.gyroscops.payments.v1.AnalyticsDimension;
import com.gyroscops.payments.v1.AnalyticsGroup;
import com.gyroscops.payments.v1.AnalyticsReport;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.v1.ReportSpecification;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * The columns of CSV reports. Their names are those of the contract's fields; new ones are added at
 * the end.
 */
final class Columns {

  private static final Set<AnalyticsDimension> PERIODS =
      Set.of(
          AnalyticsDimension.ANALYTICS_DIMENSION_DAY,
          AnalyticsDimension.ANALYTICS_DIMENSION_WEEK,
          AnalyticsDimension.ANALYTICS_DIMENSION_MONTH);

  /** A column: its name, and its text for a row. */
  record Column(String name, Function<Message, String> value) {}

  private static final List<Column> PAYMENT =
      List.of(
          payment("organization_id", Payment::getOrganizationId),
          payment("payment_id", Payment::getPaymentId),
          payment("version", it -> Long.toString(it.getVersion())),
          payment("status", it -> it.getStatus().name()),
          payment("amount_minor_units", it -> minorUnits(it.getAmount())),
          payment("captured_minor_units", it -> minorUnits(it.getCapturedAmount())),
          payment("refunded_minor_units", it -> minorUnits(it.getRefundedAmount())),
          payment("currency_code", it -> it.getAmount().getCurrencyCode()),
          payment("effective_time", it -> time(it.hasEffectiveTime(), it.getEffectiveTime())),
          payment("create_time", it -> time(it.hasCreateTime(), it.getCreateTime())),
          payment("update_time", it -> time(it.hasUpdateTime(), it.getUpdateTime())),
          payment("complete_time", it -> time(it.hasCompleteTime(), it.getCompleteTime())),
          payment("user_id", it -> it.getPersonalData().getUserId()),
          payment("description", it -> it.getPersonalData().getDescription()),
          payment("merchant_reference", Payment::getMerchantReference),
          payment("provider_reference", Payment::getProviderReference),
          payment("correlation_id", Payment::getCorrelationId),
          payment("failure_code", it -> it.getFailure().getCode()),
          payment("failure_message", it -> it.getFailure().getPersonalData().getMessage()),
          payment("recent_refunds", it -> array(it.getRecentRefundsList())),
          payment("metadata", Columns::metadata),
          payment("refund_count", it -> Integer.toString(it.getRefundCount())));

  private static final List<Column> EVENT =
      List.of(
          event("event_id", PaymentEvent::getEventId),
          event("position", it -> Long.toString(it.getPosition())),
          event("organization_id", PaymentEvent::getOrganizationId),
          event("payment_id", PaymentEvent::getPaymentId),
          event("version", it -> Long.toString(it.getVersion())),
          event("event", it -> it.getEventCase().name()),
          event("actor", PaymentEvent::getActor),
          event("correlation_id", PaymentEvent::getCorrelationId),
          event("causation_id", PaymentEvent::getCausationId),
          event("request_id", PaymentEvent::getRequestId),
          event("effective_time", it -> time(it.hasEffectiveTime(), it.getEffectiveTime())),
          event("record_time", it -> time(it.hasRecordTime(), it.getRecordTime())),
          event("status", it -> it.getPayment().getStatus().name()),
          event("amount_minor_units", it -> minorUnits(it.getPayment().getAmount())),
          event("captured_minor_units", it -> minorUnits(it.getPayment().getCapturedAmount())),
          event("refunded_minor_units", it -> minorUnits(it.getPayment().getRefundedAmount())),
          event("currency_code", it -> it.getPayment().getAmount().getCurrencyCode()),
          event("refund_id", it -> it.getRefunded().getRefund().getRefundId()),
          event(
              "refund_minor_units",
              it -> it.hasRefunded() ? minorUnits(it.getRefunded().getRefund().getAmount()) : ""),
          event("failure_code", it -> it.getFailed().getFailure().getCode()));

  private Columns() {}

  static List<Column> of(ReportSpecification specification) {
    return switch (specification.getReportCase()) {
      case PAYMENTS -> PAYMENT;
      case EVENTS -> EVENT;
      case ANALYTICS -> groups(specification.getAnalytics());
      case REPORT_NOT_SET -> throw new IllegalArgumentException("a report of nothing");
    };
  }

  private static List<Column> groups(AnalyticsReport report) {
    List<Column> columns = new ArrayList<>();
    Set<AnalyticsDimension> by = Set.copyOf(report.getGroupByList());
    if (by.stream().anyMatch(PERIODS::contains)) {
      columns.add(group("period_start_date", AnalyticsGroup::getPeriodStartDate));
    }
    columns.add(group("currency_code", AnalyticsGroup::getCurrencyCode));
    if (by.contains(AnalyticsDimension.ANALYTICS_DIMENSION_STATUS)) {
      columns.add(group("status", it -> it.getStatus().name()));
    }
    if (by.contains(AnalyticsDimension.ANALYTICS_DIMENSION_USER)) {
      columns.add(group("user_id", AnalyticsGroup::getUserId));
    }
    columns.add(group("payment_count", it -> Long.toString(it.getPaymentCount())));
    columns.add(
        group(
            "sum_minor_units",
            it -> it.getSumOutOfRange() ? "" : Long.toString(it.getSumMinorUnits())));
    columns.add(group("average_minor_units", it -> Long.toString(it.getAverageMinorUnits())));
    columns.add(group("min_minor_units", it -> Long.toString(it.getMinMinorUnits())));
    columns.add(group("max_minor_units", it -> Long.toString(it.getMaxMinorUnits())));
    for (int i = 0; i < report.getPercentilesCount(); i++) {
      int index = i;
      double percent = Percentile.of(report.getPercentiles(i)).percent();
      String percentile = new BigDecimal(Double.toString(percent)).toPlainString();
      columns.add(
          group(
              "percentile_" + percentile + "_minor_units",
              it -> Long.toString(it.getPercentiles(index).getAmountMinorUnits())));
    }
    return columns;
  }

  private static Column payment(String name, Function<Payment, String> value) {
    return new Column(name, row -> value.apply((Payment) row));
  }

  private static Column event(String name, Function<PaymentEvent, String> value) {
    return new Column(name, row -> value.apply((PaymentEvent) row));
  }

  private static Column group(String name, Function<AnalyticsGroup, String> value) {
    return new Column(name, row -> value.apply((AnalyticsGroup) row));
  }

  private static String minorUnits(Amount amount) {
    return Long.toString(amount.getMinorUnits());
  }

  private static String time(boolean isSet, Timestamp time) {
    return isSet ? Timestamps.toString(time) : "";
  }

  private static String array(List<? extends Message> messages) {
    return messages.isEmpty()
        ? ""
        : "[" + String.join(",", messages.stream().map(Lines.Json::text).toList()) + "]";
  }

  private static String metadata(Payment payment) {
    if (payment.getPersonalData().getMetadataCount() == 0) {
      return "";
    }
    var struct = Struct.newBuilder();
    payment
        .getPersonalData()
        .getMetadataMap()
        .forEach((name, value) ->
            struct.putFields(name, Value.newBuilder().setStringValue(value).build()));
    return Lines.Json.text(struct.build());
  }
}
