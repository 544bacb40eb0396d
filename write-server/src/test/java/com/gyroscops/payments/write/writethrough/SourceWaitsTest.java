package com.gyroscops.payments.write.writethrough;

import static com.gyroscops.payments.v1.ReadSource.READ_SOURCE_REDIS;
import static com.gyroscops.payments.v1.ReadSource.READ_SOURCE_SEARCH;
import static com.gyroscops.payments.v1.ReadSource.READ_SOURCE_SQL;
import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.contract.Lineage;
import com.gyroscops.payments.contract.SourceNames;
import com.gyroscops.payments.v1.ReadSource;
import com.gyroscops.payments.v1.SourceProgress;
import com.gyroscops.payments.write.eventstore.StoreUnavailableException;
import com.gyroscops.payments.write.outbox.SubscriberProgress;
import com.gyroscops.payments.write.outbox.SubscriberProgress.Heard;
import com.gyroscops.payments.write.outbox.SubscriberProgress.Standing;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Who waits is answered by rounds, on a clock that the test moves and a store that it writes. */
class SourceWaitsTest {

  private static final String EPOCH = "epoch-1";
  private static final Duration MAX = Duration.ofSeconds(2);
  private static final int WAITS_MAX = 3;

  private final FakeStore store = new FakeStore();
  private long nanos;
  private Lineage present = Lineage.of(EPOCH);
  private final SourceWaits waits = new SourceWaits(WAITS_MAX, () -> nanos, Runnable::run);
  private final SubscriberProgress progress = new SubscriberProgress(store, () -> nanos);
  private final ProgressPoller rounds =
      new ProgressPoller(progress, store, waits, () -> present, () -> nanos);

  /** What all write-servers' subscribers said. */
  private static final class FakeStore implements SubscriberProgress.Store {
    private final Map<String, Standing> standings = new HashMap<>();
    private boolean down;
    private int looks;
    private int calls;

    void stands(String source, long visible) {
      stands(new Standing(source, true, EPOCH, visible, 0));
    }

    void stands(Standing standing) {
      standings.put(standing.source(), standing);
    }

    @Override
    public void save(Collection<Heard> heard) {
      throw new AssertionError("nothing was said here");
    }

    @Override
    public List<Standing> standings(Collection<String> sources) {
      looks++;
      if (down) {
        throw new StoreUnavailableException("down on purpose", new AssertionError());
      }
      return standings.values().stream().filter(it -> sources.contains(it.source())).toList();
    }

    @Override
    public void callForHaste() {
      calls++;
    }

    @Override
    public long removeSilent(Duration silentMax) {
      throw new AssertionError("not asked for here");
    }
  }

  private CompletableFuture<List<SourceProgress>> await(long position, ReadSource... sources) {
    return await(MAX, position, sources);
  }

  private CompletableFuture<List<SourceProgress>> await(
      Duration max, long position, ReadSource... sources) {
    return waits
        .await(new SourceWaits.Wanted(EPOCH, position, Set.of(sources)), max)
        .toCompletableFuture();
  }

  private void roundAfter(Duration time) {
    nanos += time.toNanos();
    rounds.round();
  }

  private void round() {
    roundAfter(Duration.ofMillis(10));
  }

  private static String said(CompletableFuture<List<SourceProgress>> answer) {
    return String.join(
        " ",
        answer.join().stream()
            .map(it ->
                SourceNames.of(it.getSource())
                    + "="
                    + it.getState().name().substring("SOURCE_PROGRESS_STATE_".length()))
            .toList());
  }

  @Test
  void whatALaterHistorySharesIsAppliedOnceSourcesHaveMovedOnIntoIt() {
    var shared = await(7, READ_SOURCE_SQL);
    var lost = await(8, READ_SOURCE_SQL);
    present = new Lineage("epoch-2", List.of(new Lineage.Ancestor(EPOCH, 7)));
    // What a server says that has yet to notice, of events that are lost.
    store.stands(new Standing("redis", true, EPOCH, 9, 0));
    var lostThere = await(8, READ_SOURCE_REDIS);
    store.stands(new Standing("sql", true, "epoch-2", 9, 0));
    round();
    assertThat(lostThere).isNotDone();
    assertThat(said(shared)).isEqualTo("sql=APPLIED");
    assertThat(lost).isNotDone();
    roundAfter(MAX);
    assertThat(said(lost)).isEqualTo("sql=PENDING");
  }

  @Test
  void whoWaitsIsAnsweredOnceAllSourcesHaveAppliedTheEvent() {
    store.stands("sql", 6);
    store.stands("redis", 6);
    var answer = await(7, READ_SOURCE_REDIS, READ_SOURCE_SQL);
    round();
    store.stands("sql", 7);
    round();
    assertThat(answer).isNotDone();
    store.stands("redis", 9);
    round();
    assertThat(said(answer)).isEqualTo("sql=APPLIED redis=APPLIED");
    assertThat(waits.count()).isZero();
  }

