package com.gyroscops.payments.read.source.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.gyroscops.payments.read.ReadRedis;
import com.gyroscops.payments.read.SampleLog;
import com.gyroscops.payments.read.source.Answer;
import com.gyroscops.payments.read.source.ApplyOutcome;
import com.gyroscops.payments.read.source.Capability;
import com.gyroscops.payments.read.source.PaymentSource;
import com.gyroscops.payments.read.source.PaymentSourceContract;
import com.gyroscops.payments.read.source.SourcePosition;
import com.gyroscops.payments.read.source.SourceUnavailableException;
import com.gyroscops.payments.testing.Seed;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.v1.PersonalData;
import io.grpc.Context;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("engines")
class RedisSourceTest extends PaymentSourceContract {

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

  @Override
  protected PaymentSource newSource() {
    return redis.source();
  }

  @Override
  protected Set<Capability> capabilities() {
    return EnumSet.of(Capability.FIND);
  }

  @Override
  protected boolean isPartial() {
    return true;
  }

  private static SourcePosition begunAt(PaymentSource source, SampleLog log, long head)
      throws Exception {
    assertThat(source.takeOver(FENCE)).contains(SourcePosition.NOWHERE);
    return source.beginAtHead(FENCE, log.logId(), log.lineage(), head, "head").orElseThrow();
  }

  private static SourcePosition applied(ApplyOutcome outcome) {
    assertThat(outcome).isInstanceOf(ApplyOutcome.Applied.class);
    return ((ApplyOutcome.Applied) outcome).at();
  }

  private static PaymentEvent withVersion(PaymentEvent event, long version) {
    return event.toBuilder()
        .setVersion(version)
        .setPayment(event.getPayment().toBuilder().setVersion(version))
        .build();
  }

  private List<String> documents() {
    return admin.run().keys(redis.documentKeys());
  }

  @Test
  void aSourceBegunAtTheHeadHoldsWhatChangesAfterItAndLeavesTheRestOpen() throws Exception {
    PaymentSource source = newSource();
    SampleLog log = log();
    log.create("acme", "old");
    log.create("acme", "both");
    SourcePosition start = begunAt(source, log, 2);
    assertThat(source.startsAtHead()).isTrue();
    assertThat(start.isReady()).isTrue();
    assertThat(source.find("acme", List.of("old"))).isEqualTo(new Answer.NotHeld<>(start));

    log.process("acme", "both");
    SourcePosition at = applied(source.apply(FENCE, start, log.after(2)));
    assertThat(at.position()).isEqualTo(3);
    assertThat(data(source.find("acme", List.of("both"))))
        .containsExactly(log.events().getLast().getPayment());
    assertThat(source.find("acme", List.of("both", "old"))).isEqualTo(new Answer.NotHeld<>(at));
  }

  @Test
  void severalPaymentsAreFoundInOneSnapshotAndInTheOrderAskedFor() throws Exception {
    PaymentSource source = newSource();
    SampleLog log = log();
    for (int i = 0; i < 200; i++) {
      log.create("acme", "p" + i);
    }
    filled(source, log);
    List<String> ids = log.payments().reversed().stream().map(Payment::getPaymentId).toList();
    assertThat(data(source.find("acme", ids))).isEqualTo(log.payments().reversed());
    assertThat(data(source.find("acme", List.of()))).isEmpty();
  }

  @Test
  void aPaymentLivesForItsTimeFromItsLastChangeOnAndTheCheckpointForEver() throws Exception {
    PaymentSource source = newSource();
    SampleLog log = log();
    log.create("acme", "p1");
    SourcePosition at = filled(source, log);
    String key = documents().getFirst();
    assertThat(admin.run().pttl(key)).isBetween(1L, ReadRedis.LIFETIME.toMillis());
    assertThat(admin.run().pttl(redis.checkpointKey())).isEqualTo(-1);

    admin.run().pexpire(key, Duration.ofSeconds(60));
    log.process("acme", "p1");
    at = applied(source.apply(FENCE, at, log.after(1)));
    assertThat(admin.run().pttl(key)).isGreaterThan(Duration.ofSeconds(500).toMillis());

    admin.run().pexpire(key, Duration.ZERO);
    assertThat(source.find("acme", List.of("p1"))).isEqualTo(new Answer.NotHeld<>(at));
    // It comes back with its next change.
    log.refund("acme", "p1", 1, SampleLog.START_MICROS);
    applied(source.apply(FENCE, at, log.after(2)));
    assertThat(data(source.find("acme", List.of("p1")))).isEqualTo(log.payments());
  }

