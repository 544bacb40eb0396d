package com.gyroscops.payments.read.source;

import static com.gyroscops.payments.read.SampleLog.START_MICROS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import com.gyroscops.payments.contract.Lineage;
import com.gyroscops.payments.read.SampleLog;
import com.gyroscops.payments.read.source.Analysis.Period;
import com.gyroscops.payments.read.source.Filter.Span;
import com.gyroscops.payments.testing.Seed;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.v1.PaymentStatus;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.zone.ZoneOffsetTransition;
import java.time.zone.ZoneRules;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.DoubleStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What every source must do alike; each adapter's test extends it. */
public abstract class PaymentSourceContract {

  protected static final long FENCE = 7;
  protected static final long SEED = 20_260_301;
  private static final long DAY = 86_400L * 1_000_000;

  /** A source that was never filled. */
  protected abstract PaymentSource newSource() throws Exception;

  /** What it can do. */
  protected abstract Set<Capability> capabilities();

  /** Whether it may hold some payments only, and then leaves open whether others exist. */
  protected boolean isPartial() {
    return false;
  }

  /** Has what was applied shown by answers, and the position with it, in a source that delays. */
  protected void settle(PaymentSource source) throws Exception {}

  protected static SampleLog log() {
    return new SampleLog("payments", "epoch-1");
  }

  protected static SourcePosition begun(PaymentSource source, SampleLog log) throws Exception {
    assertThat(source.takeOver(FENCE)).isPresent();
    return source.begin(FENCE, log.logId(), log.lineage(), 0).orElseThrow();
  }

  protected final SourcePosition filled(PaymentSource source, SampleLog log) throws Exception {
    return applied(source, source.apply(FENCE, begun(source, log), log.events()));
  }

  protected final SourcePosition applied(PaymentSource source, ApplyOutcome outcome)
      throws Exception {
    assertThat(outcome).isInstanceOf(ApplyOutcome.Applied.class);
    settle(source);
    return ((ApplyOutcome.Applied) outcome).at();
  }

  /** Nothing is found; a partial source leaves open whether there is something. */
  private void assertAbsent(Answer<List<Payment>> found) {
    if (isPartial()) {
      assertThat(found).isInstanceOf(Answer.NotHeld.class);
    } else {
      assertThat(data(found)).isEmpty();
    }
  }

  private void assertTotals(PaymentSource source, SampleLog log) {
    if (capabilities().contains(Capability.AGGREGATE)) {
      TotalsSpan everything = new TotalsSpan(Optional.empty(), Span.OPEN, Set.of());
      assertThat(data(source.aggregate(everything)))
          .isEqualTo(Model.totals(log.payments(), everything));
    }
  }

  private void assertPayments(PaymentSource source, SampleLog log) {
    for (Payment payment : log.payments()) {
      String organization = payment.getOrganizationId();
      String id = payment.getPaymentId();
      if (capabilities().contains(Capability.FIND)) {
        assertThat(data(source.find(organization, List.of(id)))).containsExactly(payment);
      }
    }
    if (capabilities().contains(Capability.SEARCH)) {
      PaymentSearch all = searchAll(log.payments().getFirst().getOrganizationId());
      assertThat(data(source.search(all)).payments())
          .isEqualTo(Model.search(log.payments(), all).stream().limit(all.limit()).toList());
    }
  }

  /** Some question that the source can be asked. */
  private Answer<?> anyAnswer(PaymentSource source) {
    return capabilities().contains(Capability.FIND)
        ? source.find("acme", List.of("p1"))
        : source.search(searchAll("acme"));
  }

  protected static <T> T data(Answer<T> answer) {
    assertThat(answer).isInstanceOf(Answer.Data.class);
    return ((Answer.Data<T>) answer).value();
  }

  protected static <T> SourcePosition at(Answer<T> answer) {
    return ((Answer.Data<T>) answer).at();
  }

  @Test
  void aSourceThatBelongsToNoLogAnswersNothing() throws Exception {
    PaymentSource source = newSource();
    assertThat(anyAnswer(source)).isInstanceOf(Answer.NotReady.class);
    assertThat(source.position()).isEqualTo(SourcePosition.NOWHERE);
  }

