package com.gyroscops.payments.cli;

import com.gyroscops.payments.cli.client.Clients;
import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.v1.CacheLevel;
import com.gyroscops.payments.v1.QueryServiceGrpc;
import com.gyroscops.payments.v1.QueryServiceGrpc.QueryServiceBlockingStub;
import com.gyroscops.payments.v1.ReadMetadata;
import io.grpc.ManagedChannel;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAccumulator;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;

/**
 * The read-servers of a stack, each by itself and all by one channel that takes turns ({@code
 * round_robin}), without retries but the ones made and counted here.
 *
 * <p>A call may fail for three reasons alone: the answer that it asks for is not there yet ({@code
 * NO_FRESH_SOURCE}, with a delay after which it is asked again), the one source that it names does
 * not answer just then, or it went to a server of which that is expected. Everything else is the
 * caller's. For concurrent use.
 */
final class ReadFleet implements AutoCloseable {

  /** All of them, in turns. */
  static final int IN_TURNS = -1;

  /** Deadline of one call: ten times what a server waits for a source while there are others. */
  private static final Duration CALL_MAX = Duration.ofSeconds(20);

  /** Longest time for one answer: the lease of a dead projector, many times over. */
  private static final Duration ANSWER_MAX = Duration.ofSeconds(90);

  /** Pause before a call that went to a server that is out is made again. */
  private static final Duration ELSEWHERE = Duration.ofMillis(10);

  private static final int NONE = -2;

  /** How far a server is out. */
  private enum Outage {
    /** It does not answer. */
    GONE,
    /** It may answer, and what it answers counts. */
    RETURNING
  }

  private record Out(int server, Outage outage) {}

  private static final Out NOBODY = new Out(NONE, Outage.RETURNING);

  private final List<ManagedChannel> channels = new ArrayList<>();
  private final ManagedChannel inTurns;
  private final Map<String, LongAdder> counts = new ConcurrentSkipListMap<>();
  private final LongAccumulator longestMillis = new LongAccumulator(Math::max, 0);
  private volatile Out out = NOBODY;

  /**
   * @param targets host and port of each
   */
  ReadFleet(List<String> targets) {
    targets.forEach(target -> channels.add(Clients.failingFast(target)));
    inTurns = Clients.inTurns(targets);
  }

  int count() {
    return channels.size();
  }

  /** From now on this server does not answer. */
  void isGone(int server) {
    out = new Out(server, Outage.GONE);
  }

  /** The one that does not answer may do so again. */
  void returns() {
    out = new Out(out.server(), Outage.RETURNING);
  }

  /** All answer. */
  void isWhole() {
    out = NOBODY;
  }

  /** By which ways to ask: each server that is not gone, and all in turns. */
  List<Integer> ways() {
    Out now = out;
    List<Integer> ways = new ArrayList<>();
    ways.add(IN_TURNS);
    for (int i = 0; i < channels.size(); i++) {
      if (now.outage() != Outage.GONE || now.server() != i) {
        ways.add(i);
      }
    }
    return ways;
  }

  /**
   * Asks until there is an answer.
   *
   * @param way a server's number, or {@link #IN_TURNS}
   * @param named whether one source alone is to answer, which may be away for a moment
   * @throws StatusRuntimeException as a server answered
   * @throws AssertionError if there is none in time
   */
  <T> T ask(
      int way,
      boolean named,
      Function<QueryServiceBlockingStub, T> query,
      Function<T, ReadMetadata> readOf) {
    long start = System.nanoTime();
    while (true) {
      try {
        T answer = askOnce(way, CALL_MAX, query);
        count(by(readOf.apply(answer)));
        longestMillis.accumulate(Duration.ofNanos(System.nanoTime() - start).toMillis());
        return answer;
      } catch (StatusRuntimeException e) {
        Duration delay = delay(way, named, e);
        if (System.nanoTime() - start > ANSWER_MAX.toNanos()) {
          throw new AssertionError("no answer within " + ANSWER_MAX, e);
        }
        ReadServers.pause(delay);
      }
    }
  }

  /** Asks once, with a deadline. */
  <T> T askOnce(int way, Duration max, Function<QueryServiceBlockingStub, T> query) {
    ManagedChannel channel = way == IN_TURNS ? inTurns : channels.get(way);
    return query.apply(
        QueryServiceGrpc.newBlockingStub(channel)
            .withDeadlineAfter(max.toMillis(), TimeUnit.MILLISECONDS));
  }

  private Duration delay(int way, boolean named, StatusRuntimeException e) {
    ApiError error = ApiError.from(e).orElse(null);
    if (error != null && error.retryAfter() != null) {
      if (error.reason().equals("NO_FRESH_SOURCE")) {
        count("not fresh");
        return error.retryAfter();
      }
      if (named && error.reason().equals("SOURCE_UNAVAILABLE")) {
        count("away for a moment");
        return error.retryAfter();
      }
    }
    Code code = e.getStatus().getCode();
    Out now = out;
    boolean mayBeOut = now.server() != NONE && (way == IN_TURNS || way == now.server());
    boolean saidByServer = error != null && !error.reason().equals("DRAINING");
    if (mayBeOut && !saidByServer && (code == Code.UNAVAILABLE || code == Code.DEADLINE_EXCEEDED)) {
      count(code + " of the one that is out");
      return ELSEWHERE;
    }
    throw e;
  }

  private static String by(ReadMetadata read) {
    return read.getCache() == CacheLevel.CACHE_LEVEL_UNSPECIFIED
        ? read.getSource().name().substring("READ_SOURCE_".length())
        : read.getCache().name().substring("CACHE_LEVEL_".length());
  }

  /** Notes that something happened, for the {@link #summary}. */
  void count(String what) {
    counts.computeIfAbsent(what, _ -> new LongAdder()).increment();
  }

  /** What was counted since the last time, and the longest wait for an answer. */
  String summary() {
    Map<String, Long> sums = new TreeMap<>();
    counts.forEach((what, count) -> sums.put(what, count.sumThenReset()));
    sums.values().removeIf(count -> count == 0);
    return "%s; longest wait %d ms".formatted(sums, longestMillis.getThenReset());
  }

  @Override
  public void close() {
    channels.forEach(ManagedChannel::shutdownNow);
    inTurns.shutdownNow();
  }
}
