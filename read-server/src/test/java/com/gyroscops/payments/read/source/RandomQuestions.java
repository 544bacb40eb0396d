package com.gyroscops.payments.read.source;

import com.gyroscops.payments.read.source.Filter.Span;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentStatus;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;

/** Questions at random about payments that are there, so that most have answers. */
public final class RandomQuestions {

  private static final List<NumberField> SORTS = List.of(NumberField.values());
  private static final List<Completion.Field> FIELDS = List.of(Completion.Field.values());
  private static final long BUCKET = 900L * 1_000_000;

  private static final long HOUR = 3_600L * 1_000_000;

  /** With daylight saving on different days, half hours, and days that a zone never had. */
  private static final List<ZoneId> ZONES =
      Stream.of("UTC", "Europe/Paris", "America/New_York", "Asia/Kolkata", "Pacific/Apia")
          .map(ZoneId::of)
          .toList();

  private static final List<Double> PERCENTILES = List.of(50.0, 99.0, 0.1, 100.0, 100.0 / 3, 55.0);

  private final Random random;
  private final List<Payment> payments;
  private final List<ZoneId> zones;
  private final long reach;

  /**
   * About payments of some days.
   *
   * @param payments to ask about, one or more
   */
  public RandomQuestions(Random random, List<Payment> payments) {
    this(random, payments, ZONES, 6 * HOUR);
  }

  /**
   * @param payments to ask about, one or more
   * @param zones of the calendars
   * @param reach how far business times that are asked for may lie from a payment's, in
   *     microseconds
   */
  public RandomQuestions(Random random, List<Payment> payments, List<ZoneId> zones, long reach) {
    this.random = random;
    this.payments = List.copyOf(payments);
    this.zones = List.copyOf(zones);
    this.reach = reach;
  }

  /** One of the payments. */
  public Payment any() {
    return payments.get(random.nextInt(payments.size()));
  }

  /** The first page of a search. */
  public PaymentSearch search() {
    Filter filter = filter(any());
    NumberField sort = SORTS.get(random.nextInt(SORTS.size()));
    if (sort == NumberField.AMOUNT && filter.currencies().size() != 1) {
      sort = NumberField.EFFECTIVE_TIME;
    }
    return new PaymentSearch(
        filter,
        sort,
        random.nextBoolean(),
        null,
        1 + random.nextInt(40),
        random.nextBoolean() ? 1 + random.nextInt(100) : 0);
  }

  private Filter filter(Payment like) {
    Set<String> currencies = new HashSet<>();
    for (int i = random.nextInt(3); i > 0; i--) {
      currencies.add(any().getAmount().getCurrencyCode());
    }
    boolean one = currencies.size() == 1;
    Set<PaymentStatus> statuses = EnumSet.noneOf(PaymentStatus.class);
    for (int i = random.nextInt(4); i > 0; i--) {
      statuses.add(PaymentStatus.forNumber(1 + random.nextInt(6)));
    }
    Map<String, String> metadata = new HashMap<>();
    like.getPersonalData()
        .getMetadataMap()
        .forEach((name, value) -> {
          if (random.nextBoolean()) {
            metadata.put(name, value);
          }
        });
    boolean references = random.nextInt(4) == 0;
    Map<TextField, String> texts = new EnumMap<>(TextField.class);
    for (TextField field : TextField.values()) {
      boolean isReference =
          field == TextField.MERCHANT_REFERENCE || field == TextField.PROVIDER_REFERENCE;
      if ((isReference ? references : random.nextInt(4) == 0) && !field.of(like).isEmpty()) {
        texts.put(field, field.of(like));
      }
    }
    return new Filter(
        like.getOrganizationId(),
        texts,
        statuses,
        currencies,
        Map.of(
            NumberField.AMOUNT,
            one ? span(like.getAmount().getMinorUnits(), 3_000) : Span.OPEN,
            NumberField.EFFECTIVE_TIME,
            span(Micros.of(like.getEffectiveTime()), reach),
            NumberField.UPDATE_TIME,
            span(Micros.of(like.getUpdateTime()), 400_000)),
        random.nextInt(3) == 0 ? metadata : Map.of(),
        random.nextInt(3) == 0 ? text(like) : TextQuery.NONE);
  }

