package com.gyroscops.payments.write.payment;

import com.gyroscops.payments.write.payment.Payment.Absent;
import com.gyroscops.payments.write.payment.Payment.Completed;
import com.gyroscops.payments.write.payment.Payment.Deleted;
import com.gyroscops.payments.write.payment.Payment.Existing;
import com.gyroscops.payments.write.payment.Payment.Facts;
import com.gyroscops.payments.write.payment.Payment.Failed;
import com.gyroscops.payments.write.payment.Payment.Processing;
import com.gyroscops.payments.write.payment.PaymentEvent.Moment;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * The rules of payments, as the two functions of the decider pattern (J. Chassaing): {@link
 * #decide} from command and state to what happens, {@link #evolve} from state and what happened to
 * the next state. Both are pure.
 */
public final class PaymentDecider {

  private PaymentDecider() {}

  /** What a command leads to. */
  public sealed interface Decision {

    /** It is allowed: this happens. */
    record Accepted(PaymentEvent event) implements Decision {}

    /** It is refused. */
    record Rejected(Rejection rejection) implements Decision {}
  }

  /**
   * Decides a command.
   *
   * @param correlationId business process of the command; only kept from a creation
   */
  public static Decision decide(
      PaymentCommand command, Payment state, String correlationId, Moment at) {
    return switch (command) {
      case PaymentCommand.Create create -> create(create, state, correlationId, at);
      case PaymentCommand.Update update ->
          switch (state) {
            case Absent _ -> notFound(command);
            case Deleted deleted -> wrongStatus(deleted);
            case Processing _, Completed _, Failed _ ->
                accepted(new PaymentEvent.Updated(update.changes(), at));
          };
      case PaymentCommand.Process process ->
          switch (state) {
            case Absent _ -> notFound(command);
            case Processing processing -> process(process, processing, at);
            case Existing other -> wrongStatus(other);
          };
      case PaymentCommand.Fail fail ->
          switch (state) {
            case Absent _ -> notFound(command);
            case Processing _ -> accepted(new PaymentEvent.Failed(fail.failure(), at));
            case Existing other -> wrongStatus(other);
          };
      case PaymentCommand.Refund refund ->
          switch (state) {
            case Absent _ -> notFound(command);
            case Completed completed -> refund(refund, completed, at);
            case Existing other -> wrongStatus(other);
          };
      case PaymentCommand.Delete delete ->
          switch (state) {
            case Absent _ -> notFound(command);
            case Processing _, Failed _ -> accepted(new PaymentEvent.Deleted(delete.reason(), at));
            case Existing other -> wrongStatus(other);
          };
    };
  }

  /**
   * The state after an event.
   *
   * @throws IllegalStateException if the event cannot follow that state
   */
  public static Payment.Existing evolve(Payment state, PaymentEvent event) {
    var recorded = event.at().recordedAt();
    return switch (event) {
      case PaymentEvent.Created created when state instanceof Absent ->
          new Processing(
              new Facts(
                  created.key(),
                  1,
                  created.amount(),
                  created.description(),
                  created.correlationId(),
                  created.at().effectiveAt(),
                  recorded,
                  recorded));
      case PaymentEvent.Updated updated when state instanceof Existing existing -> {
        Facts facts = existing.facts();
        yield withFacts(
            existing, facts.next(updated.changes().applyTo(facts.description()), recorded));
      }
      case PaymentEvent.Processed processed when state instanceof Processing(Facts facts) ->
          new Completed(
              facts.next(
                  facts.description().withProviderReference(processed.providerReference()),
                  recorded),
              processed.at().effectiveAt(),
              List.of());
      case PaymentEvent.Failed failed when state instanceof Processing(Facts facts) ->
          new Failed(facts.next(recorded), failed.failure());
      case PaymentEvent.Refunded refunded when state instanceof Completed completed -> {
        List<Refund> refunds = new ArrayList<>(completed.refunds());
        refunds.add(refunded.refund());
        yield new Completed(completed.facts().next(recorded), completed.completedAt(), refunds);
      }
      case PaymentEvent.Deleted _ when state instanceof Processing(Facts facts) ->
          new Deleted(facts.next(recorded), null);
      case PaymentEvent.Deleted _ when state instanceof Failed(Facts facts, Failure failure) ->
          new Deleted(facts.next(recorded), failure);
      case PaymentEvent other -> throw new IllegalStateException(other + " cannot follow " + state);
    };
  }

  private static Decision create(
      PaymentCommand.Create create, Payment state, String correlationId, Moment at) {
    if (!(state instanceof Absent)) {
      return rejected(new Rejection.AlreadyExists(create.key()));
    }
    Instant end = create.currencyEnd();
    if (end != null && !at.effectiveAt().isBefore(end)) {
      return rejected(new Rejection.CurrencyWithdrawn(create.amount().currency(), end));
    }
    return accepted(
        new PaymentEvent.Created(
            create.key(), create.amount(), create.description(), correlationId, at));
  }

  private static Decision process(PaymentCommand.Process process, Processing state, Moment at) {
    Money owed = state.facts().amount();
    Money taken = process.amount() == null ? owed : process.amount();
    return taken.equals(owed)
        ? accepted(new PaymentEvent.Processed(taken, process.providerReference(), at))
        : rejected(new Rejection.AmountMismatch(owed, taken));
  }

  private static Decision refund(PaymentCommand.Refund refund, Completed state, Moment at) {
    if (state.refunds().stream().anyMatch(made -> made.refundId().equals(refund.refundId()))) {
      return rejected(new Rejection.RefundExists(refund.refundId()));
    }
    Money remaining = state.remaining();
    Money amount = refund.amount() == null ? remaining : refund.amount();
    if (!amount.currency().equals(remaining.currency())) {
      return rejected(new Rejection.RefundCurrency(remaining.currency(), amount.currency()));
    }
    if (amount.exceeds(remaining)) {
      return rejected(new Rejection.RefundExceedsRemaining(state, amount));
    }
    if (amount.minorUnits() == 0) {
      return wrongStatus(state);
    }
    if (state.refunds().size() >= Completed.REFUNDS_MAX) {
      return rejected(new Rejection.RefundLimit(Completed.REFUNDS_MAX));
    }
    return accepted(
        new PaymentEvent.Refunded(
            new Refund(
                refund.refundId(), amount, refund.reason(), at.effectiveAt(), at.recordedAt()),
            at));
  }

  private static Payment.Existing withFacts(Existing state, Facts facts) {
    return switch (state) {
      case Processing _ -> new Processing(facts);
      case Completed completed ->
          new Completed(facts, completed.completedAt(), completed.refunds());
      case Failed failed -> new Failed(facts, failed.failure());
      case Deleted deleted -> new Deleted(facts, deleted.failure());
    };
  }

  private static Decision accepted(PaymentEvent event) {
    return new Decision.Accepted(event);
  }

  private static Decision rejected(Rejection rejection) {
    return new Decision.Rejected(rejection);
  }

  private static Decision notFound(PaymentCommand command) {
    return rejected(new Rejection.NotFound(command.key()));
  }

  private static Decision wrongStatus(Existing state) {
    return rejected(new Rejection.WrongStatus(state));
  }
}
