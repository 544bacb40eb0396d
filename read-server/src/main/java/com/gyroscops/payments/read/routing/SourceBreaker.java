package com.gyroscops.payments.read.routing;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowType;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps questions away from a source that fails, and lets a few through after a while to see
 * whether it still does. For concurrent use.
 */
final class SourceBreaker {

  private static final Logger LOG = LoggerFactory.getLogger(SourceBreaker.class);

  /** Answers that count: enough that one failure among many is none of the source's. */
  private static final int ANSWERS = 20;

  /** Fewest answers to judge by: a dead source costs no more questions than that. */
  private static final int ANSWERS_MIN = 5;

  private static final float FAILURE_PERCENT = 50;

  /** How long a source is left alone: a store that restarts is back in about that time. */
  static final Duration LEFT_ALONE = Duration.ofSeconds(1);

  /** Questions let through then: few pay if the source is still away. */
  static final int TRIALS = 2;

  private final CircuitBreaker breaker;
  private final Semaphore lastTry = new Semaphore(1);

  /** By what right a question is put. */
  enum Permit {
    /** The source counts as healthy, or this is one of the trials. */
    REGULAR,
    /** Nothing else could answer; one question at a time. */
    LAST_TRY,
    NONE
  }

  SourceBreaker(String source, LongSupplier nanoTime) {
    breaker =
        CircuitBreaker.of(
            source,
            CircuitBreakerConfig.custom()
                .slidingWindow(ANSWERS, ANSWERS_MIN, SlidingWindowType.COUNT_BASED)
                .failureRateThreshold(FAILURE_PERCENT)
                .waitDurationInOpenState(LEFT_ALONE)
                .permittedNumberOfCallsInHalfOpenState(TRIALS)
                .clock(new NanoClock(nanoTime))
                .build());
    breaker
        .getEventPublisher()
        .onStateTransition(event -> {
          switch (event.getStateTransition()) {
            case CLOSED_TO_OPEN ->
                LOG.warn("source {} fails and is left alone until it answers again", source);
            case HALF_OPEN_TO_CLOSED -> LOG.info("source {} answers again", source);
            default -> LOG.debug("source {}: {}", source, event.getStateTransition());
          }
        });
  }

  /** The router's clock, as the library wants it. */
  private static final class NanoClock extends Clock {
    private final LongSupplier nanoTime;

    private NanoClock(LongSupplier nanoTime) {
      this.nanoTime = nanoTime;
    }

    @Override
    public Instant instant() {
      return Instant.EPOCH.plusNanos(nanoTime.getAsLong());
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }

  /** Asks for the right to put a question; one of the methods below must follow. */
  Permit acquire() {
    return breaker.tryAcquirePermission() ? Permit.REGULAR : Permit.NONE;
  }

  /**
   * Asks for the right to put a question though the source is left alone.
   *
   * @param away whether its store is known not to answer, however few questions have failed so far
   */
  Permit acquireLastTry(boolean away) {
    if (!away && acquire() == Permit.REGULAR) {
      return Permit.REGULAR;
    }
    return lastTry.tryAcquire() ? Permit.LAST_TRY : Permit.NONE;
  }

  /** The source answered. */
  void answered(Permit permit, long nanos) {
    if (permit == Permit.REGULAR) {
      breaker.onSuccess(nanos, TimeUnit.NANOSECONDS);
    } else {
      lastTry.release();
      if (breaker.getState() == State.OPEN) {
        breaker.transitionToHalfOpenState();
      }
    }
  }

  /** The source failed. */
  void failed(Permit permit, long nanos, Throwable cause) {
    if (permit == Permit.REGULAR) {
      breaker.onError(nanos, TimeUnit.NANOSECONDS, cause);
    } else {
      lastTry.release();
    }
  }

  /** Nothing came of it that tells how the source is. */
  void released(Permit permit) {
    if (permit == Permit.REGULAR) {
      breaker.releasePermission();
    } else {
      lastTry.release();
    }
  }

  /** Whether the source is left alone. */
  boolean isOpen() {
    return breaker.getState() == State.OPEN;
  }

  /** 0: questions pass; 1: a few pass, to see; 2: none does. */
  int level() {
    return switch (breaker.getState()) {
      case CLOSED, DISABLED, METRICS_ONLY -> 0;
      case HALF_OPEN -> 1;
      case OPEN, FORCED_OPEN -> 2;
    };
  }
}
