package com.gyroscops.payments.read.source.search;

import com.fasterxml.jackson.databind.JsonNode;
import com.gyroscops.payments.read.source.Completion;
import com.gyroscops.payments.read.source.Filter;
import com.gyroscops.payments.read.source.PaymentSearch;
import com.gyroscops.payments.read.source.SearchPage;
import com.gyroscops.payments.read.source.TextQuery;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentStatus;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** Searches and completions in the engine's terms, and what they find. */
final class SearchQueries {

  private static final String DELETED = Documents.statusTerm(PaymentStatus.PAYMENT_STATUS_DELETED);

  private static final String VALUES = "values";

  private SearchQueries() {}

  static Map<String, Object> search(PaymentSearch search) {
    Map<String, Object> direction = Map.of("order", search.ascending() ? "asc" : "desc");
    Map<String, Object> question = new LinkedHashMap<>();
    question.put("size", search.limit());
    // As a number it counts up to that many.
    question.put("track_total_hits", false);
    if (search.countMax() > 0) {
      question.put("track_total_hits", search.countMax());
    }
    question.put("query", query(search.filter()));
    question.put(
        "sort",
        List.of(
            Map.of(Documents.name(search.sort()), direction),
            Map.of(Documents.PAYMENT_ID, direction)));
    PaymentSearch.Key after = search.after();
    if (after != null) {
      question.put("search_after", List.of(after.sortValue(), after.paymentId()));
    }
    return question;
  }

  static SearchPage readPage(PaymentSearch search, JsonNode response) {
    JsonNode hits = response.path("hits");
    List<Payment> payments = new ArrayList<>();
    for (JsonNode hit : hits.path("hits")) {
      payments.add(Documents.payment(hit.path("_source").path(Documents.PAYMENT).asText()));
    }
    // Beyond what was asked for the engine's count is a lower bound.
    OptionalInt matches =
        search.countMax() > 0
            ? OptionalInt.of(
                (int) Math.min(search.countMax(), hits.path("total").path("value").asLong()))
            : OptionalInt.empty();
    return new SearchPage(payments, matches);
  }

  /** A filter as a query without scores. */
  static Map<String, Object> query(Filter filter) {
    List<Object> all = new ArrayList<>();
    all.add(term(Documents.ORGANIZATION, filter.organizationId()));
    if (!filter.statuses().isEmpty()) {
      all.add(
          terms(Documents.STATUS, filter.statuses().stream().map(Documents::statusTerm).toList()));
    }
    if (!filter.currencies().isEmpty()) {
      all.add(terms(Documents.CURRENCY, List.copyOf(filter.currencies())));
    }
    filter.texts().forEach((field, value) -> all.add(term(Documents.name(field), value)));
    filter
        .spans()
        .forEach((field, span) ->
            addRange(all, Documents.name(field), span, field.isTime() ? "lt" : "lte"));
    filter
        .metadata()
        .forEach((name, value) ->
            all.add(term(Documents.METADATA, Documents.metadataTerm(name, value))));
    addText(all, Documents.WORDS, filter.words());
    return filter.statuses().isEmpty() ? butDeleted(all) : Map.of("bool", Map.of("filter", all));
  }

  private static Map<String, Object> butDeleted(List<Object> all) {
    return Map.of(
        "bool", Map.of("filter", all, "must_not", List.of(term(Documents.STATUS, DELETED))));
  }

  private static void addRange(List<Object> all, String field, Filter.Span span, String maxBound) {
    Map<String, Long> bounds = new LinkedHashMap<>();
    putUnlessOpen(bounds, "gte", span.min());
    putUnlessOpen(bounds, maxBound, span.max());
    all.add(Map.of("range", Map.of(field, bounds)));
  }

  private static void putUnlessOpen(Map<String, Long> bounds, String bound, @Nullable Long value) {
    if (value != null) {
      bounds.put(bound, value);
    }
  }

  private static void addText(List<Object> all, String field, TextQuery text) {
    text.words().forEach(word -> all.add(term(field, word)));
    text.prefixes().forEach(prefix -> all.add(prefix(field, prefix)));
  }

  private static Map<String, Object> term(String field, String value) {
    return Map.of("term", Map.of(field, value));
  }

  /** Any of the values, of which there are some. */
  private static Map<String, Object> terms(String field, List<String> values) {
    return values.size() == 1
        ? term(field, values.getFirst())
        : Map.of("terms", Map.of(field, values));
  }

  private static Map<String, Object> prefix(String field, String beginning) {
    return Map.of("prefix", Map.of(field, beginning));
  }

  /**
   * Values with their counts. One shard counts all values before it picks the first, so counts and
   * order are exact whatever the limit.
   */
  static Map<String, Object> completion(Completion completion) {
    List<Object> all = new ArrayList<>();
    all.add(term(Documents.ORGANIZATION, completion.organizationId()));
    String field =
        switch (completion.field()) {
          case DESCRIPTION -> Documents.DESCRIPTION;
          case USER -> Documents.USER;
          case MERCHANT_REFERENCE -> Documents.MERCHANT_REFERENCE;
          case PROVIDER_REFERENCE -> Documents.PROVIDER_REFERENCE;
        };
    if (completion.field() == Completion.Field.DESCRIPTION) {
      addText(all, Documents.DESCRIPTION_WORDS, TextQuery.typed(completion.text()));
    } else {
      all.add(prefix(field, completion.text()));
    }
    Map<String, Object> terms =
        Map.of(
            "field",
            field,
            "size",
            completion.limit(),
            "order",
            List.of(Map.of("_count", "desc"), Map.of("_key", "asc")),
            // Numbering all values of the index anew after each refresh would cost more.
            "execution_hint",
            "map");
    return aggregation(butDeleted(all), VALUES, Map.of("terms", terms));
  }

  /** A search for an aggregation of what matches, and for none of it. */
  static Map<String, Object> aggregation(
      Map<String, Object> query, String name, Map<String, Object> aggregation) {
    return Map.of(
        "size", 0, "track_total_hits", false, "query", query, "aggs", Map.of(name, aggregation));
  }

  static Completion.Values readValues(JsonNode response) {
    List<Completion.Value> values = new ArrayList<>();
    for (JsonNode bucket : response.path("aggregations").path(VALUES).path("buckets")) {
      values.add(
          new Completion.Value(bucket.path("key").asText(), bucket.path("doc_count").asLong()));
    }
    return new Completion.Values(values);
  }
}