  @Test
  void messagesAreCompressedFromOneByteAboveTheBoundaryOn() throws Exception {
    PaymentSource source = newSource();
    SampleLog log = log();
    create(log, "below", PaymentDocument.PLAIN_BYTES_MAX);
    create(log, "above", PaymentDocument.PLAIN_BYTES_MAX + 1);
    create(log, "large", 100 * PaymentDocument.PLAIN_BYTES_MAX);
    filled(source, log);
    assertThat(admin.run().strlen(key("below")))
        .isEqualTo(PaymentDocument.HEADER_BYTES + PaymentDocument.PLAIN_BYTES_MAX);
    assertThat(admin.run().strlen(key("above")))
        .isLessThan(PaymentDocument.HEADER_BYTES + PaymentDocument.PLAIN_BYTES_MAX);
    assertThat(admin.run().strlen(key("large"))).isLessThan(10 * PaymentDocument.PLAIN_BYTES_MAX);
    assertThat(data(source.find("acme", List.of("below", "above", "large"))))
        .isEqualTo(log.payments());
  }

  private String key(String payment) {
    return documents().stream().filter(it -> it.endsWith("/" + payment)).findFirst().orElseThrow();
  }

  /** Creates a payment whose message has exactly that many bytes. */
  private static void create(SampleLog log, String id, int bytes) {
    int text = bytes;
    while (true) {
      // Its times have as many bytes as those of the log.
      SampleLog draft = log();
      for (int i = 0; i < log.head(); i++) {
        draft.create("acme", "p" + i);
      }
      Payment fields =
          Payment.newBuilder()
              .setOrganizationId("acme")
              .setPaymentId(id)
              .setAmount(SampleLog.amount(1, "EUR"))
              .setPersonalData(PersonalData.newBuilder().setDescription("x".repeat(text)))
              .build();
      int size = draft.create(fields).getPayment().getSerializedSize();
      if (size == bytes) {
        assertThat(log.create(fields).getPayment().getSerializedSize()).isEqualTo(bytes);
        return;
      }
      text -= size - bytes;
    }
  }

  @Test
  void bytesThatCannotBeCompressedAreStoredAsTheyAre() throws Exception {
    Random random = Seed.random(SEED);
    StringBuilder noise = new StringBuilder();
    random.ints(4_000, 0xAC00, 0xD7A3).forEach(noise::appendCodePoint);
    Payment payment =
        Payment.newBuilder()
            .setVersion(3)
            .setPersonalData(PersonalData.newBuilder().setDescription(noise.toString()))
            .build();
    byte[] document = PaymentDocument.encode(payment, 9);
    assertThat(document.length)
        .isLessThanOrEqualTo(PaymentDocument.HEADER_BYTES + payment.getSerializedSize());
    assertThat(PaymentDocument.decode(document)).contains(payment);
    document[0] = 9;
    assertThat(PaymentDocument.decode(document)).isEmpty();
  }

  @Test
  void aDocumentThatIsNotWhatWasWrittenIsAFailureAndOneOfAnotherReleaseIsUnknown()
      throws Exception {
    PaymentSource source = newSource();
    SampleLog log = log();
    log.create("acme", "p1");
    filled(source, log);
    admin.run().setrange(key("p1"), 0, "\u0009");
    assertThat(source.find("acme", List.of("p1"))).isInstanceOf(Answer.NotHeld.class);
    admin.run().setrange(key("p1"), 0, "\u0002");
    assertThat(source.find("acme", List.of("p1"))).isInstanceOf(Answer.Unavailable.class);
    admin.run().set(key("p1"), "short");
    assertThat(source.find("acme", List.of("p1"))).isInstanceOf(Answer.Unavailable.class);
  }

