package com.gyroscops.payments.write.payment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.gyroscops.payments.testing.Seed;
import com.gyroscops.payments.write.payment.PaymentDecider.Decision;
import com.gyroscops.payments.write.payment.PaymentEvent.Moment;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The rules, as given - when - then on pure functions. */
class PaymentDeciderTest {

  private static final PaymentKey KEY = new PaymentKey("acme", "pay-1");
  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");
  private static final Moment AT = new Moment(NOW.minusSeconds(60), NOW);
  private static final Description DESCRIPTION =
      new Description("user-1", "a lamp", Map.of("shop", "7"), "order-9", "");
  private static final Failure FAILURE = new Failure("card_declined", "try another");

  private static PaymentCommand create(long minorUnits) {
    return new PaymentCommand.Create(KEY, eur(minorUnits), null, DESCRIPTION);
  }

  private static PaymentCommand process() {
    return new PaymentCommand.Process(KEY, null, "psp-1");
  }

  private static PaymentCommand fail() {
    return new PaymentCommand.Fail(KEY, FAILURE);
  }

  private static PaymentCommand refund(String id, @Nullable Money amount) {
    return new PaymentCommand.Refund(KEY, id, amount, "returned");
  }

  private static PaymentCommand delete() {
    return new PaymentCommand.Delete(KEY, "mistake");
  }

  private static PaymentCommand describe(String text) {
    return new PaymentCommand.Update(KEY, new PaymentCommand.Changes(null, text, null, null, null));
  }

  private static Money eur(long minorUnits) {
    return new Money(minorUnits, "EUR");
  }

  /** State after commands that must all be accepted. */
  private static Payment given(PaymentCommand... commands) {
    Payment state = new Payment.Absent();
    for (PaymentCommand command : commands) {
      state = PaymentDecider.evolve(state, accepted(command, state));
    }
    return state;
  }

  private static PaymentEvent accepted(PaymentCommand command, Payment state) {
    return ((Decision.Accepted) PaymentDecider.decide(command, state, "order-process", AT)).event();
  }

  private static Rejection rejected(PaymentCommand command, Payment state) {
    return ((Decision.Rejected) PaymentDecider.decide(command, state, "", AT)).rejection();
  }

  private static PaymentCommand createUntil(Instant end) {
    return new PaymentCommand.Create(KEY, new Money(500, "HRK"), end, DESCRIPTION);
  }

  @Test
  void aPaymentInAWithdrawnCurrencyIsOfBeforeItsEnd() {
    Instant at = AT.effectiveAt();
    var absent = new Payment.Absent();
    assertThat(rejected(createUntil(at), absent))
        .isEqualTo(new Rejection.CurrencyWithdrawn("HRK", at));
    assertThat(accepted(createUntil(at.plusNanos(1_000)), absent))
        .isInstanceOf(PaymentEvent.Created.class);
    assertThat(rejected(createUntil(at), given(create(500))))
        .isEqualTo(new Rejection.AlreadyExists(KEY));
  }

  @Test
  void aCreatedPaymentIsProcessingAtVersionOneWithBothTimes() {
    var payment = (Payment.Processing) given(create(500));
    assertThat(payment.facts())
        .isEqualTo(
            new Payment.Facts(
                KEY, 1, eur(500), DESCRIPTION, "order-process", AT.effectiveAt(), NOW, NOW));
  }

  @Test
  void aPaymentIsCreatedOnlyOnceEvenIfItWasDeleted() {
    assertThat(rejected(create(500), given(create(500))))
        .isEqualTo(new Rejection.AlreadyExists(KEY));
    assertThat(rejected(create(500), given(create(500), delete())))
        .isEqualTo(new Rejection.AlreadyExists(KEY));
  }

  @Test
  void nothingButCreationIsPossibleBeforeCreation() {
    for (PaymentCommand command :
        List.of(process(), fail(), refund("r", null), delete(), describe("x"))) {
      assertThat(rejected(command, new Payment.Absent())).isEqualTo(new Rejection.NotFound(KEY));
    }
  }

  @Test
  void processingTakesTheWholeAmountAndKeepsTheProvidersReference() {
    var payment = (Payment.Completed) given(create(500), process());
    assertThat(payment.remaining()).isEqualTo(eur(500));
    assertThat(payment.facts().description().providerReference()).isEqualTo("psp-1");
    assertThat(payment.completedAt()).isEqualTo(AT.effectiveAt());
  }

  @Test
  void processingAnotherAmountThanOwedIsRejected() {
    Payment state = given(create(500));
    for (Money amount : List.of(eur(499), eur(501), new Money(500, "USD"))) {
      assertThat(rejected(new PaymentCommand.Process(KEY, amount, ""), state))
          .isEqualTo(new Rejection.AmountMismatch(eur(500), amount));
    }
  }

  @Test
  void refundsAddUpToTheAmountAndNoFurther() {
    Payment partly = given(create(500), process(), refund("r1", eur(200)), refund("r2", eur(250)));
    assertThat(((Payment.Completed) partly).remaining()).isEqualTo(eur(50));
    assertThat(rejected(refund("r3", eur(51)), partly))
        .isEqualTo(new Rejection.RefundExceedsRemaining((Payment.Completed) partly, eur(51)));
    var whole =
        (Payment.Completed) PaymentDecider.evolve(partly, accepted(refund("r3", null), partly));
    assertThat(whole.refunded()).isEqualTo(eur(500));
    assertThat(rejected(refund("r4", eur(1)), whole))
        .isEqualTo(new Rejection.RefundExceedsRemaining(whole, eur(1)));
    assertThat(rejected(refund("r4", null), whole)).isEqualTo(new Rejection.WrongStatus(whole));
  }

