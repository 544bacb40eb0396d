package com.gyroscops.payments.write.submission;

import com.gyroscops.payments.write.eventstore.EventStore;
import com.gyroscops.payments.write.eventstore.StoreUnavailableException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells when requests are decided, by whichever server: one question to the store at each turn,
 * however many wait, and none while nobody does. For concurrent use.
 */
public final class OutcomeWatch implements AutoCloseable {

  /** Most callers that wait at once. */
  static final int WAITERS_MAX = 10_000;

  private static final Duration TURN = Duration.ofMillis(20);
  private static final Duration TURN_WHILE_UNAVAILABLE = Duration.ofSeconds(1);
  private static final Logger LOG = LoggerFactory.getLogger(OutcomeWatch.class);

  /** One of those that wait. */
  private static final class Waiter {
    final CompletableFuture<Void> told = new CompletableFuture<>();
  }

  private final EventStore store;
  private final Executor answering;
  private final ConcurrentHashMap<UUID, Set<Waiter>> waiting = new ConcurrentHashMap<>();
  private final AtomicInteger waiters = new AtomicInteger();
  private final Semaphore wakeUp = new Semaphore(0);
  private final Thread thread;
  private volatile boolean closing;

  /**
   * Starts to watch.
   *
   * @param answering runs what waits for outcomes
   */
  public OutcomeWatch(EventStore store, Executor answering) {
    this.store = store;
    this.answering = answering;
    this.thread = Thread.ofPlatform().name("outcome-watch").start(this::run);
  }

  /**
   * Completes, normally, once a request is decided, after {@code max}, or when this is closed; who
   * loses interest completes it. Empty: too many wait.
   */
  public Optional<CompletableFuture<Void>> await(UUID requestKey, Duration max) {
    if (waiters.incrementAndGet() > WAITERS_MAX) {
      waiters.decrementAndGet();
      return Optional.empty();
    }
    Waiter waiter = new Waiter();
    waiting.compute(
        requestKey,
        (_, others) -> {
          Set<Waiter> all = others == null ? ConcurrentHashMap.newKeySet() : others;
          all.add(waiter);
          return all;
        });
    var _ = waiter.told.whenComplete((_, _) -> forget(requestKey, waiter));
    var _ = waiter.told.completeOnTimeout(null, max.toMillis(), TimeUnit.MILLISECONDS);
    if (closing) {
      waiter.told.complete(null);
    }
    wakeUp.release();
    return Optional.of(waiter.told);
  }

  /** How many wait. */
  public int waiters() {
    return waiters.get();
  }

  private void forget(UUID requestKey, Waiter waiter) {
    waiters.decrementAndGet();
    waiting.computeIfPresent(
        requestKey,
        (_, others) -> {
          others.remove(waiter);
          return others.isEmpty() ? null : others;
        });
  }

  private void run() {
    boolean available = true;
    while (!closing) {
      try {
        if (waiting.isEmpty()) {
          wakeUp.acquire();
          wakeUp.drainPermits();
          continue;
        }
        look();
        available = true;
        Thread.sleep(TURN);
      } catch (StoreUnavailableException e) {
        if (available) {
          LOG.warn("outcomes are watched later: {}", e.getMessage());
        }
        available = false;
        rest();
      } catch (RuntimeException e) {
        LOG.error("watching outcomes failed; it is tried again", e);
        rest();
      } catch (InterruptedException e) {
        LOG.warn("the outcome watch was interrupted; it goes on until closed");
      }
    }
  }

  private void look() {
    for (UUID decided : store.decided(List.copyOf(waiting.keySet()))) {
      complete(waiting.get(decided));
    }
  }

  private void complete(@Nullable Collection<Waiter> of) {
    if (of != null) {
      List.copyOf(of).forEach(waiter -> answering.execute(() -> waiter.told.complete(null)));
    }
  }

  private static void rest() {
    try {
      Thread.sleep(TURN_WHILE_UNAVAILABLE);
    } catch (InterruptedException e) {
      LOG.warn("the outcome watch was interrupted; it goes on until closed");
    }
  }

  /** Ends the watch; whoever waits is told to look. */
  @Override
  public void close() {
    closing = true;
    waiting.values().forEach(this::complete);
    wakeUp.release();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
