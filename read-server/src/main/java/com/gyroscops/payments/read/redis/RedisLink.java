package com.gyroscops.payments.read.redis;

import com.gyroscops.payments.platform.grpc.Deadlines;
import io.grpc.Context;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection to Redis that need not be up: made when it is first asked for, made again when it
 * broke, and given up for another when nothing comes back on it. For concurrent use; what several
 * threads send is pipelined.
 *
 * <p>While Redis is away, what is sent fails at once and is not kept: nothing queues up. No command
 * is sent twice by itself.
 */
public final class RedisLink implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(RedisLink.class);

  /** Time between attempts to connect; those who ask meanwhile are told of the last one. */
  static final Duration CONNECT_EVERY = Duration.ofMillis(250);

  /**
   * How long a connection on which nothing comes back is kept: a network that swallows packets
   * would otherwise hold it for a quarter of an hour.
   */
  static final Duration SILENCE_MAX = Duration.ofSeconds(5);

  /** Longest wait for a connection, and then for being let in. */
  public static final Duration CONNECT_MAX = Duration.ofSeconds(1);

  /** After which an answer that nobody waits for is given up, too. */
  private static final Duration ANSWER_MAX = Duration.ofSeconds(5);

  /**
   * Most commands of a connection that are not answered yet; what comes on top fails at once. More
   * than calls under way, and little enough for any heap.
   */
  private static final int COMMANDS_MAX = 4_096;

  /** What to send. */
  @FunctionalInterface
  public interface Command<T> {
    RedisFuture<T> on(RedisAsyncCommands<byte[], byte[]> redis);
  }

  private final RedisClient client;
  private final String name;
  private @Nullable CompletableFuture<StatefulRedisConnection<byte[], byte[]>> connection;
  private long attemptedNanos;
  private volatile boolean silent;
  // When the first of the answers now missing was given up.
  private long silentNanos;
  private boolean closed;
  private volatile boolean failing;

  /**
   * A link that is not connected yet.
   *
   * @param client set to {@link #clientOptions}; not closed with this
   * @param name in the log
   */
  public RedisLink(RedisClient client, String name) {
    this.client = client;
    this.name = name;
  }

  /**
   * What a client of links must be set to: commands fail while there is no connection, those not
   * answered are bounded, and none is sent a second time, for callers know best whether that is
   * still wanted.
   */
  public static ClientOptions clientOptions() {
    return ClientOptions.builder()
        .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
        .replayFilter(_ -> true)
        .requestQueueSize(COMMANDS_MAX)
        .timeoutOptions(TimeoutOptions.enabled(ANSWER_MAX))
        .socketOptions(SocketOptions.builder().connectTimeout(CONNECT_MAX).keepAlive(true).build())
        .build();
  }

  /**
   * Sends a command and waits for its answer, which is null where Redis says nil.
   *
   * @param max longest wait; {@link Context#current()} ends it earlier by deadline or cancellation
   */
  public <T> @Nullable T call(Command<T> command, Duration max) throws RedisUnavailableException {
    long until = until(max);
    return await(send(command, until), until);
  }

  /**
   * Sends a command without waiting for its answer. The answer is a failure already where there is
   * no connection now; one is then being made.
   */
  public <T> CompletionStage<T> send(Command<T> command) {
    try {
      return send(command, System.nanoTime());
    } catch (RedisUnavailableException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /**
   * Runs a script that gives a number, by its digest, or by its text where Redis does not know it;
   * see {@link #call}.
   */
  public long run(RedisScript script, RedisScript.Arguments arguments, Duration max)
      throws RedisUnavailableException {
    return run(script, arguments, until(max));
  }

  /**
   * Runs a script several times, in order, the answers in that order. All but the first are under
   * way together, so a failure of one does not keep those behind it from running.
   *
   * @param max longest wait for all of them
   */
  public List<Long> runAll(RedisScript script, List<RedisScript.Arguments> runs, Duration max)
      throws RedisUnavailableException {
    long until = until(max);
    List<Long> answers = new ArrayList<>(runs.size());
    // Alone, for Redis may not know the script yet.
    answers.add(run(script, runs.getFirst(), until));
    List<RedisFuture<Long>> others = new ArrayList<>(runs.size());
    for (RedisScript.Arguments arguments : runs.subList(1, runs.size())) {
      others.add(send(byDigest(script, arguments), until));
    }
    for (RedisFuture<Long> other : others) {
      answers.add(number(await(other, until)));
    }
    return answers;
  }

  private long run(RedisScript script, RedisScript.Arguments arguments, long until)
      throws RedisUnavailableException {
    try {
      return number(await(send(byDigest(script, arguments), until), until));
    } catch (RedisUnavailableException e) {
      if (!(e.getCause() instanceof RedisNoScriptException)) {
        throw e;
      }
      return number(await(send(byText(script, arguments), until), until));
    }
  }

  private static Command<Long> byDigest(RedisScript script, RedisScript.Arguments arguments) {
    return redis ->
        redis.evalsha(
            script.digest(),
            ScriptOutputType.INTEGER,
            arguments.keyArray(),
            arguments.valueArray());
  }

  private static Command<Long> byText(RedisScript script, RedisScript.Arguments arguments) {
    return redis ->
        redis.eval(
            script.lua(), ScriptOutputType.INTEGER, arguments.keyArray(), arguments.valueArray());
  }

  private static long number(@Nullable Long answer) throws RedisUnavailableException {
    if (answer == null) {
      throw new RedisUnavailableException("the script gave no number");
    }
    return answer;
  }

  private <T> RedisFuture<T> send(Command<T> command, long until) throws RedisUnavailableException {
    StatefulRedisConnection<byte[], byte[]> connected;
    try {
      CompletableFuture<StatefulRedisConnection<byte[], byte[]>> attempt = connect();
      // A copy, for whoever gives up waiting must not end the attempt of all.
      connected = waitFor(attempt.isDone() ? attempt : attempt.copy(), until);
    } catch (TimeoutException e) {
      throw new RedisUnavailableException("Redis is not connected yet", e);
    } catch (ExecutionException e) {
      throw away(e);
    }
    try {
      return command.on(connected.async());
    } catch (RedisException e) {
      throw away(e);
    }
  }

  /** Waits for an answer, which is given up, and not sent any more, when the wait ends without. */
  private <T> @Nullable T await(Future<T> answer, long until) throws RedisUnavailableException {
    try {
      T value = waitFor(answer, until);
      heard();
      return value;
    } catch (TimeoutException e) {
      missed();
      throw new RedisUnavailableException("Redis does not answer in time", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RedisCommandExecutionException) {
        heard();
      }
      throw away(e);
    }
  }

  private static <T> T waitFor(Future<T> answer, long until)
      throws RedisUnavailableException, TimeoutException, ExecutionException {
    Context call = Context.current();
    Context.CancellationListener cancel = _ -> answer.cancel(false);
    call.addListener(cancel, Runnable::run);
    try {
      return answer.get(Math.max(0, until - System.nanoTime()), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      answer.cancel(false);
      throw e;
    } catch (CancellationException e) {
      throw new RedisUnavailableException("the call ended before Redis answered", e);
    } catch (InterruptedException e) {
      answer.cancel(false);
      Thread.currentThread().interrupt();
      throw new RedisUnavailableException("interrupted before Redis answered", e);
    } finally {
      call.removeListener(cancel);
    }
  }

  private static RedisUnavailableException away(Exception failure) {
    Throwable cause =
        failure instanceof ExecutionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    return new RedisUnavailableException("Redis fails: " + cause.getMessage(), cause);
  }

  private synchronized CompletableFuture<StatefulRedisConnection<byte[], byte[]>> connect() {
    CompletableFuture<StatefulRedisConnection<byte[], byte[]>> last = connection;
    if (last != null
        && (!last.isCompletedExceptionally()
            || System.nanoTime() - attemptedNanos < CONNECT_EVERY.toNanos())) {
      return last;
    }
    attemptedNanos = System.nanoTime();
    CompletableFuture<StatefulRedisConnection<byte[], byte[]>> attempt = new CompletableFuture<>();
    connection = attempt;
    if (closed) {
      attempt.completeExceptionally(new RedisException("the link is closed"));
    } else {
      // A thread of its own, not the caller's: whoever asks waits no longer than it may.
      Thread.ofVirtual().name("redis-" + name).start(() -> connect(attempt));
    }
    return attempt;
  }

  private void connect(CompletableFuture<StatefulRedisConnection<byte[], byte[]>> attempt) {
    try {
      StatefulRedisConnection<byte[], byte[]> connected = client.connect(ByteArrayCodec.INSTANCE);
      if (isClosed()) {
        var _ = connected.closeAsync();
        throw new RedisException("the link is closed");
      }
      LOG.info("connected to Redis for {}", name);
      failing = false;
      attempt.complete(connected);
    } catch (RuntimeException e) {
      if (!failing && !isClosed()) {
        // The cause says whether Redis is away or refuses the password.
        Throwable reason = e.getCause() == null ? e : e.getCause();
        LOG.warn("no connection to Redis (REDIS_URI) for {}: {}", name, reason.getMessage());
      }
      failing = true;
      attempt.completeExceptionally(e);
    }
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  private void heard() {
    if (silent) {
      silent = false;
    }
  }

  private synchronized void missed() {
    long now = System.nanoTime();
    if (!silent) {
      silent = true;
      silentNanos = now;
    } else if (now - silentNanos > SILENCE_MAX.toNanos()) {
      LOG.warn("nothing comes back from Redis for {}; its connection is replaced", name);
      silent = false;
      var _ = disconnect();
    }
  }

  /** Gives the connection up, or the attempt at one; what is given tells when it is gone. */
  private synchronized CompletableFuture<Void> disconnect() {
    CompletableFuture<StatefulRedisConnection<byte[], byte[]>> last = connection;
    connection = null;
    return last == null
        ? CompletableFuture.completedFuture(null)
        : last.thenCompose(StatefulRedisConnection::closeAsync);
  }

  /** Ends the connection, and waits for that; what is sent from now on fails. */
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
    }
    try {
      disconnect().get(CONNECT_MAX.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      LOG.debug("there was no connection for {} to end", name, e);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private static long until(Duration max) {
    return System.nanoTime() + Deadlines.leftNanos(Context.current(), max);
  }
}
