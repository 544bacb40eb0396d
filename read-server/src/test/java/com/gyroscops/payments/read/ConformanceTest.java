package com.gyroscops.payments.read;

import static com.gyroscops.payments.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.read.source.Analysis;
import com.gyroscops.payments.read.source.Answer;
import com.gyroscops.payments.read.source.ApplyOutcome;
import com.gyroscops.payments.read.source.Capability;
import com.gyroscops.payments.read.source.Completion;
import com.gyroscops.payments.read.source.Groups;
import com.gyroscops.payments.read.source.Model;
import com.gyroscops.payments.read.source.PaymentSearch;
import com.gyroscops.payments.read.source.PaymentSource;
import com.gyroscops.payments.read.source.RandomQuestions;
import com.gyroscops.payments.read.source.SearchPage;
import com.gyroscops.payments.read.source.SourcePosition;
import com.gyroscops.payments.read.source.TotalsSpan;
import com.gyroscops.payments.read.source.memory.MemorySource;
import com.gyroscops.payments.read.source.search.SearchEngines;
import com.gyroscops.payments.read.source.search.SearchSource;
import com.gyroscops.payments.testing.Seed;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentEvent;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sources that were given the same events, in runs of other sizes, give the same answers to the
 * same questions, to the last digit: those that a plain model of the payments gives. Of a source
 * that analyzes approximately, percentiles are not compared, nor what it says not to be exact
 * about.
 */
@Tag("engines")
class ConformanceTest {

  private static final Logger LOG = LoggerFactory.getLogger(ConformanceTest.class);
  private static final long FENCE = 1;
  private static final int SEARCHES = 150;
  private static final int PAGES_MAX = 4;
  private static final int QUESTIONS = 60;
  private static final int RUN_MAX = 400;

  /** How many questions about payments at edges, of each of which there are five as many. */
  private static final String EDGE_QUESTIONS = "payments.conformance.questions";

  private static final int EDGE_QUESTIONS_DEFAULT = 120;

  /** What these payments and questions are made from; else any. */
  private static final String SEED = "payments.seed";

  private static final long YEAR = 365L * 86_400 * 1_000_000;

  /** Makes an empty source, and has what it needs closed after the test. */
  @FunctionalInterface
  private interface Opening {
    PaymentSource open(ConformanceTest test) throws Exception;
  }

  private static final Map<String, Opening> OPENINGS =
      Map.of(
          "sql",
          test -> test.opened.open(ReadDatabase.fresh()).source(),
          "redis",
          test -> test.opened.open(ReadRedis.fresh()).source(),
          "search",
          test ->
              test.opened.open(
                  new SearchSource(
                      SearchEngines.shared(),
                      "",
                      "",
                      SearchEngines.newPrefix(),
                      Duration.ZERO,
                      _ -> {})),
          "memory",
          test ->
              test.opened.open(
                  new MemorySource(
                      receiver -> receiver.start(SourcePosition.NOWHERE), test.folder, 1_000_000)));

  /** A source and where it stands. */
  private static final class Fed {
    private final String name;
    private final PaymentSource source;

    /** As it was opened: one that withdraws on the way must not go unnoticed. */
    private final Set<Capability> capabilities;

    private final Random sizes;
    private SourcePosition at;

    Fed(String name, PaymentSource source, SampleLog log) throws Exception {
      this.name = name;
      this.source = source;
      this.capabilities = Set.copyOf(source.capabilities());
      this.sizes = Seed.random(name.hashCode());
      assertThat(source.takeOver(FENCE)).as(name).isPresent();
      at = source.begin(FENCE, log.logId(), log.lineage(), 0).orElseThrow();
    }

