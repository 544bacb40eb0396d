package com.gyroscops.payments.read.source.memory;

import com.gyroscops.payments.read.source.Filter.Span;
import com.gyroscops.payments.read.source.Micros;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.Refund;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Counts and sums of all payments of an index by organization, currency and status, and by the
 * quarter of an hour and the day (UTC) of their business time; refunds likewise by their own. They
 * are a function of the payments alone: each adds what it is, and a newer version of it takes back
 * what the older one added. Days are there so that long spans cost as little as short ones.
 *
 * <p>Not for concurrent use: {@link MemorySource} guards them together with the published view.
 */
final class Rollups {

  /** Length of the shorter spans of time, in microseconds: a quarter of an hour. */
  static final long QUARTER = 15L * 60 * 1_000_000;

  /** Length of the longer spans of time, in microseconds: a day of UTC, in whole quarters. */
  static final long DAY = 96 * QUARTER;

  /** In place of a status: refunds. */
  static final int REFUNDS = 0xFF;

  private static final int CURRENCY_BITS = 16;
  private static final int STATUS_BITS = 8;
  private static final int LOW_BITS = CURRENCY_BITS + STATUS_BITS;

  /** What one organization, or all of them, has. */
  private static final class Scope {
    private final Cells quarters = new Cells();
    private final Cells days = new Cells();

    private void change(boolean add, long micros, int currency, int status, long amount) {
      long kind = ((long) currency << STATUS_BITS) | status;
      change(quarters, add, (Math.floorDiv(micros, QUARTER) << LOW_BITS) | kind, amount);
      change(days, add, (Math.floorDiv(micros, DAY) << LOW_BITS) | kind, amount);
    }

    private static void change(Cells cells, boolean add, long key, long amount) {
      if (add) {
        cells.add(key, amount);
      } else {
        cells.subtract(key, amount);
      }
    }
  }

  /** Told of counts and sums; several times of the same currency and status. */
  @FunctionalInterface
  interface Visitor {
    void total(int currency, int status, long count, long high, long low);
  }

  private final Ordinals organizations;
  private final Ordinals currencies;
  private final Scope all = new Scope();
  private final List<Scope> each = new ArrayList<>();

  Rollups(Ordinals organizations, Ordinals currencies) {
    this.organizations = organizations;
    this.currencies = currencies;
  }

  /** Adds what a payment is. */
  void add(Payment payment) {
    change(true, payment);
  }

  /** Takes back what {@link #add} added for the same state of a payment. */
  void subtract(Payment payment) {
    change(false, payment);
  }

  private void change(boolean add, Payment payment) {
    int organization = organizations.assign(payment.getOrganizationId());
    while (each.size() <= organization) {
      each.add(new Scope());
    }
    change(
        add,
        organization,
        Micros.of(payment.getEffectiveTime()),
        currency(payment.getAmount().getCurrencyCode()),
        payment.getStatusValue(),
        payment.getAmount().getMinorUnits());
    for (Refund refund : payment.getRecentRefundsList()) {
      change(
          add,
          organization,
          refundMicros(refund),
          currency(refund.getAmount().getCurrencyCode()),
          REFUNDS,
          refund.getAmount().getMinorUnits());
    }
  }

  private void change(
      boolean add, int organization, long micros, int currency, int status, long amount) {
    each.get(organization).change(add, micros, currency, status, amount);
    all.change(add, micros, currency, status, amount);
  }

  private int currency(String code) {
    int number = currencies.assign(code);
    if (number >= 1 << CURRENCY_BITS) {
      throw new IllegalStateException("more currencies than there can be: " + code);
    }
    return number;
  }

  /**
   * Business time of a refund. The write side gives each one; what some other log left out counts
   * at the time it was recorded.
   */
  static long refundMicros(Refund refund) {
    return Micros.of(
        refund.hasEffectiveTime() ? refund.getEffectiveTime() : refund.getRecordTime());
  }

  /**
   * Visits what lies in a span of whole quarters of an hour.
   *
   * @param organization number of one; negative: all
   * @param whole microseconds, multiples of {@link #QUARTER}, end exclusive
   */
  void visit(int organization, Span whole, Visitor visitor) {
    Scope scope = organization < 0 ? all : scope(organization);
    if (scope == null) {
      return;
    }
    Long start = whole.min();
    Long end = whole.max();
    long from = start == null ? Long.MIN_VALUE : Math.floorDiv(start, QUARTER);
    long to = end == null ? Long.MAX_VALUE : Math.floorDiv(end, QUARTER);
    long perDay = DAY / QUARTER;
    long firstDay = start == null ? Long.MIN_VALUE : Math.ceilDiv(from, perDay);
    long endDay = end == null ? Long.MAX_VALUE : Math.floorDiv(to, perDay);
    if (firstDay >= endDay) {
      // No whole day: only a bounded span can be that short.
      visit(scope.quarters, from, to, visitor);
      return;
    }
    visit(scope.days, firstDay, endDay, visitor);
    if (start != null) {
      visit(scope.quarters, from, firstDay * perDay, visitor);
    }
    if (end != null) {
      visit(scope.quarters, endDay * perDay, to, visitor);
    }
  }

  private @Nullable Scope scope(int organization) {
    return organization < each.size() ? each.get(organization) : null;
  }

  private static void visit(Cells cells, long from, long to, Visitor visitor) {
    cells.visit(
        from == Long.MIN_VALUE ? Long.MIN_VALUE : from << LOW_BITS,
        to == Long.MAX_VALUE ? Long.MAX_VALUE : to << LOW_BITS,
        (key, count, high, low) ->
            visitor.total(
                (int) (key >>> STATUS_BITS) & ((1 << CURRENCY_BITS) - 1),
                (int) key & ((1 << STATUS_BITS) - 1),
                count,
                high,
                low));
  }

  /** Numbers of the organizations that have anything in the quarter of an hour of a time. */
  List<Integer> organizationsAt(long micros) {
    long quarter = Math.floorDiv(micros, QUARTER);
    List<Integer> found = new ArrayList<>();
    for (int i = 0; i < each.size(); i++) {
      if (each.get(i).quarters.any(quarter << LOW_BITS, (quarter + 1) << LOW_BITS)) {
        found.add(i);
      }
    }
    return found;
  }
}
