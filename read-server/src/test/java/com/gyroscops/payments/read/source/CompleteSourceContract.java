package com.gyroscops.payments.read.source;

import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.read.SampleLog;
import com.gyroscops.payments.read.source.Filter.Span;
import com.gyroscops.payments.testing.Seed;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongFunction;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.Test;

/** What a source must do besides that keeps events and parks those that its model refuses. */
public abstract class CompleteSourceContract extends PaymentSourceContract {

  @Test
  void historyAndTimelineGiveEventsInOrderAPageAtATime() throws Exception {
    PaymentSource source = newSource();
    SampleLog log = log().random(Seed.random(SEED + 2), 1_500);
    filled(source, log);
    for (Payment payment : log.payments().subList(0, 100)) {
      List<PaymentEvent> found =
          allPages(
              PaymentEvent::getVersion,
              after ->
                  source.history(payment.getOrganizationId(), payment.getPaymentId(), after, 2));
      assertThat(found)
          .isEqualTo(
              log.events().stream()
                  .filter(it -> it.getOrganizationId().equals(payment.getOrganizationId()))
                  .filter(it -> it.getPaymentId().equals(payment.getPaymentId()))
                  .toList());
    }
    List<PaymentEvent> found =
        allPages(
            PaymentEvent::getPosition, after -> source.timeline("org-1", "invoice-2", after, 7));
    assertThat(found)
        .isNotEmpty()
        .isEqualTo(
            log.events().stream()
                .filter(it -> it.getOrganizationId().equals("org-1"))
                .filter(it -> it.getCorrelationId().equals("invoice-2"))
                .toList());
    assertThat(data(source.timeline("org-1", "invoice-none", 0, 7))).isEmpty();
  }

  /**
   * All events, asked for a page at a time.
   *
   * @param key where the next page begins
   */
  private static List<PaymentEvent> allPages(
      ToLongFunction<PaymentEvent> key, LongFunction<Answer<List<PaymentEvent>>> pageAfter) {
    List<PaymentEvent> found = new ArrayList<>();
    List<PaymentEvent> page;
    do {
      page = data(pageAfter.apply(found.isEmpty() ? 0 : key.applyAsLong(found.getLast())));
      found.addAll(page);
    } while (!page.isEmpty());
    return found;
  }

  @Test
  void eventsOfAnOrganizationOrAPaymentComeInOrderAPageAtATime() throws Exception {
    PaymentSource source = newSource();
    SampleLog log = log().random(Seed.random(SEED + 7), 500);
    filled(source, log);
    Payment payment = log.payments().getFirst();
    for (Optional<String> id :
        List.of(Optional.<String>empty(), Optional.of(payment.getPaymentId()))) {
      List<PaymentEvent> found =
          allPages(
              PaymentEvent::getPosition,
              after -> source.events(payment.getOrganizationId(), id, after, 7));
      assertThat(found)
          .isNotEmpty()
          .isEqualTo(
              log.events().stream()
                  .filter(it -> it.getOrganizationId().equals(payment.getOrganizationId()))
                  .filter(it -> id.isEmpty() || it.getPaymentId().equals(id.get()))
                  .toList());
    }
  }

  @Test
  void startingOverForgetsParkedEventsToo() throws Exception {
    PaymentSource source = newSource();
    SampleLog log = log().random(Seed.random(SEED + 6), 300);
    log.appendRaw(log.events().getFirst().toBuilder().setVersion(99).build());
    assertThat(filled(source, log).parked()).isEqualTo(1);
    assertThat(source.startOver(FENCE)).contains(SourcePosition.NOWHERE);
  }

  @Test
  void anEventThatSkipsAVersionIsParkedWithAllLaterOnesOfItsPayment() throws Exception {
    PaymentSource source = newSource();
    SampleLog log = log();
    log.create("acme", "p1");
    log.appendRaw(version(log.events().getFirst(), 3));
    log.appendRaw(version(log.events().getFirst(), 4));
    log.create("acme", "p2");
    log.create("other", "p1");
    SourcePosition at = filled(source, log);
    assertThat(at.position()).isEqualTo(5);
    assertThat(at.parked()).isEqualTo(2);
    assertIncomplete(source);

    // The missing one comes late, and waits behind the others.
    PaymentEvent missing = version(log.events().getFirst(), 2);
    log.appendRaw(missing);
    at = applied(source, source.apply(FENCE, at, log.after(5)));
    assertThat(at.parked()).isEqualTo(3);
    assertIncomplete(source);

    at = source.retryParked(FENCE).orElseThrow();
    assertThat(at.parked()).isZero();
    assertThat(at.position()).isEqualTo(6);
    assertThat(data(source.find("acme", List.of("p1"))).getFirst().getVersion()).isEqualTo(4);
    assertThat(data(source.history("acme", "p1", 0, 10)))
        .extracting(PaymentEvent::getVersion)
        .containsExactly(1L, 2L, 3L, 4L);
  }

  private static PaymentEvent version(PaymentEvent event, long version) {
    return event.toBuilder()
        .setVersion(version)
        .setPayment(event.getPayment().toBuilder().setVersion(version))
        .build();
  }

  private static void assertIncomplete(PaymentSource source) {
    assertThat(source.find("acme", List.of("p1"))).isInstanceOf(Answer.Incomplete.class);
    assertThat(source.find("acme", List.of("p2", "p1"))).isInstanceOf(Answer.Incomplete.class);
    assertThat(source.history("acme", "p1", 0, 10)).isInstanceOf(Answer.Incomplete.class);
    assertThat(source.timeline("acme", "any", 0, 10)).isInstanceOf(Answer.Incomplete.class);
    assertThat(source.aggregate(new TotalsSpan(Optional.of("acme"), Span.OPEN, Set.of())))
        .isInstanceOf(Answer.Incomplete.class);
    assertThat(source.aggregate(new TotalsSpan(Optional.empty(), Span.OPEN, Set.of())))
        .isInstanceOf(Answer.Incomplete.class);
    assertThat(source.search(searchAll("acme"))).isInstanceOf(Answer.Incomplete.class);
    // Others are not concerned.
    assertThat(data(source.find("acme", List.of("p2")))).hasSize(1);
    assertThat(data(source.find("other", List.of("p1")))).hasSize(1);
    assertThat(data(source.search(searchAll("other"))).payments()).hasSize(1);
  }

  @Test
  void anEventWithoutThePaymentsStateIsParked() throws Exception {
    PaymentSource source = newSource();
    SampleLog log = log();
    log.appendRaw(log.create("acme", "p1").toBuilder().clearPayment().setPaymentId("p2").build());
    SourcePosition at = filled(source, log);
    assertThat(at.parked()).isEqualTo(1);
    assertThat(data(source.find("acme", List.of("p1")))).hasSize(1);
    assertThat(source.find("acme", List.of("p2"))).isInstanceOf(Answer.Incomplete.class);
  }

  @Test
  void moreParkedEventsThanMayBeAreRefusedAndNothingIsChanged() throws Exception {
    PaymentSource source = newSource();
    SampleLog log = log();
    PaymentEvent first = log.create("acme", "p1");
    for (int i = 0; i < 10_001; i++) {
      log.appendRaw(version(first, 3L + i));
    }
    SourcePosition start = begun(source, log);
    SourcePosition at =
        applied(source, source.apply(FENCE, start, log.events().subList(0, 10_001)));
    assertThat(at.parked()).isEqualTo(10_000);
    assertThat(source.apply(FENCE, at, log.after(10_001)))
        .isEqualTo(new ApplyOutcome.ParkingFull(10_000));
    assertThat(source.position()).isEqualTo(at);
  }
}
