package com.gyroscops.payments.read.source.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Timestamp;
import com.gyroscops.payments.read.ReadRedis;
import com.gyroscops.payments.read.SampleLog;
import com.gyroscops.payments.read.source.Answer;
import com.gyroscops.payments.read.source.ApplyOutcome;
import com.gyroscops.payments.read.source.PaymentSource;
import com.gyroscops.payments.read.source.SourcePosition;
import com.gyroscops.payments.testing.Seed;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.v1.PaymentStatus;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Which payments a source with a rule holds, and that it says nothing of the others. */
@Tag("engines")
class HoldingTest {

  private static final long FENCE = 1;
  private static final Instant START = Instant.ofEpochSecond(SampleLog.START_MICROS / 1_000_000);

  private ReadRedis redis;
  private ReadRedis.Admin admin;

  @BeforeEach
  void open() {
    redis = ReadRedis.fresh();
    admin = redis.admin();
  }

  @AfterEach
  void close() {
    admin.close();
    redis.close();
  }

  private static Holding rule(String text, Instant now) {
    return Holding.parse("HOLD", text, ReadRedis.LIFETIME, Clock.fixed(now, ZoneOffset.UTC));
  }

  private static SourcePosition begun(PaymentSource source, SampleLog log) throws Exception {
    assertThat(source.takeOver(FENCE)).contains(SourcePosition.NOWHERE);
    return source.begin(FENCE, log.logId(), log.lineage(), 0).orElseThrow();
  }

  private static SourcePosition apply(
      PaymentSource source, SourcePosition at, List<PaymentEvent> events) throws Exception {
    assertThat(source.apply(FENCE, at, events)).isInstanceOf(ApplyOutcome.Applied.class);
    return source.position();
  }

  private List<String> documents() {
    return admin.run().keys(redis.documentKeys());
  }

  @Test
  void afterEveryRunItAnswersWithTheNewestStateOfWhatTheRuleNamesAndOfNothingElse()
      throws Exception {
    PaymentSource source = redis.source(rule("processing,failed", START));
    SampleLog log = new SampleLog("payments", "epoch-1");
    SourcePosition at = begun(source, log);
    Random random = Seed.random(20_260_301);
    int held = 0;
    int others = 0;
    for (int run = 0; run < 60; run++) {
      log.random(random, 1 + random.nextInt(40));
      at = apply(source, at, log.after(at.position()));
      for (Payment payment : log.payments()) {
        Answer<List<Payment>> found =
            source.find(payment.getOrganizationId(), List.of(payment.getPaymentId()));
        if (payment.getStatus() == PaymentStatus.PAYMENT_STATUS_PROCESSING
            || payment.getStatus() == PaymentStatus.PAYMENT_STATUS_FAILED) {
          assertThat(found).isEqualTo(new Answer.Data<>(List.of(payment), at));
          held++;
        } else {
          assertThat(found).isEqualTo(new Answer.NotHeld<>(at));
          others++;
        }
      }
    }
    assertThat(held).isPositive();
    assertThat(others).isPositive();
    // What a rule does not name is no damage.
    assertThat(redis.dropped()).isZero();
  }

  @Test
  void whatIsNotHeldLeavesNothingBehindAndAnAnswerOfSeveralIsWholeOrNone() throws Exception {
    PaymentSource source = redis.source(rule("processing", START));
    SampleLog log = new SampleLog("payments", "epoch-1");
    log.create("acme", "p1");
    log.create("acme", "p2");
    SourcePosition at = apply(source, begun(source, log), log.events());
    assertThat(documents()).hasSize(2);
    log.process("acme", "p1");
    at = apply(source, at, log.after(2));
    assertThat(documents()).hasSize(1);
    assertThat(source.find("acme", List.of("p1", "p2"))).isEqualTo(new Answer.NotHeld<>(at));
  }

  @Test
  void aYoungPaymentIsHeldUntilItIsNoLongerYoung() throws Exception {
    Duration hour = Duration.ofHours(1);
    SampleLog log = new SampleLog("payments", "epoch-1");
    log.create("acme", "p1");
    log.process("acme", "p1");
    Timestamp createTime = log.payments().getFirst().getCreateTime();
    Instant created = Instant.ofEpochSecond(createTime.getSeconds(), createTime.getNanos());
    Payment payment = log.payments().getFirst();
    assertThat(rule("PT1H", created).millis(payment)).isEqualTo(ReadRedis.LIFETIME.toMillis());
    assertThat(rule("PT1H", created.plus(hour).minusMillis(5_000)).millis(payment))
        .isEqualTo(5_000);
    assertThat(rule("PT1H", created.plus(hour)).millis(payment)).isZero();
    assertThat(rule("completed,PT1H", created.plus(hour)).millis(payment))
        .isEqualTo(ReadRedis.LIFETIME.toMillis());

    PaymentSource source = redis.source(rule("PT1H", created.plus(hour).minusMillis(5_000)));
    apply(source, begun(source, log), log.events());
    assertThat(admin.run().pttl(documents().getFirst())).isBetween(1L, 5_000L);
  }

  @Test
  void aRuleThatMakesNoSenseIsToldInALineThatNamesTheSetting() {
    assertThatThrownBy(() -> rule("processing,pending", START))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "HOLD names \"pending\"; it must be all, or of processing, completed, failed,"
                + " partially_refunded, refunded, deleted, authorized, partially_captured, captured,"
                + " voided, expired, disputed, charged_back and an age such as PT1H");
    assertThatThrownBy(() -> rule("", START)).hasMessageStartingWith("HOLD names \"\"");
    assertThatThrownBy(() -> rule("PT0S", START))
        .hasMessage("HOLD has the age PT0S, which is none");
  }
}
