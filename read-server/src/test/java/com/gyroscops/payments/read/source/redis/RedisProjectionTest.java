package com.gyroscops.payments.read.source.redis;

import static com.gyroscops.payments.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.gyroscops.payments.internal.v1.SubscribeStart;
import com.gyroscops.payments.read.ProjectionTest;
import com.gyroscops.payments.read.ReadRedis;
import com.gyroscops.payments.read.SampleLog;
import com.gyroscops.payments.read.feed.FeedClient;
import com.gyroscops.payments.read.feed.HeadTracker;
import com.gyroscops.payments.read.projection.ProjectionMeters;
import com.gyroscops.payments.read.projection.Projector;
import com.gyroscops.payments.read.source.Answer;
import com.gyroscops.payments.read.source.ApplyOutcome;
import com.gyroscops.payments.read.source.PaymentSource;
import com.gyroscops.payments.read.source.PositionTracker;
import com.gyroscops.payments.read.source.SleepingSource;
import com.gyroscops.payments.read.source.SourcePosition;
import com.gyroscops.payments.read.source.SourceUnavailableException;
import com.gyroscops.payments.stack.engine.LocalRedis;
import com.gyroscops.payments.stack.process.Processes;
import com.gyroscops.payments.testing.Seed;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentEvent;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The source kept in step by projectors, while Redis, feed and projectors fail. */
@Tag("engines")
class RedisProjectionTest extends ProjectionTest {

  private Projector project(PaymentSource source, String replica) {
    FeedClient client = opened.open(FeedClient.to(List.of(feed.target())));
    PositionTracker known = new PositionTracker();
    HeadTracker heads = new HeadTracker(client, System::nanoTime);
    ProjectionMeters meters =
        new ProjectionMeters(new SimpleMeterRegistry(), "redis", known, heads);
    Projector projector =
        opened.open(
            Projector.leased(
                source, "redis", client, database.leases(), replica, known, known, meters));
    projector.start();
    return projector;
  }

  private void change(Random random, int events) {
    log.random(random, events);
    feed.publish();
  }

  private void awaitApplied(PaymentSource source) throws Exception {
    eventually("all " + log.head() + " events are applied", () -> standsAtHead(source));
  }

  private boolean standsAtHead(PaymentSource source) {
    try {
      SourcePosition at = source.position();
      return at.isReady() && at.position() == log.head();
    } catch (SourceUnavailableException _) {
      return false;
    }
  }

  /** Has a source projected from the head on. */
  private void begin(PaymentSource source) throws Exception {
    project(source, "a");
    eventually("it has begun", () -> standsAtHead(source));
  }

  /** It may not be connected yet. */
  private static boolean isReady(PaymentSource source) {
    try {
      return source.position().isReady();
    } catch (SourceUnavailableException _) {
      return false;
    }
  }

  private static Answer<List<Payment>> find(PaymentSource source, Payment payment) {
    return source.find(payment.getOrganizationId(), List.of(payment.getPaymentId()));
  }

  private static Answer<List<Payment>> find(PaymentSource source, PaymentEvent event) {
    return source.find(event.getOrganizationId(), List.of(event.getPaymentId()));
  }

  /** The newest state of payments changed last is found. */
  private void assertHolds(PaymentSource source, long afterPosition) {
    for (PaymentEvent event : log.after(afterPosition)) {
      Payment newest =
          log.payments().stream()
              .filter(it ->
                  it.getOrganizationId().equals(event.getOrganizationId())
                      && it.getPaymentId().equals(event.getPaymentId()))
              .findFirst()
              .orElseThrow();
      assertThat(find(source, event))
          .isInstanceOfSatisfying(
              Answer.Data.class, data -> assertThat(data.value()).isEqualTo(List.of(newest)));
    }
  }

