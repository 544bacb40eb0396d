package com.gyroscops.payments.read.report;

import com.gyroscops.payments.read.query.GetPaymentAnalytics;
import com.gyroscops.payments.read.source.Analysis;
import com.gyroscops.payments.read.source.Answer;
import com.gyroscops.payments.read.source.Filter;
import com.gyroscops.payments.read.source.Groups;
import com.gyroscops.payments.read.source.NumberField;
import com.gyroscops.payments.read.source.PaymentSearch;
import com.gyroscops.payments.read.source.PaymentSource;
import com.gyroscops.payments.read.source.SearchPage;
import com.gyroscops.payments.read.source.SourcePosition;
import com.gyroscops.payments.v1.AnalyticsReport;
import com.gyroscops.payments.v1.GetPaymentAnalyticsRequest;
import com.gyroscops.payments.v1.Payment;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.temporal.TemporalAdjusters;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Groups: of a month or four weeks at a time where they are by period, for no group reaches from
 * one into the next; else all at once. Spans of time without payments are passed over.
 */
final class AnalyticsPages implements ReportPages {

  private static final int WEEKS = 4;

  /** Longer than any clock was ever set back. */
  private static final Duration SET_BACK_MAX = Duration.ofHours(4);

  private final PaymentSource source;
  private final Analysis whole;

  AnalyticsPages(PaymentSource source, String organizationId, AnalyticsReport report) {
    this.source = source;
    Analysis analysis = GetPaymentAnalytics.analysis(request(organizationId, report));
    whole = over(analysis, analysis.filter());
  }

  /** The query that answers the first of the same groups. */
  static GetPaymentAnalyticsRequest request(String organizationId, AnalyticsReport report) {
    return GetPaymentAnalyticsRequest.newBuilder()
        .setOrganizationId(organizationId)
        .setFilter(report.getFilter())
        .addAllGroupBy(report.getGroupByList())
        .setTimeZone(report.getTimeZone())
        .addAllPercentiles(report.getPercentilesList())
        .build();
  }

  private static Analysis over(Analysis analysis, Filter filter) {
    return new Analysis(
        filter,
        analysis.byStatus(),
        analysis.byUser(),
        analysis.period(),
        analysis.zone(),
        analysis.percentiles(),
        Analysis.Order.KEY,
        Analysis.GROUPS_MAX);
  }

  @Override
  public Page after(Place.@Nullable Key key) {
    Optional<Analysis.Period> period = whole.period();
    if (period.isEmpty()) {
      return page(whole, new Place(key, true));
    }
    Filter.Span span = whole.filter().span(NumberField.EFFECTIVE_TIME);
    Filter left = within(key == null ? span.min() : Long.valueOf(key.value()), span.max());
    Answer.Data<SearchPage> next =
        ReportPages.data(
            source.search(new PaymentSearch(left, NumberField.EFFECTIVE_TIME, true, null, 1, 0)));
    if (next.value().payments().isEmpty()) {
      return new Page(List.of(), new Place(key, true), next.at());
    }
    Payment first = next.value().payments().getFirst();
    long end = end(period.get(), first);
    Long max = span.max();
    boolean isEnd = max != null && end >= max;
    return page(
        over(
            whole,
            within(left.span(NumberField.EFFECTIVE_TIME).min(), isEnd ? max : Long.valueOf(end))),
        new Place(new Place.Key(end, ""), isEnd));
  }

  /** A microsecond at which periods begin, the first after a payment that will do. */
  private long end(Analysis.Period period, Payment first) {
    ZoneId zone = whole.zone();
    LocalDate day =
        Instant.ofEpochSecond(first.getEffectiveTime().getSeconds()).atZone(zone).toLocalDate();
    LocalDate end = day;
    Instant at;
    do {
      end =
          period == Analysis.Period.WEEK
              ? end.with(TemporalAdjusters.previousOrSame(DayOfWeek.MONDAY)).plusWeeks(WEEKS)
              : end.withDayOfMonth(1).plusMonths(1);
      at = end.atStartOfDay(zone).toInstant();
      // Where the clock is set back over midnight, the day before has some hours after it.
    } while (!zone.getRules()
        .getOffset(at.minus(SET_BACK_MAX))
        .equals(zone.getRules().getOffset(at.plus(SET_BACK_MAX))));
    return at.getEpochSecond() * 1_000_000;
  }

  private Page page(Analysis analysis, Place place) {
    Answer.Data<Groups> found = ReportPages.data(source.analyze(analysis));
    SourcePosition at = found.at();
    return switch (found.value()) {
      case Groups.TooMany() ->
          throw new ReportFailedException(ReportErrors.tooManyGroups(Analysis.GROUPS_MAX));
      case Groups.Found(List<Groups.Group> groups, int _) ->
          new Page(
              groups.stream().map(group -> GetPaymentAnalytics.group(analysis, group)).toList(),
              place,
              at);
    };
  }

  private Filter within(@Nullable Long min, @Nullable Long max) {
    return whole.filter().with(NumberField.EFFECTIVE_TIME, new Filter.Span(min, max));
  }
}
