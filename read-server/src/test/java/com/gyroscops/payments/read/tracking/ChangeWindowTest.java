package com.gyroscops.payments.read.tracking;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.gyroscops.payments.contract.LogHead;
import com.gyroscops.payments.read.SampleLog;
import com.gyroscops.payments.testing.Seed;
import com.gyroscops.payments.v1.PaymentEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

class ChangeWindowTest {

  private final SampleLog log = new SampleLog("payments", "epoch-1");

  private static LogHead at(long position) {
    return new LogHead("payments", "epoch-1", position);
  }

  @Test
  void whatWasBeforeTheStartCountsAsChangedAtTheStart() {
    ChangeWindow stretch = ChangeWindow.from(at(10));
    assertThat(stretch.unchangedUntil(9, "acme", "")).isEqualTo(ChangeWindow.CHANGED);
    assertThat(stretch.unchangedUntil(10, "acme", "p1")).isEqualTo(10);
    assertThat(stretch.unchangedUntil(12, "acme", "p1")).isEqualTo(12);
  }

  @Test
  void aChangeIsOneOfItsPaymentAndItsOrganizationAndOfNobodyElse() {
    log.create("acme", "p1");
    log.create("acme", "p2");
    log.create("other", "p1");
    ChangeWindow stretch = ChangeWindow.from(at(0));
    stretch.append(log.events());
    assertThat(stretch.unchangedUntil(1, "acme", "p1")).isEqualTo(3);
    assertThat(stretch.unchangedUntil(0, "acme", "p1")).isEqualTo(ChangeWindow.CHANGED);
    assertThat(stretch.unchangedUntil(1, "acme", "")).isEqualTo(ChangeWindow.CHANGED);
    assertThat(stretch.unchangedUntil(2, "acme", "")).isEqualTo(3);
    assertThat(stretch.unchangedUntil(0, "third", "")).isEqualTo(3);
  }

