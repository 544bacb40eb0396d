package com.gyroscops.payments.read.source.redis;

import com.gyroscops.payments.platform.grpc.Deadlines;
import com.gyroscops.payments.read.redis.RedisLink;
import com.gyroscops.payments.read.redis.RedisUnavailableException;
import com.gyroscops.payments.read.source.Answer;
import com.gyroscops.payments.read.source.SourcePosition;
import com.gyroscops.payments.read.source.SourceUnavailableException;
import com.gyroscops.payments.v1.Payment;
import io.grpc.Context;
import io.lettuce.core.KeyValue;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Looks payments up: checkpoint and documents by one command, and so of one snapshot. For
 * concurrent use.
 */
final class RedisReads {

  /** Longest wait for Redis, which usually answers within a millisecond. */
  static final Duration ANSWER_MAX = Duration.ofMillis(500);

  /** Most times a look-up is repeated because the generation was another than thought. */
  private static final int GENERATIONS_MAX = 3;

  private final RedisLink link;
  private final Keys keys;
  // Newest one seen, of which documents are asked for; what comes back tells whether it was right.
  private volatile String generation = "unknown";

  RedisReads(RedisLink link, Keys keys) {
    this.link = link;
    this.keys = keys;
  }

  SourcePosition position() throws SourceUnavailableException {
    try {
      return Checkpoint.parse(link.call(redis -> redis.get(keys.checkpoint()), ANSWER_MAX))
          .map(Checkpoint::at)
          .orElse(SourcePosition.NOWHERE);
    } catch (RedisUnavailableException e) {
      throw new SourceUnavailableException("Redis does not answer: " + e.getMessage(), e);
    }
  }

  Answer<List<Payment>> find(String organizationId, List<String> paymentIds) {
    try {
      for (int i = 0; i < GENERATIONS_MAX; i++) {
        String asked = generation;
        List<KeyValue<byte[], byte[]>> values = get(asked, organizationId, paymentIds);
        Optional<Checkpoint> found = Checkpoint.parse(values.getFirst().getValueOrElse(null));
        if (found.isEmpty() || !found.get().at().isReady()) {
          return new Answer.NotReady<>(found.map(Checkpoint::at).orElse(SourcePosition.NOWHERE));
        }
        if (found.get().generation().equals(asked)) {
          return answer(values.subList(1, values.size()), found.get().at());
        }
        generation = found.get().generation();
      }
      return new Answer.Unavailable<>(
          new RedisUnavailableException("the generation changes all the time"));
    } catch (RedisUnavailableException | IOException e) {
      return hasEnded() ? new Answer.Stopped<>() : new Answer.Unavailable<>(e);
    }
  }

  private List<KeyValue<byte[], byte[]>> get(
      String ofGeneration, String organizationId, List<String> paymentIds)
      throws RedisUnavailableException {
    byte[][] all = new byte[1 + paymentIds.size()][];
    all[0] = keys.checkpoint();
    for (int i = 0; i < paymentIds.size(); i++) {
      all[i + 1] = keys.document(ofGeneration, organizationId, paymentIds.get(i));
    }
    List<KeyValue<byte[], byte[]>> values = link.call(redis -> redis.mget(all), ANSWER_MAX);
    if (values == null || values.size() != all.length) {
      throw new RedisUnavailableException("Redis answers something else than was asked for");
    }
    return values;
  }

  private static Answer<List<Payment>> answer(
      List<KeyValue<byte[], byte[]>> documents, SourcePosition at) throws IOException {
    List<Payment> payments = new ArrayList<>(documents.size());
    for (KeyValue<byte[], byte[]> document : documents) {
      Optional<Payment> payment =
          document.hasValue() ? PaymentDocument.decode(document.getValue()) : Optional.empty();
      if (payment.isEmpty()) {
        return new Answer.NotHeld<>(at);
      }
      payments.add(payment.get());
    }
    return new Answer.Data<>(payments, at);
  }

  private static boolean hasEnded() {
    return Deadlines.isOver(Context.current()) || Thread.currentThread().isInterrupted();
  }
}
