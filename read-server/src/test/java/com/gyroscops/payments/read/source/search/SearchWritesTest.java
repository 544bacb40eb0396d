package com.gyroscops.payments.read.source.search;

import static com.gyroscops.payments.read.SampleLog.START_MICROS;
import static com.gyroscops.payments.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.gyroscops.payments.read.SampleLog;
import com.gyroscops.payments.read.source.Analysis;
import com.gyroscops.payments.read.source.Answer;
import com.gyroscops.payments.read.source.ApplyOutcome;
import com.gyroscops.payments.read.source.Filter;
import com.gyroscops.payments.read.source.Groups;
import com.gyroscops.payments.read.source.Model;
import com.gyroscops.payments.read.source.NumberField;
import com.gyroscops.payments.read.source.PaymentSearch;
import com.gyroscops.payments.read.source.PaymentSource;
import com.gyroscops.payments.read.source.Percentile;
import com.gyroscops.payments.read.source.PositionTracker;
import com.gyroscops.payments.read.source.SearchPage;
import com.gyroscops.payments.read.source.SourcePosition;
import com.gyroscops.payments.read.source.SourceUnavailableException;
import com.gyroscops.payments.testing.Seed;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.v1.PersonalData;
import java.net.URI;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What only this source does: two positions, stubs, generations, fences by the checkpoint. */
@Tag("engines")
class SearchWritesTest {

  private static final Duration NEVER = Duration.ofHours(1);

  private final SearchEngines.Sources sources = new SearchEngines.Sources();
  private final SampleLog log = new SampleLog("payments", "epoch-1");
  private final String prefix = SearchEngines.newPrefix();
  private URI engine;

  @BeforeEach
  void start() throws Exception {
    engine = SearchEngines.shared();
  }

  @AfterEach
  void close() throws Exception {
    sources.closeAll();
  }

  private SourcePosition begun(PaymentSource source) throws Exception {
    assertThat(source.takeOver(1)).contains(SourcePosition.NOWHERE);
    return source.begin(1, log.logId(), log.lineage(), 0).orElseThrow();
  }

  private static SourcePosition applied(ApplyOutcome outcome) {
    assertThat(outcome).isInstanceOf(ApplyOutcome.Applied.class);
    return ((ApplyOutcome.Applied) outcome).at();
  }

  private static PaymentSearch all(String organization) {
    return new PaymentSearch(
        Filter.all(organization), NumberField.EFFECTIVE_TIME, true, null, 1_000, 0);
  }

  private static List<Payment> found(PaymentSource source, String organization) {
    Answer<SearchPage> answer = source.search(all(organization));
    assertThat(answer).isInstanceOf(Answer.Data.class);
    return ((Answer.Data<SearchPage>) answer).value().payments();
  }

  private void assertHoldsTheLog(PaymentSource source) {
    for (String organization : List.of("org-0", "org-1", "org-2")) {
      assertThat(found(source, organization))
          .isEqualTo(Model.search(log.payments(), all(organization)));
    }
  }

  @Test
  void whatIsAppliedIsSafeAtOnceAndSearchableAfterARefreshAndEachPositionSaysSo() throws Exception {
    PositionTracker searchable = new PositionTracker();
    SearchSource source =
        sources.add(new SearchSource(engine, "", "", prefix, NEVER, searchable::publish));
    SourcePosition start = begun(source);
    log.create("acme", "p1");
    SourcePosition at = applied(source.apply(1, start, log.events()));
    // The first run of a source is not kept waiting.
    log.create("acme", "p2");
    at = applied(source.apply(1, at, log.after(1)));

    assertThat(at.position()).isEqualTo(2);
    assertThat(source.position().position()).isLessThan(2);
    assertThat(searchable.latest()).isEqualTo(source.position());
    SearchSource other = sources.open(engine, prefix);
    assertThat(other.takeOver(2)).contains(at);
    assertThat(source.position()).isEqualTo(at);
    assertThat(found(source, "acme")).hasSize(2);
  }

  @Test
  void theLastRunsBecomeSearchableThoughNothingFollows() throws Exception {
    PositionTracker searchable = new PositionTracker();
    SearchSource source =
        sources.add(
            new SearchSource(
                engine, "", "", prefix, SearchSource.REFRESH_EVERY, searchable::publish));
    SourcePosition at = begun(source);
    for (int i = 0; i < 20; i++) {
      log.create("acme", "p" + i);
      at = applied(source.apply(1, at, log.after(at.position())));
    }
    SourcePosition end = at;
    eventually("searches see the end", () -> searchable.latest().equals(end));
    assertThat(source.position()).isEqualTo(end);
    assertThat(found(source, "acme")).hasSize(20);
  }

