package com.gyroscops.payments.read.source;

import static com.gyroscops.payments.read.SampleLog.START_MICROS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import com.gyroscops.payments.read.SampleLog;
import com.gyroscops.payments.read.source.Filter.Span;
import com.gyroscops.payments.read.source.PaymentSearch.Sort;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.v1.PaymentStatus;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What every source must do alike; each adapter's test extends it. */
public abstract class PaymentSourceContract {

  private static final long FENCE = 7;
  private static final long SEED = 20_260_301;
  private static final List<Sort> SORTS = List.of(Sort.values());
  private static final long BUCKET = 900L * 1_000_000;

  /** A source that was never filled. */
  protected abstract PaymentSource newSource() throws Exception;

  private static SampleLog log() {
    return new SampleLog("payments", "epoch-1");
  }

  private static SourcePosition begun(PaymentSource source, SampleLog log) throws Exception {
    assertThat(source.takeOver(FENCE)).isPresent();
    return source.begin(FENCE, log.logId(), log.epoch(), 0).orElseThrow();
  }

  private static SourcePosition filled(PaymentSource source, SampleLog log) throws Exception {
    return applied(source.apply(FENCE, begun(source, log), log.events()));
  }

  private static SourcePosition applied(ApplyOutcome outcome) {
    assertThat(outcome).isInstanceOf(ApplyOutcome.Applied.class);
    return ((ApplyOutcome.Applied) outcome).at();
  }

  private static <T> T data(Answer<T> answer) {
    assertThat(answer).isInstanceOf(Answer.Data.class);
    return ((Answer.Data<T>) answer).value();
  }

  private static <T> SourcePosition at(Answer<T> answer) {
    return ((Answer.Data<T>) answer).at();
  }

  @Test
  void aSourceThatBelongsToNoLogAnswersNothing() throws Exception {
    PaymentSource source = newSource();
    assertThat(source.find("acme", List.of("p1"))).isInstanceOf(Answer.NotReady.class);
    assertThat(source.position()).isEqualTo(SourcePosition.NOWHERE);
  }

  @Test
  void anEmptyLogIsAnsweredWithNothing() throws Exception {
    PaymentSource source = newSource();
    begun(source, log());
    assertThat(data(source.find("acme", List.of("p1")))).isEmpty();
    assertThat(data(source.aggregate(new TotalsSpan(Optional.empty(), Span.OPEN, Set.of()))))
        .isEqualTo(new Totals(List.of(), List.of()));
  }

  @Test
  void aSourceBeingFilledAnswersNothingBeforeItsReadyPosition() throws Exception {
    PaymentSource source = newSource();
    SampleLog log = log();
    log.create("acme", "p1");
    log.create("acme", "p2");
    source.takeOver(FENCE);
    SourcePosition start = source.begin(FENCE, log.logId(), log.epoch(), 2).orElseThrow();
    SourcePosition half = applied(source.apply(FENCE, start, log.events().subList(0, 1)));
    assertThat(source.find("acme", List.of("p1"))).isInstanceOf(Answer.NotReady.class);
    applied(source.apply(FENCE, half, log.after(1)));
    assertThat(data(source.find("acme", List.of("p1", "p2")))).hasSize(2);
  }

  @Test
  void findsTheNewestStateOfEachPaymentOfThatOrganizationDeletedOnesIncluded() throws Exception {
    PaymentSource source = newSource();
    SampleLog log = log();
    log.create("acme", "p1");
    log.create("other", "p1");
    log.process("acme", "p1");
    log.create("acme", "p2");
    PaymentEvent deleted = log.delete("acme", "p2");
    SourcePosition at = filled(source, log);

    Answer<List<Payment>> answer = source.find("acme", List.of("p2", "p1", "none"));
    assertThat(data(answer))
        .extracting(Payment::getOrganizationId, Payment::getPaymentId, Payment::getStatus)
        .containsExactlyInAnyOrder(
            tuple("acme", "p1", PaymentStatus.PAYMENT_STATUS_COMPLETED),
            tuple("acme", "p2", PaymentStatus.PAYMENT_STATUS_DELETED));
    assertThat(data(answer)).contains(deleted.getPayment());
    assertThat(at(answer)).isEqualTo(at);
    assertThat(at.position()).isEqualTo(5);
    assertThat(at.eventId()).isEqualTo(deleted.getEventId());
  }

