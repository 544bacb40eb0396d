package com.gyroscops.payments.read.source.memory;

import com.gyroscops.payments.read.source.Filter;
import com.gyroscops.payments.read.source.Filter.Span;
import com.gyroscops.payments.read.source.NumberField;
import com.gyroscops.payments.read.source.memory.Keys.Kind;
import com.gyroscops.payments.v1.PaymentStatus;
import java.util.Collection;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.apache.lucene.document.BinaryPoint;
import org.apache.lucene.document.NumericDocValuesField;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.BooleanClause.Occur;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.ConstantScoreQuery;
import org.apache.lucene.search.IndexOrDocValuesQuery;
import org.apache.lucene.search.MatchNoDocsQuery;
import org.apache.lucene.search.PrefixQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.util.BytesRef;

/** Filters as queries of the index. */
final class Filters {

  private final PaymentIndex index;
  private final int organization;

  private Filters(PaymentIndex index, int organization) {
    this.index = index;
    this.organization = organization;
  }

  /** For the payments of one organization; empty: it has none. */
  static Optional<Filters> of(PaymentIndex index, String organizationId) {
    OptionalInt number = index.organizations().of(organizationId);
    return number.isEmpty() ? Optional.empty() : Optional.of(new Filters(index, number.getAsInt()));
  }

  /** Everything that a filter says. */
  Query all(Filter filter) {
    return allBut(filter, "");
  }

  /**
   * What a filter says but of one field.
   *
   * @param without a field in which payments are ordered; empty: none
   */
  Query allBut(Filter filter, String without) {
    BooleanQuery.Builder query = new BooleanQuery.Builder();
    // Each names the organization, and there is one of them at least.
    query.add(kinds(filter), Occur.FILTER);
    filter.texts().forEach((field, value) -> equal(query, Kind.of(field), value));
    filter
        .metadata()
        .forEach((name, value) ->
            query.add(term(Keys.metadata(organization, name, value)), Occur.FILTER));
    filter.words().words().forEach(word -> equal(query, Kind.WORD, word));
    filter.words().prefixes().forEach(it -> query.add(prefix(Kind.WORD, it), Occur.FILTER));
    for (NumberField field : filter.spans().keySet()) {
      if (!without.equals(Keys.name(field))) {
        within(query, Keys.name(field), filter, inclusive(filter, field));
      }
    }
    return query.build();
  }

  /** A filter's span with both ends inclusive; of none, one that holds nothing. */
  static Span inclusive(Filter filter, NumberField field) {
    Span span = filter.span(field);
    Long max = span.max();
    if (max == null || !field.isTime()) {
      return span;
    }
    return max == Long.MIN_VALUE
        ? new Span(Long.MAX_VALUE, Long.MIN_VALUE)
        : new Span(span.min(), max - 1);
  }

  /**
   * Statuses and currencies: by their terms, or, to test what the rest of a query has found, by a
   * doc value, which costs less where that is little among many. It does not name the organization,
   * but is taken only where another part leads, and each part by which a query can be led does.
   */
  private Query kinds(Filter filter) {
    Query statuses = statuses(filter);
    if (filter.currencies().isEmpty()) {
      return statuses;
    }
    Query terms =
        new BooleanQuery.Builder()
            .add(statuses, Occur.FILTER)
            .add(
                anyOf(
                    filter.currencies().stream()
                        .map(it -> Keys.term(organization, Kind.CURRENCY, it))
                        .toList()),
                Occur.FILTER)
            .build();
    long[] kinds =
        filter.currencies().stream()
            .flatMapToInt(it -> index.currencies().of(it).stream())
            .boxed()
            .flatMapToLong(
                currency -> statusNumbers(filter).mapToLong(status -> Keys.kind(currency, status)))
            .toArray();
    return kinds.length == 0
        ? new MatchNoDocsQuery("no currency that there is")
        : new IndexOrDocValuesQuery(
            terms, NumericDocValuesField.newSlowSetQuery(Keys.CLASS, kinds));
  }

  private static IntStream statusNumbers(Filter filter) {
    return filter.statuses().isEmpty()
        ? IntStream.range(0, Rollups.REFUNDS)
            .filter(it -> it != PaymentStatus.PAYMENT_STATUS_DELETED_VALUE)
        : filter.statuses().stream()
            .filter(it -> it != PaymentStatus.UNRECOGNIZED)
            .mapToInt(PaymentStatus::getNumber);
  }

  private Query statuses(Filter filter) {
    return filter.statuses().isEmpty()
        ? live()
        : anyOf(
            filter.statuses().stream()
                .filter(status -> status != PaymentStatus.UNRECOGNIZED)
                .map(status -> Keys.status(organization, status.getNumber()))
                .toList());
  }

  /** All payments of the organization but deleted ones. */
  Query live() {
    return new TermQuery(liveTerm());
  }

  Term liveTerm() {
    return new Term(Keys.TERMS, Keys.term(organization, Kind.LIVE, ""));
  }

  private void equal(BooleanQuery.Builder query, Kind kind, String value) {
    query.add(term(Keys.term(organization, kind, value)), Occur.FILTER);
  }

  Query word(Kind kind, String word) {
    return term(Keys.term(organization, kind, word));
  }

  Query prefix(Kind kind, String beginning) {
    return new PrefixQuery(new Term(Keys.TERMS, Keys.term(organization, kind, beginning)));
  }

  private static Query term(BytesRef term) {
    return new TermQuery(new Term(Keys.TERMS, term));
  }

  private static Query anyOf(Collection<BytesRef> terms) {
    if (terms.isEmpty()) {
      return new MatchNoDocsQuery("no status that there is");
    }
    if (terms.size() == 1) {
      return term(terms.iterator().next());
    }
    BooleanQuery.Builder any = new BooleanQuery.Builder();
    terms.forEach(term -> any.add(term(term), Occur.SHOULD));
    return new ConstantScoreQuery(any.build());
  }

  private void within(BooleanQuery.Builder query, String field, Filter filter, Span span) {
    Long min = span.min();
    Long max = span.max();
    query.add(
        within(
            field, filter, min == null ? Long.MIN_VALUE : min, max == null ? Long.MAX_VALUE : max),
        Occur.FILTER);
  }

  /**
   * What lies in a span of one field, both ends inclusive, of the organization's and the filter's
   * currency's payments; together with the rest of the filter, which names those.
   */
  Query within(String field, Filter filter, long min, long max) {
    if (min > max) {
      return new MatchNoDocsQuery("an empty span");
    }
    Query values = NumericDocValuesField.newSlowRangeQuery(field, min, max);
    OptionalInt currency = currency(field, filter);
    if (currency.isEmpty()) {
      return values;
    }
    return new IndexOrDocValuesQuery(
        BinaryPoint.newRangeQuery(
            field,
            Keys.point(field, organization, currency.getAsInt(), min),
            Keys.point(field, organization, currency.getAsInt(), max)),
        values);
  }

  /** What a field's points need besides the organization; empty: they are of no use here. */
  OptionalInt currency(String field, Filter filter) {
    if (!field.equals(Keys.AMOUNT)) {
      return OptionalInt.of(0);
    }
    return filter.currencies().size() == 1
        ? index.currencies().of(filter.currencies().iterator().next())
        : OptionalInt.empty();
  }

  int organization() {
    return organization;
  }
}
