package com.gyroscops.payments.read.cache;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A shared store in memory, which may be away. */
final class MemoryAnswers implements L2Store {

  final Map<String, byte[]> values = new ConcurrentHashMap<>();
  final AtomicInteger calls = new AtomicInteger();
  volatile boolean away;

  /** What happens while it is asked. */
  volatile Runnable whileAsked = () -> {};

  /** Whether it takes what it is given only when a test completes {@link #stalledPuts}. */
  volatile boolean stalled;

  final List<CompletableFuture<Void>> stalledPuts = new CopyOnWriteArrayList<>();

  @Override
  public byte @Nullable [] get(byte[] key, Duration max) throws AwayException {
    calls.incrementAndGet();
    if (away) {
      throw new AwayException("on purpose", new IllegalStateException("away"));
    }
    byte[] value = values.get(text(key));
    whileAsked.run();
    return value;
  }

  @Override
  public CompletionStage<?> put(byte[] key, byte[] value, Duration lifetime) {
    calls.incrementAndGet();
    if (away) {
      return CompletableFuture.failedFuture(new IllegalStateException("away"));
    }
    if (stalled) {
      CompletableFuture<Void> put = new CompletableFuture<>();
      stalledPuts.add(put);
      return put;
    }
    values.put(text(key), value);
    return CompletableFuture.completedFuture(null);
  }

  private static String text(byte[] key) {
    return new String(key, StandardCharsets.UTF_8);
  }
}