  @Test
  void aNewSourceBeginsAtTheHeadAndMissesNothingAfterIt() throws Exception {
    ReadRedis redis = opened.open(ReadRedis.fresh());
    PaymentSource source = redis.source();
    Random random = Seed.random(1);
    change(random, 2_000);
    project(source, "a");
    awaitApplied(source);
    assertThat(feed.starts())
        .extracting(SubscribeStart::getAtHead, SubscribeStart::getPosition)
        .containsExactly(tuple(true, 0L));
    Payment old = log.payments().getFirst();
    assertThat(find(source, old)).isInstanceOf(Answer.NotHeld.class);
    for (int i = 0; i < 20; i++) {
      change(random, 50);
    }
    awaitApplied(source);
    assertHolds(source, 2_000);

    // From here on it resumes from what it has.
    feed.breakStreams();
    change(random, 50);
    awaitApplied(source);
    assertHolds(source, 2_000);
    assertThat(feed.starts().getLast().getAtHead()).isFalse();
    assertThat(feed.starts().getLast().getPosition()).isEqualTo(3_000);
    assertThat(redis.dropped()).isZero();
  }

  @Test
  void aSourceThatAppliedNothingSinceItsHeadGoesOnFromThere() throws Exception {
    ReadRedis redis = opened.open(ReadRedis.fresh());
    PaymentSource source = redis.source();
    Random random = Seed.random(2);
    change(random, 100);
    long head = log.head();
    Projector first = project(source, "a");
    awaitApplied(source);
    first.close();
    assertThat(feed.starts().getLast().getAtHead()).isTrue();
    // Changed while nobody follows.
    change(random, 100);
    project(source, "b");
    awaitApplied(source);
    assertThat(feed.starts().getLast().getAtHead()).isFalse();
    assertThat(feed.starts().getLast().getPosition()).isEqualTo(head);
    change(random, 100);
    awaitApplied(source);
    assertHolds(source, head);
  }

  @Test
  void anotherHistoryIsTakenUpAtItsHead() throws Exception {
    PaymentSource source = opened.open(ReadRedis.fresh()).source();
    change(Seed.random(3), 100);
    project(source, "a");
    awaitApplied(source);
    Payment lost = log.create("acme", "lost").getPayment();
    feed.publish();
    awaitApplied(source);
    assertHolds(source, 100);

    SampleLog other = new SampleLog("payments", "epoch-2").random(Seed.random(4), 400);
    feed.replaceLog(other);
    eventually(
        "the other history is followed",
        () -> source.position().isIn("payments", "epoch-2") && source.position().isReady());
    assertThat(source.position().position()).isEqualTo(400);
    assertThat(find(source, lost)).isInstanceOf(Answer.NotHeld.class);
  }

  @Test
  void aProjectorInTheMiddleOfAStreamNoticesThatRedisWasEmptiedAndBeginsAnew() throws Exception {
    ReadRedis redis = opened.open(ReadRedis.fresh());
    ReadRedis.Admin admin = opened.open(redis.admin());
    PaymentSource source = redis.source();
    Random random = Seed.random(5);
    project(source, "a");
    change(random, 500);
    awaitApplied(source);
    for (int i = 0; i < 3; i++) {
      admin.run().flushall();
      long emptied = log.head();
      change(random, 200);
      eventually("it has begun anew", () -> source.position().isReady());
      long begun = log.head();
      change(random, 200);
      awaitApplied(source);
      assertHolds(source, begun);
      assertThat(begun).isGreaterThan(emptied);
    }
    assertThat(redis.dropped()).isZero();
  }

  @Test
  void eventsDeliveredTwiceAndBrokenStreamsHaveNoEffect() throws Exception {
    ReadRedis redis = opened.open(ReadRedis.fresh());
    PaymentSource source = redis.source();
    Random random = Seed.random(6);
    feed.repeat(true);
    project(source, "a");
    eventually("it has begun", () -> isReady(source));
    for (int i = 0; i < 20; i++) {
      change(random, 100);
      if (i % 4 == 0) {
        awaitApplied(source);
        feed.breakStreams();
      }
    }
    awaitApplied(source);
    assertHolds(source, 0);
    assertThat(redis.dropped()).isZero();
  }

