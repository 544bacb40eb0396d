package com.gyroscops.payments.read.source.redis;

import com.gyroscops.payments.contract.Lineage;
import com.gyroscops.payments.read.redis.RedisLink;
import com.gyroscops.payments.read.redis.RedisScript;
import com.gyroscops.payments.read.redis.RedisUnavailableException;
import com.gyroscops.payments.read.source.ApplyOutcome;
import com.gyroscops.payments.read.source.SourcePosition;
import com.gyroscops.payments.read.source.SourceUnavailableException;
import com.gyroscops.payments.read.source.SourceWriter;
import com.gyroscops.payments.v1.PaymentEvent;
import io.micrometer.core.instrument.Counter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Changes what is in Redis, always by one script that swaps the checkpoint for the next and writes
 * documents with it, if the checkpoint is still the one expected. For one thread.
 *
 * <p>Since the checkpoint says fence, generation and position, this alone refuses a projector that
 * was fenced out, events delivered again, and whatever was meant for documents that were lost. A
 * script that runs late, after its caller gave it up, finds another checkpoint and does nothing, or
 * finds that nothing happened meanwhile and does no harm.
 */
final class RedisProjection implements SourceWriter {

  private static final Logger LOG = LoggerFactory.getLogger(RedisProjection.class);

  /** Longest wait for all scripts of a run, of which there are about twenty of a millisecond. */
  static final Duration ANSWER_MAX = Duration.ofSeconds(3);

  /** Most attempts at a swap while others swap too, which they do when they take over. */
  private static final int SWAPS_MAX = 5;

  private static final long REFUSED = -1;

  /**
   * Keys: the checkpoint; documents. Values: the checkpoint expected, empty for none; the next one;
   * then for each document the lowest version in the run, the bytes, empty for it to be dropped,
   * and the milliseconds that it lives, 0 for it not to be held. Gives -1 if the checkpoint is
   * another, or else the number of documents dropped.
   *
   * <p>A document is written only if its version is above that of the one there, and dropped if
   * versions between them are missing. Redis refuses for want of memory before the first write or
   * not at all, so there is no half of it.
   */
  private static final RedisScript SWAP =
      RedisScript.of(
          """
          if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then
            return -1
          end
          local dropped = 0
          for i = 2, #KEYS do
            local at = 3 * i - 3
            local first, document, millis = tonumber(ARGV[at]), ARGV[at + 1], ARGV[at + 2]
            local header = redis.call('GETRANGE', KEYS[i], 0, 8)
            local stored = #header == 9 and struct.unpack('>I8', header, 2) or nil
            if millis == '0' then
              redis.call('DEL', KEYS[i])
            elseif document == '' or (stored and stored + 1 < first) then
              redis.call('DEL', KEYS[i])
              dropped = dropped + 1
            elseif not stored or stored < struct.unpack('>I8', document, 2) then
              redis.call('SET', KEYS[i], document, 'PX', millis)
            end
          end
          redis.call('SET', KEYS[1], ARGV[2])
          return dropped
          """);

  private static final byte[] NONE = {};

  /** The checkpoint there: as it was read, for the comparison, and what it says, if anything. */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  private record Found(byte[] bytes, Optional<Checkpoint> checkpoint) {}

  private final RedisLink link;
  private final Keys keys;
  private final Holding holding;
  private final Supplier<String> generations;
  private final Counter dropped;
  // What this projector last read or wrote; null: to be read anew.
  private @Nullable Checkpoint last;

  RedisProjection(
      RedisLink link, Keys keys, Holding holding, Supplier<String> generations, Counter dropped) {
    this.link = link;
    this.keys = keys;
    this.holding = holding;
    this.generations = generations;
    this.dropped = dropped;
  }

  @Override
  public Optional<SourcePosition> takeOver(long fence) throws SourceUnavailableException {
    return change(found ->
        found.isPresent() && found.get().fence() > fence
            ? Optional.empty()
            : Optional.of(
                found
                    .map(it -> it.under(fence))
                    .orElseGet(() -> Checkpoint.empty(generations.get(), fence))));
  }

  @Override
  public Optional<SourcePosition> startOver(long fence) throws SourceUnavailableException {
    return change(found ->
        found.isPresent() && found.get().fence() != fence
            ? Optional.empty()
            : Optional.of(Checkpoint.empty(generations.get(), fence)));
  }

  /** Ties a source that belongs to no log to one, standing at {@code start}. */
  @Override
  public Optional<SourcePosition> begin(long fence, SourcePosition start)
      throws SourceUnavailableException {
    return change(found ->
        found
            .filter(it -> it.fence() == fence && it.at().epoch().isEmpty())
            .map(it -> it.standingAt(start)));
  }