  @Test
  void aPaymentThatSkipsAVersionIsUnknownUntilItsNextChange() throws Exception {
    PaymentSource source = newSource();
    SampleLog log = log();
    PaymentEvent first = log.create("acme", "p1");
    log.create("acme", "p2");
    SourcePosition at = filled(source, log);

    log.appendRaw(withVersion(first, 3));
    at = applied(source.apply(FENCE, at, log.after(2)));
    assertThat(source.find("acme", List.of("p1"))).isEqualTo(new Answer.NotHeld<>(at));
    assertThat(data(source.find("acme", List.of("p2")))).hasSize(1);
    assertThat(redis.dropped()).isEqualTo(1);

    log.appendRaw(withVersion(first, 4));
    log.appendRaw(withVersion(first, 5));
    at = applied(source.apply(FENCE, at, log.after(3)));
    assertThat(data(source.find("acme", List.of("p1"))).getFirst().getVersion()).isEqualTo(5);

    // Within one run, too; and a state that is not the event's is none.
    log.appendRaw(withVersion(first, 6));
    log.appendRaw(withVersion(first, 8));
    log.appendRaw(withVersion(first, 2).toBuilder().setPaymentId("p2").build());
    at = applied(source.apply(FENCE, at, log.after(5)));
    assertThat(source.find("acme", List.of("p1"))).isEqualTo(new Answer.NotHeld<>(at));
    assertThat(source.find("acme", List.of("p2"))).isEqualTo(new Answer.NotHeld<>(at));
    assertThat(redis.dropped()).isEqualTo(3);
  }

  @Test
  void anOlderVersionDoesNotReplaceANewerOne() throws Exception {
    PaymentSource source = newSource();
    SampleLog log = log();
    PaymentEvent first = log.create("acme", "p1");
    log.process("acme", "p1");
    SourcePosition at = filled(source, log);
    log.appendRaw(first);
    applied(source.apply(FENCE, at, log.after(2)));
    assertThat(data(source.find("acme", List.of("p1"))))
        .containsExactly(log.events().get(1).getPayment());
    assertThat(redis.dropped()).isZero();
  }

  @Test
  void aLostCheckpointIsNoticedAndOldDocumentsAreNotFoundAgain() throws Exception {
    PaymentSource source = newSource();
    PaymentSource reader = redis.source();
    SampleLog log = log();
    log.create("acme", "p1");
    SourcePosition at = filled(source, log);
    assertThat(data(reader.find("acme", List.of("p1")))).hasSize(1);

    // As eviction would: the documents are still there.
    admin.run().del(redis.checkpointKey());
    assertThat(documents()).hasSize(1);
    assertThat(reader.find("acme", List.of("p1")))
        .isEqualTo(new Answer.NotReady<>(SourcePosition.NOWHERE));
    log.process("acme", "p1");
    assertThat(source.apply(FENCE, at, log.after(1))).isInstanceOf(ApplyOutcome.FencedOut.class);

    // Changed while nobody was there to see it.
    SourcePosition again = begunAt(source, log, log.head());
    assertThat(documents()).hasSize(1);
    assertThat(reader.find("acme", List.of("p1"))).isEqualTo(new Answer.NotHeld<>(again));
    log.refund("acme", "p1", 1, SampleLog.START_MICROS);
    applied(source.apply(FENCE, again, log.after(2)));
    assertThat(data(reader.find("acme", List.of("p1")))).isEqualTo(log.payments());
    assertThat(redis.dropped()).isZero();
  }

  @Test
  void aCheckpointOfAnotherReleaseIsTakenForNone() throws Exception {
    PaymentSource source = newSource();
    admin.run().set(redis.checkpointKey(), "3\nsomething\nelse");
    assertThat(source.find("acme", List.of("p1")))
        .isEqualTo(new Answer.NotReady<>(SourcePosition.NOWHERE));
    assertThat(source.takeOver(FENCE)).contains(SourcePosition.NOWHERE);
    assertThat(admin.run().get(redis.checkpointKey())).startsWith("2\n");
  }