  @Test
  void aProjectorThatSleptThroughItsLeaseChangesNothing() throws Exception {
    ReadRedis redis = opened.open(ReadRedis.fresh());
    ReadRedis.Admin admin = opened.open(redis.admin());
    PaymentSource source = redis.source();
    Random random = Seed.random(7);
    CountDownLatch asleep = new CountDownLatch(1);
    CountDownLatch wake = new CountDownLatch(1);
    List<ApplyOutcome> late = new CopyOnWriteArrayList<>();
    project(SleepingSource.sleepingBeforeApply(redis.source(), asleep, wake, late), "old");
    eventually("it has begun", () -> isReady(source));
    change(random, 300);
    asleep.await();
    // The lease runs out by itself; the test need not wait for that.
    database.execute("update leases set expires_at = now()");
    project(source, "new");
    change(random, 300);
    awaitApplied(source);
    change(random, 100);
    awaitApplied(source);
    String before = admin.run().get(redis.checkpointKey());

    wake.countDown();
    eventually("the old one has tried", () -> !late.isEmpty());
    assertThat(late.getFirst()).isInstanceOf(ApplyOutcome.FencedOut.class);
    assertThat(admin.run().get(redis.checkpointKey())).isEqualTo(before);
    assertHolds(source, 600);
    assertThat(redis.dropped()).isZero();
  }

  @Test
  void redisKilledWithAllItHeldIsTakenUpAgainWhenItIsBack(@TempDir Path folder) throws Exception {
    LocalRedis server = LocalRedis.temporary();
    int port = server.port();
    ReadRedis redis = opened.open(ReadRedis.at(server.uri()));
    try {
      PaymentSource source = redis.source();
      Random random = Seed.random(8);
      project(source, "a");
      for (int round = 0; round < 3; round++) {
        eventually("it has begun", () -> standsAtHead(source));
        change(random, 300);
        awaitApplied(source);
        PaymentEvent last = log.events().getLast();
        assertThat(server.process().destroyForcibly()).isTrue();
        server.close();
        assertThat(find(source, last)).isInstanceOf(Answer.Unavailable.class);
        change(random, 100);
        server = startEmpty(folder, round, port);
      }
      eventually("it has begun anew", () -> standsAtHead(source));
      long begun = log.head();
      change(random, 100);
      awaitApplied(source);
      assertHolds(source, begun);
      assertThat(redis.dropped()).isZero();
    } finally {
      opened.close();
      server.close();
    }
  }

  private static LocalRedis startEmpty(Path folder, int round, int port) throws IOException {
    Path own = folder.resolve("round-" + round);
    return LocalRedis.start(own.resolve("data"), port, own.resolve("log"));
  }

  @Test
  void redisKilledThatKeptItsDataGoesOnFromItsCheckpoint(@TempDir Path folder) throws Exception {
    LocalRedis server = startEmpty(folder, 0, 0);
    int port = server.port();
    ReadRedis redis = opened.open(ReadRedis.at(server.uri()));
    try {
      PaymentSource source = redis.source();
      Random random = Seed.random(9);
      begin(source);
      for (int round = 0; round < 3; round++) {
        change(random, 500);
        awaitApplied(source);
        awaitWritten(redis);
        assertThat(server.process().destroyForcibly()).isTrue();
        server.close();
        change(random, 100);
        server = startEmpty(folder, 0, port);
        awaitApplied(source);
      }
      assertThat(feed.starts()).filteredOn(SubscribeStart::getAtHead).hasSize(1);
      assertHolds(source, 0);
      assertThat(redis.dropped()).isZero();
    } finally {
      opened.close();
      server.close();
    }
  }