  @Test
  void whatWasAppliedOnceAndIsNotWhenTheAnswerIsGivenIsNotToldAsApplied() {
    store.stands("sql", 7);
    store.stands("redis", 6);
    var answer = await(7, READ_SOURCE_REDIS, READ_SOURCE_SQL);
    round();
    // Rebuilt from the beginning while redis is waited for.
    store.stands("sql", 3);
    store.stands("redis", 7);
    round();
    assertThat(answer).isNotDone();
    roundAfter(MAX);
    assertThat(said(answer)).isEqualTo("sql=PENDING redis=APPLIED");
  }

  @Test
  void aPositionOfAnotherHistoryIsNotWhatIsWaitedFor() {
    store.stands(new Standing("sql", true, "epoch-0", 1_000, 0));
    var answer = await(7, READ_SOURCE_SQL);
    round();
    assertThat(answer).isNotDone();
    store.stands("sql", 7);
    round();
    assertThat(said(answer)).isEqualTo("sql=APPLIED");
  }

  @Test
  void theAnswerComesWhenTheTimeIsUpAndNotBefore() {
    store.stands("sql", 7);
    store.stands("redis", 6);
    var answer = await(7, READ_SOURCE_SQL, READ_SOURCE_REDIS);
    roundAfter(MAX.minusNanos(1));
    assertThat(answer).isNotDone();
    roundAfter(Duration.ofNanos(1));
    assertThat(said(answer)).isEqualTo("sql=APPLIED redis=PENDING");
  }

  @Test
  void aSourceThatIsDownIsWaitedForAndMayComeBack() {
    store.stands(new Standing("redis", false, EPOCH, 0, 0));
    var until = await(7, READ_SOURCE_REDIS);
    var shorter = await(Duration.ofMillis(15), 7, READ_SOURCE_REDIS);
    round();
    round();
    assertThat(said(shorter)).isEqualTo("redis=UNKNOWN");
    assertThat(until).isNotDone();
    store.stands("redis", 8);
    round();
    assertThat(said(until)).isEqualTo("redis=APPLIED");
  }

  @Test
  void whereWaitingGainsNothingTheAnswerComesAtOnce() {
    store.stands(new Standing("sql", true, EPOCH, 9, 2));
    store.stands("redis", 6);
    var neverHeardOf = await(7, READ_SOURCE_SEARCH);
    var setAside = await(7, READ_SOURCE_SQL);
    var one = await(7, READ_SOURCE_SEARCH, READ_SOURCE_REDIS);
    round();
    assertThat(said(neverHeardOf)).isEqualTo("search=UNKNOWN");
    assertThat(said(setAside)).isEqualTo("sql=PENDING");
    // The other source is worth waiting for.
    assertThat(one).isNotDone();
    store.stands("redis", 7);
    round();
    assertThat(said(one)).isEqualTo("redis=APPLIED search=UNKNOWN");
  }

  @Test
  void whoHasNoTimeOrFindsTooManyWaitingIsToldAtOnceThatNothingIsKnown() {
    store.stands("sql", 6);
    assertThat(said(await(Duration.ofNanos(-1), 7, READ_SOURCE_SQL))).isEqualTo("sql=UNKNOWN");
    for (int i = 0; i < WAITS_MAX; i++) {
      assertThat(await(7, READ_SOURCE_SQL)).isNotDone();
    }
    assertThat(said(await(7, READ_SOURCE_SQL))).isEqualTo("sql=UNKNOWN");
    assertThat(waits.count()).isEqualTo(WAITS_MAX);
    store.stands("sql", 7);
    round();
    assertThat(waits.count()).isZero();
    assertThat(await(8, READ_SOURCE_SQL)).isNotDone();
  }

  @Test
  void aStoreThatDoesNotAnswerEndsNoWaitBeforeItsTime() {
    store.stands("sql", 7);
    store.down = true;
    var answer = await(7, READ_SOURCE_SQL);
    var longer = await(MAX.multipliedBy(2), 7, READ_SOURCE_SQL);
    roundAfter(MAX.minusNanos(1));
    assertThat(answer).isNotDone();
    roundAfter(Duration.ofNanos(1));
    assertThat(said(answer)).isEqualTo("sql=UNKNOWN");
    store.down = false;
    round();
    assertThat(said(longer)).isEqualTo("sql=APPLIED");
  }

  @Test
  void theStoreIsLeftAloneWhileNobodyWaitsAndHasteIsCalledForNowAndThen() {
    for (int i = 0; i < 100; i++) {
      round();
    }
    assertThat(store.looks + store.calls).isZero();
    assertThat(rounds.isHasty()).isFalse();

    store.stands("sql", 6);
    var answer = await(7, READ_SOURCE_SQL);
    for (int i = 0; i < 199; i++) {
      round();
    }
    assertThat(store.calls).isEqualTo(1);
    assertThat(rounds.isHasty()).isTrue();
    roundAfter(MAX);
    assertThat(answer).isDone();
    assertThat(store.calls).isEqualTo(2);
  }

  @Test
  void whoHearsThatSomebodyWaitsElsewhereIsHastyForAWhile() {
    assertThat(rounds.isHasty()).isFalse();
    progress.hurry();
    assertThat(rounds.isHasty()).isTrue();
    assertThat(store.calls).isZero();
    roundAfter(Duration.ofMinutes(1));
    assertThat(rounds.isHasty()).isFalse();
  }
}