  @Test
  void scriptsThatRedisForgotAreGivenToItAgain() throws Exception {
    PaymentSource source = newSource();
    SampleLog log = log().random(Seed.random(SEED), 2_000);
    SourcePosition at = begun(source, log);
    for (int i = 0; i < 4; i++) {
      admin.run().scriptFlush();
      at = applied(source.apply(FENCE, at, log.events().subList(i * 500, i * 500 + 500)));
    }
    assertThat(at.position()).isEqualTo(2_000);
    Payment any = log.payments().getLast();
    assertThat(data(source.find(any.getOrganizationId(), List.of(any.getPaymentId()))))
        .containsExactly(any);
  }

  @Test
  void longRunsAreSplitAndEachStepIsBounded() throws Exception {
    SampleLog log = log().random(Seed.random(SEED), 3 * Changes.STEP_EVENTS_MAX + 1);
    List<Changes.Step> steps = Changes.of(log.events(), Holding.all(ReadRedis.LIFETIME));
    assertThat(steps).hasSize(4);
    assertThat(steps.getLast().last()).isEqualTo(log.events().getLast());

    SampleLog large = log();
    for (int i = 0; i < 5; i++) {
      create(large, "p" + i, Changes.STEP_BYTES_MAX / 2);
    }
    create(large, "alone", Changes.STEP_BYTES_MAX + 1);
    assertThat(Changes.of(large.events(), Holding.all(ReadRedis.LIFETIME)))
        .extracting(step -> step.changes().size())
        .containsExactly(2, 2, 1, 1);
  }

  @Test
  void aCallThatEndedIsStopped() {
    PaymentSource source = newSource();
    Context.CancellableContext ended = Context.current().withCancellation();
    ended.cancel(null);
    ended.run(
        () -> assertThat(source.find("acme", List.of("p1"))).isInstanceOf(Answer.Stopped.class));
  }

