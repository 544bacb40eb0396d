package com.gyroscops.payments.read.source.memory;

import com.gyroscops.payments.read.source.Analysis;
import com.gyroscops.payments.read.source.Groups;
import com.gyroscops.payments.v1.PaymentStatus;
import java.io.IOException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import org.apache.lucene.index.DocValues;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.NumericDocValues;
import org.apache.lucene.index.SortedDocValues;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.SimpleCollector;
import org.apache.lucene.util.BytesRef;
import org.jspecify.annotations.Nullable;

/**
 * Figures in groups over one view, exact. Looks at every match once; keeps one object a group, and
 * where percentiles are asked for, each amount.
 */
final class AnalysisRun extends SimpleCollector {

  /** There are more groups than there may be. */
  private static final class TooManyGroups extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private TooManyGroups() {
      super("too many groups", null, false, false);
    }
  }

  /** What a group has in common: numbers in place of texts and dates. */
  private record GroupKey(int currency, int status, int period, int user) {}

  /** Figures of one group. */
  private static final class Figures {
    private final Sum sum = new Sum();
    private long min = Long.MAX_VALUE;
    private long max = Long.MIN_VALUE;
    private @Nullable Amounts amounts;

    private void add(long amount, boolean keep) {
      sum.add(amount);
      min = Math.min(min, amount);
      max = Math.max(max, amount);
      if (keep) {
        Amounts kept = amounts;
        if (kept == null) {
          kept = new Amounts();
          amounts = kept;
        }
        kept.add(amount);
      }
    }
  }

  private static final int NONE = 0;

  private final View view;
  private final Analysis analysis;
  private final @Nullable LocalPeriods periods;
  private final boolean keep;
  private final Map<GroupKey, Figures> groups = new HashMap<>();
  private final Numbers<LocalDate> periodNumbers = new Numbers<>();
  private final Numbers<String> userNumbers = new Numbers<>();
  private NumericDocValues kinds = DocValues.emptyNumeric();
  private NumericDocValues amounts = DocValues.emptyNumeric();
  private NumericDocValues times = DocValues.emptyNumeric();
  private SortedDocValues users = DocValues.emptySorted();
  private int[] usersOfLeaf = {};
  private @Nullable GroupKey lastKey;
  private @Nullable Figures lastFigures;

  private AnalysisRun(View view, Analysis analysis) {
    this.view = view;
    this.analysis = analysis;
    periods = analysis.period().map(it -> new LocalPeriods(it, analysis.offsets())).orElse(null);
    keep = !analysis.percentiles().isEmpty();
  }

  static Groups groups(View view, Analysis analysis) throws IOException {
    AnalysisRun run = new AnalysisRun(view, analysis);
    Optional<Filters> filters = Filters.of(view.index(), analysis.filter().organizationId());
    if (filters.isPresent()) {
      try {
        new Matches(view).collect(filters.get().all(analysis.filter()), run);
      } catch (TooManyGroups _) {
        return new Groups.TooMany();
      }
    }
    return run.found();
  }

  @Override
  protected void doSetNextReader(LeafReaderContext context) throws IOException {
    kinds = DocValues.getNumeric(context.reader(), Keys.CLASS);
    amounts = DocValues.getNumeric(context.reader(), Keys.AMOUNT);
    times = DocValues.getNumeric(context.reader(), Keys.EFFECTIVE_AT);
    if (analysis.byUser()) {
      users = DocValues.getSorted(context.reader(), Keys.USER);
      usersOfLeaf = new int[0];
    }
  }

  @Override
  public void collect(int doc) throws IOException {
    if (!kinds.advanceExact(doc) || !amounts.advanceExact(doc) || !times.advanceExact(doc)) {
      throw new IllegalStateException("a document without its values");
    }
    long kind = kinds.longValue();
    int currency = Keys.currencyOf(kind);
    int status = analysis.byStatus() ? Keys.statusOf(kind) : NONE;
    LocalPeriods calendar = periods;
    int period = calendar == null ? NONE : periodNumbers.of(calendar.startOf(times.longValue()));
    int user = analysis.byUser() ? user(doc) : NONE;
    figures(currency, status, period, user).add(amounts.longValue(), keep);
  }

  private int user(int doc) throws IOException {
    if (!users.advanceExact(doc)) {
      return userNumbers.of("");
    }
    int ord = users.ordValue();
    if (usersOfLeaf.length == 0) {
      usersOfLeaf = new int[users.getValueCount()];
    }
    if (usersOfLeaf[ord] == 0) {
      usersOfLeaf[ord] = userNumbers.of(users.lookupOrd(ord).utf8ToString());
    }
    return usersOfLeaf[ord];
  }

  private Figures figures(int currency, int status, int period, int user) {
    GroupKey before = lastKey;
    Figures figures = lastFigures;
    if (before != null
        && figures != null
        && before.currency == currency
        && before.status == status
        && before.period == period
        && before.user == user) {
      return figures;
    }
    GroupKey key = new GroupKey(currency, status, period, user);
    figures = groups.get(key);
    if (figures == null) {
      if (groups.size() == Analysis.GROUPS_MAX) {
        throw new TooManyGroups();
      }
      figures = new Figures();
      groups.put(key, figures);
    }
    lastKey = key;
    lastFigures = figures;
    return figures;
  }

  @Override
  public ScoreMode scoreMode() {
    return ScoreMode.COMPLETE_NO_SCORES;
  }

  /** A group with what it is ordered by. */
  private record Ordered(
      Optional<LocalDate> period,
      BytesRef currency,
      int status,
      BytesRef user,
      GroupKey key,
      Figures figures) {

    private static final Comparator<Ordered> BY_KEY =
        Comparator.comparing((Ordered it) -> it.period.orElse(LocalDate.MIN))
            .thenComparing(Ordered::currency)
            .thenComparingInt(Ordered::status)
            .thenComparing(Ordered::user);

    private static final Comparator<Ordered> BY_COUNT =
        Comparator.comparingLong((Ordered it) -> it.figures.sum.count())
            .reversed()
            .thenComparing(BY_KEY);
  }

  private Groups found() {
    Comparator<Ordered> order =
        switch (analysis.order()) {
          case KEY -> Ordered.BY_KEY;
          case COUNT -> Ordered.BY_COUNT;
        };
    PriorityQueue<Ordered> lastFirst = new PriorityQueue<>(order.reversed());
    groups.forEach((key, figures) -> {
      lastFirst.add(ordered(key, figures));
      if (lastFirst.size() > analysis.limit()) {
        lastFirst.remove();
      }
    });
    List<Ordered> first = new ArrayList<>(lastFirst);
    first.sort(order);
    return new Groups.Found(first.stream().map(this::group).toList(), groups.size());
  }

  private Ordered ordered(GroupKey key, Figures figures) {
    return new Ordered(
        analysis.period().map(_ -> periodNumbers.value(key.period)),
        new BytesRef(currency(key)),
        key.status,
        new BytesRef(analysis.byUser() ? userNumbers.value(key.user) : ""),
        key,
        figures);
  }

  private String currency(GroupKey key) {
    return view.index().currencies().text(key.currency);
  }

  private Groups.Group group(Ordered ordered) {
    Figures figures = ordered.figures;
    PaymentStatus status = PaymentStatus.forNumber(ordered.status);
    Amounts kept = figures.amounts;
    return new Groups.Group(
        currency(ordered.key),
        analysis.byStatus()
            ? Optional.of(status == null ? PaymentStatus.UNRECOGNIZED : status)
            : Optional.empty(),
        ordered.period,
        analysis.byUser() ? Optional.of(userNumbers.value(ordered.key.user)) : Optional.empty(),
        figures.sum.count(),
        figures.sum.amount(),
        figures.min,
        figures.max,
        kept == null ? List.of() : kept.percentiles(analysis.percentiles()));
  }

  /** Numbers for things in the order of their arrival, from 1. */
  private static final class Numbers<T> {
    private final Map<T, Integer> numbers = new HashMap<>();
    private final List<T> values = new ArrayList<>();

    private int of(T value) {
      Integer known = numbers.get(value);
      if (known != null) {
        return known;
      }
      // Each is of a group of its own at least.
      if (values.size() == Analysis.GROUPS_MAX) {
        throw new TooManyGroups();
      }
      values.add(value);
      numbers.put(value, values.size());
      return values.size();
    }

    private T value(int number) {
      return values.get(number - 1);
    }
  }
}
