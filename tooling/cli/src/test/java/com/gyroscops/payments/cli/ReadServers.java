package com.gyroscops.payments.cli;

import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.v1.QueryServiceGrpc;
import com.gyroscops.payments.v1.QueryServiceGrpc.QueryServiceBlockingStub;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAccumulator;
import java.util.function.Function;
import java.util.function.IntSupplier;

/**
 * The read-servers of a stack, as a client sees them that spreads its queries over all: each goes
 * to one chosen at random. What is refused for want of freshness is asked again, of whichever
 * server, after the delay that the error names; likewise what was asked of a server known to be
 * dead. Every other error is the caller's. For concurrent use.
 */
final class ReadServers implements AutoCloseable {

  /** Longest time for one answer: the lease of a dead projector, several times over. */
  private static final Duration ANSWER_MAX = Duration.ofMinutes(2);

  /** Deadline of one call: above all that a server waits for by itself. */
  private static final Duration CALL_MAX = Duration.ofSeconds(30);

  /** Pause before another server is asked in place of a dead one. */
  private static final Duration ELSEWHERE = Duration.ofMillis(10);

  private final List<ManagedChannel> channels;
  private final AtomicLong answers = new AtomicLong();
  private final AtomicLong refusals = new AtomicLong();
  private final AtomicLong refusedQueries = new AtomicLong();
  private final AtomicLong deadCalls = new AtomicLong();
  private final LongAccumulator longestMillis = new LongAccumulator(Math::max, 0);
  private volatile OptionalInt mortal = OptionalInt.empty();

  /**
   * An answer and how it was come by.
   *
   * @param server number of the read-server that gave it
   * @param refusals how often it was refused before as NO_FRESH_SOURCE
   */
  record Answered<T>(T answer, int server, int refusals) {}

  /**
   * @param channels one for each read-server, without retries of their own; closed with this
   */
  ReadServers(List<ManagedChannel> channels) {
    this.channels = List.copyOf(channels);
  }

  int count() {
    return channels.size();
  }

  /** From now on calls to this server may fail. */
  void expectDeathOf(int server) {
    mortal = OptionalInt.of(server);
  }

  /**
   * Asks until there is an answer.
   *
   * @throws StatusRuntimeException as a server answered
   * @throws AssertionError if no server answers in time
   */
  <T> Answered<T> ask(Random random, Function<QueryServiceBlockingStub, T> query) {
    return ask(() -> random.nextInt(channels.size()), query);
  }

  /** Likewise, but always the same server. */
  <T> Answered<T> ask(int server, Function<QueryServiceBlockingStub, T> query) {
    return ask(() -> server, query);
  }

  private <T> Answered<T> ask(IntSupplier choice, Function<QueryServiceBlockingStub, T> query) {
    long start = System.nanoTime();
    int refused = 0;
    while (true) {
      int server = choice.getAsInt();
      try {
        T answer =
            query.apply(
                QueryServiceGrpc.newBlockingStub(channels.get(server))
                    .withDeadlineAfter(CALL_MAX.toMillis(), TimeUnit.MILLISECONDS));
        answers.incrementAndGet();
        refusedQueries.addAndGet(refused > 0 ? 1 : 0);
        longestMillis.accumulate(elapsed(start).toMillis());
        return new Answered<>(answer, server, refused);
      } catch (StatusRuntimeException e) {
        Duration delay;
        Optional<ApiError> error = ApiError.from(e);
        if (error.isPresent() && error.get().reason().equals("NO_FRESH_SOURCE")) {
          delay = Optional.ofNullable(error.get().retryAfter()).orElseThrow(() -> e);
          refused++;
          refusals.incrementAndGet();
        } else if (isOfTheDead(server, e)) {
          delay = ELSEWHERE;
          deadCalls.incrementAndGet();
        } else {
          throw e;
        }
        if (elapsed(start).compareTo(ANSWER_MAX) > 0) {
          throw new AssertionError("no answer after " + elapsed(start) + ", " + refused, e);
        }
        pause(delay);
      }
    }
  }

  /** Whether a call failed because its server died, or is not ready again. */
  private boolean isOfTheDead(int server, StatusRuntimeException e) {
    OptionalInt dead = mortal;
    return dead.isPresent()
        && dead.getAsInt() == server
        && e.getStatus().getCode() == Status.Code.UNAVAILABLE;
  }

  private static Duration elapsed(long start) {
    return Duration.ofNanos(System.nanoTime() - start);
  }

  static void pause(Duration delay) {
    try {
      Thread.sleep(delay);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted while a query waits to be asked again", e);
    }
  }

  /** What was answered and what was refused so far. */
  String summary() {
    return ("%d answers; %d queries refused as NO_FRESH_SOURCE, %d times in all;"
            + " %d calls to the dead; longest wait %d ms")
        .formatted(
            answers.get(),
            refusedQueries.get(),
            refusals.get(),
            deadCalls.get(),
            longestMillis.get());
  }

  @Override
  public void close() {
    channels.forEach(ManagedChannel::shutdownNow);
  }
}
