package com.gyroscops.payments.read.source.redis;

import com.gyroscops.payments.contract.Lineage;
import com.gyroscops.payments.read.redis.RedisLink;
import com.gyroscops.payments.read.source.Answer;
import com.gyroscops.payments.read.source.ApplyOutcome;
import com.gyroscops.payments.read.source.Capability;
import com.gyroscops.payments.read.source.PaymentSource;
import com.gyroscops.payments.read.source.SourcePosition;
import com.gyroscops.payments.read.source.SourceUnavailableException;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentEvent;
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
public final class RedisSource implements PaymentSource {

  private final RedisReads reads;
  private final RedisProjection writes;

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
    reads = new RedisReads(queries, keys);
    writes = new RedisProjection(projection, keys, holding, generations, dropped);
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
  public Optional<SourcePosition> takeOver(long fence) throws SourceUnavailableException {
    return writes.takeOver(fence);
  }

  @Override
  public Optional<SourcePosition> startOver(long fence) throws SourceUnavailableException {
    return writes.startOver(fence);
  }

  @Override
  public Optional<SourcePosition> begin(
      long fence, String logId, Lineage lineage, long readyPosition)
      throws SourceUnavailableException {
    return writes.begin(fence, SourcePosition.start(logId, lineage, readyPosition));
  }

  @Override
  public Optional<SourcePosition> continueIn(
      long fence, SourcePosition at, Lineage lineage, long head) throws SourceUnavailableException {
    return writes.continueIn(fence, at, lineage, head);
  }

  @Override
  public boolean startsAtHead() {
    return true;
  }

  @Override
  public Optional<SourcePosition> beginAtHead(
      long fence, String logId, Lineage lineage, long head, String headEventId)
      throws SourceUnavailableException {
    return writes.begin(fence, new SourcePosition(logId, lineage, head, headEventId, head, 0));
  }

  @Override
  public ApplyOutcome apply(long fence, SourcePosition at, List<PaymentEvent> events)
      throws SourceUnavailableException {
    return writes.apply(fence, at, events);
  }

  /** Nothing is ever parked here: a payment whose events do not fit is held no longer. */
  @Override
  public Optional<SourcePosition> retryParked(long fence) throws SourceUnavailableException {
    return writes.positionUnder(fence);
  }
}