  @Test
  void anEmptyLogIsAnsweredWithNothing() throws Exception {
    PaymentSource source = newSource();
    begun(source, log());
    settle(source);
    if (capabilities().contains(Capability.FIND)) {
      assertAbsent(source.find("acme", List.of("p1")));
    }
    if (capabilities().contains(Capability.SEARCH)) {
      assertThat(data(source.search(searchAll("acme"))).payments()).isEmpty();
    }
    assertTotals(source, log());
  }

  @Test
  void aSourceBeingFilledAnswersNothingBeforeItsReadyPosition() throws Exception {
    PaymentSource source = newSource();
    SampleLog log = log();
    log.create("acme", "p1");
    log.create("acme", "p2");
    source.takeOver(FENCE);
    SourcePosition start = source.begin(FENCE, log.logId(), log.lineage(), 2).orElseThrow();
    SourcePosition half = applied(source, source.apply(FENCE, start, log.events().subList(0, 1)));
    assertThat(anyAnswer(source)).isInstanceOf(Answer.NotReady.class);
    applied(source, source.apply(FENCE, half, log.after(1)));
    assertThat(anyAnswer(source)).isInstanceOf(Answer.Data.class);
    assertPayments(source, log);
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

    if (!capabilities().contains(Capability.FIND)) {
      return; // Asserted below.
    }
    assertAbsent(source.find("acme", List.of("none")));
    Answer<List<Payment>> answer =
        source.find("acme", isPartial() ? List.of("p2", "p1") : List.of("p2", "p1", "none"));
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
  void whatASourceIsNotCapableOfIsRefused() throws Exception {
    PaymentSource source = newSource();
    Set<Capability> can = source.capabilities();
    assertThat(can).isEqualTo(capabilities());
    Map<Capability, ThrowingCallable> questions = new EnumMap<>(Capability.class);
    questions.put(Capability.FIND, () -> source.find("acme", List.of("p")));
    questions.put(Capability.SEARCH, () -> source.search(searchAll("acme")));
    questions.put(
        Capability.AGGREGATE,
        () -> source.aggregate(new TotalsSpan(Optional.empty(), Span.OPEN, Set.of())));
    questions.put(
        Capability.SUGGEST,
        () -> source.suggest(new Completion("acme", Completion.Field.USER, "u", 1)));
    questions.put(Capability.HISTORY, () -> source.history("acme", "p", 0, 1));
    questions.put(Capability.TIMELINE, () -> source.timeline("acme", "c", 0, 1));
    questions.put(Capability.EVENTS, () -> source.events("acme", Optional.empty(), 0, 1));
    if (!can.contains(Capability.ANALYZE_APPROXIMATELY)) {
      questions.put(
          Capability.ANALYZE,
          () ->
              source.analyze(
                  new RandomQuestions(
                          Seed.random(SEED), List.of(log().create("acme", "p").getPayment()))
                      .analysis()));
    }
    questions.forEach((capability, question) -> {
      if (!can.contains(capability)) {
        assertThatThrownBy(question).as("%s", capability).isInstanceOf(IncapableException.class);
      }
    });
  }

  @Test
  void pagesOfAnySearchAddUpToExactlyThePaymentsThatMatchInOrder() throws Exception {
    if (!capabilities().contains(Capability.SEARCH)) {
      return; // Asserted above.
    }
    PaymentSource source = newSource();
    Random random = Seed.random(SEED);
    SampleLog log = log().random(random, 2_000);
    filled(source, log);
    RandomQuestions questions = new RandomQuestions(random, log.payments());
    for (int i = 0; i < 200; i++) {
      PaymentSearch search = questions.search();
      List<Payment> expected = Model.search(log.payments(), search);
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
        page = Model.after(search, found.getLast());
      }
      assertThat(found).as("%s", search).isEqualTo(expected);
    }
  }

