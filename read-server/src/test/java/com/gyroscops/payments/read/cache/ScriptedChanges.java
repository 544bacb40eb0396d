package com.gyroscops.payments.read.cache;

import com.gyroscops.payments.contract.LogHead;
import com.gyroscops.payments.read.SampleLog;
import com.gyroscops.payments.read.tracking.ChangeWindow;
import com.gyroscops.payments.read.tracking.Changes;
import com.gyroscops.payments.v1.PaymentEvent;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A tracker that hears what a test lets it hear. */
final class ScriptedChanges implements Changes {

  private final SampleLog log;
  private final List<Consumer<List<PaymentEvent>>> listeners = new CopyOnWriteArrayList<>();
  private volatile @Nullable ChangeWindow stretch;
  private volatile boolean down;

  ScriptedChanges(SampleLog log) {
    this.log = log;
    begin();
  }

  /** Another stretch, from the head on. */
  void begin() {
    begin(ChangeWindow.from(new LogHead(log.logId(), log.epoch(), log.head())));
  }

  void begin(@Nullable ChangeWindow other) {
    stretch = other;
    listeners.forEach(it -> it.accept(List.of()));
  }

  /** Hears up to so many events more. */
  void hear(int eventsMax) {
    ChangeWindow now = stretch;
    if (now != null) {
      List<PaymentEvent> events = log.after(now.position());
      now.append(events.subList(0, Math.min(eventsMax, events.size())));
    }
  }

  void hearAll() {
    hear(Integer.MAX_VALUE);
  }

  void down(boolean isDown) {
    down = isDown;
  }

  @Override
  public @Nullable ChangeWindow current() {
    return stretch;
  }

  @Override
  public Duration silence() {
    return down ? Duration.ofMinutes(1) : Duration.ZERO;
  }

  @Override
  public void addListener(Consumer<List<PaymentEvent>> listener) {
    listeners.add(listener);
  }
}