  /** Moves on into a later history, where the source still stands at {@code at}. */
  @Override
  public Optional<SourcePosition> continueIn(
      long fence, SourcePosition at, Lineage lineage, long head) throws SourceUnavailableException {
    return change(found ->
        found
            .filter(it -> stands(it, fence, at))
            .map(it -> it.standingAt(it.at().continuedIn(lineage, head))));
  }

  /** Nothing is ever parked here: a payment whose events do not fit is held no longer. */
  @Override
  public Optional<SourcePosition> retryParked(long fence) throws SourceUnavailableException {
    try {
      return find().checkpoint().filter(it -> it.fence() == fence).map(Checkpoint::at);
    } catch (RedisUnavailableException e) {
      throw unavailable(e);
    }
  }

  /** Swaps what is there for what follows from it. Empty: nothing does. */
  private Optional<SourcePosition> change(UnaryOperator<Optional<Checkpoint>> next)
      throws SourceUnavailableException {
    try {
      for (int i = 0; i < SWAPS_MAX; i++) {
        Found found = find();
        Optional<Checkpoint> wanted = next.apply(found.checkpoint());
        if (wanted.isEmpty()) {
          return Optional.empty();
        }
        Checkpoint there = wanted.get();
        RedisScript.Arguments arguments = swap(found.bytes(), there, List.of());
        if (link.run(SWAP, arguments, ANSWER_MAX) != REFUSED) {
          last = there;
          return Optional.of(there.at());
        }
      }
      throw new RedisUnavailableException("others change the checkpoint all the time");
    } catch (RedisUnavailableException e) {
      throw unavailable(e);
    }
  }

  @Override
  public ApplyOutcome apply(long fence, SourcePosition at, List<PaymentEvent> events)
      throws SourceUnavailableException {
    try {
      Optional<Checkpoint> expected = expected(fence, at);
      return expected.isEmpty() ? new ApplyOutcome.FencedOut() : write(expected.get(), events);
    } catch (RedisUnavailableException e) {
      throw unavailable(e);
    }
  }

  private Optional<Checkpoint> expected(long fence, SourcePosition at)
      throws RedisUnavailableException {
    if (last == null || !stands(last, fence, at)) {
      last = find().checkpoint().orElse(null);
    }
    return Optional.ofNullable(last).filter(it -> stands(it, fence, at));
  }

  private static boolean stands(Checkpoint checkpoint, long fence, SourcePosition at) {
    return checkpoint.fence() == fence && checkpoint.at().isAt(at);
  }

  /** Each step expects the checkpoint of the one before, so none can run without it. */
  private ApplyOutcome write(Checkpoint start, List<PaymentEvent> events)
      throws RedisUnavailableException {
    Checkpoint there = start;
    List<RedisScript.Arguments> scripts = new ArrayList<>();
    for (Changes.Step step : Changes.of(events, holding)) {
      PaymentEvent newest = step.last();
      SourcePosition next = there.at().advancedTo(newest.getPosition(), newest.getEventId(), 0);
      Checkpoint after = there.standingAt(next);
      scripts.add(swap(there.toBytes(), after, step.changes()));
      there = after;
    }
    last = null;
    long gone = 0;
    for (long answer : link.runAll(SWAP, scripts, ANSWER_MAX)) {
      if (answer == REFUSED) {
        return new ApplyOutcome.FencedOut();
      }
      gone += answer;
    }
    last = there;
    if (gone > 0) {
      dropped.increment((double) gone);
      LOG.error(
          "dropped {} payments between positions {} and {}, for their events do not follow on",
          gone,
          start.at().position(),
          there.at().position());
    }
    return new ApplyOutcome.Applied(there.at());
  }

  private RedisScript.Arguments swap(
      byte[] expected, Checkpoint next, List<Changes.Change> changes) {
    List<byte[]> names = new ArrayList<>(1 + changes.size());
    List<byte[]> values = new ArrayList<>(2 + 3 * changes.size());
    names.add(keys.checkpoint());
    values.add(expected);
    values.add(next.toBytes());
    for (Changes.Change change : changes) {
      names.add(keys.document(next.generation(), change.organizationId(), change.paymentId()));
      values.add(number(change.firstVersion()));
      values.add(change.document());
      values.add(number(change.heldMillis()));
    }
    return new RedisScript.Arguments(names, values);
  }

  private Found find() throws RedisUnavailableException {
    byte[] bytes = link.call(redis -> redis.get(keys.checkpoint()), ANSWER_MAX);
    return new Found(bytes == null ? NONE : bytes, Checkpoint.parse(bytes));
  }

  private static byte[] number(long value) {
    return Long.toString(value).getBytes(StandardCharsets.US_ASCII);
  }

  private SourceUnavailableException unavailable(RedisUnavailableException e) {
    last = null;
    return new SourceUnavailableException("Redis does not do it: " + e.getMessage(), e);
  }
}
