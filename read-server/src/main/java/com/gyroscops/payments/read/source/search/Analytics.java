package com.gyroscops.payments.read.source.search;

import com.fasterxml.jackson.databind.JsonNode;
import com.gyroscops.payments.read.source.Analysis;
import com.gyroscops.payments.read.source.Answer;
import com.gyroscops.payments.read.source.Groups;
import com.gyroscops.payments.read.source.Groups.Group;
import com.gyroscops.payments.read.source.Percentile;
import com.gyroscops.payments.read.source.SourcePosition;
import com.gyroscops.payments.read.source.SourceUnavailableException;
import com.gyroscops.payments.read.source.ZoneOffsets;
import com.gyroscops.payments.v1.PaymentStatus;
import java.math.BigInteger;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.TimeoutException;

/**
 * Analytics by the engine's composite aggregation, all groups a page at a time; they are put in
 * order here. Percentiles are the engine's estimates. It adds up in floating point, which is exact
 * below 2^53: where a sum is not below, and so maybe an amount, the answer is {@link
 * Answer.Inexact}.
 *
 * <p>Periods are made by a script from the offsets that it is given, as the engine's own calendar
 * has the engine's own rules.
 *
 * <p>Pages after the first are of the same position as the first, or all are read again: figures of
 * different positions are never put together. A state beyond the position, of a run that failed or
 * is being parked, may be in some pages and not in others. For concurrent use.
 */
final class Analytics {

  /** Groups a page: the most that engines make at once is 65,535, and nearly all is less. */
  static final int GROUPS_PER_PAGE = 10_000;

  /** Likewise with percentiles, each of which takes the engine several KB. */
  static final int GROUPS_PER_PAGE_WITH_PERCENTILES = 1_000;

  /** Times that all pages are read before it is left to a source that does not change meanwhile. */
  static final int ATTEMPTS_MAX = 3;

  private static final String GROUPS = "groups";
  private static final String PERIOD = "period";
  private static final String CURRENCY = "currency";
  private static final String STATUS = "status";
  private static final String USER = "user";

  /** From here on numbers in floating point are not all there. */
  private static final double INEXACT = 0x1p53;

  /**
   * Has the day of a payment, counted from {@link ZoneOffsets#EARLIER_DAYS} before 1970. Offsets
   * are looked up by halves; numbers come as boxes of various types. All that differs between
   * questions is in the parameters, so that engines compile three scripts in all.
   */
  private static final String DAY_SCRIPT =
      """
      long at = doc['effective_at'].value;
      long start = ((Number) params.cycleStart).longValue();
      long then = at < ((Number) params.cycleEnd).longValue()
          ? at
          : start + (at - start) % ((Number) params.cycle).longValue();
      List starts = params.starts;
      int low = 0;
      int high = starts.size() - 1;
      while (low < high) {
        int middle = (low + high + 1) / 2;
        if (((Number) starts.get(middle)).longValue() <= then) {
          low = middle;
        } else {
          high = middle - 1;
        }
      }
      long local = at + ((Number) params.offsets.get(low)).longValue();
      long earlier = ((Number) params.earlierDays).longValue();
      long day = (local + earlier * 86400000000L) / 86400000000L;
      """;

  /** Order of {@link Analysis.Order#KEY}; texts are compared by code point. */
  private static final Comparator<Group> BY_KEY =
      Comparator.comparing((Group group) -> group.periodStart().orElse(LocalDate.MIN))
          .thenComparing(Group::currency)
          .thenComparing(group -> group.status().map(PaymentStatus::getNumber).orElse(0))
          // Identifiers are ASCII, for which the order of chars is that of code points.
          .thenComparing(group -> group.userId().orElse(""));

  /**
   * One page.
   *
   * @param inexact whether any of its sums is
   */
  private record Page(List<Group> groups, Optional<JsonNode> after, boolean inexact) {}

  private final SearchIndexReader reads;

  Analytics(SearchIndexReader reads) {
    this.reads = reads;
  }

  Answer<Groups> answer(Analysis analysis) {
    for (int attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
      Optional<Answer<Groups>> answer = attempt(analysis);
      if (answer.isPresent()) {
        return answer.get();
      }
    }
    return new Answer.Unavailable<>(
        new SourceUnavailableException(
            "the index changes faster than its groups can be read",
            new TimeoutException(ATTEMPTS_MAX + " attempts")));
  }

  /** Empty: the index changed between two pages. */
  private Optional<Answer<Groups>> attempt(Analysis analysis) {
    List<Group> groups = new ArrayList<>();
    Optional<SourcePosition> start = Optional.empty();
    Optional<JsonNode> after = Optional.empty();
    while (true) {
      Answer<Page> answer =
          reads.answer(
              analysis.filter().organizationId(),
              question(analysis, after),
              response -> read(analysis, response));
      if (!(answer instanceof Answer.Data<Page>(Page page, SourcePosition at))) {
        return Optional.of(answer.map(_ -> new Groups.TooMany()));
      }
      if (start.isPresent() && !start.get().equals(at)) {
        return Optional.empty();
      }
      if (page.inexact()) {
        return Optional.of(new Answer.Inexact<>(at));
      }
      start = Optional.of(at);
      groups.addAll(page.groups());
      if (groups.size() > Analysis.GROUPS_MAX) {
        return Optional.of(new Answer.Data<>(new Groups.TooMany(), at));
      }
      if (page.after().isEmpty()) {
        return Optional.of(new Answer.Data<>(ordered(analysis, groups), at));
      }
      after = page.after();
    }
  }