  @Test
  void textFindsWordsOfTheNewestStateAlone() throws Exception {
    if (!capabilities().contains(Capability.SEARCH)) {
      return; // Asserted above.
    }
    PaymentSource source = newSource();
    SampleLog log = log();
    log.create("acme", "p1");
    log.update("acme", "p1", "Crème brûlée for two");
    log.update("acme", "p1", "Lamp, BLUE");
    log.create("other", "p1");
    log.update("other", "p1", "blue lamp");
    filled(source, log);
    assertThat(data(source.search(textSearch("blue lam*"))).payments())
        .extracting(Payment::getOrganizationId)
        .containsExactly("acme");
    assertThat(data(source.search(textSearch("creme"))).payments()).isEmpty();
    assertThat(data(source.search(textSearch("lam"))).payments()).isEmpty();
  }

  /** Payments of acme with these words. */
  protected static PaymentSearch textSearch(String text) {
    Filter all = Filter.all("acme");
    Filter filter =
        new Filter(
            all.organizationId(),
            all.texts(),
            all.statuses(),
            all.currencies(),
            all.spans(),
            all.metadata(),
            TextQuery.of(text));
    return new PaymentSearch(filter, NumberField.EFFECTIVE_TIME, true, null, 100, 0);
  }

  @Test
  void totalsOfAnySpanAreThoseOfItsPaymentsAndRefunds() throws Exception {
    if (!capabilities().contains(Capability.AGGREGATE)) {
      return; // Asserted above.
    }
    PaymentSource source = newSource();
    Random random = Seed.random(SEED + 1);
    SampleLog log = log().random(random, 3_000);
    filled(source, log);
    RandomQuestions questions = new RandomQuestions(random, log.payments());
    for (int i = 0; i < 200; i++) {
      TotalsSpan span = questions.totals();
      assertThat(data(source.aggregate(span)))
          .as("%s", span)
          .isEqualTo(Model.totals(log.payments(), span));
    }
  }

  @Test
  void groupsOfAnyAnalysisHaveTheFiguresOfTheirPayments() throws Exception {
    if (!capabilities().contains(Capability.ANALYZE)
        && !capabilities().contains(Capability.ANALYZE_APPROXIMATELY)) {
      return; // Asserted above.
    }
    boolean exact = capabilities().contains(Capability.ANALYZE);
    PaymentSource source = newSource();
    Random random = Seed.random(SEED + 8);
    SampleLog log = log().random(random, 2_000);
    filled(source, log);
    RandomQuestions questions = new RandomQuestions(random, log.payments());
    for (int i = 0; i < 100; i++) {
      Analysis analysis = questions.analysis();
      Groups.Found expected = Model.groups(log.payments(), analysis);
      Groups.Found found = (Groups.Found) data(source.analyze(analysis));
      if (exact) {
        assertThat(found).as("%s", analysis).isEqualTo(expected);
      } else {
        assertThat(Model.withoutPercentiles(found))
            .as("%s", analysis)
            .isEqualTo(Model.withoutPercentiles(expected));
      }
    }
  }

  @Test
  void periodsAreThoseOfTheRulesOfThisJvmWhateverRulesTheEngineHas() throws Exception {
    if (!capabilities().contains(Capability.ANALYZE)
        && !capabilities().contains(Capability.ANALYZE_APPROXIMATELY)) {
      return; // Asserted above.
    }
    PaymentSource source = newSource();
    SampleLog log = log();
    for (long around : aroundChanges(OwnZone.ZONE.getRules())) {
      for (long micros : List.of(-1L, 0L, 59_999_999L, 60_000_000L, 3_600_000_000L)) {
        log.create("acme", "p" + log.head(), 100, "EUR", around + micros);
      }
    }
    filled(source, log);
    long spring = START_MICROS + 40L * DAY;
    for (Period period : Period.values()) {
      for (Span span :
          List.of(
              Span.OPEN,
              new Span(null, spring),
              new Span(spring, null),
              new Span(spring + 500 * 366 * DAY, null),
              new Span(spring, spring + 366 * DAY))) {
        Analysis analysis =
            new Analysis(
                effective(span),
                false,
                false,
                Optional.of(period),
                OwnZone.ZONE,
                List.of(),
                Analysis.Order.KEY,
                10_000);
        assertThat((Groups.Found) data(source.analyze(analysis)))
            .as("%s", analysis)
            .isEqualTo(Model.groups(log.payments(), analysis));
      }
    }
  }

