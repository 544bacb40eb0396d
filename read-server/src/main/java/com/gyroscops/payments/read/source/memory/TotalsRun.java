package com.gyroscops.payments.read.source.memory;

import com.gyroscops.payments.read.source.Filter.Span;
import com.gyroscops.payments.read.source.Totals;
import com.gyroscops.payments.read.source.TotalsSpan;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentStatus;
import com.gyroscops.payments.v1.Refund;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.lucene.document.BinaryPoint;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.SimpleCollector;
import org.jspecify.annotations.Nullable;

/**
 * Counts and sums: rollups for whole quarters of an hour, and payments for what a span holds of
 * others, at most one at each end. Made in two steps, for rollups belong to the view only as long
 * as nobody publishes another.
 */
final class TotalsRun {

  /** What lies within one quarter of an hour; end exclusive. */
  private record Edge(long from, long to, List<Integer> organizations) {}

  private final View view;
  private final TotalsSpan span;
  private final Map<String, Map<Integer, Sum>> payments = new TreeMap<>();
  private final Map<String, Sum> refunds = new TreeMap<>();
  private final List<Edge> edges = new ArrayList<>();

  private TotalsRun(View view, TotalsSpan span) {
    this.view = view;
    this.span = span;
  }

  /** Reads the rollups: nobody may change them meanwhile. */
  static TotalsRun readRollups(View view, TotalsSpan span) {
    TotalsRun run = new TotalsRun(view, span);
    OptionalInt organization =
        span.organizationId().isEmpty()
            ? OptionalInt.of(-1)
            : view.index().organizations().of(span.organizationId().get());
    organization.ifPresent(run::readRollups);
    return run;
  }

  private void readRollups(int organization) {
    Rollups rollups = view.index().rollups();
    Ordinals currencies = view.index().currencies();
    Long start = span.time().min();
    Long end = span.time().max();
    Long first = start == null ? null : Math.ceilDiv(start, Rollups.QUARTER) * Rollups.QUARTER;
    Long last = end == null ? null : Math.floorDiv(end, Rollups.QUARTER) * Rollups.QUARTER;
    if (start != null && end != null && first != null && last != null && first > last) {
      edge(organization, start, end);
      return;
    }
    if (start != null && first != null && start < first) {
      edge(organization, start, first);
    }
    if (end != null && last != null && last < end) {
      edge(organization, last, end);
    }
    rollups.visit(
        organization,
        new Span(first, last),
        (currency, status, count, high, low) -> {
          String code = currencies.text(currency);
          if (isWanted(code)) {
            sum(code, status).add(count, high, low);
          }
        });
  }

  private void edge(int organization, long from, long to) {
    List<Integer> organizations =
        organization >= 0 ? List.of(organization) : view.index().rollups().organizationsAt(from);
    edges.add(new Edge(from, to, organizations));
  }

  private boolean isWanted(String currency) {
    return span.currencies().isEmpty() || span.currencies().contains(currency);
  }

  private Sum sum(String currency, int status) {
    return status == Rollups.REFUNDS
        ? refunds.computeIfAbsent(currency, _ -> new Sum())
        : payments
            .computeIfAbsent(currency, _ -> new TreeMap<>())
            .computeIfAbsent(status, _ -> new Sum());
  }

  /** Reads the ends of the span, and adds all up. */
  Totals finish() throws IOException {
    Matches matches = new Matches(view);
    for (Edge edge : edges) {
      for (int organization : edge.organizations()) {
        matches.collect(
            range(Keys.EFFECTIVE_AT, organization, edge), new EachPayment(this::addPayment));
        matches.collect(
            range(Keys.REFUND_AT, organization, edge),
            new EachPayment(payment -> addRefunds(payment, edge)));
      }
    }
    List<Totals.OfStatus> ofStatus = new ArrayList<>();
    payments.forEach((currency, statuses) ->
        statuses.forEach((number, sum) -> {
          PaymentStatus known = PaymentStatus.forNumber(number);
          ofStatus.add(
              new Totals.OfStatus(
                  currency,
                  known == null ? PaymentStatus.UNRECOGNIZED : known,
                  sum.count(),
                  sum.amount()));
        }));
    List<Totals.OfRefunds> ofRefunds = new ArrayList<>();
    refunds.forEach((currency, sum) ->
        ofRefunds.add(new Totals.OfRefunds(currency, sum.count(), sum.amount())));
    return new Totals(ofStatus, ofRefunds);
  }

  private static Query range(String field, int organization, Edge edge) {
    return BinaryPoint.newRangeQuery(
        field,
        Keys.point(field, organization, 0, edge.from()),
        Keys.point(field, organization, 0, edge.to() - 1));
  }

  private void addPayment(Payment payment) {
    String currency = payment.getAmount().getCurrencyCode();
    if (isWanted(currency)) {
      sum(currency, payment.getStatusValue()).add(payment.getAmount().getMinorUnits());
    }
  }

  private void addRefunds(Payment payment, Edge edge) {
    for (Refund refund : payment.getRecentRefundsList()) {
      long at = Rollups.refundMicros(refund);
      String currency = refund.getAmount().getCurrencyCode();
      if (at >= edge.from() && at < edge.to() && isWanted(currency)) {
        sum(currency, Rollups.REFUNDS).add(refund.getAmount().getMinorUnits());
      }
    }
  }

  /** Reads each match whole: there are few in a quarter of an hour. */
  private static final class EachPayment extends SimpleCollector {

    private final Consumer<Payment> payments;
    private @Nullable LeafReader leaf;

    private EachPayment(Consumer<Payment> payments) {
      this.payments = payments;
    }

    @Override
    protected void doSetNextReader(LeafReaderContext context) {
      leaf = context.reader();
    }

    @Override
    public void collect(int doc) throws IOException {
      LeafReader current = leaf;
      if (current == null) {
        throw new IllegalStateException("no segment was set");
      }
      payments.accept(PaymentIndex.payment(current, doc));
    }

    @Override
    public ScoreMode scoreMode() {
      return ScoreMode.COMPLETE_NO_SCORES;
    }
  }
}