    /** Gives it what it does not have, and waits until its answers show that. */
    void feed(SampleLog log, long head) throws Exception {
      while (at.position() < head) {
        List<PaymentEvent> rest = log.after(at.position());
        int size = Math.min((int) (head - at.position()), 1 + sizes.nextInt(RUN_MAX));
        ApplyOutcome outcome = source.apply(FENCE, at, rest.subList(0, size));
        assertThat(outcome).as(name).isInstanceOf(ApplyOutcome.Applied.class);
        at = ((ApplyOutcome.Applied) outcome).at();
      }
      assertThat(at.parked()).as(name).isZero();
      SourcePosition there = at;
      eventually(name + " shows " + there, () -> source.position().equals(there));
    }

    <T> T data(Answer<T> answer, Object question) {
      assertThat(answer).as("%s: %s", name, question).isInstanceOf(Answer.Data.class);
      Answer.Data<T> data = (Answer.Data<T>) answer;
      assertThat(data.at()).as("%s: %s", name, question).isEqualTo(at);
      return data.value();
    }
  }

  @TempDir private Path folder;
  private final Opened opened = new Opened();
  private final List<Fed> sources = new ArrayList<>();

  /** Questions of each kind to which there was something to answer. */
  private final Map<Capability, Integer> answered = new EnumMap<>(Capability.class);

  @AfterEach
  void close() throws Exception {
    opened.close();
  }

