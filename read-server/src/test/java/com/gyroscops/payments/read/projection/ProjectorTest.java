package com.gyroscops.payments.read.projection;

import static com.gyroscops.payments.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.internal.v1.SubscribeStart;
import com.gyroscops.payments.read.ProjectionTest;
import com.gyroscops.payments.read.ReadDatabase;
import com.gyroscops.payments.read.SampleLog;
import com.gyroscops.payments.read.feed.FeedClient;
import com.gyroscops.payments.read.feed.HeadTracker;
import com.gyroscops.payments.read.source.ApplyOutcome;
import com.gyroscops.payments.read.source.PaymentSource;
import com.gyroscops.payments.read.source.PositionTracker;
import com.gyroscops.payments.read.source.SleepingSource;
import com.gyroscops.payments.read.source.SourcePosition;
import com.gyroscops.payments.read.source.SourceUnavailableException;
import com.gyroscops.payments.stack.engine.LocalPostgres;
import com.gyroscops.payments.testing.Seed;
import com.gyroscops.payments.v1.PaymentEvent;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProjectorTest extends ProjectionTest {

  private Projector project(ReadDatabase on, PaymentSource source, String replica) {
    return project(on, source, replica, new PositionTracker());
  }

  private Projector project(
      ReadDatabase on, PaymentSource source, String replica, PositionTracker known) {
    FeedClient client = opened.open(FeedClient.to(List.of("127.0.0.1:1", feed.target())));
    HeadTracker heads = new HeadTracker(client, System::nanoTime);
    ProjectionMeters meters = new ProjectionMeters(new SimpleMeterRegistry(), "sql", known, heads);
    Projector projector =
        opened.open(
            Projector.leased(source, "sql", client, on.leases(), replica, known, known, meters));
    projector.start();
    return projector;
  }

  private void awaitApplied() throws Exception {
    awaitApplied(database);
  }

  private void awaitApplied(ReadDatabase on) throws Exception {
    eventually(
        "all " + log.head() + " events are applied",
        () -> on.number("select position from checkpoints") == log.head());
  }

  private static void assertEqualsLog(ReadDatabase database, SampleLog log) throws Exception {
    assertThat(database.wrongRollups()).isEmpty();
    assertThat(database.number("select count(*) from payment_events")).isEqualTo(log.head());
    assertThat(
            database.rows(
                "select organization_id, payment_id, version from payments order by 1, 2"))
        .containsExactlyInAnyOrderElementsOf(
            log.payments().stream()
                .map(it -> it.getOrganizationId() + "|" + it.getPaymentId() + "|" + it.getVersion())
                .toList());
  }

  /** A lease whose store can be away. */
  private static final class AbsentLease implements ProjectionLease {
    private final AtomicInteger refusals = new AtomicInteger();
    private volatile boolean away;
    private volatile boolean taken;

    @Override
    public OptionalLong take() {
      return taken ? OptionalLong.empty() : OptionalLong.of(1);
    }

    @Override
    public boolean renew(long fence) throws SourceUnavailableException {
      if (away) {
        refusals.incrementAndGet();
        throw new SourceUnavailableException("away on purpose");
      }
      return !taken;
    }

    @Override
    public void release(long fence) {}
  }

  @Test
  void goesOnWhileLeasesCannotBeRenewedAndStopsOnceAnotherHasIt() throws Exception {
    AbsentLease lease = new AbsentLease();
    FeedClient client = opened.open(FeedClient.to(List.of(feed.target())));
    PositionTracker known = new PositionTracker();
    HeadTracker heads = new HeadTracker(client, System::nanoTime);
    ProjectionMeters meters = new ProjectionMeters(new SimpleMeterRegistry(), "sql", known, heads);
    Projector projector =
        opened.open(
            new Projector(database.source(), "sql", client, lease, "a", known, known, meters));
    projector.start();
    log.random(Seed.random(3), 10);
    feed.publish();
    awaitApplied();
    lease.away = true;
    eventually("it could not be renewed", () -> lease.refusals.get() >= 2);
    log.random(Seed.random(4), 10);
    feed.publish();
    awaitApplied();
    assertThat(projector.isProjecting()).isTrue();
    lease.taken = true;
    lease.away = false;
    eventually("it is lost", () -> !projector.isProjecting());
  }

  @Test
  void appliesWhatIsThereAndWhatComesAndAcknowledgesIt() throws Exception {
    Random random = Seed.random(1);
    log.random(random, 3_000);
    feed.publish();
    PositionTracker known = new PositionTracker();
    project(database, database.source(), "a", known);
    awaitApplied();
    for (int i = 0; i < 50; i++) {
      log.random(random, 20);
      feed.publish();
    }
    awaitApplied();
    assertEqualsLog(database, log);
    eventually("the end is acknowledged", () -> feed.acknowledged() == log.head());
    eventually("the end is known", () -> known.latest().position() == log.head());
  }

  @Test
  void acknowledgesAsVisibleOnlyWhatReadersSeeAndThatAsSoonAsTheyDo() throws Exception {
    FeedClient client = opened.open(FeedClient.to(List.of(feed.target())));
    PositionTracker known = new PositionTracker();
    PositionTracker seen = new PositionTracker();
    HeadTracker heads = new HeadTracker(client, System::nanoTime);
    opened
        .open(
            Projector.leased(
                database.source(),
                "sql",
                client,
                database.leases(),
                "a",
                known,
                seen,
                new ProjectionMeters(new SimpleMeterRegistry(), "sql", known, heads)))
        .start();
    log.random(Seed.random(11), 40);
    feed.publish();
    eventually("all is acknowledged as applied", () -> feed.acknowledged() == 40);
    assertThat(feed.acks()).allMatch(it -> it.getVisiblePosition() == 0);

    seen.publish(new SourcePosition("payments", "epoch-1", 30, "some-event", 0, 0));
    eventually("a part is seen", () -> feed.acks().getLast().getVisiblePosition() == 30);
    // Of another history, or of a source that is being filled: nothing of this one is seen.
    seen.publish(new SourcePosition("payments", "epoch-2", 40, "some-event", 0, 0));
    eventually("nothing is seen", () -> feed.acks().getLast().getVisiblePosition() == 0);
    seen.publish(new SourcePosition("payments", "epoch-1", 40, "some-event", 50, 0));
    int before = feed.acks().size();
    eventually("it says so again", () -> feed.acks().size() > before + 1);
    assertThat(feed.acks().getLast().getVisiblePosition()).isZero();
    assertThat(feed.acks().getLast().getPosition()).isEqualTo(40);
    assertThat(feed.starts()).hasSize(1);
  }

  @Test
  void aStoreFurtherBackThanWasSaidEndsTheSubscriptionThoughNothingHappens() throws Exception {
    log.random(Seed.random(12), 60);
    feed.publish();
    project(database, database.source(), "a");
    eventually(
        "all is acknowledged as visible",
        () -> !feed.acks().isEmpty() && feed.acks().getLast().getVisiblePosition() == 60);
    SubscribeStart first = feed.starts().getFirst();

    // As a crash does that loses the newest transactions.
    database.execute(
        "update checkpoints set position = 50, last_event_id = '%s'"
            .formatted(log.events().get(49).getEventId()));

    eventually("it has begun anew", () -> feed.starts().size() >= 2);
    SubscribeStart second = feed.starts().get(1);
    assertThat(second.getPosition()).isEqualTo(50);
    assertThat(second.getFence()).isEqualTo(first.getFence()).isPositive();
    assertThat(second.getSession()).isGreaterThan(first.getSession());
  }

  @Test
  void eventsDeliveredTwiceAndBrokenStreamsHaveNoEffect() throws Exception {
    Random random = Seed.random(2);
    feed.repeat(true);
    project(database, database.source(), "a");
    for (int i = 0; i < 20; i++) {
      log.random(random, 100);
      feed.publish();
      if (i % 4 == 0) {
        awaitApplied();
        feed.breakStreams();
      }
    }
    awaitApplied();
    assertEqualsLog(database, log);
    // A stream that broke is resumed from what is applied.
    assertThat(feed.starts()).hasSizeGreaterThan(1);
    SubscribeStart resumed = feed.starts().getLast();
    assertThat(resumed.getPosition()).isPositive();
    assertThat(resumed.getEpoch()).isEqualTo("epoch-1");
    assertThat(resumed.getEventId())
        .isEqualTo(log.events().get((int) resumed.getPosition() - 1).getEventId());
  }

  @Test
  void aFeedThatIsAwayIsWaitedFor() throws Exception {
    feed.down(true);
    project(database, database.source(), "a");
    log.random(Seed.random(3), 100);
    feed.publish();
    eventually("it has tried", () -> feed.starts().size() > 2);
    assertThat(database.number("select position from checkpoints")).isZero();
    feed.down(false);
    awaitApplied();
    assertEqualsLog(database, log);
  }

  @Test
  void aGapInAPaymentsVersionsParksItAndTheRestGoesOnUntilARestartFindsItMended() throws Exception {
    PaymentEvent first = log.create("acme", "p1");
    log.appendRaw(version(first, 3));
    log.create("acme", "p2");
    log.appendRaw(version(first, 4));
    feed.publish();
    Projector projector = project(database, database.source(), "a");
    awaitApplied();
    assertThat(database.rows("select payment_id, version from parked_events order by position"))
        .containsExactly("p1|3", "p1|4");
    assertThat(database.rows("select payment_id, version from payments order by 1"))
        .containsExactly("p1|1", "p2|1");
    assertThat(database.number("select parked from checkpoints")).isEqualTo(2);
    projector.close();

    // As an operator would mend it: the version that is missing is put in its place.
    database.execute("update payments set version = 2 where payment_id = 'p1'");
    project(database, database.source(), "b");
    eventually("nothing is parked", () -> database.number("select parked from checkpoints") == 0);
    assertThat(database.rows("select payment_id, version from payments order by 1"))
        .containsExactly("p1|4", "p2|1");
  }

  private static PaymentEvent version(PaymentEvent event, long version) {
    return event.toBuilder()
        .setVersion(version)
        .setPayment(event.getPayment().toBuilder().setVersion(version))
        .build();
  }

  @Test
  void anotherHistoryIsTakenUpFromItsBeginning() throws Exception {
    log.random(Seed.random(4), 700);
    feed.publish();
    project(database, database.source(), "a");
    awaitApplied();
    SampleLog other = new SampleLog("payments", "epoch-2").random(Seed.random(5), 400);
    feed.replaceLog(other);
    eventually(
        "the other history is applied",
        () ->
            database
                .rows("select epoch, position from checkpoints")
                .equals(List.of("epoch-2|400")));
    assertEqualsLog(database, other);
    assertThat(database.number("select ready_position from checkpoints")).isEqualTo(400);
  }

  @Test
  void aSourceMovesOnIntoALaterHistoryThatHoldsAllOfIt() throws Exception {
    log.random(Seed.random(13), 200);
    feed.publish();
    project(database, database.source(), "a");
    awaitApplied();
    database.execute("update payments set payment = payment"); // The rows as they are now.
    List<String> rows = database.rows("select xmin from payments");
    SampleLog later = log.continuedIn("epoch-2", 200);
    feed.replaceLog(later);
    eventually(
        "it stands in the later one",
        () ->
            database
                .rows("select epoch, position, ancestors from checkpoints")
                .equals(List.of("epoch-2|200|epoch-1:200")));
    assertThat(database.rows("select xmin from payments")).isEqualTo(rows);
    later.random(Seed.random(14), 100);
    feed.publish();
    eventually(
        "it goes on", () -> database.number("select position from checkpoints") == later.head());
    assertEqualsLog(database, later);
  }

  @Test
  void aSourceOfWhichALaterHistoryLostAPartStartsOver() throws Exception {
    log.random(Seed.random(15), 200);
    feed.publish();
    project(database, database.source(), "a");
    awaitApplied();
    SampleLog later = log.continuedIn("epoch-2", 190).random(Seed.random(16), 50);
    feed.replaceLog(later);
    eventually(
        "the later one is applied",
        () ->
            database
                .rows("select epoch, position from checkpoints")
                .equals(List.of("epoch-2|" + later.head())));
    assertEqualsLog(database, later);
  }

  @Test
  void aSourceIsNotReadyBeforeTheHeadSeenWhenItsFillingBegan() throws Exception {
    log.random(Seed.random(6), 600);
    feed.publish();
    feed.hold(true);
    PositionTracker known = new PositionTracker();
    project(database, database.source(), "a", known);
    eventually("it is tied to the log", () -> !known.latest().epoch().isEmpty());
    assertThat(known.latest().isReady()).isFalse();
    feed.hold(false);
    eventually("it is ready", () -> known.latest().isReady());
    assertThat(known.latest().position()).isEqualTo(600);
  }

  @Test
  void aProjectorThatSleptThroughItsLeaseChangesNothing() throws Exception {
    log.random(Seed.random(7), 300);
    feed.publish();
    CountDownLatch asleep = new CountDownLatch(1);
    CountDownLatch wake = new CountDownLatch(1);
    List<ApplyOutcome> late = new CopyOnWriteArrayList<>();
    PaymentSource sleepy =
        SleepingSource.sleepingBeforeApply(database.source(), asleep, wake, late);
    project(database, sleepy, "old");
    asleep.await();
    // The lease runs out by itself; the test need not wait for that.
    database.execute("update leases set expires_at = now()");
    project(database, database.source(), "new");
    awaitApplied();
    log.random(Seed.random(8), 100);
    feed.publish();
    awaitApplied();
    List<String> before = database.rows("select * from checkpoints");

    wake.countDown();
    eventually("the old one has tried", () -> !late.isEmpty());
    assertThat(late.getFirst()).isInstanceOf(ApplyOutcome.FencedOut.class);
    assertThat(database.rows("select * from checkpoints")).isEqualTo(before);
    assertThat(database.rows("select holder, fence from leases")).containsExactly("new|2");
    assertEqualsLog(database, log);
  }

  @Test
  void theLeaseGoesToAnotherAtOnceWhenItsHolderIsClosed() throws Exception {
    Projector first = project(database, database.source(), "first");
    log.random(Seed.random(9), 50);
    feed.publish();
    awaitApplied();
    project(database, database.source(), "second");
    assertThat(database.rows("select holder from leases")).containsExactly("first");
    first.close();
    // Nobody waits until it runs out.
    assertThat(
            database.rows("select holder = 'second' or expires_at <= now() as is_free from leases"))
        .containsExactly("t");
    eventually(
        "the second has taken over",
        () -> database.rows("select holder from leases").equals(List.of("second")));
    log.random(Seed.random(10), 50);
    feed.publish();
    awaitApplied();
    assertEqualsLog(database, log);
  }

  @Test
  void tooManyParkedEventsStopTheProjector() throws Exception {
    PaymentEvent first = log.create("acme", "p1");
    for (int i = 0; i < 10_001; i++) {
      log.appendRaw(version(first, 3L + i));
    }
    feed.publish();
    Projector projector = project(database, database.source(), "a");
    eventually("it has given up", Duration.ofMinutes(2), projector::hasGivenUp);
    assertThat(database.number("select parked from checkpoints")).isLessThanOrEqualTo(10_000);
  }

  @Test
  void aDatabaseThatIsKilledLosesNothingAndIsTakenUpAgain(@TempDir Path folder) throws Exception {
    LocalPostgres postgres = LocalPostgres.start(folder.resolve("data"), 0);
    int port = postgres.port();
    ReadDatabase killed = ReadDatabase.on(postgres);
    try {
      Random random = Seed.random(11);
      project(killed, killed.source(), "a");
      for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 20; i++) {
          log.random(random, 50);
          feed.publish();
        }
        assertThat(postgres.postmaster().destroyForcibly()).isTrue();
        postgres.close();
        log.random(random, 100);
        feed.publish();
        postgres = LocalPostgres.start(folder.resolve("data"), port);
      }
      awaitApplied(killed);
      assertEqualsLog(killed, log);
    } finally {
      opened.close();
      killed.close();
      postgres.close();
    }
  }
}