  @Test
  void pagesOfAnySearchAddUpToExactlyThePaymentsThatMatchInOrder() throws Exception {
    PaymentSource source = newSource();
    Random random = new Random(SEED);
    SampleLog log = log().random(random, 2_000);
    filled(source, log);
    for (int i = 0; i < 200; i++) {
      PaymentSearch search = randomSearch(random, log);
      List<Payment> expected = expected(log, search);
      List<Payment> found = new ArrayList<>();
      PaymentSearch page = search;
      while (true) {
        SearchPage answer = data(source.search(page));
        found.addAll(answer.payments());
        if (search.countMax() > 0) {
          assertThat(answer.matches())
              .as("%s", search)
              .isEqualTo(OptionalInt.of(Math.min(search.countMax(), expected.size())));
        }
        if (answer.payments().size() < search.limit()) {
          break;
        }
        page = after(search, found.getLast());
      }
      assertThat(found).as("%s", search).isEqualTo(expected);
    }
  }

  private static PaymentSearch randomSearch(Random random, SampleLog log) {
    List<Payment> payments = log.payments();
    Payment like = payments.get(random.nextInt(payments.size()));
    Set<String> currencies = new HashSet<>();
    for (int i = random.nextInt(3); i > 0; i--) {
      currencies.add(payments.get(random.nextInt(payments.size())).getAmount().getCurrencyCode());
    }
    Sort sort = SORTS.get(random.nextInt(SORTS.size()));
    boolean one = currencies.size() == 1;
    if (sort == Sort.AMOUNT && !one) {
      sort = Sort.EFFECTIVE_TIME;
    }
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
    Filter filter =
        new Filter(
            like.getOrganizationId(),
            random.nextInt(4) == 0 ? like.getPersonalData().getUserId() : "",
            statuses,
            currencies,
            one ? span(random, like.getAmount().getMinorUnits(), 3_000) : Span.OPEN,
            span(random, Micros.of(like.getEffectiveTime()), 6L * 3_600 * 1_000_000),
            span(random, Micros.of(like.getUpdateTime()), 400_000),
            references ? like.getMerchantReference() : "",
            references ? like.getProviderReference() : "",
            random.nextInt(4) == 0 ? like.getCorrelationId() : "",
            random.nextInt(3) == 0 ? metadata : Map.of(),
            TextQuery.NONE);
    return new PaymentSearch(
        filter,
        sort,
        random.nextBoolean(),
        null,
        1 + random.nextInt(40),
        random.nextBoolean() ? 1 + random.nextInt(100) : 0);
  }

  private static Span span(Random random, long around, long width) {
    return switch (random.nextInt(6)) {
      case 0 -> new Span(around, null);
      case 1 -> new Span(null, around);
      case 2 -> new Span(around - random.nextLong(width), around + random.nextLong(width));
      default -> Span.OPEN;
    };
  }

  private static PaymentSearch after(PaymentSearch search, Payment last) {
    return new PaymentSearch(
        search.filter(),
        search.sort(),
        search.ascending(),
        new PaymentSearch.Key(sortValue(search.sort(), last), last.getPaymentId()),
        search.limit(),
        search.countMax());
  }

  private static long sortValue(Sort sort, Payment payment) {
    return switch (sort) {
      case EFFECTIVE_TIME -> Micros.of(payment.getEffectiveTime());
      case UPDATE_TIME -> Micros.of(payment.getUpdateTime());
      case AMOUNT -> payment.getAmount().getMinorUnits();
    };
  }