  /** Waits until what was answered has left the process: a write waits while the disk is slow. */
  private static void awaitWritten(ReadRedis redis) {
    try (ReadRedis.Admin admin = redis.admin()) {
      eventually(
          "all is written",
          () -> admin.run().info("persistence").contains("aof_buffer_length:0\r"));
    }
  }

  @Test
  void redisPausedIsUnavailableAndGoesOnWhenItWakes() throws Exception {
    LocalRedis server = opened.open(LocalRedis.temporary());
    PaymentSource source = opened.open(ReadRedis.at(server.uri())).source();
    Random random = Seed.random(10);
    begin(source);
    change(random, 300);
    awaitApplied(source);
    PaymentEvent last = log.events().getLast();
    Processes.pause(server.process());
    try {
      for (int i = 0; i < 3; i++) {
        assertThat(find(source, last)).isInstanceOf(Answer.Unavailable.class);
      }
      change(random, 300);
    } finally {
      Processes.resume(server.process());
    }
    awaitApplied(source);
    assertHolds(source, 0);
  }

  @Test
  void redisThatIsFullAnswersWhatItHasAndGoesOnWhenThereIsRoom() throws Exception {
    LocalRedis server = opened.open(LocalRedis.temporary());
    ReadRedis redis = opened.open(ReadRedis.at(server.uri()));
    ReadRedis.Admin admin = opened.open(redis.admin());
    PaymentSource source = redis.source();
    Random random = Seed.random(11);
    begin(source);
    change(random, 300);
    awaitApplied(source);
    admin.run().configSet("maxmemory", "100kb");
    admin.run().configResetstat();
    String before = admin.run().get(redis.checkpointKey());
    long full = log.head();
    change(random, 600);
    eventually(
        "it has been refused", () -> admin.run().info("errorstats").contains("errorstat_ERR"));
    assertThat(admin.run().get(redis.checkpointKey())).isEqualTo(before);
    PaymentEvent held = log.events().get((int) full - 1);
    assertThat(find(source, held)).isInstanceOf(Answer.Data.class);

    admin.run().configSet("maxmemory", "0");
    awaitApplied(source);
    assertHolds(source, 0);
    assertThat(redis.dropped()).isZero();
  }

  @Test
  void redisThatEvictsWhateverItCanAnswersNothingWrong() throws Exception {
    LocalRedis server = opened.open(LocalRedis.temporary());
    ReadRedis redis = opened.open(ReadRedis.at(server.uri()));
    ReadRedis.Admin admin = opened.open(redis.admin());
    PaymentSource source = redis.source();
    Random random = Seed.random(12);
    begin(source);
    long used = usedMemory(admin);
    admin.run().configSet("maxmemory-policy", "allkeys-random");
    admin.run().configSet("maxmemory", Long.toString(used + 200_000));
    for (int i = 0; i < 40; i++) {
      change(random, 100);
      eventually("it has begun", () -> isReady(source));
      for (Payment payment : log.payments().subList(0, Math.min(100, log.payments().size()))) {
        if (find(source, payment)
            instanceof Answer.Data<List<Payment>>(List<Payment> found, SourcePosition at)) {
          assertThat(found).containsExactly(stateAt(payment, at.position()));
        }
      }
    }
    assertThat(admin.run().info("stats")).doesNotContain("evicted_keys:0\r");
    admin.run().configSet("maxmemory", "0");
    awaitApplied(source);
  }

  private Payment stateAt(Payment payment, long position) {
    return log.events().subList(0, (int) position).reversed().stream()
        .filter(it ->
            it.getOrganizationId().equals(payment.getOrganizationId())
                && it.getPaymentId().equals(payment.getPaymentId()))
        .findFirst()
        .orElseThrow()
        .getPayment();
  }

  private static long usedMemory(ReadRedis.Admin admin) {
    return admin
        .run()
        .info("memory")
        .lines()
        .filter(it -> it.startsWith("used_memory:"))
        .mapToLong(it -> Long.parseLong(it.substring("used_memory:".length()).strip()))
        .findFirst()
        .orElseThrow();
  }
}