  private void open(SampleLog log) throws Exception {
    for (Map.Entry<String, Opening> each : OPENINGS.entrySet()) {
      sources.add(new Fed(each.getKey(), each.getValue().open(this), log));
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void generatedEventsLeadToTheSameAnswersWhereverOneStops(long seed) throws Exception {
    SampleLog log = new SampleLog("payments", "epoch-1");
    Random random = Seed.random(seed);
    open(log);
    for (int stage = 1; stage <= 3; stage++) {
      log.random(random, 800);
      feedAndCompare(log, random);
    }
    assertAllWereAsked(QUESTIONS / 4);
  }

  @Test
  void theEventsOfARealRetailerLeadToTheSameAnswers() throws Exception {
    SampleLog log = RetailLog.read();
    open(log);
    feedAndCompare(log, Seed.random(4));
    assertAllWereAsked(QUESTIONS / 4);
  }

  @Test
  void paymentsAtEdgesLeadToTheSameAnswers() throws Exception {
    int count = Integer.getInteger(EDGE_QUESTIONS, EDGE_QUESTIONS_DEFAULT);
    long seed = Seed.any();
    Random random = new Random(seed);
    LOG.info("{} questions; the same again: -D{}={}", count, SEED, seed);
    try {
      SampleLog log = EdgeLog.generate(random, 5 * count);
      open(log);
      feed(log);
      compareLookups(log, random);
      RandomQuestions near = new RandomQuestions(random, log.payments(), EdgeLog.ZONES, YEAR / 365);
      RandomQuestions far = new RandomQuestions(random, log.payments(), EdgeLog.ZONES, 20 * YEAR);
      for (int i = 0; i < count; i++) {
        RandomQuestions questions = random.nextBoolean() ? near : far;
        switch (i % 9) {
          case 0, 1, 2, 3 -> compareGroups(log, questions.analysis());
          case 4, 5, 6 -> compareTotals(log, questions.totals());
          default -> comparePages(log, questions.search());
        }
        // Many have empty answers, and some of each kind must not.
        compareCompletions(log, questions.completion());
        compareEvents(log, questions.any());
      }
      assertAllWereAsked(count / 40);
    } catch (AssertionError e) {
      throw new AssertionError("with -D%s=%d: %s".formatted(SEED, seed, e.getMessage()), e);
    }
  }

  private void feed(SampleLog log) throws Exception {
    for (Fed each : sources) {
      each.feed(log, log.head());
    }
  }

  private void feedAndCompare(SampleLog log, Random random) throws Exception {
    feed(log);
    RandomQuestions questions = new RandomQuestions(random, log.payments());
    compareLookups(log, random);
    for (int i = 0; i < SEARCHES; i++) {
      comparePages(log, questions.search());
    }
    for (int i = 0; i < QUESTIONS; i++) {
      compareTotals(log, questions.totals());
      compareGroups(log, questions.analysis());
      compareCompletions(log, questions.completion());
      compareEvents(log, questions.any());
    }
  }

  private List<Fed> capable(Capability capability) {
    return sources.stream().filter(it -> it.capabilities.contains(capability)).toList();
  }

  private void count(Capability capability, boolean something) {
    answered.merge(capability, something ? 1 : 0, Integer::sum);
  }

  /** Equal answers say nothing if they are all empty, or nobody was asked. */
  private void assertAllWereAsked(int timesMin) {
    Set<Capability> exact = EnumSet.complementOf(EnumSet.of(Capability.ANALYZE_APPROXIMATELY));
    assertThat(answered).containsOnlyKeys(exact);
    assertThat(answered)
        .allSatisfy((capability, times) -> {
          assertThat(times).as("%s", capability).isGreaterThanOrEqualTo(timesMin);
          assertThat(capable(capability)).as("%s", capability).isNotEmpty();
        });
  }

  /** A source that holds some payments only may leave open whether others exist. */
  private void compareLookups(SampleLog log, Random random) {
    Map<String, List<Payment>> byOrganization =
        log.payments().stream().collect(Collectors.groupingBy(Payment::getOrganizationId));
    byOrganization.forEach((organization, payments) -> {
      for (int from = 0; from < payments.size(); from += 100) {
        List<Payment> some = payments.subList(from, Math.min(payments.size(), from + 100));
        List<String> ids = new ArrayList<>(some.stream().map(Payment::getPaymentId).toList());
        Collections.shuffle(ids, random);
        List<String> andNone = new ArrayList<>(ids);
        andNone.add("none");
        for (Fed each : capable(Capability.FIND)) {
          assertThat(byId(each.data(each.source.find(organization, ids), ids)))
              .as("%s: %s", each.name, ids)
              .isEqualTo(byId(some));
          Answer<List<Payment>> withUnknown = each.source.find(organization, andNone);
          if (!(withUnknown instanceof Answer.NotHeld)) {
            assertThat(byId(each.data(withUnknown, andNone)))
                .as("%s: %s", each.name, andNone)
                .isEqualTo(byId(some));
          }
        }
        some.forEach(_ -> count(Capability.FIND, true));
      }
    });
  }

  private static List<Payment> byId(List<Payment> payments) {
    return payments.stream().sorted(Comparator.comparing(Payment::getPaymentId)).toList();
  }

  private void comparePages(SampleLog log, PaymentSearch search) {
    List<Payment> expected = Model.search(log.payments(), search);
    OptionalInt matches =
        search.countMax() == 0
            ? OptionalInt.empty()
            : OptionalInt.of(Math.min(search.countMax(), expected.size()));
    count(Capability.SEARCH, !expected.isEmpty());
    for (Fed each : capable(Capability.SEARCH)) {
      PaymentSearch page = search;
      int from = 0;
      for (int pages = 0; pages < PAGES_MAX; pages++) {
        int to = Math.min(expected.size(), from + search.limit());
        assertThat(each.data(each.source.search(page), page))
            .as("%s: %s", each.name, page)
            .isEqualTo(new SearchPage(expected.subList(from, to), matches));
        if (to - from < search.limit()) {
          break;
        }
        page = Model.after(search, expected.get(to - 1));
        from = to;
      }
    }
  }

  private void compareTotals(SampleLog log, TotalsSpan span) {
    var expected = Model.totals(log.payments(), span);
    count(Capability.AGGREGATE, !expected.payments().isEmpty());
    for (Fed each : capable(Capability.AGGREGATE)) {
      assertThat(each.data(each.source.aggregate(span), span))
          .as("%s: %s", each.name, span)
          .isEqualTo(expected);
    }
  }

  private void compareGroups(SampleLog log, Analysis analysis) {
    Groups.Found expected = Model.groups(log.payments(), analysis);
    count(Capability.ANALYZE, expected.total() > 0);
    for (Fed each : capable(Capability.ANALYZE)) {
      assertThat(each.data(each.source.analyze(analysis), analysis))
          .as("%s: %s", each.name, analysis)
          .isEqualTo(expected);
    }
    for (Fed each : capable(Capability.ANALYZE_APPROXIMATELY)) {
      Answer<Groups> answer = each.source.analyze(analysis);
      if (isBeyondFloatingPoint(log, analysis)) {
        assertThat(answer)
            .as("%s: %s", each.name, analysis)
            .isEqualTo(new Answer.Inexact<>(each.at));
      } else {
        assertThat(withoutPercentiles(each.data(answer, analysis)))
            .as("%s: %s", each.name, analysis)
            .isEqualTo(withoutPercentiles(expected));
      }
    }
  }

  /** Whether any group, answered or not, has a sum that floating point does not hold exactly. */
  private static boolean isBeyondFloatingPoint(SampleLog log, Analysis analysis) {
    Analysis all =
        new Analysis(
            analysis.filter(),
            analysis.byStatus(),
            analysis.byUser(),
            analysis.period(),
            analysis.zone(),
            List.of(),
            analysis.order(),
            Analysis.GROUPS_MAX);
    return Model.groups(log.payments(), all).groups().stream()
        .anyMatch(group -> group.sum().bitLength() > 53);
  }

  private static Groups withoutPercentiles(Groups groups) {
    return switch (groups) {
      case Groups.TooMany tooMany -> tooMany;
      case Groups.Found found -> Model.withoutPercentiles(found);
    };
  }

  private void compareCompletions(SampleLog log, Completion completion) {
    Completion.Values expected = Model.completions(log.payments(), completion);
    count(Capability.SUGGEST, !expected.values().isEmpty());
    for (Fed each : capable(Capability.SUGGEST)) {
      assertThat(each.data(each.source.suggest(completion), completion))
          .as("%s: %s", each.name, completion)
          .isEqualTo(expected);
    }
  }

  private void compareEvents(SampleLog log, Payment payment) {
    String organization = payment.getOrganizationId();
    String id = payment.getPaymentId();
    List<PaymentEvent> ofOrganization =
        log.events().stream().filter(it -> it.getOrganizationId().equals(organization)).toList();
    List<PaymentEvent> ofPayment =
        ofOrganization.stream().filter(it -> it.getPaymentId().equals(id)).toList();
    List<PaymentEvent> ofCorrelation =
        ofOrganization.stream()
            .filter(it -> !it.getCorrelationId().isEmpty())
            .filter(it -> it.getCorrelationId().equals(payment.getCorrelationId()))
            .toList();
    int limit = 1_000;
    count(Capability.HISTORY, !ofPayment.isEmpty());
    for (Fed each : capable(Capability.HISTORY)) {
      assertThat(each.data(each.source.history(organization, id, 0, limit), id))
          .as("%s: history of %s", each.name, id)
          .isEqualTo(ofPayment);
    }
    if (!payment.getCorrelationId().isEmpty()) {
      count(Capability.TIMELINE, !ofCorrelation.isEmpty());
      for (Fed each : capable(Capability.TIMELINE)) {
        String correlation = payment.getCorrelationId();
        assertThat(
                each.data(each.source.timeline(organization, correlation, 0, limit), correlation))
            .as("%s: timeline of %s", each.name, correlation)
            .isEqualTo(ofCorrelation.stream().limit(limit).toList());
      }
    }
    count(Capability.EVENTS, !ofOrganization.isEmpty());
    for (Fed each : capable(Capability.EVENTS)) {
      long after = ofPayment.getFirst().getPosition() - 1;
      assertThat(each.data(each.source.events(organization, Optional.empty(), after, limit), after))
          .as("%s: events of %s after %s", each.name, organization, after)
          .isEqualTo(
              ofOrganization.stream().filter(it -> it.getPosition() > after).limit(limit).toList());
      assertThat(each.data(each.source.events(organization, Optional.of(id), after, limit), id))
          .as("%s: events of %s", each.name, id)
          .isEqualTo(ofPayment);
    }
  }
}