  /** Changes of offset until 2031, some of much later years, and midnights near all of these. */
  private static List<Long> aroundChanges(ZoneRules rules) {
    List<Long> around = new ArrayList<>();
    for (int year : List.of(1970, 2027, 2096, 2100, 2399, 2400, 2426, 2427, 2500, 2826, 3100)) {
      Instant from = LocalDate.of(year, 1, 1).atStartOfDay().toInstant(ZoneOffset.UTC);
      for (int i = 0; i < 4; i++) {
        ZoneOffsetTransition change = rules.nextTransition(from);
        from = change.getInstant();
        around.add(from.getEpochSecond() * 1_000_000);
        for (int days = 0; days <= 1; days++) {
          LocalDate day = change.getDateTimeAfter().toLocalDate().plusDays(days);
          around.add(
              day.atStartOfDay().toInstant(change.getOffsetAfter()).getEpochSecond() * 1_000_000);
        }
      }
    }
    return around;
  }

  private static Filter effective(Span span) {
    return Filter.all("acme").with(NumberField.EFFECTIVE_TIME, span);
  }

  @Test
  void percentilesAreOfTheNearestRankInDecimals() throws Exception {
    if (!capabilities().contains(Capability.ANALYZE)) {
      return; // Asserted above.
    }
    PaymentSource source = newSource();
    SampleLog log = log();
    for (int i = 1; i <= 100; i++) {
      log.create("acme", "p" + i, i, "EUR", 1_000_000L * i);
    }
    filled(source, log);
    Groups.Found found =
        (Groups.Found)
            data(source.analyze(analysis(DoubleStream.of(7, 28, 55, 56, 99, 99.5, 100))));
    assertThat(found.groups().getFirst().percentiles())
        .containsExactly(7L, 28L, 55L, 56L, 99L, 100L, 100L);
  }

  @Test
  void aThirdOfThreeIsTheFirst() throws Exception {
    if (!capabilities().contains(Capability.ANALYZE)) {
      return; // Asserted above.
    }
    PaymentSource source = newSource();
    SampleLog log = log();
    for (int i = 1; i <= 3; i++) {
      log.create("acme", "p" + i, i, "EUR", START_MICROS);
    }
    filled(source, log);
    Groups.Found found =
        (Groups.Found) data(source.analyze(analysis(DoubleStream.of(100.0 / 3, 200.0 / 3, 33.34))));
    assertThat(found.groups().getFirst().percentiles()).containsExactly(1L, 2L, 2L);
  }

  /** All payments of acme by currency alone. */
  private static Analysis analysis(DoubleStream percentiles) {
    return new Analysis(
        Filter.all("acme"),
        false,
        false,
        Optional.empty(),
        ZoneOffset.UTC,
        percentiles.mapToObj(Percentile::of).toList(),
        Analysis.Order.KEY,
        10);
  }

  @Test
  void sumsOfAnalyticsAreExactOrTheSourceSaysThatItIsNot() throws Exception {
    if (!capabilities().contains(Capability.ANALYZE)
        && !capabilities().contains(Capability.ANALYZE_APPROXIMATELY)) {
      return; // Asserted above.
    }
    long exactMax = 1L << 53;
    for (long amount :
        List.of(exactMax - 2, exactMax - 1, exactMax, exactMax + 2, Long.MAX_VALUE - 1)) {
      PaymentSource source = newSource();
      SampleLog log = log();
      log.create("acme", "p1", amount, "EUR", START_MICROS);
      log.create("acme", "p2", 1, "EUR", START_MICROS);
      log.create("acme", "p3", 1, "USD", START_MICROS);
      filled(source, log);
      Analysis analysis = analysis(DoubleStream.empty());
      Answer<Groups> answer = source.analyze(analysis);
      if (capabilities().contains(Capability.ANALYZE) || amount + 1 < exactMax) {
        assertThat(data(answer)).isEqualTo(Model.groups(log.payments(), analysis));
      } else {
        assertThat(answer).isInstanceOf(Answer.Inexact.class);
      }
    }
  }

