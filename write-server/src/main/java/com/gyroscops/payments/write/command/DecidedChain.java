package com.gyroscops.payments.write.command;

import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.contract.ConsistencyTokens;
import com.gyroscops.payments.contract.Timestamps;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.write.eventstore.Chain;
import com.gyroscops.payments.write.eventstore.Chain.Entry;
import com.gyroscops.payments.write.eventstore.EventStore.Appended;
import com.gyroscops.payments.write.payment.Payment;
import com.gyroscops.payments.write.payment.PaymentDecider;
import com.gyroscops.payments.write.payment.PaymentDecider.Decision;
import com.gyroscops.payments.write.payment.PaymentEvent.Moment;
import com.gyroscops.payments.write.payment.PaymentKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Commands for one payment, decided in memory one after the other on top of one state. Nothing of
 * it holds until the event store has stored the chain.
 */
final class DecidedChain {

  private static final int SCHEMA_VERSION = 2;

  private final PaymentKey key;
  private final long baseVersion;
  private final List<PendingCommand> commands = new ArrayList<>();
  private final List<Entry> entries = new ArrayList<>();
  private final List<Verdict> verdicts = new ArrayList<>();
  private Payment state;

  /** What a command leads to if the chain is stored. */
  private sealed interface Verdict {
    record Happens(PaymentEvent event) implements Verdict {}

    record WouldHappen(com.gyroscops.payments.v1.Payment payment) implements Verdict {}

    record Refused(CommandOutcome.Refused outcome) implements Verdict {}
  }

  DecidedChain(PaymentKey key, Payment base) {
    this.key = key;
    this.baseVersion = base.version();
    this.state = base;
  }

  /** Decides the next command on the state that the ones before lead to. */
  void decide(PendingCommand pending, Instant now, Supplier<UUID> eventIds) {
    CommandEnvelope envelope = pending.envelope();
    commands.add(pending);
    long expected = envelope.expectedVersion().orElse(state.version());
    if (state.version() != expected) {
      verdicts.add(
          new Verdict.Refused(
              CommandOutcome.Refused.of(CommandErrors.versionMismatch(expected, state.version()))));
      entries.add(
          envelope.validateOnly() ? new Entry.Asked() : new Entry.Refused(envelope.requestKey()));
      return;
    }
    Moment at = moment(envelope, now);
    switch (PaymentDecider.decide(envelope.command(), state, envelope.correlationId(), at)) {
      case Decision.Rejected(var rejection) -> {
        ApiError error = CommandErrors.of(rejection);
        verdicts.add(new Verdict.Refused(CommandOutcome.Refused.of(error)));
        entries.add(
            envelope.validateOnly()
                ? new Entry.Asked()
                : new Entry.Rejected(
                    envelope.requestKey(), envelope.requestHash(), envelope.rejection(error)));
      }
      case Decision.Accepted(var happening) -> {
        Payment.Existing next = PaymentDecider.evolve(state, happening);
        var payment = PaymentMessages.toMessage(next);
        if (envelope.validateOnly()) {
          verdicts.add(new Verdict.WouldHappen(payment));
          entries.add(new Entry.Asked());
          return;
        }
        PaymentEvent.Builder event =
            PaymentEvent.newBuilder()
                .setEventId(eventIds.get().toString())
                .setOrganizationId(key.organizationId())
                .setPaymentId(key.paymentId())
                .setVersion(next.version())
                .setSchemaVersion(SCHEMA_VERSION)
                .setCorrelationId(
                    envelope.correlationId().isEmpty()
                        ? next.facts().correlationId()
                        : envelope.correlationId())
                .setCausationId(envelope.causationId())
                .setRequestId(envelope.requestId())
                .setTraceparent(envelope.traceparent())
                .setActor(envelope.actor())
                .setEffectiveTime(Timestamps.of(at.effectiveAt()))
                .setRecordTime(Timestamps.of(at.recordedAt()))
                .setPayment(payment);
        PaymentMessages.setEvent(event, happening);
        PaymentEvent whole = event.build();
        verdicts.add(new Verdict.Happens(whole));
        entries.add(new Entry.Accepted(envelope.requestKey(), envelope.requestHash(), whole));
        state = next;
      }
    }
  }

  /** What the event store is asked to store. */
  Chain toChain() {
    return new Chain(key, baseVersion, entries);
  }

  PaymentKey key() {
    return key;
  }

  List<PendingCommand> commands() {
    return commands;
  }

  /** State after the last command, once stored. */
  Payment state() {
    return state;
  }

  /**
   * The chain is stored: every command has its outcome.
   *
   * @param firstPosition of its first event
   * @param committed takes the events, positions included, in order
   */
  void stored(Appended appended, long firstPosition, List<PaymentEvent> committed) {
    long position = firstPosition;
    @Nullable String newestToken = null;
    for (int i = 0; i < commands.size(); i++) {
      commands
          .get(i)
          .decide(
              switch (verdicts.get(i)) {
                case Verdict.Happens(PaymentEvent event) -> {
                  committed.add(
                      event.toBuilder().setLogId(appended.logId()).setPosition(position).build());
                  newestToken =
                      ConsistencyTokens.encode(appended.logId(), appended.epoch(), position++);
                  yield new CommandOutcome.Succeeded(
                      event.getPayment(), event.getEventId(), newestToken, false);
                }
                case Verdict.WouldHappen(var payment) ->
                    new CommandOutcome.Succeeded(
                        payment,
                        "",
                        newestToken == null
                            ? ConsistencyTokens.encode(
                                appended.logId(), appended.epoch(), firstPosition)
                            : newestToken,
                        false);
                case Verdict.Refused(var refused) -> refused;
              });
    }
  }

  /** Business time and recorded time; the latter never runs backwards within a payment. */
  private Moment moment(CommandEnvelope envelope, Instant now) {
    Instant recorded =
        state instanceof Payment.Existing existing && existing.facts().updatedAt().isAfter(now)
            ? existing.facts().updatedAt()
            : now;
    Instant effective = envelope.effectiveAt();
    return new Moment(effective == null ? recorded : effective, recorded);
  }
}
