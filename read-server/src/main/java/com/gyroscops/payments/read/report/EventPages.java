package com.gyroscops.payments.read.report;

import com.gyroscops.payments.read.source.Answer;
import com.gyroscops.payments.read.source.Filter.Span;
import com.gyroscops.payments.read.source.Micros;
import com.gyroscops.payments.read.source.PaymentSource;
import com.gyroscops.payments.v1.EventsReport;
import com.gyroscops.payments.v1.PaymentEvent;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Events in the order of their commits, up to a position. The source keeps them by organization and
 * payment; the rest of the filter is tested here, so a page may be empty and not the last.
 */
record EventPages(PaymentSource source, String organizationId, EventsReport report, long upTo)
    implements ReportPages {

  @Override
  public Page after(Place.@Nullable Key key) {
    long from = key == null ? 0 : key.value();
    Optional<String> payment =
        report.getPaymentId().isEmpty() ? Optional.empty() : Optional.of(report.getPaymentId());
    Answer.Data<List<PaymentEvent>> found =
        ReportPages.data(source.events(organizationId, payment, from, ROWS_MAX));
    List<PaymentEvent> events = found.value();
    boolean isEnd = events.size() < ROWS_MAX || events.getLast().getPosition() >= upTo;
    long read = events.isEmpty() ? from : events.getLast().getPosition();
    return new Page(
        events.stream().filter(this::matches).toList(),
        new Place(new Place.Key(read, ""), isEnd),
        found.at());
  }

  private boolean matches(PaymentEvent event) {
    Span time = Span.of(report.getRecordTime());
    Long min = time.min();
    Long max = time.max();
    long recorded = Micros.of(event.getRecordTime());
    return event.getPosition() <= upTo
        && (min == null || recorded >= min)
        && (max == null || recorded < max)
        && (report.getCorrelationId().isEmpty()
            || report.getCorrelationId().equals(event.getCorrelationId()));
  }
}
