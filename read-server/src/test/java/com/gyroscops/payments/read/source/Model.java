package com.gyroscops.payments.read.source;

import com.gyroscops.payments.read.source.Filter.Span;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentStatus;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.time.temporal.TemporalAdjusters;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What sources must answer, computed from the payments in the plainest way. */
public final class Model {

  /** Identifiers as sources order them: by their UTF-8 bytes. */
  private static final Comparator<String> BY_BYTES =
      Comparator.comparing(it -> it.getBytes(StandardCharsets.UTF_8), Arrays::compareUnsigned);

  private Model() {}

  /** All payments that match, in order, from the first page on. */
  public static List<Payment> search(List<Payment> payments, PaymentSearch search) {
    Comparator<Payment> order =
        Comparator.comparingLong((Payment payment) -> sortValue(search.sort(), payment))
            .thenComparing(Payment::getPaymentId, BY_BYTES);
    return payments.stream()
        .filter(payment -> matches(search.filter(), payment))
        .sorted(search.ascending() ? order : order.reversed())
        .toList();
  }

  /** The page after the one that ends with a payment. */
  public static PaymentSearch after(PaymentSearch search, Payment last) {
    return new PaymentSearch(
        search.filter(),
        search.sort(),
        search.ascending(),
        new PaymentSearch.Key(sortValue(search.sort(), last), last.getPaymentId()),
        search.limit(),
        search.countMax());
  }

  private static long sortValue(NumberField sort, Payment payment) {
    return switch (sort) {
      case EFFECTIVE_TIME -> Micros.of(payment.getEffectiveTime());
      case UPDATE_TIME -> Micros.of(payment.getUpdateTime());
      case AMOUNT -> payment.getAmount().getMinorUnits();
    };
  }

  /** Whether a payment is meant. */
  public static boolean matches(Filter filter, Payment payment) {
    return payment.getOrganizationId().equals(filter.organizationId())
        && (filter.statuses().isEmpty()
            ? payment.getStatus() != PaymentStatus.PAYMENT_STATUS_DELETED
            : filter.statuses().contains(payment.getStatus()))
        && (filter.currencies().isEmpty()
            || filter.currencies().contains(payment.getAmount().getCurrencyCode()))
        && equal(filter, TextField.USER, payment.getPersonalData().getUserId())
        && equal(filter, TextField.MERCHANT_REFERENCE, payment.getMerchantReference())
        && equal(filter, TextField.PROVIDER_REFERENCE, payment.getProviderReference())
        && equal(filter, TextField.CORRELATION, payment.getCorrelationId())
        && within(filter.span(NumberField.AMOUNT), payment.getAmount().getMinorUnits(), 1)
        && within(filter.span(NumberField.EFFECTIVE_TIME), Micros.of(payment.getEffectiveTime()), 0)
        && within(filter.span(NumberField.UPDATE_TIME), Micros.of(payment.getUpdateTime()), 0)
        && payment
            .getPersonalData()
            .getMetadataMap()
            .entrySet()
            .containsAll(filter.metadata().entrySet())
        && matches(filter.words(), List.copyOf(Words.of(payment)));
  }

  private static boolean matches(TextQuery text, List<String> words) {
    return words.containsAll(text.words())
        && text.prefixes().stream()
            .allMatch(prefix -> words.stream().anyMatch(word -> word.startsWith(prefix)));
  }

  private static boolean equal(Filter filter, TextField field, String value) {
    return filter.texts().getOrDefault(field, value).equals(value);
  }

  private static boolean within(Span span, long value, int beyondMax) {
    Long min = span.min();
    Long max = span.max();
    return (min == null || value >= min) && (max == null || value < max + beyondMax);
  }

  /** Counts and sums. */
  public static Totals totals(List<Payment> all, TotalsSpan span) {
    Map<String, Map<Integer, Totals.OfStatus>> payments = new TreeMap<>();
    Map<String, Totals.OfRefunds> refunds = new TreeMap<>();
    for (Payment payment : all) {
      String currency = payment.getAmount().getCurrencyCode();
      if (span.organizationId().filter(it -> !it.equals(payment.getOrganizationId())).isPresent()
          || (!span.currencies().isEmpty() && !span.currencies().contains(currency))) {
        continue;
      }
      if (within(span.time(), Micros.of(payment.getEffectiveTime()), 0)) {
        payments
            .computeIfAbsent(currency, _ -> new TreeMap<>())
            .merge(
                payment.getStatusValue(),
                new Totals.OfStatus(currency, payment.getStatus(), 1, amount(payment)),
                (a, b) ->
                    new Totals.OfStatus(
                        a.currency(),
                        a.status(),
                        a.count() + b.count(),
                        a.amount().add(b.amount())));
      }
      for (var refund : payment.getRecentRefundsList()) {
        if (within(span.time(), Micros.of(refund.getEffectiveTime()), 0)) {
          refunds.merge(
              currency,
              new Totals.OfRefunds(
                  currency, 1, BigInteger.valueOf(refund.getAmount().getMinorUnits())),
              (a, b) ->
                  new Totals.OfRefunds(
                      a.currency(), a.count() + b.count(), a.amount().add(b.amount())));
        }
      }
    }
    List<Totals.OfStatus> found = new ArrayList<>();
    payments.values().forEach(byStatus -> found.addAll(byStatus.values()));
    return new Totals(found, List.copyOf(refunds.values()));
  }