  @Test
  void completionsAreTheValuesOfThePaymentsMostFrequentFirst() throws Exception {
    if (!capabilities().contains(Capability.SUGGEST)) {
      return; // Asserted above.
    }
    PaymentSource source = newSource();
    Random random = Seed.random(SEED + 9);
    SampleLog log = log().random(random, 2_000);
    filled(source, log);
    RandomQuestions questions = new RandomQuestions(random, log.payments());
    for (int i = 0; i < 200; i++) {
      Completion completion = questions.completion();
      assertThat(data(source.suggest(completion)))
          .as("%s", completion)
          .isEqualTo(Model.completions(log.payments(), completion));
    }
  }

  @Test
  void sumsBeyond64BitsAreExact() throws Exception {
    if (!capabilities().contains(Capability.AGGREGATE)) {
      return; // Asserted above.
    }
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
  void runsOfAnySizeLeadToTheSameState() throws Exception {
    SampleLog log = log().random(Seed.random(SEED + 3), 1_000);
    PaymentSource source = newSource();
    SourcePosition at = begun(source, log);
    Random sizes = Seed.random(SEED);
    while (at.position() < log.head()) {
      List<PaymentEvent> rest = log.after(at.position());
      int size = Math.min(rest.size(), 1 + sizes.nextInt(30));
      at = applied(source, source.apply(FENCE, at, rest.subList(0, size)));
    }
    assertTotals(source, log);
    assertPayments(source, log);
  }

  @Test
  void aRunGivenAgainChangesNothing() throws Exception {
    PaymentSource source = newSource();
    SampleLog log = log().random(Seed.random(SEED + 4), 200);
    SourcePosition start = begun(source, log);
    SourcePosition at = applied(source, source.apply(FENCE, start, log.events()));
    assertThat(source.apply(FENCE, start, log.events())).isInstanceOf(ApplyOutcome.FencedOut.class);
    assertThat(source.position()).isEqualTo(at);
    assertTotals(source, log);
  }

  @Test
  void aRunThatDoesNotFollowIsRefused() throws Exception {
    PaymentSource source = newSource();
    SampleLog log = log().random(Seed.random(SEED + 5), 10);
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
    settle(source);
    assertThat(source.position()).isEqualTo(start);
    if (capabilities().contains(Capability.FIND)) {
      assertAbsent(source.find("acme", List.of("p1")));
    }
    applied(source, source.apply(FENCE + 1, start, log.events()));
    assertPayments(source, log);
  }

  @Test
  void aSourceTiedToALogIsNotTiedToAnother() throws Exception {
    PaymentSource source = newSource();
    SourcePosition at = begun(source, log());
    assertThat(source.begin(FENCE, "payments", Lineage.of("epoch-2"), 0)).isEmpty();
    assertThat(source.position()).isEqualTo(at);
  }

  @Test
  void aSourceMovesOnIntoALaterHistoryWithAllThatItHolds() throws Exception {
    PaymentSource source = newSource();
    SampleLog log = log().random(Seed.random(SEED + 7), 300);
    SourcePosition at = filled(source, log);
    SampleLog later = log.continuedIn("epoch-2", log.head());
    SourcePosition there =
        source.continueIn(FENCE, at, later.lineage(), later.head()).orElseThrow();
    settle(source);
    assertThat(there).isEqualTo(at.continuedIn(later.lineage(), later.head()));
    assertThat(source.position()).isEqualTo(there);
    assertThat(there.holds("payments", "epoch-1", log.head())).isTrue();
    assertThat(there.holds("payments", "epoch-1", log.head() + 1)).isFalse();
    assertPayments(source, log);
    later.random(Seed.random(SEED + 8), 100);
    assertThat(source.apply(FENCE, at, later.after(log.head())))
        .as("as if it stood in the earlier one")
        .isInstanceOf(ApplyOutcome.FencedOut.class);
    applied(source, source.apply(FENCE, there, later.after(log.head())));
    assertPayments(source, later);
    assertTotals(source, later);
  }

  @Test
  void aSourceThatIsElsewhereOrFencedOutDoesNotMoveOn() throws Exception {
    PaymentSource source = newSource();
    SampleLog log = log();
    log.create("acme", "p1");
    SourcePosition start = begun(source, log);
    SampleLog later = log.continuedIn("epoch-2", 1);
    SourcePosition at = applied(source, source.apply(FENCE, start, log.events()));
    assertThat(source.continueIn(FENCE, start, later.lineage(), 1)).isEmpty();
    assertThat(source.takeOver(FENCE + 1)).contains(at);
    assertThat(source.continueIn(FENCE, at, later.lineage(), 1)).isEmpty();
    assertThat(source.position()).isEqualTo(at);
  }

  /** What it was to be filled up to may be lost: then it need not get there. */
  @Test
  void aSourceThatIsBeingFilledIsReadyAtTheHeadOfTheLaterHistory() throws Exception {
    PaymentSource source = newSource();
    SampleLog log = log();
    log.create("acme", "p1");
    assertThat(source.takeOver(FENCE)).isPresent();
    SourcePosition start = source.begin(FENCE, "payments", log.lineage(), 5).orElseThrow();
    SourcePosition at = applied(source, source.apply(FENCE, start, log.events()));
    assertThat(at.isReady()).isFalse();
    SampleLog later = log.continuedIn("epoch-2", 1);
    assertThat(source.continueIn(FENCE, at, later.lineage(), 1).orElseThrow().isReady()).isTrue();
  }

  @Test
  void startingOverForgetsEverything() throws Exception {
    PaymentSource source = newSource();
    SampleLog log = log().random(Seed.random(SEED + 6), 300);
    filled(source, log);
    assertThat(source.startOver(FENCE)).contains(SourcePosition.NOWHERE);
    assertThat(anyAnswer(source)).isInstanceOf(Answer.NotReady.class);
    SampleLog other = new SampleLog("payments", "epoch-2");
    other.create("acme", "p1");
    SourcePosition start = source.begin(FENCE, "payments", Lineage.of("epoch-2"), 0).orElseThrow();
    applied(source, source.apply(FENCE, start, other.events()));
    Payment any = log.payments().getFirst();
    if (capabilities().contains(Capability.FIND)) {
      assertAbsent(source.find(any.getOrganizationId(), List.of(any.getPaymentId())));
    }
    assertPayments(source, other);
    assertTotals(source, other);
  }

  /** All payments of an organization but deleted ones. */
  protected static PaymentSearch searchAll(String organization) {
    return new PaymentSearch(
        Filter.all(organization), NumberField.EFFECTIVE_TIME, true, null, 100, 0);
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
    SourcePosition at = applied(source, source.apply(FENCE, start, log.events().subList(0, 1)));
    AtomicBoolean done = new AtomicBoolean();
    AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    Thread reader =
        Thread.ofPlatform()
            .start(() -> {
              try {
                while (!done.get()) {
                  if (capabilities().contains(Capability.FIND)) {
                    Answer<List<Payment>> found = source.find("acme", List.of("p1"));
                    assertVersionIsPosition(found, data(found));
                  }
                  if (capabilities().contains(Capability.SEARCH)) {
                    Answer<SearchPage> page = source.search(searchAll("acme"));
                    assertVersionIsPosition(page, data(page).payments());
                  }
                }
              } catch (Throwable e) {
                failure.set(e);
              }
            });
    while (at.position() < log.head() && failure.get() == null) {
      at = applied(source, source.apply(FENCE, at, log.after(at.position()).subList(0, 1)));
    }
    done.set(true);
    reader.join();
    assertThat(failure.get()).isNull();
  }

  /** A source that delays may show newer data than it claims; none may claim more. */
  private void assertVersionIsPosition(Answer<?> answer, List<Payment> payments) {
    long version = payments.getFirst().getVersion();
    if (mayShowMoreThanItClaims()) {
      assertThat(at(answer).position()).isLessThanOrEqualTo(version);
    } else {
      assertThat(at(answer).position()).isEqualTo(version);
    }
  }

  /** Whether data may be newer than the position answered with it. */
  protected boolean mayShowMoreThanItClaims() {
    return false;
  }
}