  private TextQuery text(Payment like) {
    List<String> has = List.copyOf(Words.of(like));
    List<String> words = new ArrayList<>();
    List<String> prefixes = new ArrayList<>();
    for (int i = random.nextInt(3); i >= 0 && !has.isEmpty(); i--) {
      String word = has.get(random.nextInt(has.size()));
      if (random.nextBoolean()) {
        words.add(word);
      } else {
        prefixes.add(word.substring(0, 1 + random.nextInt(word.length())));
      }
    }
    return new TextQuery(words, prefixes);
  }

  private Span span(long around, long width) {
    return switch (random.nextInt(6)) {
      case 0 -> new Span(around, null);
      case 1 -> new Span(null, around);
      case 2 -> {
        long max = around + random.nextLong(Math.min(width, 1 + Long.MAX_VALUE - around));
        yield new Span(around - random.nextLong(width), max);
      }
      default -> Span.OPEN;
    };
  }

  /** What to count and add up. */
  public TotalsSpan totals() {
    Optional<String> organization =
        random.nextInt(3) == 0 ? Optional.empty() : Optional.of(any().getOrganizationId());
    Set<String> currencies =
        switch (random.nextInt(3)) {
          case 0 -> Set.of(any().getAmount().getCurrencyCode());
          case 1 -> Set.of("KWD", "JPY", "CHF");
          default -> Set.of();
        };
    return new TotalsSpan(organization, times(), currencies);
  }

  private Span times() {
    // Around some payment, mostly before it, so that most spans hold some.
    long start = Micros.of(any().getEffectiveTime()) + BUCKET - random.nextLong(4 * reach);
    long length =
        switch (random.nextInt(3)) {
          case 0 -> 1 + random.nextLong(BUCKET);
          case 1 -> 1 + random.nextLong(3 * BUCKET);
          default -> 1 + random.nextLong(4 * reach);
        };
    if (random.nextInt(4) == 0) {
      start = start / BUCKET * BUCKET;
    }
    long end = random.nextInt(4) == 0 ? (start + length) / BUCKET * BUCKET : start + length;
    return switch (random.nextInt(5)) {
      case 0 -> new Span(null, end);
      case 1 -> new Span(start, null);
      case 2 -> Span.OPEN;
      default -> new Span(start, Math.max(end, start + 1));
    };
  }

  /** Figures to compute. */
  public Analysis analysis() {
    Optional<Analysis.Period> period =
        switch (random.nextInt(4)) {
          case 0 -> Optional.of(Analysis.Period.DAY);
          case 1 -> Optional.of(Analysis.Period.WEEK);
          case 2 -> Optional.of(Analysis.Period.MONTH);
          default -> Optional.empty();
        };
    return new Analysis(
        random.nextBoolean() ? Filter.all(any().getOrganizationId()) : filter(any()),
        random.nextBoolean(),
        random.nextBoolean(),
        period,
        zones.get(random.nextInt(zones.size())),
        random.nextBoolean() ? percentiles() : List.of(),
        random.nextBoolean() ? Analysis.Order.KEY : Analysis.Order.COUNT,
        1 + random.nextInt(50));
  }

  private List<Percentile> percentiles() {
    List<Percentile> percentiles = new ArrayList<>();
    for (int i = random.nextInt(5); i >= 0; i--) {
      percentiles.add(
          Percentile.of(
              random.nextBoolean()
                  ? PERCENTILES.get(random.nextInt(PERCENTILES.size()))
                  : random.nextDouble(0.0001, 100)));
    }
    return percentiles;
  }

  /** A beginning of what a payment has. */
  public Completion completion() {
    Payment like = any();
    Completion.Field field = FIELDS.get(random.nextInt(FIELDS.size()));
    String whole =
        switch (field) {
          case DESCRIPTION -> like.getPersonalData().getDescription();
          case USER -> like.getPersonalData().getUserId();
          case MERCHANT_REFERENCE -> like.getMerchantReference();
          case PROVIDER_REFERENCE -> like.getProviderReference();
        };
    String text =
        whole.isEmpty()
            ? "u"
            : whole.substring(0, 1 + random.nextInt(Math.min(whole.length(), 12)));
    if (field == Completion.Field.DESCRIPTION && Words.of(text).isEmpty()) {
      text = "nr";
    }
    return new Completion(like.getOrganizationId(), field, text, 1 + random.nextInt(20));
  }
}
