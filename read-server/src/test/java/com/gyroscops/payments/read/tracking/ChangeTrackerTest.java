package com.gyroscops.payments.read.tracking;

import static com.gyroscops.payments.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.read.SampleLog;
import com.gyroscops.payments.read.ScriptedFeed;
import com.gyroscops.payments.read.feed.FeedClient;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ChangeTrackerTest {

  private final SampleLog log = new SampleLog("payments", "epoch-1");
  private final AtomicLong skipped = new AtomicLong();
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final List<Long> heard = new CopyOnWriteArrayList<>();
  private ScriptedFeed feed;
  private FeedClient client;
  private ChangeTracker tracker;

  @BeforeEach
  void start() throws Exception {
    log.create("acme", "p1");
    log.create("acme", "p2");
    feed = new ScriptedFeed(log);
    client = FeedClient.to(List.of(feed.target()));
    tracker =
        new ChangeTracker(
            client,
            "replica",
            skipped::get,
            InstantSource.fixed(Instant.ofEpochMilli(5_000)),
            meters);
    tracker.addListener(events -> events.forEach(it -> heard.add(it.getPosition())));
    tracker.start();
    eventually("it follows", tracker::isUp);
  }

  @AfterEach
  void stop() {
    tracker.close();
    client.close();
    feed.close();
  }

  private ChangeWindow now() {
    return Objects.requireNonNull(tracker.current());
  }

  private void commit() throws Exception {
    log.create("acme", "p" + log.head());
    feed.publish();
    eventually("it is heard", () -> now().position() == log.head() && heard.contains(log.head()));
  }

  @Test
  void itStartsAtTheHeadAndHearsWhatFollows() throws Exception {
    assertThat(feed.starts())
        .singleElement()
        .satisfies(start -> {
          assertThat(start.getSource()).isEqualTo("tracker");
          assertThat(start.getSubscriber()).isEqualTo("replica");
          assertThat(start.getAtHead()).isTrue();
        });
    assertThat(now().position()).isEqualTo(2);
    assertThat(now().unchangedUntil(1, "acme", "p1")).isEqualTo(ChangeWindow.CHANGED);
    assertThat(now().unchangedUntil(2, "acme", "p1")).isEqualTo(2);
    commit();
    assertThat(now().unchangedUntil(2, "acme", "")).isEqualTo(ChangeWindow.CHANGED);
    assertThat(now().unchangedUntil(2, "acme", "p1")).isEqualTo(3);
    assertThat(heard).containsExactly(3L);
    eventually("it acknowledges", () -> feed.acknowledged() == 3);
    assertThat(meters.get("payments.tracker.position").gauge().value()).isEqualTo(3);
    assertThat(meters.get("payments.tracker.events.behind").gauge().value()).isZero();
    assertThat(meters.get("payments.tracker.up").gauge().value()).isEqualTo(1);
  }

  @Test
  void aBrokenStreamIsTakenUpWhereItStood() throws Exception {
    commit();
    ChangeWindow before = now();
    feed.down(true);
    log.create("acme", "during");
    feed.down(false);
    feed.publish();
    eventually("it goes on", () -> before.position() == 4 && heard.contains(4L));
    assertThat(now()).isSameAs(before);
    assertThat(heard).containsExactly(3L, 4L);
    assertThat(feed.starts().getLast())
        .satisfies(start -> {
          assertThat(start.getAtHead()).isFalse();
          assertThat(start.getPosition()).isEqualTo(3);
          assertThat(start.getEventId()).isEqualTo(log.events().get(2).getEventId());
        });
  }

  @Test
  void whatIsDeliveredTwiceIsHeardOnce() throws Exception {
    feed.repeat(true);
    for (int i = 0; i < 20; i++) {
      commit();
    }
    assertThat(heard).hasSize(20).doesNotHaveDuplicates().isSorted();
  }

  @Test
  void aHeadAtWhichNothingHappenedYetIsGoneOnFrom() throws Exception {
    ChangeWindow first = now();
    int starts = feed.starts().size();
    feed.breakStreams();
    eventually("it subscribed again", () -> feed.starts().size() > starts);
    commit();
    assertThat(now()).isSameAs(first);

    tracker.close();
    tracker =
        new ChangeTracker(
            client, "replica", System::nanoTime, InstantSource.system(), new SimpleMeterRegistry());
    tracker.start();
    eventually("it follows", tracker::isUp);
    ChangeWindow second = now();
    feed.down(true);
    log.create("acme", "missed");
    feed.publish();
    feed.down(false);
    eventually("it hears what it missed", () -> second.position() == 4);
    assertThat(now()).isSameAs(second);
    assertThat(now().unchangedUntil(3, "acme", "p1")).isEqualTo(4);
  }

  @Test
  void aLaterHistoryThatHoldsAllThatWasHeardIsGoneOnIn() throws Exception {
    commit();
    ChangeWindow before = now();
    SampleLog later = log.continuedIn("epoch-2", 3);
    later.create("acme", "after");
    feed.replaceLog(later);
    eventually("it goes on", () -> before.position() == 4 && heard.contains(4L));
    assertThat(now()).isSameAs(before);
    assertThat(before.epoch()).isEqualTo("epoch-2");
    assertThat(before.holds("payments", "epoch-1", 3)).isTrue();
    assertThat(before.holds("payments", "epoch-1", 4)).isFalse();
    assertThat(heard).containsExactly(3L, 4L);
    assertThat(before.divergedMillis()).isZero();
  }

  @Test
  void aLaterHistoryThatLostWhatWasHeardBeginsAnotherStretch() throws Exception {
    commit();
    ChangeWindow before = now();
    SampleLog later = log.continuedIn("epoch-2", 2);
    later.create("acme", "instead");
    later.create("acme", "after");
    feed.replaceLog(later);
    eventually("it follows the other", () -> tracker.isUp() && now() != before);
    assertThat(now().position()).isEqualTo(4);
    assertThat(now().holds("payments", "epoch-1", 2)).isTrue();
    assertThat(now().holds("payments", "epoch-1", 3)).isFalse();
    assertThat(now().divergedMillis()).isEqualTo(5_000);
  }

  @Test
  void aLostHistoryIsForgottenAndTheNextBeginsAtItsHead() throws Exception {
    commit();
    SampleLog other = new SampleLog("payments", "epoch-2");
    other.create("acme", "p1");
    feed.replaceLog(other);
    eventually("it follows the other", () -> tracker.isUp() && now().epoch().equals("epoch-2"));
    assertThat(now().position()).isEqualTo(1);
    assertThat(now().divergedMillis()).isEqualTo(5_000);
  }

  @Test
  void aHistoryOfTheSameEpochThatLostTheNewestEventIsAnother() throws Exception {
    commit();
    ChangeWindow before = now();
    SampleLog shorter = new SampleLog("payments", "epoch-1");
    shorter.create("acme", "p1");
    feed.replaceLog(shorter);
    eventually(
        "it follows the other",
        () -> {
          ChangeWindow now = tracker.current();
          return now != null && now != before && now.position() == 1;
        });
    assertThat(now().divergedMillis()).isEqualTo(5_000);
  }

  @Test
  void silenceIsBeingDownAndHearingAgainIsBeingUp() throws Exception {
    feed.down(true);
    assertThat(tracker.isUp()).isTrue();
    eventually(
        "it is down",
        () -> {
          // What was on its way may still be heard.
          skipped.addAndGet(Duration.ofSeconds(6).toNanos());
          return !tracker.isUp();
        });
    assertThat(meters.get("payments.tracker.up").gauge().value()).isZero();
    feed.down(false);
    eventually("it is up again", tracker::isUp);
  }

  @Test
  void beingBehindIsNotBeingUpHoweverMuchTheFeedSpeaks() throws Exception {
    feed.hold(true);
    log.create("acme", "held back");
    feed.publish();
    eventually(
        "it knows of it", () -> meters.get("payments.tracker.events.behind").gauge().value() == 1);
    skipped.addAndGet(Duration.ofSeconds(6).toNanos());
    assertThat(tracker.isUp()).isFalse();
    feed.hold(false);
    eventually("it caught up", () -> tracker.isUp() && now().position() == 3);
  }
}