  private static BigInteger amount(Payment payment) {
    return BigInteger.valueOf(payment.getAmount().getMinorUnits());
  }

  private record GroupKey(
      Optional<LocalDate> period,
      String currency,
      Optional<Integer> status,
      Optional<String> user) {}

  /** Figures in groups. */
  public static Groups.Found groups(List<Payment> all, Analysis analysis) {
    Map<GroupKey, List<Payment>> byKey =
        all.stream()
            .filter(payment -> matches(analysis.filter(), payment))
            .collect(Collectors.groupingBy(payment -> key(analysis, payment)));
    Comparator<GroupKey> order =
        Comparator.comparing((GroupKey key) -> key.period().orElse(LocalDate.MIN))
            .thenComparing(GroupKey::currency, BY_BYTES)
            .thenComparing(key -> key.status().orElse(0))
            .thenComparing(key -> key.user().orElse(""), BY_BYTES);
    if (analysis.order() == Analysis.Order.COUNT) {
      order =
          Comparator.comparingInt((GroupKey key) -> -byKey.getOrDefault(key, List.of()).size())
              .thenComparing(order);
    }
    List<Groups.Group> groups =
        byKey.keySet().stream()
            .sorted(order)
            .limit(analysis.limit())
            .map(key -> group(analysis, key, byKey.getOrDefault(key, List.of())))
            .toList();
    return new Groups.Found(groups, byKey.size());
  }

  /** Likewise where a source cannot compute percentiles. */
  public static Groups.Found withoutPercentiles(Groups.Found found) {
    return new Groups.Found(
        found.groups().stream()
            .map(it ->
                new Groups.Group(
                    it.currency(),
                    it.status(),
                    it.periodStart(),
                    it.userId(),
                    it.count(),
                    it.sum(),
                    it.min(),
                    it.max(),
                    List.of()))
            .toList(),
        found.total());
  }

  private static GroupKey key(Analysis analysis, Payment payment) {
    return new GroupKey(
        analysis.period().map(period -> periodStart(analysis, period, payment)),
        payment.getAmount().getCurrencyCode(),
        analysis.byStatus() ? Optional.of(payment.getStatusValue()) : Optional.empty(),
        analysis.byUser() ? Optional.of(payment.getPersonalData().getUserId()) : Optional.empty());
  }

  private static LocalDate periodStart(Analysis analysis, Analysis.Period period, Payment payment) {
    LocalDate day =
        Instant.EPOCH
            .plus(Micros.of(payment.getEffectiveTime()), ChronoUnit.MICROS)
            .atZone(analysis.zone())
            .toLocalDate();
    return switch (period) {
      case DAY -> day;
      case WEEK -> day.with(TemporalAdjusters.previousOrSame(DayOfWeek.MONDAY));
      case MONTH -> day.withDayOfMonth(1);
    };
  }

  /** The nearest rank, in decimals: 55 percent of 100 are 55, which doubles do not say. */
  private static int rank(Percentile percentile, int count) {
    return BigDecimal.valueOf(percentile.percent())
        .multiply(BigDecimal.valueOf(count))
        .divide(BigDecimal.valueOf(100), 0, RoundingMode.CEILING)
        .intValueExact();
  }

  private static Groups.Group group(Analysis analysis, GroupKey key, List<Payment> payments) {
    long[] amounts =
        payments.stream().mapToLong(it -> it.getAmount().getMinorUnits()).sorted().toArray();
    List<Long> percentiles =
        analysis.percentiles().stream()
            .map(percentile -> amounts[rank(percentile, amounts.length) - 1])
            .toList();
    return new Groups.Group(
        key.currency(),
        key.status().map(PaymentStatus::forNumber),
        key.period(),
        key.user(),
        amounts.length,
        payments.stream().map(Model::amount).reduce(BigInteger.ZERO, BigInteger::add),
        amounts[0],
        amounts[amounts.length - 1],
        percentiles);
  }

  /** Values that complete a beginning. */
  public static Completion.Values completions(List<Payment> all, Completion completion) {
    Map<String, Long> counts =
        all.stream()
            .filter(it -> it.getOrganizationId().equals(completion.organizationId()))
            .filter(it -> it.getStatus() != PaymentStatus.PAYMENT_STATUS_DELETED)
            .map(payment -> value(completion.field(), payment))
            .filter(value -> !value.isEmpty() && completes(completion, value))
            .collect(
                Collectors.groupingBy(
                    Function.identity(), LinkedHashMap::new, Collectors.counting()));
    Comparator<Completion.Value> order =
        Comparator.comparingLong((Completion.Value it) -> -it.payments())
            .thenComparing(Completion.Value::value, BY_BYTES);
    return new Completion.Values(
        counts.entrySet().stream()
            .map(it -> new Completion.Value(it.getKey(), it.getValue()))
            .sorted(order)
            .limit(completion.limit())
            .toList());
  }

  private static String value(Completion.Field field, Payment payment) {
    return switch (field) {
      case DESCRIPTION -> payment.getPersonalData().getDescription();
      case USER -> payment.getPersonalData().getUserId();
      case MERCHANT_REFERENCE -> payment.getMerchantReference();
      case PROVIDER_REFERENCE -> payment.getProviderReference();
    };
  }

  private static boolean completes(Completion completion, String value) {
    return completion.field() == Completion.Field.DESCRIPTION
        ? matches(TextQuery.typed(completion.text()), Words.of(value))
        : value.startsWith(completion.text());
  }
}
