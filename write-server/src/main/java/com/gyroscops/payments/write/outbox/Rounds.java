package com.gyroscops.payments.write.outbox;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A thread that does something in rounds until it is closed: soon after it was woken, and at the
 * latest after a pause. A round that fails is followed by another. For concurrent use.
 */
public final class Rounds implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Rounds.class);

  private final Duration restMin;
  private final Supplier<Duration> pauseMax;
  private final Runnable round;
  private final Semaphore wakeUps = new Semaphore(0);
  private final Thread thread;
  private volatile boolean closing;

  /**
   * @param name of the thread
   * @param restMin least time between rounds, however often it is woken
   * @param pauseMax most time from the end of a round to the next one; asked after each
   */
  public Rounds(String name, Duration restMin, Supplier<Duration> pauseMax, Runnable round) {
    this.restMin = restMin;
    this.pauseMax = pauseMax;
    this.round = round;
    thread = Thread.ofPlatform().name(name).unstarted(this::run);
  }

  /** Starts the thread. */
  public void start() {
    thread.start();
  }

  /** Has a round begin soon: after the present one, if one is under way. */
  public void wake() {
    wakeUps.release();
  }

  /** Waits for the end of the present round; none follows. */
  @Override
  public void close() {
    closing = true;
    wake();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    while (!closing) {
      try {
        round.run();
      } catch (RuntimeException e) {
        LOG.error("a round of {} failed; it is tried again", thread.getName(), e);
      }
      try {
        Thread.sleep(restMin);
        Duration rest = pauseMax.get().minus(restMin);
        if (wakeUps.tryAcquire(rest.toMillis(), TimeUnit.MILLISECONDS)) {
          wakeUps.drainPermits();
        }
      } catch (InterruptedException e) {
        LOG.warn("{} was interrupted; it goes on until closed", thread.getName());
      }
    }
  }
}
