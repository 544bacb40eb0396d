package com.gyroscops.payments.read.feed;

import static com.gyroscops.payments.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.gyroscops.payments.contract.LogHead;
import com.gyroscops.payments.read.SampleLog;
import com.gyroscops.payments.read.ScriptedFeed;
import io.grpc.Deadline;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HeadTrackerTest {

  private static final Duration ANSWER_MAX = Duration.ofMinutes(1);

  private final AtomicLong clock = new AtomicLong(5_000_000_000L);
  private final SampleLog log = new SampleLog("payments", "epoch-1");
  private ScriptedFeed feed;
  private FeedClient client;
  private HeadTracker heads;

  @BeforeEach
  void start() throws Exception {
    feed = new ScriptedFeed(log);
    client = FeedClient.to(List.of(feed.target()));
    heads = new HeadTracker(client, clock::get, ANSWER_MAX);
    // The first connection of a process takes its time.
    eventually(
        "the feed answers",
        () -> client.head(Deadline.after(60, TimeUnit.SECONDS)).position() >= 0);
  }

  @AfterEach
  void stop() {
    heads.close();
    client.close();
    feed.close();
  }

  private void observeAfter(Duration time, int newEvents) throws Exception {
    clock.addAndGet(time.toNanos());
    for (int i = 0; i < newEvents; i++) {
      log.create("acme", "p" + log.head());
    }
    feed.publish();
    heads.headNow();
  }

  @Test
  void theOldestObservationThatIsYoungEnoughSaysWhatMustBeApplied() throws Exception {
    observeAfter(Duration.ZERO, 1);
    observeAfter(Duration.ofSeconds(10), 1);
    observeAfter(Duration.ofSeconds(10), 1);
    assertThat(heads.headWithin(Duration.ofSeconds(30))).map(LogHead::position).contains(1L);
    assertThat(heads.headWithin(Duration.ofSeconds(19))).map(LogHead::position).contains(2L);
    assertThat(heads.headWithin(Duration.ofSeconds(9))).map(LogHead::position).contains(3L);
    clock.addAndGet(Duration.ofSeconds(10).toNanos());
    assertThat(heads.headWithin(Duration.ofSeconds(9))).isEmpty();
  }

  @Test
  void observationsOfALostHistoryAreForgotten() throws Exception {
    observeAfter(Duration.ZERO, 3);
    feed.replaceLog(new SampleLog("payments", "epoch-2"));
    heads.headNow();
    assertThat(heads.headWithin(Duration.ofHours(1)))
        .contains(new LogHead("payments", "epoch-2", 0));
    assertThat(heads.newest()).contains(new LogHead("payments", "epoch-2", 0));
  }

  @Test
  void manyObservationsStayFewAndStillReachBack() throws Exception {
    observeAfter(Duration.ZERO, 1);
    for (int i = 0; i < 3 * HeadTracker.OBSERVATIONS_MAX; i++) {
      observeAfter(Duration.ofMillis(250), 0);
    }
    observeAfter(Duration.ofMillis(250), 1);
    assertThat(heads.headWithin(Duration.ofHours(1))).map(LogHead::position).contains(1L);
    assertThat(heads.headWithin(Duration.ofMillis(100))).map(LogHead::position).contains(2L);
  }

  private Duration oldestUnapplied(String epoch, long position) {
    return heads.oldestUnapplied(head -> head.epoch().equals(epoch) && head.position() <= position);
  }

  @Test
  void observationsThatALaterHistorySharesStayAndThoseItLostAreForgotten() throws Exception {
    observeAfter(Duration.ZERO, 3);
    observeAfter(Duration.ofSeconds(10), 2);
    feed.replaceLog(log.continuedIn("epoch-2", 4));
    heads.headNow();
    assertThat(heads.headWithin(Duration.ofHours(1)))
        .contains(new LogHead("payments", "epoch-1", 3));
    assertThat(heads.headWithin(Duration.ofSeconds(5)).map(LogHead::epoch)).contains("epoch-2");
    assertThat(heads.newest().map(LogHead::position)).contains(4L);
    // As of a server that has yet to notice.
    heads.seen(new LogHead("payments", "epoch-1", 5));
    assertThat(heads.newest().map(LogHead::position)).contains(4L);
  }

  @Test
  void theAgeOfTheOldestUnappliedEventCountsFromWhenItWasFirstSeen() throws Exception {
    observeAfter(Duration.ZERO, 1);
    observeAfter(Duration.ofSeconds(3), 4);
    clock.addAndGet(Duration.ofSeconds(2).toNanos());
    assertThat(oldestUnapplied("epoch-1", 0)).isEqualTo(Duration.ofSeconds(5));
    assertThat(oldestUnapplied("epoch-1", 2)).isEqualTo(Duration.ofSeconds(2));
    assertThat(oldestUnapplied("epoch-1", 5)).isEqualTo(Duration.ZERO);
    // What one source has applied says nothing of another.
    assertThat(oldestUnapplied("epoch-1", 0)).isEqualTo(Duration.ofSeconds(5));
    assertThat(oldestUnapplied("epoch-0", 9)).isEqualTo(Duration.ofSeconds(5));
  }

  @Test
  void theFeedIsAskedForNoLongerThanACallHas() {
    feed.silent(true);
    HeadTracker patient = new HeadTracker(client, clock::get, Duration.ofHours(1));
    assertThatThrownBy(() -> patient.headNow(Deadline.after(50, TimeUnit.MILLISECONDS)))
        .isInstanceOf(FeedUnavailableException.class);
    patient.close();
    HeadTracker brief = new HeadTracker(client, clock::get, Duration.ofMillis(50));
    assertThatThrownBy(() -> brief.headNow(Deadline.after(1, TimeUnit.HOURS)))
        .isInstanceOf(FeedUnavailableException.class);
    brief.close();
  }

  @Test
  void aFeedThatDoesNotAnswerIsAFailureAndNotAHead() {
    feed.down(true);
    assertThatThrownBy(() -> heads.headNow()).isInstanceOf(FeedUnavailableException.class);
    assertThat(heads.newest()).isEmpty();
  }
}
