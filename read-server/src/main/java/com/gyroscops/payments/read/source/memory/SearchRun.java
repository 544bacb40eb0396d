package com.gyroscops.payments.read.source.memory;

import com.gyroscops.payments.read.source.Filter.Span;
import com.gyroscops.payments.read.source.PaymentSearch;
import com.gyroscops.payments.read.source.SearchPage;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.apache.lucene.search.BooleanClause.Occur;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.Query;

/**
 * One search over one view. Where the filter leaves few payments, all of them are looked at. Else
 * the order's own points are read from the best end in windows, each several times as large as the
 * one before, until the page is full: all matches of a window come before all matches of the next,
 * so the first ones found are the first there are.
 */
final class SearchRun {

  /**
   * When to read in windows.
   *
   * @param directMax up to about so many payments all of them are looked at
   * @param windowMin least payments of a window
   * @param slack how many more payments than needed on average a first window is made for
   */
  record Reach(long directMax, long windowMin, long slack) {
    /**
     * 20,000 payments are looked at in a millisecond or two; a leaf of a tree of points holds 512
     * at most, and a window ends with a leaf.
     */
    static final Reach USUAL = new Reach(20_000, 128, 4);
  }

  /** How many times larger each window is than the one before. */
  private static final long WINDOW_GROWTH = 8;

  private SearchRun() {}

  static SearchPage page(View view, PaymentSearch search, Reach reach) throws IOException {
    OptionalInt none = search.countMax() > 0 ? OptionalInt.of(0) : OptionalInt.empty();
    Optional<Filters> found = Filters.of(view.index(), search.filter().organizationId());
    if (found.isEmpty() || view.leaves().isEmpty()) {
      return new SearchPage(List.of(), none);
    }
    Filters filters = found.get();
    Matches matches = new Matches(view);
    OptionalInt count = OptionalInt.empty();
    if (search.countMax() > 0) {
      CappedCount counted = new CappedCount(search.countMax());
      matches.collect(filters.all(search.filter()), counted);
      count = OptionalInt.of(counted.count());
    }
    String field = Keys.name(search.sort());
    TopPayments top = new TopPayments(search, field, view.leaves().getFirst().reader());
    OptionalInt currency = filters.currency(field, search.filter());
    if (currency.isPresent()) {
      new Ordered(view, matches, search, filters, field, currency.getAsInt(), reach).collect(top);
    }
    return new SearchPage(top.payments(), count);
  }

  /** The search in its order. */
  private record Ordered(
      View view,
      Matches matches,
      PaymentSearch search,
      Filters filters,
      String field,
      int currency,
      Reach reach) {

    void collect(TopPayments top) throws IOException {
      Span span = Filters.inclusive(search.filter(), search.sort());
      Long spanMin = span.min();
      Long spanMax = span.max();
      long min = spanMin == null ? Long.MIN_VALUE : spanMin;
      long max = spanMax == null ? Long.MAX_VALUE : spanMax;
      PaymentSearch.Key after = search.after();
      if (after != null && search.ascending()) {
        min = Math.max(min, after.sortValue());
      } else if (after != null) {
        max = Math.min(max, after.sortValue());
      }
      Query filter = filters.allBut(search.filter(), field);
      long cost = matches.cost(filter);
      long all = view.reader().docFreq(filters.liveTerm());
      long wanted = firstWindow(all, cost);
      boolean hasPrefix = !search.filter().words().prefixes().isEmpty();
      // What a prefix stands for is gathered anew for each window, and costs as much as looking.
      if (cost <= reach.directMax() || hasPrefix || wanted >= all / 2) {
        window(filter, min, max, top);
        return;
      }
      Windows windows =
          new Windows(view, field, filters.organization(), currency, search.ascending());
      while (min <= max && !top.isFull()) {
        long stop = windows.stop(min, max, wanted);
        if (search.ascending()) {
          window(filter, min, stop, top);
          if (stop == Long.MAX_VALUE) {
            return;
          }
          min = stop + 1;
        } else {
          window(filter, stop, max, top);
          if (stop == Long.MIN_VALUE) {
            return;
          }
          max = stop - 1;
        }
        wanted *= WINDOW_GROWTH;
      }
    }

    /** So many payments that a page's worth of them should match, if matches lie evenly. */
    private long firstWindow(long all, long cost) {
      long each = Math.max(1, all / Math.max(1, cost));
      return Math.max(reach.windowMin(), reach.slack() * search.limit() * each);
    }

    private void window(Query filter, long min, long max, TopPayments top) throws IOException {
      Query query = filter;
      if (min != Long.MIN_VALUE || max != Long.MAX_VALUE) {
        query =
            new BooleanQuery.Builder()
                .add(filter, Occur.FILTER)
                .add(filters.within(field, search.filter(), min, max), Occur.FILTER)
                .build();
      }
      matches.collect(query, top);
    }
  }
}