  @Test
  void gapsAndRepetitionsAreRefused() {
    log.create("acme", "p1");
    log.create("acme", "p2");
    ChangeWindow stretch = ChangeWindow.from(at(0));
    assertThatThrownBy(() -> stretch.append(log.after(1)))
        .isInstanceOf(IllegalArgumentException.class);
    stretch.append(log.events());
    assertThatThrownBy(() -> stretch.append(log.after(1)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void eventsOfAnOrganizationAreFoundAfterAnyPositionThatIsRemembered() {
    log.random(Seed.random(3), 500);
    ChangeWindow stretch = ChangeWindow.small(at(0), 100);
    stretch.append(log.events());
    for (long since = 0; since <= 500; since++) {
      long from = since;
      List<PaymentEvent> expected =
          log.after(since).stream().filter(it -> it.getOrganizationId().equals("org-1")).toList();
      switch (stretch.after(since, "org-1", "", 1_000)) {
        case EventSlice.Known(List<PaymentEvent> events, long upTo, boolean more) -> {
          assertThat(events).as("after %d", from).isEqualTo(expected);
          assertThat(upTo).isEqualTo(500);
          assertThat(more).isFalse();
        }
        case EventSlice.Forgotten _ -> assertThat(expected).anyMatch(it -> it.getPosition() <= 400);
      }
    }
  }

  @Test
  void aQuietOrganizationIsKnownToBeQuietHoweverMuchWasForgotten() {
    log.create("quiet", "p1");
    for (int i = 0; i < 500; i++) {
      log.create("busy", "p" + i);
    }
    ChangeWindow stretch = ChangeWindow.small(at(0), 100);
    stretch.append(log.events());
    assertThat(stretch.after(1, "quiet", "", 10))
        .isEqualTo(new EventSlice.Known(List.of(), log.head(), false));
    assertThat(stretch.after(0, "quiet", "", 10)).isEqualTo(new EventSlice.Forgotten());
  }

  @Test
  void aLimitedPassageEndsAtItsLastEvent() {
    for (int i = 0; i < 10; i++) {
      log.create("acme", "p" + i);
      log.create("other", "p" + i);
    }
    ChangeWindow stretch = ChangeWindow.from(at(0));
    stretch.append(log.events());
    assertThat(stretch.after(1, "acme", "", 3))
        .isEqualTo(
            new EventSlice.Known(
                List.of(log.events().get(2), log.events().get(4), log.events().get(6)), 7, true));
    assertThat(stretch.after(0, "acme", "p9", 3))
        .isEqualTo(new EventSlice.Known(List.of(log.events().get(18)), 20, false));
  }

  @Test
  void nothingIsForgottenBeforeItHasToBeAndBytesAreBoundedToo() {
    log.create("acme", "p1");
    log.create("acme", "p2");
    log.create("acme", "p3");
    long two =
        log.events().get(1).getSerializedSize() + (long) log.events().get(2).getSerializedSize();
    ChangeWindow stretch = new ChangeWindow(at(0), 0, 100, two);
    stretch.append(log.events());
    assertThat(stretch.after(1, "acme", "", 10))
        .isEqualTo(new EventSlice.Known(log.after(1), 3, false));
    assertThat(stretch.after(0, "acme", "", 10)).isEqualTo(new EventSlice.Forgotten());
  }

  /** What readers are told while events are appended holds for the log as it is in the end. */
  @Test
  void readersAreNeverToldTooMuchWhileEventsAreAppended() throws Exception {
    log.random(Seed.random(7), 20_000);
    List<PaymentEvent> events = log.events();
    ChangeWindow stretch = ChangeWindow.small(at(0), 2_000);
    try (ExecutorService threads = Executors.newFixedThreadPool(3)) {
      List<Callable<Boolean>> work = new ArrayList<>();
      work.add(() -> append(stretch, events));
      work.add(() -> judge(stretch, events, Seed.random(11)));
      work.add(() -> follow(stretch, events));
      for (Future<Boolean> each : threads.invokeAll(work)) {
        assertThat(each.get()).isTrue();
      }
    }
  }

  private static boolean append(ChangeWindow stretch, List<PaymentEvent> events) {
    for (int i = 0; i < events.size(); i += 7) {
      stretch.append(events.subList(i, Math.min(events.size(), i + 7)));
      if (i % 700 == 0) {
        LockSupport.parkNanos(1_000);
      }
    }
    return true;
  }

  private static boolean judge(ChangeWindow stretch, List<PaymentEvent> events, Random random) {
    while (stretch.position() < events.size()) {
      long since = Math.max(0, stretch.position() - random.nextInt(20));
      PaymentEvent any = events.get(random.nextInt(events.size()));
      boolean whole = random.nextBoolean();
      String payment = whole ? "" : any.getPaymentId();
      long until = stretch.unchangedUntil(since, any.getOrganizationId(), payment);
      if (until != ChangeWindow.CHANGED) {
        for (PaymentEvent event :
            events.subList((int) since, (int) Math.min(until, events.size()))) {
          assertThat(
                  event.getOrganizationId().equals(any.getOrganizationId())
                      && (whole || event.getPaymentId().equals(payment)))
              .as("event %d after %d up to %d", event.getPosition(), since, until)
              .isFalse();
        }
      }
    }
    return true;
  }

  private static boolean follow(ChangeWindow stretch, List<PaymentEvent> events) {
    long upTo = 0;
    while (upTo < events.size()) {
      long since = upTo;
      switch (stretch.after(since, "org-2", "", 50)) {
        case EventSlice.Known known -> {
          upTo = known.upTo();
          assertThat(known.events())
              .isEqualTo(
                  events.subList((int) since, (int) upTo).stream()
                      .filter(it -> it.getOrganizationId().equals("org-2"))
                      .toList());
        }
        // Overtaken: as a watcher would, it reads elsewhere.
        case EventSlice.Forgotten _ -> upTo = Math.min(events.size(), since + 100);
      }
    }
    return true;
  }
}