  private static Groups ordered(Analysis analysis, List<Group> groups) {
    Comparator<Group> order =
        switch (analysis.order()) {
          case KEY -> BY_KEY;
          case COUNT -> Comparator.comparingLong(Group::count).reversed().thenComparing(BY_KEY);
        };
    return new Groups.Found(
        groups.stream().sorted(order).limit(analysis.limit()).toList(), groups.size());
  }

  private static Map<String, Object> question(Analysis analysis, Optional<JsonNode> after) {
    List<Object> sources = new ArrayList<>();
    analysis
        .period()
        .ifPresent(period ->
            sources.add(
                source(
                    PERIOD,
                    Map.of("script", script(period, analysis.offsets()), "value_type", "long"))));
    sources.add(source(CURRENCY, Map.of("field", Documents.CURRENCY)));
    if (analysis.byStatus()) {
      sources.add(source(STATUS, Map.of("field", Documents.STATUS)));
    }
    if (analysis.byUser()) {
      sources.add(source(USER, Map.of("field", Documents.USER, "missing_bucket", true)));
    }
    Map<String, Object> composite = new LinkedHashMap<>();
    composite.put(
        "size",
        analysis.percentiles().isEmpty() ? GROUPS_PER_PAGE : GROUPS_PER_PAGE_WITH_PERCENTILES);
    composite.put("sources", sources);
    after.ifPresent(key -> composite.put("after", key));
    Map<String, Object> amount = Map.of("field", Documents.AMOUNT);
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("sum", Map.of("sum", amount));
    figures.put("min", Map.of("min", amount));
    figures.put("max", Map.of("max", amount));
    if (!analysis.percentiles().isEmpty()) {
      figures.put(
          "percentiles",
          Map.of(
              "percentiles",
              Map.of(
                  "field",
                  Documents.AMOUNT,
                  "keyed",
                  false,
                  "percents",
                  analysis.percentiles().stream()
                      .map(Percentile::percent)
                      .distinct()
                      .sorted()
                      .toList())));
    }
    return SearchQueries.aggregation(
        SearchQueries.query(analysis.filter()),
        GROUPS,
        Map.of("composite", composite, "aggs", figures));
  }

  private static Map<String, Object> source(String name, Map<String, Object> terms) {
    return Map.of(name, Map.of("terms", terms));
  }

  private static Map<String, Object> script(Analysis.Period period, ZoneOffsets offsets) {
    String firstDay =
        switch (period) {
          case DAY -> "return day - earlier;";
          // 1970 began on a Thursday.
          case WEEK -> "return (day + 3) / 7 * 7 - 3 - earlier;";
          case MONTH ->
              "return LocalDate.ofEpochDay(day - earlier).withDayOfMonth(1).toEpochDay();";
        };
    return Map.of(
        "source",
        DAY_SCRIPT + firstDay,
        "params",
        Map.of(
            "starts",
            offsets.starts(),
            "offsets",
            offsets.offsets(),
            "cycleStart",
            offsets.cycleStart(),
            "cycleEnd",
            offsets.cycleEnd(),
            "cycle",
            ZoneOffsets.CYCLE,
            "earlierDays",
            ZoneOffsets.EARLIER_DAYS));
  }

  private static Page read(Analysis analysis, JsonNode response) {
    JsonNode found = response.path("aggregations").path(GROUPS);
    List<Group> groups = new ArrayList<>();
    boolean inexact = false;
    for (JsonNode bucket : found.path("buckets")) {
      inexact |= bucket.path("sum").path("value").asDouble() >= INEXACT;
      groups.add(group(analysis, bucket));
    }
    JsonNode after = found.path("after_key");
    return new Page(groups, after.isMissingNode() ? Optional.empty() : Optional.of(after), inexact);
  }

  private static Group group(Analysis analysis, JsonNode bucket) {
    JsonNode key = bucket.path("key");
    return new Group(
        key.path(CURRENCY).asText(),
        analysis.byStatus()
            ? Optional.of(PaymentStatus.forNumber(Integer.parseInt(key.path(STATUS).asText())))
            : Optional.empty(),
        analysis.period().map(_ -> LocalDate.ofEpochDay(key.path(PERIOD).asLong())),
        analysis.byUser()
            ? Optional.of(key.path(USER).isNull() ? "" : key.path(USER).asText())
            : Optional.empty(),
        bucket.path("doc_count").asLong(),
        BigInteger.valueOf((long) bucket.path("sum").path("value").asDouble()),
        (long) bucket.path("min").path("value").asDouble(),
        (long) bucket.path("max").path("value").asDouble(),
        analysis.percentiles().stream()
            .map(it -> percentile(bucket.path("percentiles").path("values"), it.percent()))
            .toList());
  }

  private static long percentile(JsonNode values, double percent) {
    OptionalDouble value = OptionalDouble.empty();
    for (JsonNode each : values) {
      if (each.path("key").asDouble() == percent) {
        value = OptionalDouble.of(each.path("value").asDouble());
      }
    }
    return Math.round(value.orElseThrow());
  }
}