  @Test
  void aStateThatDoesNotFollowThePositionIsRefused() throws Exception {
    PaymentSource source = newSource();
    SampleLog log = log();
    log.create("acme", "p1");
    log.create("acme", "p2");
    SourcePosition at = begun(source, log);
    assertThatThrownBy(() -> source.apply(FENCE, at, log.after(1)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /**
   * Whatever projectors do to one another, and whatever Redis loses: what a look-up finds is the
   * payment's newest state at the position it says, no older and no newer.
   */
  @Test
  void anyInterleavingOfProjectorsAndLossesAnswersTheStateAtThePosition() throws Exception {
    SampleLog log = log().random(Seed.random(SEED), 6_000);
    Map<String, NavigableMap<Long, Payment>> states = new TreeMap<>();
    for (PaymentEvent event : log.events()) {
      states
          .computeIfAbsent(
              event.getOrganizationId() + "/" + event.getPaymentId(), _ -> new TreeMap<>())
          .put(event.getPosition(), event.getPayment());
    }
    List<Payment> payments = log.payments();
    AtomicLong fences = new AtomicLong(FENCE);
    AtomicInteger ends = new AtomicInteger();
    AtomicInteger held = new AtomicInteger();
    AtomicBoolean done = new AtomicBoolean();
    List<Throwable> failures = new CopyOnWriteArrayList<>();
    List<Thread> projectors = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      int seed = i;
      projectors.add(thread(failures, () -> project(log, Seed.random(seed), fences, ends)));
    }
    List<Thread> others = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      int seed = 10 + i;
      others.add(
          thread(
              failures,
              () -> {
                PaymentSource reader = redis.source();
                Random random = Seed.random(seed);
                while (!done.get()) {
                  if (isTrueToItsPosition(
                      reader, payments.get(random.nextInt(payments.size())), states)) {
                    held.incrementAndGet();
                  }
                }
              }));
    }
    others.add(
        thread(
            failures,
            () -> {
              Random random = Seed.random(20);
              while (!done.get()) {
                Thread.sleep(random.nextInt(40));
                switch (random.nextInt(3)) {
                  case 0 -> admin.run().del(redis.checkpointKey());
                  case 1 -> admin.run().scriptFlush();
                  default -> documents().stream().limit(50).forEach(admin.run()::del);
                }
              }
            }));
    for (Thread projector : projectors) {
      projector.join(TimeUnit.MINUTES.toMillis(5));
      assertThat(projector.isAlive()).isFalse();
    }
    done.set(true);
    for (Thread other : others) {
      other.join();
    }
    assertThat(failures).isEmpty();
    assertThat(held).hasPositiveValue();
    assertThat(ends).hasPositiveValue();
    assertThat(redis.dropped()).isZero();
  }

  @FunctionalInterface
  private interface Task {
    void run() throws Exception;
  }

  private static Thread thread(List<Throwable> failures, Task task) {
    return Thread.ofPlatform()
        .start(() -> {
          try {
            task.run();
          } catch (Exception | AssertionError e) {
            failures.add(e);
          }
        });
  }

  /** One of several projectors that take the source from one another and repeat themselves. */
  private void project(SampleLog log, Random random, AtomicLong fences, AtomicInteger ends) {
    PaymentSource source = redis.source();
    for (int turn = 0; turn < 200; turn++) {
      try {
        lead(source, log, random, fences.incrementAndGet(), ends);
      } catch (SourceUnavailableException e) {
        // Redis forgot the script in the middle, or the others were quicker: once more.
        assertThat(e).hasMessageContaining("Redis");
      }
    }
  }

  private static void lead(
      PaymentSource source, SampleLog log, Random random, long fence, AtomicInteger ends)
      throws SourceUnavailableException {
    SourcePosition at = source.takeOver(fence).orElse(SourcePosition.NOWHERE);
    if (at.epoch().isEmpty()) {
      long head = random.nextInt(1_000);
      at =
          source
              .beginAtHead(fence, log.logId(), log.lineage(), head, "head")
              .orElse(SourcePosition.NOWHERE);
    } else if (at.position() == log.head()) {
      ends.incrementAndGet();
      at = source.startOver(fence).orElse(SourcePosition.NOWHERE);
    }
    SourcePosition before = at;
    while (!at.epoch().isEmpty() && at.position() < log.head() && random.nextInt(10) > 0) {
      // Now and then what was given already, as after a stream that broke.
      boolean again = random.nextInt(4) == 0;
      SourcePosition from = again ? before : at;
      int until = (int) Math.min(log.head(), from.position() + 1 + random.nextInt(700));
      ApplyOutcome outcome =
          source.apply(fence, from, log.events().subList((int) from.position(), until));
      switch (outcome) {
        case ApplyOutcome.Applied(SourcePosition there) -> {
          before = from;
          at = there;
        }
        case ApplyOutcome.FencedOut _ -> {
          if (!again) {
            return;
          }
        }
        case ApplyOutcome.ParkingFull _ -> throw new AssertionError("nothing is ever parked");
      }
    }
  }

  private static boolean isTrueToItsPosition(
      PaymentSource source, Payment payment, Map<String, NavigableMap<Long, Payment>> states) {
    String organization = payment.getOrganizationId();
    String id = payment.getPaymentId();
    return switch (source.find(organization, List.of(id))) {
      case Answer.Data<List<Payment>>(List<Payment> found, SourcePosition at) -> {
        assertThat(found)
            .as("at %s", at)
            .isEqualTo(
                states
                    .getOrDefault(organization + "/" + id, new TreeMap<>())
                    .headMap(at.position(), true)
                    .values()
                    .stream()
                    .reduce((_, newest) -> newest)
                    .stream()
                    .toList());
        yield true;
      }
      case Answer.NotHeld<List<Payment>> _, Answer.NotReady<List<Payment>> _ -> false;
      // A generation that changed with each attempt.
      case Answer.Unavailable<List<Payment>> _ -> false;
      case Answer.Incomplete<List<Payment>> _,
          Answer.Inexact<List<Payment>> _,
          Answer.Stopped<List<Payment>> _ ->
          throw new AssertionError("it never says that");
    };
  }
}