  private static List<Payment> expected(SampleLog log, PaymentSearch search) {
    Comparator<Payment> order =
        Comparator.comparingLong((Payment payment) -> sortValue(search.sort(), payment))
            .thenComparing(Payment::getPaymentId);
    return log.payments().stream()
        .filter(payment -> matches(search.filter(), payment))
        .sorted(search.ascending() ? order : order.reversed())
        .toList();
  }

  private static boolean matches(Filter filter, Payment payment) {
    return payment.getOrganizationId().equals(filter.organizationId())
        && (filter.statuses().isEmpty()
            ? payment.getStatus() != PaymentStatus.PAYMENT_STATUS_DELETED
            : filter.statuses().contains(payment.getStatus()))
        && (filter.currencies().isEmpty()
            || filter.currencies().contains(payment.getAmount().getCurrencyCode()))
        && equal(filter.userId(), payment.getPersonalData().getUserId())
        && equal(filter.merchantReference(), payment.getMerchantReference())
        && equal(filter.providerReference(), payment.getProviderReference())
        && equal(filter.correlationId(), payment.getCorrelationId())
        && within(filter.amount(), payment.getAmount().getMinorUnits(), 1)
        && within(filter.effectiveAt(), Micros.of(payment.getEffectiveTime()), 0)
        && within(filter.updateAt(), Micros.of(payment.getUpdateTime()), 0)
        && payment
            .getPersonalData()
            .getMetadataMap()
            .entrySet()
            .containsAll(filter.metadata().entrySet());
  }

  private static boolean equal(String wanted, String value) {
    return wanted.isEmpty() || wanted.equals(value);
  }

  private static boolean within(Span span, long value, int beyondMax) {
    Long min = span.min();
    Long max = span.max();
    return (min == null || value >= min) && (max == null || value < max + beyondMax);
  }

  @Test
  void totalsOfAnySpanAreThoseOfItsPaymentsAndRefunds() throws Exception {
    PaymentSource source = newSource();
    Random random = new Random(SEED + 1);
    SampleLog log = log().random(random, 3_000);
    filled(source, log);
    for (int i = 0; i < 200; i++) {
      Optional<String> organization =
          random.nextInt(3) == 0 ? Optional.empty() : Optional.of("org-" + random.nextInt(4));
      Set<String> currencies =
          switch (random.nextInt(3)) {
            case 0 -> Set.of("EUR");
            case 1 -> Set.of("KWD", "JPY", "CHF");
            default -> Set.of();
          };
      TotalsSpan span = new TotalsSpan(organization, randomTimes(random), currencies);
      assertThat(data(source.aggregate(span))).as("%s", span).isEqualTo(expected(log, span));
    }
  }

