package com.gyroscops.payments.stack;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * Starts again what ended by itself, each part after a delay of its own, and says so. For
 * concurrent use.
 */
final class Restarter {

  /** Delay after the first end. It doubles with each that follows. */
  static final Duration DELAY_MIN = Duration.ofSeconds(1);

  static final Duration DELAY_MAX = Duration.ofMinutes(1);

  /** A part that stayed up as long has recovered: its next delay is the first one again. */
  static final Duration STEADY_AFTER = Duration.ofMinutes(2);

  private final Consumer<String> events;
  private final Map<String, Delays> parts = new HashMap<>();
  private final Set<Thread> restarting = ConcurrentHashMap.newKeySet();
  private volatile boolean enabled = true;
  private volatile boolean stopped;

  /** How a part is started again. It ends early where its thread is interrupted. */
  @FunctionalInterface
  interface Start {
    /**
     * Starts it, and waits until it answers.
     *
     * @return false: it runs already
     */
    boolean run() throws StartFailedException;
  }

  /** Delays and count of one part's restarts. Times are of {@link System#nanoTime}. */
  static final class Delays {

    private Duration next = DELAY_MIN;
    private boolean answers;
    private long answeringSinceNanos;
    private int restarts;

    /** How long to wait after an end, or after an attempt that failed, however long that took. */
    Duration ended(long nowNanos) {
      if (answers && nowNanos - answeringSinceNanos >= STEADY_AFTER.toNanos()) {
        next = DELAY_MIN;
      }
      answers = false;
      Duration delay = next;
      Duration doubled = delay.multipliedBy(2);
      next = doubled.compareTo(DELAY_MAX) < 0 ? doubled : DELAY_MAX;
      return delay;
    }

    /** It was started again, and answers. */
    void restarted(long nowNanos) {
      answers = true;
      answeringSinceNanos = nowNanos;
      restarts++;
    }
  }

  /**
   * @param events told of each end, and of what follows
   */
  Restarter(Consumer<String> events) {
    this.events = events;
  }

  boolean isEnabled() {
    return enabled;
  }

  /** Whether it starts what ends from now on, and what waits for its delay. At first it does. */
  void enable(boolean on) {
    enabled = on;
  }

  /** Starts nothing from now on, tells nothing, and interrupts what is under way. */
  void stop() {
    stopped = true;
    restarting.forEach(Thread::interrupt);
  }

  /** How often a part was started again. */
  int restarts(String part) {
    synchronized (parts) {
      Delays delays = parts.get(part);
      return delays == null ? 0 : delays.restarts;
    }
  }

  /**
   * Tells that a part ended, and has it started again after its delay, without waiting.
   *
   * @param how for people
   */
  void ended(String part, String how, Start again) {
    if (stopped) {
      return;
    }
    if (!enabled) {
      events.accept(how + "; ./payments up starts it again");
      return;
    }
    Duration delay;
    synchronized (parts) {
      delay = parts.computeIfAbsent(part, _ -> new Delays()).ended(System.nanoTime());
    }
    events.accept(how + "; started again in " + delay.toSeconds() + " s");
    Thread thread =
        Thread.ofVirtual().name("restart-" + part).unstarted(() -> restart(part, delay, again));
    restarting.add(thread);
    thread.start();
  }

  private void restart(String part, Duration delay, Start again) {
    try {
      Thread.sleep(delay);
      startAgain(part, again);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } finally {
      restarting.remove(Thread.currentThread());
    }
  }

  private void startAgain(String part, Start again) {
    if (stopped || !enabled) {
      return;
    }
    try {
      if (again.run()) {
        synchronized (parts) {
          parts.computeIfAbsent(part, _ -> new Delays()).restarted(System.nanoTime());
        }
      }
    } catch (StartFailedException | RuntimeException e) {
      ended(part, part + " was not started again: " + e.getMessage(), again);
    }
  }
}
