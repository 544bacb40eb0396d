package com.gyroscops.payments.read.report;

import com.gyroscops.payments.read.query.Filters;
import com.gyroscops.payments.read.source.Answer;
import com.gyroscops.payments.read.source.Filter;
import com.gyroscops.payments.read.source.Micros;
import com.gyroscops.payments.read.source.NumberField;
import com.gyroscops.payments.read.source.PaymentSearch;
import com.gyroscops.payments.read.source.PaymentSource;
import com.gyroscops.payments.read.source.SearchPage;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentsReport;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Payments in order of what never changes of them, so that a change between two pages can neither
 * repeat nor skip one.
 */
record PaymentPages(PaymentSource source, Filter filter) implements ReportPages {

  PaymentPages(PaymentSource source, String organizationId, PaymentsReport report) {
    this(source, Filters.read(organizationId, report.getFilter()));
  }

  @Override
  public Page after(Place.@Nullable Key key) {
    Answer.Data<SearchPage> found =
        ReportPages.data(
            source.search(
                new PaymentSearch(
                    filter,
                    NumberField.EFFECTIVE_TIME,
                    true,
                    key == null ? null : new PaymentSearch.Key(key.value(), key.id()),
                    ROWS_MAX,
                    0)));
    List<Payment> payments = found.value().payments();
    return new Page(
        payments, new Place(last(payments, key), payments.size() < ROWS_MAX), found.at());
  }

  private static Place.@Nullable Key last(List<Payment> payments, Place.@Nullable Key before) {
    if (payments.isEmpty()) {
      return before;
    }
    Payment last = payments.getLast();
    return new Place.Key(Micros.of(last.getEffectiveTime()), last.getPaymentId());
  }
}