  private static Span randomTimes(Random random) {
    long start = START_MICROS + random.nextLong(48L * 3_600 * 1_000_000);
    long length =
        switch (random.nextInt(3)) {
          case 0 -> 1 + random.nextLong(BUCKET);
          case 1 -> 1 + random.nextLong(3 * BUCKET);
          default -> 1 + random.nextLong(100 * BUCKET);
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

  private static Totals expected(SampleLog log, TotalsSpan span) {
    Map<String, Map<Integer, Totals.OfStatus>> payments = new TreeMap<>();
    Map<String, Totals.OfRefunds> refunds = new TreeMap<>();
    for (Payment payment : log.payments()) {
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
                new Totals.OfStatus(
                    currency,
                    payment.getStatus(),
                    1,
                    BigInteger.valueOf(payment.getAmount().getMinorUnits())),
                (a, b) ->
                    new Totals.OfStatus(
                        a.currency(),
                        a.status(),
                        a.count() + b.count(),
                        a.amount().add(b.amount())));
      }
      for (var refund : payment.getRefundsList()) {
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
    List<Totals.OfStatus> all = new ArrayList<>();
    payments.values().forEach(byStatus -> all.addAll(byStatus.values()));
    return new Totals(all, List.copyOf(refunds.values()));
  }

  @Test
  void sumsBeyond64BitsAreExact() throws Exception {
    PaymentSource source = newSource();
    SampleLog log = log();
    for (int i = 0; i < 3; i++) {
      log.create("acme", "p" + i, Long.MAX_VALUE, "EUR", START_MICROS);
    }
    filled(source, log);
    Totals totals =
        data(source.aggregate(new TotalsSpan(Optional.of("acme"), Span.OPEN, Set.of())));
    assertThat(totals.payments().getFirst().amount())
        .isEqualTo(BigInteger.valueOf(Long.MAX_VALUE).multiply(BigInteger.valueOf(3)));
  }

  @Test
  void historyAndTimelineGiveEventsInOrderAPageAtATime() throws Exception {
    PaymentSource source = newSource();
    SampleLog log = log().random(new Random(SEED + 2), 1_500);
    filled(source, log);
    for (Payment payment : log.payments().subList(0, 100)) {
      List<PaymentEvent> found = new ArrayList<>();
      List<PaymentEvent> page;
      do {
        long after = found.isEmpty() ? 0 : found.getLast().getVersion();
        page = data(source.history(payment.getOrganizationId(), payment.getPaymentId(), after, 2));
        found.addAll(page);
      } while (!page.isEmpty());
      assertThat(found)
          .isEqualTo(
              log.events().stream()
                  .filter(it -> it.getOrganizationId().equals(payment.getOrganizationId()))
                  .filter(it -> it.getPaymentId().equals(payment.getPaymentId()))
                  .toList());
    }
    List<PaymentEvent> found = new ArrayList<>();
    List<PaymentEvent> page;
    do {
      long after = found.isEmpty() ? 0 : found.getLast().getPosition();
      page = data(source.timeline("org-1", "invoice-2", after, 7));
      found.addAll(page);
    } while (!page.isEmpty());
    assertThat(found)
        .isNotEmpty()
        .isEqualTo(
            log.events().stream()
                .filter(it -> it.getOrganizationId().equals("org-1"))
                .filter(it -> it.getCorrelationId().equals("invoice-2"))
                .toList());
    assertThat(data(source.timeline("org-1", "invoice-none", 0, 7))).isEmpty();
  }

  @Test
  void runsOfAnySizeLeadToTheSameState() throws Exception {
    SampleLog log = log().random(new Random(SEED + 3), 1_000);
    PaymentSource source = newSource();
    SourcePosition at = begun(source, log);
    Random sizes = new Random(SEED);
    while (at.position() < log.head()) {
      List<PaymentEvent> rest = log.after(at.position());
      int size = Math.min(rest.size(), 1 + sizes.nextInt(30));
      at = applied(source.apply(FENCE, at, rest.subList(0, size)));
    }
    TotalsSpan everything = new TotalsSpan(Optional.empty(), Span.OPEN, Set.of());
    assertThat(data(source.aggregate(everything))).isEqualTo(expected(log, everything));
    for (Payment payment : log.payments()) {
      assertThat(data(source.find(payment.getOrganizationId(), List.of(payment.getPaymentId()))))
          .containsExactly(payment);
    }
  }

  @Test
  void aRunGivenAgainChangesNothing() throws Exception {
    PaymentSource source = newSource();
    SampleLog log = log().random(new Random(SEED + 4), 200);
    SourcePosition start = begun(source, log);
    SourcePosition at = applied(source.apply(FENCE, start, log.events()));
    assertThat(source.apply(FENCE, start, log.events())).isInstanceOf(ApplyOutcome.FencedOut.class);
    assertThat(source.position()).isEqualTo(at);
    TotalsSpan everything = new TotalsSpan(Optional.empty(), Span.OPEN, Set.of());
    assertThat(data(source.aggregate(everything))).isEqualTo(expected(log, everything));
  }

  @Test
  void aRunThatDoesNotFollowIsRefused() throws Exception {
    PaymentSource source = newSource();
    SampleLog log = log().random(new Random(SEED + 5), 10);
    SourcePosition start = begun(source, log);
    assertThatThrownBy(() -> source.apply(FENCE, start, log.after(1)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void anOlderFenceChangesNothing() throws Exception {
    PaymentSource source = newSource();
    SampleLog log = log();
    log.create("acme", "p1");
    SourcePosition start = begun(source, log);
    assertThat(source.takeOver(FENCE + 1)).isPresent();
    assertThat(source.apply(FENCE, start, log.events())).isInstanceOf(ApplyOutcome.FencedOut.class);
    assertThat(source.startOver(FENCE)).isEmpty();
    assertThat(source.retryParked(FENCE)).isEmpty();
    assertThat(source.takeOver(FENCE)).isEmpty();
    assertThat(source.position()).isEqualTo(start);
    assertThat(data(source.find("acme", List.of("p1")))).isEmpty();
    applied(source.apply(FENCE + 1, start, log.events()));
  }

  @Test
  void aSourceTiedToALogIsNotTiedToAnother() throws Exception {
    PaymentSource source = newSource();
    SourcePosition at = begun(source, log());
    assertThat(source.begin(FENCE, "payments", "epoch-2", 0)).isEmpty();
    assertThat(source.position()).isEqualTo(at);
  }

  @Test
  void startingOverForgetsEverything() throws Exception {
    PaymentSource source = newSource();
    SampleLog log = log().random(new Random(SEED + 6), 300);
    log.appendRaw(log.events().getFirst().toBuilder().setVersion(99).build());
    assertThat(filled(source, log).parked()).isEqualTo(1);
    assertThat(source.startOver(FENCE)).contains(SourcePosition.NOWHERE);
    Payment any = log.payments().getFirst();
    assertThat(source.find(any.getOrganizationId(), List.of(any.getPaymentId())))
        .isInstanceOf(Answer.NotReady.class);
    SampleLog other = new SampleLog("payments", "epoch-2");
    other.create("acme", "p1");
    SourcePosition start = source.begin(FENCE, "payments", "epoch-2", 0).orElseThrow();
    applied(source.apply(FENCE, start, other.events()));
    assertThat(data(source.find(any.getOrganizationId(), List.of(any.getPaymentId())))).isEmpty();
    assertThat(
            data(source.aggregate(new TotalsSpan(Optional.empty(), Span.OPEN, Set.of())))
                .payments())
        .hasSize(1);
  }

  @Test
  void anEventThatSkipsAVersionIsParkedWithAllLaterOnesOfItsPayment() throws Exception {
    PaymentSource source = newSource();
    SampleLog log = log();
    log.create("acme", "p1");
    log.appendRaw(version(log.events().getFirst(), 3));
    log.appendRaw(version(log.events().getFirst(), 4));
    log.create("acme", "p2");
    log.create("other", "p1");
    SourcePosition at = filled(source, log);
    assertThat(at.position()).isEqualTo(5);
    assertThat(at.parked()).isEqualTo(2);
    assertIncomplete(source);

    // The missing one comes late, and waits behind the others.
    PaymentEvent missing = version(log.events().getFirst(), 2);
    log.appendRaw(missing);
    at = applied(source.apply(FENCE, at, log.after(5)));
    assertThat(at.parked()).isEqualTo(3);
    assertIncomplete(source);

    at = source.retryParked(FENCE).orElseThrow();
    assertThat(at.parked()).isZero();
    assertThat(at.position()).isEqualTo(6);
    assertThat(data(source.find("acme", List.of("p1"))).getFirst().getVersion()).isEqualTo(4);
    assertThat(data(source.history("acme", "p1", 0, 10)))
        .extracting(PaymentEvent::getVersion)
        .containsExactly(1L, 2L, 3L, 4L);
  }

  private static PaymentEvent version(PaymentEvent event, long version) {
    return event.toBuilder()
        .setVersion(version)
        .setPayment(event.getPayment().toBuilder().setVersion(version))
        .build();
  }

  private static void assertIncomplete(PaymentSource source) {
    assertThat(source.find("acme", List.of("p1"))).isInstanceOf(Answer.Incomplete.class);
    assertThat(source.find("acme", List.of("p2", "p1"))).isInstanceOf(Answer.Incomplete.class);
    assertThat(source.history("acme", "p1", 0, 10)).isInstanceOf(Answer.Incomplete.class);
    assertThat(source.timeline("acme", "any", 0, 10)).isInstanceOf(Answer.Incomplete.class);
    assertThat(source.aggregate(new TotalsSpan(Optional.of("acme"), Span.OPEN, Set.of())))
        .isInstanceOf(Answer.Incomplete.class);
    assertThat(source.aggregate(new TotalsSpan(Optional.empty(), Span.OPEN, Set.of())))
        .isInstanceOf(Answer.Incomplete.class);
    assertThat(source.search(searchAll("acme"))).isInstanceOf(Answer.Incomplete.class);
    // Others are not concerned.
    assertThat(data(source.find("acme", List.of("p2")))).hasSize(1);
    assertThat(data(source.find("other", List.of("p1")))).hasSize(1);
    assertThat(data(source.search(searchAll("other"))).payments()).hasSize(1);
  }

  /** All payments of an organization but deleted ones. */
  protected static PaymentSearch searchAll(String organization) {
    return new PaymentSearch(Filter.all(organization), Sort.EFFECTIVE_TIME, true, null, 100, 0);
  }

  @Test
  void anEventWithoutThePaymentsStateIsParked() throws Exception {
    PaymentSource source = newSource();
    SampleLog log = log();
    log.appendRaw(log.create("acme", "p1").toBuilder().clearPayment().setPaymentId("p2").build());
    SourcePosition at = filled(source, log);
    assertThat(at.parked()).isEqualTo(1);
    assertThat(data(source.find("acme", List.of("p1")))).hasSize(1);
    assertThat(source.find("acme", List.of("p2"))).isInstanceOf(Answer.Incomplete.class);
  }

  @Test
  void moreParkedEventsThanMayBeAreRefusedAndNothingIsChanged() throws Exception {
    PaymentSource source = newSource();
    SampleLog log = log();
    PaymentEvent first = log.create("acme", "p1");
    for (int i = 0; i < 10_001; i++) {
      log.appendRaw(version(first, 3L + i));
    }
    SourcePosition start = begun(source, log);
    SourcePosition at = applied(source.apply(FENCE, start, log.events().subList(0, 10_001)));
    assertThat(at.parked()).isEqualTo(10_000);
    assertThat(source.apply(FENCE, at, log.after(10_001)))
        .isEqualTo(new ApplyOutcome.ParkingFull(10_000));
    assertThat(source.position()).isEqualTo(at);
  }

  /** With one payment alone in the log, its version is the position, at every moment. */
  @Test
  void theAnswersPositionIsOfTheSnapshotOfItsData() throws Exception {
    PaymentSource source = newSource();
    SampleLog log = log();
    log.create("acme", "p1");
    for (int i = 0; i < 600; i++) {
      log.update("acme", "p1", "change " + i);
    }
    SourcePosition start = begun(source, log);
    SourcePosition at = applied(source.apply(FENCE, start, log.events().subList(0, 1)));
    AtomicBoolean done = new AtomicBoolean();
    AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    Thread reader =
        Thread.ofPlatform()
            .start(() -> {
              try {
                while (!done.get()) {
                  Answer<List<Payment>> found = source.find("acme", List.of("p1"));
                  assertThat(data(found).getFirst().getVersion()).isEqualTo(at(found).position());
                  Answer<SearchPage> page = source.search(searchAll("acme"));
                  assertThat(data(page).payments().getFirst().getVersion())
                      .isEqualTo(at(page).position());
                }
              } catch (Throwable e) {
                failure.set(e);
              }
            });
    while (at.position() < log.head() && failure.get() == null) {
      at = applied(source.apply(FENCE, at, log.after(at.position()).subList(0, 1)));
    }
    done.set(true);
    reader.join();
    assertThat(failure.get()).isNull();
  }
}
