package com.gyroscops.payments.read.source.redis;

import com.gyroscops.payments.contract.Lineage;
import com.gyroscops.payments.read.redis.RedisLink;
import com.gyroscops.payments.read.source.Answer;
import com.gyroscops.payments.read.source.Capability;
import com.gyroscops.payments.read.source.SourcePosition;
import com.gyroscops.payments.read.source.SourceUnavailableException;
import com.gyroscops.payments.read.source.WrittenSource;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.ReadSource;
import io.micrometer.core.instrument.Counter;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Payments in Redis that changed lately, all or those that a rule names, each for a while after its
 * last change, for look-ups by identity. Never says that a payment does not exist.
 */
public final class RedisSource extends WrittenSource {

  private final RedisReads reads;

  /**
   * The source in one Redis node.
   *
   * @param queries for look-ups
   * @param projection for the projector alone, whose scripts look-ups must not queue behind
   * @param namespace sets its keys apart from others' in the same Redis
   * @param holding which payments are held, and for how long
   * @param generations names, in letters and digits, each given once ever
   * @param dropped counts payments no longer held because versions of them were missing
   */
  public RedisSource(
      RedisLink queries,
      RedisLink projection,
      String namespace,
      Holding holding,
      Supplier<String> generations,
      Counter dropped) {
    Keys keys = new Keys(namespace);
    super(new RedisProjection(projection, keys, holding, generations, dropped));
    reads = new RedisReads(queries, keys);
  }

  @Override
  public ReadSource id() {
    return ReadSource.READ_SOURCE_REDIS;
  }

  @Override
  public Set<Capability> capabilities() {
    return EnumSet.of(Capability.FIND);
  }

  @Override
  public Answer<List<Payment>> find(String organizationId, List<String> paymentIds) {
    return reads.find(organizationId, paymentIds);
  }

  @Override
  public SourcePosition position() throws SourceUnavailableException {
    return reads.position();
  }

  @Override
  public boolean startsAtHead() {
    return true;
  }

  @Override
  public Optional<SourcePosition> beginAtHead(
      long fence, String logId, Lineage lineage, long head, String headEventId)
      throws SourceUnavailableException {
    return writer.begin(fence, new SourcePosition(logId, lineage, head, headEventId, head, 0));
  }
}