  @Test
  void aRefundInAnotherCurrencyOrWithAUsedIdIsRejected() {
    Payment state = given(create(500), process(), refund("r1", eur(1)));
    assertThat(rejected(refund("r2", new Money(1, "USD")), state))
        .isEqualTo(new Rejection.RefundCurrency("EUR", "USD"));
    assertThat(rejected(refund("r1", eur(1)), state)).isEqualTo(new Rejection.RefundExists("r1"));
  }

  @Test
  void aPaymentHasAtMostAHundredRefunds() {
    Payment state = given(create(500), process());
    for (int i = 0; i < Payment.Completed.REFUNDS_MAX; i++) {
      state = PaymentDecider.evolve(state, accepted(refund("r" + i, eur(1)), state));
    }
    assertThat(rejected(refund("one-more", eur(1)), state))
        .isEqualTo(new Rejection.RefundLimit(100));
  }

  @Test
  void eachStatusAllowsJustItsCommands() {
    Payment processing = given(create(5));
    Payment completed = given(create(5), process());
    Payment failed = given(create(5), fail());
    Payment deleted = given(create(5), fail(), delete());
    for (Payment state : List.of(completed, failed, deleted)) {
      assertThat(rejected(process(), state))
          .isEqualTo(new Rejection.WrongStatus((Payment.Existing) state));
      assertThat(rejected(fail(), state))
          .isEqualTo(new Rejection.WrongStatus((Payment.Existing) state));
    }
    for (Payment state : List.of(processing, failed, deleted)) {
      assertThat(rejected(refund("r", null), state))
          .isEqualTo(new Rejection.WrongStatus((Payment.Existing) state));
    }
    for (Payment state : List.of(completed, deleted)) {
      assertThat(rejected(delete(), state))
          .isEqualTo(new Rejection.WrongStatus((Payment.Existing) state));
    }
    assertThat(rejected(describe("x"), deleted))
        .isEqualTo(new Rejection.WrongStatus((Payment.Existing) deleted));
    for (Payment state : List.of(processing, completed, failed)) {
      assertThat(accepted(describe("x"), state)).isInstanceOf(PaymentEvent.Updated.class);
    }
  }

  @Test
  void aDeletedPaymentKeepsItsFailure() {
    assertThat(((Payment.Deleted) given(create(5), fail(), delete())).failure()).isEqualTo(FAILURE);
    assertThat(((Payment.Deleted) given(create(5), delete())).failure()).isNull();
  }

  @Test
  void anUpdateChangesJustTheFieldsItNames() {
    var updated = (Payment.Existing) given(create(5), describe("two lamps"));
    assertThat(updated.facts().description())
        .isEqualTo(new Description("user-1", "two lamps", Map.of("shop", "7"), "order-9", ""));
  }

  @Test
  void anEventThatCannotFollowIsABrokenInvariant() {
    assertThatThrownBy(
            () -> PaymentDecider.evolve(new Payment.Absent(), new PaymentEvent.Deleted("", AT)))
        .isInstanceOf(IllegalStateException.class);
  }

  /**
   * Whatever is asked, versions count events, money is never more out than in, and amounts stay.
   */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void invariantsHoldAfterAnySequenceOfCommands(long seed) {
    SplittableRandom random = new SplittableRandom(Seed.of(seed));
    for (int run = 0; run < 500; run++) {
      Payment state = new Payment.Absent();
      int events = 0;
      List<String> statuses = new ArrayList<>();
      for (int step = 0; step < 30; step++) {
        PaymentCommand command =
            switch (random.nextInt(8)) {
              case 0 -> create(1 + random.nextInt(300));
              case 1 -> process();
              case 2 -> fail();
              case 3 -> delete();
              case 4 -> describe("step " + step);
              default ->
                  refund(
                      "r" + random.nextInt(20),
                      random.nextInt(4) == 0 ? null : eur(1 + random.nextInt(120)));
            };
        if (PaymentDecider.decide(command, state, "", AT) instanceof Decision.Accepted(var event)) {
          Payment.Existing next = PaymentDecider.evolve(state, event);
          events++;
          if (state instanceof Payment.Existing before) {
            assertThat(next.facts().amount()).isEqualTo(before.facts().amount());
          }
          state = next;
        }
        assertThat(state.version()).isEqualTo(events);
        if (state instanceof Payment.Completed completed) {
          assertThat(completed.refunded().exceeds(completed.facts().amount())).isFalse();
          assertThat(completed.refunded().plus(completed.remaining()))
              .isEqualTo(completed.facts().amount());
        }
        statuses.add(state.getClass().getSimpleName());
      }
      assertThat(String.join(" ", statuses))
          .doesNotContain("Failed Completed")
          .doesNotContain("Completed Failed")
          .doesNotContain("Completed Deleted")
          .doesNotContain("Deleted Processing");
    }
  }
}