  /**
   * Payments are only created and updated, each in a run of its own, so an answer at position P
   * must have every payment at least in the version it had at P.
   */
  @Test
  void anAnswerHoldsAllThatItsPositionSaysWhileEventsAreAppliedAndRefreshed() throws Exception {
    Random random = Seed.random(3);
    List<Map<String, Long>> versions = new ArrayList<>();
    versions.add(Map.of());
    Map<String, Long> current = new HashMap<>();
    for (int i = 0; i < 400; i++) {
      String id = "p" + random.nextInt(20);
      PaymentEvent event =
          current.containsKey(id) ? log.update("acme", id, "change " + i) : log.create("acme", id);
      current.put(id, event.getVersion());
      versions.add(Map.copyOf(current));
    }
    SearchSource source = sources.open(engine, prefix, Duration.ofMillis(1));
    SearchSource reader = sources.open(engine, prefix);
    SourcePosition at = begun(source);
    AtomicBoolean done = new AtomicBoolean();
    AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    List<Thread> readers = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      readers.add(
          Thread.ofPlatform()
              .start(() -> {
                try {
                  while (!done.get()) {
                    assertHolds(versions, reader.search(all("acme")));
                  }
                } catch (Throwable e) {
                  failure.set(e);
                }
              }));
    }
    while (at.position() < log.head() && failure.get() == null) {
      List<PaymentEvent> rest = log.after(at.position());
      at = applied(source.apply(1, at, rest.subList(0, Math.min(3, rest.size()))));
    }
    done.set(true);
    for (Thread each : readers) {
      each.join();
    }
    assertThat(failure.get()).isNull();
  }

  private static void assertHolds(List<Map<String, Long>> versions, Answer<SearchPage> answer) {
    assertThat(answer).isInstanceOf(Answer.Data.class);
    Answer.Data<SearchPage> data = (Answer.Data<SearchPage>) answer;
    Map<String, Long> found = new HashMap<>();
    data.value().payments().forEach(it -> found.put(it.getPaymentId(), it.getVersion()));
    versions
        .get((int) data.at().position())
        .forEach((id, version) ->
            assertThat(found.getOrDefault(id, 0L))
                .as("%s at %s", id, data.at().position())
                .isGreaterThanOrEqualTo(version));
  }

  @Test
  void aRefusedDocumentLeavesItsOrganizationIncompleteUntilANewerVersionIsTaken() throws Exception {
    SearchSource source = sources.open(engine, prefix);
    SourcePosition at = begun(source);
    log.create("acme", "p1");
    log.create("acme", "p2");
    log.create("other", "p1");
    log.update("acme", "p1", SearchEngines.TOO_LONG);
    at = applied(source.apply(1, at, log.events()));
    assertThat(at.parked()).isEqualTo(1);
    assertThat(at.position()).isEqualTo(4);
    assertThat(source.search(all("acme"))).isInstanceOf(Answer.Incomplete.class);
    assertThat(found(source, "other")).hasSize(1);

    // It stays so however much comes for others, and for whoever projects next.
    log.update("acme", "p2", "fine");
    at = applied(source.apply(1, at, log.after(4)));
    assertThat(at.parked()).isEqualTo(1);
    SearchSource next = sources.open(engine, prefix);
    assertThat(next.takeOver(2)).contains(at);
    assertThat(next.retryParked(2)).contains(at);
    assertThat(next.search(all("acme"))).isInstanceOf(Answer.Incomplete.class);

    log.update("acme", "p1", "short again");
    at = applied(next.apply(2, at, log.after(5)));
    assertThat(at.parked()).isZero();
    assertThat(found(next, "acme")).isEqualTo(Model.search(log.payments(), all("acme")));
    assertThat(found(source, "acme")).isEqualTo(Model.search(log.payments(), all("acme")));
  }

  /** The stub is refreshed before the checkpoint that counts it, which is not refreshed here. */
  @Test
  void aRefusedVersionDoesNotTakeTheOneBeforeFromAnswersAtOlderPositions() throws Exception {
    SearchSource source = sources.open(engine, prefix, NEVER);
    SourcePosition start = begun(source);
    log.create("acme", "p1");
    applied(source.apply(1, start, log.events()));
    SourcePosition at = source.takeOver(1).orElseThrow();
    log.update("acme", "p1", SearchEngines.TOO_LONG);
    assertThat(applied(source.apply(1, at, log.after(1))).parked()).isEqualTo(1);

    assertThat(source.position()).isEqualTo(at);
    assertThat(found(source, "acme")).containsExactly(log.events().getFirst().getPayment());
    assertThat(source.takeOver(1).orElseThrow().parked()).isEqualTo(1);
    assertThat(source.search(all("acme"))).isInstanceOf(Answer.Incomplete.class);
  }

  @Test
  void whatWasRefusedIsTakenOnceTheIndexAllowsIt() throws Exception {
    SearchSource source = sources.open(engine, prefix);
    SourcePosition at = begun(source);
    log.create("acme", "p1");
    log.update("acme", "p1", SearchEngines.TOO_LONG);
    at = applied(source.apply(1, at, log.events()));
    assertThat(at.parked()).isEqualTo(1);

    // As a newer version of this server, or an operator, would mend it.
    SearchEngines.ask(
        engine,
        "PUT",
        "/" + prefix + "-payments/_mapping",
        """
        {"properties": {"description":
          {"type": "keyword", "index": false, "ignore_above": 8000}}}
        """);
    at = source.retryParked(1).orElseThrow();
    assertThat(at.parked()).isZero();
    assertThat(found(source, "acme")).isEqualTo(log.payments());
    // The same run again, as after a crash, makes no new stub.
    assertThat(source.takeOver(2).orElseThrow().parked()).isZero();
  }

  @Test
  void anEventWithoutItsPaymentsStateIsParked() throws Exception {
    SearchSource source = sources.open(engine, prefix);
    SourcePosition at = begun(source);
    PaymentEvent event = log.create("acme", "p1");
    log.appendRaw(event.toBuilder().clearPayment().setVersion(2).build());
    at = applied(source.apply(1, at, log.events()));
    assertThat(at.parked()).isEqualTo(1);
    assertThat(source.search(all("acme"))).isInstanceOf(Answer.Incomplete.class);
    assertThat(source.retryParked(1)).contains(at);
  }

  @Test
  void aStubThatACrashLeftBehindIsCountedByTheNextTakeover() throws Exception {
    SearchSource source = sources.open(engine, prefix);
    SourcePosition start = begun(source);
    log.create("acme", "p1");
    applied(source.apply(1, start, log.events()));
    SearchEngines.ask(
        engine,
        "PUT",
        "/" + prefix + "-payments/_doc/acme%2Fp1%2Fparked?version=2&version_type=external",
        "{\"parked_organization\": \"acme\"}");
    assertThat(source.takeOver(2).orElseThrow().parked()).isEqualTo(1);
    assertThat(source.search(all("acme"))).isInstanceOf(Answer.Incomplete.class);
    log.update("acme", "p1", "fine");
    SourcePosition taken = source.takeOver(2).orElseThrow();
    assertThat(applied(source.apply(2, taken, log.after(1))).parked()).isZero();
    assertThat(found(source, "acme")).isEqualTo(log.payments());
  }

  @Test
  void moreStubsThanMayBeAreRefusedAndTheCheckpointStays() throws Exception {
    SearchSource source = sources.open(engine, prefix);
    SourcePosition start = begun(source);
    PaymentEvent event = log.create("acme", "p");
    for (int i = 0; i <= SearchIndexWriter.PARKED_MAX; i++) {
      log.appendRaw(event.toBuilder().clearPayment().setPaymentId("q" + i).build());
    }
    assertThat(source.apply(1, start, log.events()))
        .isEqualTo(new ApplyOutcome.ParkingFull(SearchIndexWriter.PARKED_MAX));
    assertThat(source.position()).isEqualTo(start);
    assertThat(source.takeOver(1)).contains(start);
  }

  @Test
  void deliveriesThatAreRepeatedOrOutOfDateChangeNothing() throws Exception {
    log.random(Seed.random(5), 500);
    SearchSource old = sources.open(engine, prefix);
    SourcePosition start = begun(old);
    SourcePosition half = applied(old.apply(1, start, log.events().subList(0, 250)));
    SearchSource current = sources.open(engine, prefix);
    assertThat(current.takeOver(2)).contains(half);
    SourcePosition end = applied(current.apply(2, half, log.after(250)));

    // The old one does not know yet, and its first writes get as far as the engine.
    assertThat(old.apply(1, half, log.events().subList(250, 400)))
        .isInstanceOf(ApplyOutcome.FencedOut.class);
    assertThat(old.apply(1, half, log.after(250))).isInstanceOf(ApplyOutcome.FencedOut.class);
    assertThat(old.takeOver(1)).isEmpty();
    assertThat(current.takeOver(2)).contains(end);
    assertThat(current.position()).isEqualTo(end);
    assertHoldsTheLog(current);
  }

  /** Whoever is at it, the index ends up as the log says, and only the newest fence moves it. */
  @Test
  void twoProjectorsAtOnceLeadToWhatOneWould() throws Exception {
    log.random(Seed.random(6), 2_000);
    SearchSource first = sources.open(engine, prefix, Duration.ofMillis(5));
    SourcePosition start = begun(first);
    AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    AtomicReference<@Nullable ApplyOutcome> last = new AtomicReference<>();
    CountDownLatch takenOver = new CountDownLatch(1);
    Thread old =
        Thread.ofPlatform()
            .start(() -> {
              try {
                SourcePosition at = start;
                while (at.position() < log.head()) {
                  if (at.position() >= 1_000) {
                    // It is still at it when the other comes, whoever is the faster.
                    takenOver.await();
                  }
                  List<PaymentEvent> rest = log.after(at.position());
                  ApplyOutcome outcome =
                      first.apply(1, at, rest.subList(0, Math.min(10, rest.size())));
                  last.set(outcome);
                  if (!(outcome instanceof ApplyOutcome.Applied(SourcePosition there))) {
                    return;
                  }
                  at = there;
                }
              } catch (Throwable e) {
                failure.set(e);
              }
            });
    SearchSource second = sources.open(engine, prefix, Duration.ofMillis(5));
    eventually("the first has begun", () -> first.position().position() > 50);
    SourcePosition at = second.takeOver(2).orElseThrow();
    takenOver.countDown();
    Random random = Seed.random(7);
    while (at.position() < log.head()) {
      List<PaymentEvent> rest = log.after(at.position());
      int size = Math.min(rest.size(), 1 + random.nextInt(60));
      at = applied(second.apply(2, at, rest.subList(0, size)));
    }
    old.join();
    assertThat(failure.get()).isNull();
    assertThat(last.get()).isInstanceOf(ApplyOutcome.FencedOut.class);
    assertThat(second.takeOver(2)).contains(at);
    assertHoldsTheLog(second);
  }

  @Test
  void anIndexThatIsDeletedIsMissedAndNotMadeByWritingToIt() throws Exception {
    log.random(Seed.random(8), 50);
    SearchSource source = sources.open(engine, prefix);
    SourcePosition at = applied(source.apply(1, begun(source), log.events()));
    SearchEngines.ask(engine, "DELETE", "/" + prefix + "-payments-1", "");

    assertThat(source.position()).isEqualTo(SourcePosition.NOWHERE);
    assertThat(source.search(all("org-1"))).isInstanceOf(Answer.NotReady.class);
    log.random(Seed.random(9), 10);
    assertThatThrownBy(() -> source.apply(1, at, log.after(50)))
        .isInstanceOf(SourceUnavailableException.class);
    assertThat(SearchEngines.names(engine, prefix)).isEmpty();

    SourcePosition start = begun(source);
    applied(source.apply(1, start, log.events()));
    assertHoldsTheLog(source);
  }

  @Test
  void anAliasThatIsRemovedIsMissed() throws Exception {
    log.random(Seed.random(10), 50);
    SearchSource source = sources.open(engine, prefix);
    applied(source.apply(1, begun(source), log.events()));
    SearchEngines.ask(
        engine, "DELETE", "/" + prefix + "-payments-1/_alias/" + prefix + "-payments", "");
    assertThat(source.position()).isEqualTo(SourcePosition.NOWHERE);
    assertThat(source.search(all("org-1"))).isInstanceOf(Answer.NotReady.class);
    applied(source.apply(1, begun(source), log.events()));
    assertHoldsTheLog(source);
    assertSecondIndexIsTheOnlyOne();
  }

  @Test
  void startingOverThatFailedHalfwayIsCompletedByTheNextTakeover() throws Exception {
    log.random(Seed.random(11), 50);
    SearchSource source = sources.open(engine, prefix);
    applied(source.apply(1, begun(source), log.events()));
    try (EngineConnection connection = new EngineConnection(engine, "", "")) {
      Generations generations = new Generations(connection, prefix + "-payments");
      Generations.Held held = generations.read().orElseThrow();
      assertThat(generations.write(held, held.checkpoint().asRetired())).isPresent();
    }
    SearchSource next = sources.open(engine, prefix);
    assertThat(next.takeOver(2)).contains(SourcePosition.NOWHERE);
    // The one that was at it comes too late.
    assertThatThrownBy(() -> source.startOver(1)).isInstanceOf(SourceUnavailableException.class);
    assertThat(source.takeOver(1)).isEmpty();
    SourcePosition start = next.begin(2, log.logId(), log.lineage(), 0).orElseThrow();
    applied(next.apply(2, start, log.events()));
    assertHoldsTheLog(next);
    assertSecondIndexIsTheOnlyOne();
  }

  @Test
  void anIndexOfAnotherLayoutIsReplacedByWhoMayTakeOver() throws Exception {
    log.random(Seed.random(14), 50);
    putFirstLayout();
    SearchSource next = sources.open(engine, prefix);
    for (int i = 0; i < 2; i++) {
      assertThat(next.search(all("org-1"))).isInstanceOf(Answer.NotReady.class);
      assertThat(next.position()).isEqualTo(SourcePosition.NOWHERE);
    }
    assertThat(next.takeOver(0)).isEmpty();
    assertThat(SearchEngines.names(engine, prefix)).contains(prefix + "-payments-1");
    assertThat(next.takeOver(2)).contains(SourcePosition.NOWHERE);
    SourcePosition start = next.begin(2, log.logId(), log.lineage(), 0).orElseThrow();
    applied(next.apply(2, start, log.events()));
    assertHoldsTheLog(next);
    assertThat(next.takeOver(3)).as("of this layout").contains(next.position());
    assertThat(SearchEngines.names(engine, prefix))
        .containsExactly(
            prefix + "-payments", prefix + "-payments-2", prefix + "-payments-2-write");
  }

  /** An index as it was before checkpoints could be completed, and said so. */
  private void putFirstLayout() throws Exception {
    String index = prefix + "-payments-1";
    SearchEngines.ask(
        engine,
        "PUT",
        "/" + index,
        """
        {"mappings": {"dynamic": "strict",
           "properties": {"checkpoint": {"type": "object", "enabled": false}}},
         "aliases": {"%s-payments": {}, "%s-write": {}}}
        """
            .formatted(prefix, index));
    SearchEngines.ask(
        engine,
        "PUT",
        "/" + index + "/_doc/checkpoint?refresh=true",
        """
        {"checkpoint": {"fence": 1, "log_id": "%s", "epoch": "%s", "position": 0, "event_id": "",
           "ready_position": 0, "parked": 0, "retired": false}}
        """
            .formatted(log.logId(), log.epoch()));
  }

  /** Replaced documents stay in their segments, and are completed as well until a merge. */
  @Test
  void searchesFindTheNewestCheckpointAmongThoseThatItReplaced() throws Exception {
    SearchSource source = sources.open(engine, prefix, NEVER);
    SourcePosition at = begun(source);
    SearchSource reader = sources.open(engine, prefix);
    SearchSource idle = sources.open(engine, prefix);
    assertThat(idle.search(all("acme"))).isEqualTo(reader.search(all("acme")));
    // Runs are not, so soon after the start.
    SourcePosition refreshed = at;
    for (int i = 1; i <= 3 * Checkpoint.WRITES_PER_KEY; i++) {
      log.create("acme", "p" + i);
      at = applied(source.apply(1, at, log.after(at.position())));
      if (i % 10 == 0) {
        SearchEngines.ask(engine, "POST", "/" + prefix + "-payments-1/_refresh", "");
        refreshed = at;
      }
      assertThat(reader.search(all("acme")))
          .isEqualTo(
              new Answer.Data<>(
                  new SearchPage(
                      Model.search(
                          log.payments().subList(0, (int) refreshed.position()), all("acme")),
                      OptionalInt.empty()),
                  refreshed));
    }
    assertThat(idle.search(all("acme"))).isEqualTo(reader.search(all("acme")));
  }

  @Test
  void anIndexClosedToWritesAsOnAFullDiskIsWaitedForWhileSearchesGoOn() throws Exception {
    log.random(Seed.random(12), 100);
    SearchSource source = sources.open(engine, prefix);
    SourcePosition at = applied(source.apply(1, begun(source), log.events()));
    String settings = "/" + prefix + "-payments-1/_settings";
    for (String block : List.of("read_only_allow_delete", "read_only")) {
      SearchEngines.ask(engine, "PUT", settings, "{\"index.blocks.%s\": true}".formatted(block));
      log.random(Seed.random(13), 10);
      SourcePosition there = at;
      assertThatThrownBy(() -> source.apply(1, there, log.after(there.position())))
          .isInstanceOf(SourceUnavailableException.class);
      assertThat(found(source, "org-1")).isNotEmpty();
      assertThat(source.position()).isEqualTo(at);
      SearchEngines.ask(engine, "PUT", settings, "{\"index.blocks.%s\": null}".formatted(block));
      assertThat(source.takeOver(1)).contains(at);
      at = applied(source.apply(1, at, log.after(at.position())));
    }
    assertHoldsTheLog(source);
  }

  @Test
  void aRunLargerThanABatchIsWrittenInSeveral() throws Exception {
    String long1000 = "木".repeat(1_000);
    for (int i = 0; i < 2 * Bulk.DOCUMENTS_MAX + 50; i++) {
      log.create(
          Payment.newBuilder()
              .setOrganizationId("acme")
              .setPaymentId("p" + i)
              .setAmount(SampleLog.amount(i + 1, "EUR"))
              .setPersonalData(PersonalData.newBuilder().setDescription(long1000))
              .setEffectiveTime(SampleLog.time(START_MICROS + i))
              .build());
    }
    SearchSource source = sources.open(engine, prefix);
    applied(source.apply(1, begun(source), log.events()));
    PaymentSearch count =
        new PaymentSearch(Filter.all("acme"), NumberField.EFFECTIVE_TIME, true, null, 1, 10_000);
    Answer.Data<SearchPage> page = (Answer.Data<SearchPage>) source.search(count);
    assertThat(page.value().matches()).hasValue(2 * Bulk.DOCUMENTS_MAX + 50);
  }

  @Test
  void groupsOfMorePagesThanOneAreAllThereWithEstimatedPercentiles() throws Exception {
    int users = 2 * Analytics.GROUPS_PER_PAGE_WITH_PERCENTILES + 300;
    for (int i = 0; i < users; i++) {
      for (int n = 1; n <= 3; n++) {
        log.create(
            Payment.newBuilder()
                .setOrganizationId("acme")
                .setPaymentId("p" + i + "-" + n)
                .setAmount(SampleLog.amount(100L * n, "EUR"))
                .setPersonalData(PersonalData.newBuilder().setUserId("user-" + i))
                .setEffectiveTime(SampleLog.time(START_MICROS))
                .build());
      }
    }
    SearchSource source = sources.open(engine, prefix);
    SourcePosition at = begun(source);
    while (at.position() < log.head()) {
      List<PaymentEvent> rest = log.after(at.position());
      at = applied(source.apply(1, at, rest.subList(0, Math.min(4_000, rest.size()))));
    }
    Analysis analysis =
        new Analysis(
            Filter.all("acme"),
            false,
            true,
            Optional.empty(),
            ZoneOffset.UTC,
            List.of(Percentile.of(100), Percentile.of(50)),
            Analysis.Order.KEY,
            users);
    Answer<Groups> answer = source.analyze(analysis);
    assertThat(answer).isInstanceOf(Answer.Data.class);
    Groups.Found groups = (Groups.Found) ((Answer.Data<Groups>) answer).value();
    assertThat(groups.total()).isEqualTo(users);
    assertThat(groups.groups()).extracting(Groups.Group::userId).doesNotHaveDuplicates();
    assertThat(groups.groups())
        .allSatisfy(group -> {
          assertThat(group.count()).isEqualTo(3);
          assertThat(group.percentiles()).containsExactly(300L, 200L);
        });
  }

  private void assertSecondIndexIsTheOnlyOne() throws Exception {
    assertThat(SearchEngines.names(engine, prefix))
        .containsExactly(
            prefix + "-payments", prefix + "-payments-2", prefix + "-payments-2-write");
  }
}
