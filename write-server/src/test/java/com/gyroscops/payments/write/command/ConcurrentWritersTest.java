package com.gyroscops.payments.write.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.testing.Seed;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.write.command.CommandOutcome.Refused;
import com.gyroscops.payments.write.command.CommandOutcome.Succeeded;
import com.gyroscops.payments.write.eventstore.postgres.PostgresEventStore;
import com.gyroscops.payments.write.eventstore.postgres.TestDatabase;
import com.gyroscops.payments.write.payment.Payment;
import com.gyroscops.payments.write.payment.PaymentDecider;
import com.gyroscops.payments.write.payment.PaymentDecider.Decision;
import com.gyroscops.payments.write.payment.PaymentEvent.Moment;
import com.zaxxer.hikari.HikariDataSource;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The invariant of the write side: whatever two write-servers are sent at once, the log is what a
 * serial execution of the accepted commands gives, and every answer is one that such an execution
 * could give.
 */
class ConcurrentWritersTest {

  private static final int PAYMENTS = 12;
  private static final int COMMANDS = 600;
  private static final Moment ANY_TIME = new Moment(Instant.EPOCH, Instant.EPOCH);

  /**
   * A command that was sent and what was answered.
   *
   * @param knownVersion of its payment, by what either writer had answered before it was sent: what
   *     is decided must not be older
   */
  private record Sent(
      CommandEnvelope command, long knownVersion, CompletableFuture<CommandOutcome> answer) {}

  private final Map<String, Long> knownVersions = new ConcurrentHashMap<>();

  @ParameterizedTest
  @ValueSource(longs = {11, 12, 13, 14})
  void twoWritersTogetherDoWhatOneAloneCouldHaveDone(long seed) throws Exception {
    try (HikariDataSource pool = TestDatabase.open()) {
      List<List<CommandEnvelope>> scripts = scripts(new SplittableRandom(Seed.of(seed)));
      List<List<Sent>> sent = new ArrayList<>();
      try (CommandBatcher one = batcher(pool, "one");
          CommandBatcher two = batcher(pool, "two");
          var threads = Executors.newFixedThreadPool(2)) {
        List<Future<List<Sent>>> running =
            List.of(
                threads.submit(() -> run(one, scripts.get(0), seed)),
                threads.submit(() -> run(two, scripts.get(1), seed + 1)));
        for (Future<List<Sent>> of : running) {
          sent.add(of.get());
        }
      }
      List<PaymentEvent> log =
          new PostgresEventStore(pool, "check").read(0, 100_000, 1 << 30).events();
      check(log, sent);
    }
  }

  private static CommandBatcher batcher(HikariDataSource pool, String name) {
    return Batchers.on(new PostgresEventStore(pool, name), 8_192);
  }

  /** For each writer a script; a third of the commands stands, as the same request, in both. */
  private static List<List<CommandEnvelope>> scripts(SplittableRandom random) {
    List<CommandEnvelope> one = new ArrayList<>();
    List<CommandEnvelope> two = new ArrayList<>();
    for (int i = 0; i < COMMANDS; i++) {
      String payment = "p" + random.nextInt(PAYMENTS);
      CommandEnvelope command =
          switch (random.nextInt(8)) {
            case 0, 1 -> Commands.create(payment);
            case 2, 3 -> Commands.process(payment);
            case 4 -> random.nextInt(4) == 0 ? Commands.fail(payment) : Commands.process(payment);
            case 5 -> random.nextInt(4) == 0 ? Commands.delete(payment) : Commands.create(payment);
            default -> Commands.refund(payment, "r" + random.nextInt(8), 1 + random.nextInt(40));
          };
      int where = random.nextInt(3);
      if (where != 1) {
        one.add(command);
      }
      if (where != 0) {
        two.add(command);
      }
    }
    return List.of(one, two);
  }

  private List<Sent> run(CommandBatcher batcher, List<CommandEnvelope> script, long seed)
      throws Exception {
    SplittableRandom random = new SplittableRandom(Seed.of(seed));
    List<Sent> sent = new ArrayList<>();
    for (CommandEnvelope command : script) {
      String payment = command.command().key().paymentId();
      long known = knownVersions.getOrDefault(payment, 0L);
      sent.add(
          new Sent(
              command,
              known,
              batcher
                  .handle(command)
                  .toCompletableFuture()
                  .whenComplete((outcome, _) -> {
                    if (outcome instanceof Succeeded done) {
                      knownVersions.merge(payment, done.payment().getVersion(), Math::max);
                    }
                  })));
      if (random.nextInt(10) == 0) {
        sent.getLast().answer().get(60, TimeUnit.SECONDS);
      }
    }
    for (Sent one : sent) {
      one.answer().get(60, TimeUnit.SECONDS);
    }
    return sent;
  }

  private static void check(List<PaymentEvent> log, List<List<Sent>> sent) {
    Map<String, CommandEnvelope> byRequest = new HashMap<>();
    sent.forEach(of -> of.forEach(one -> byRequest.put(one.command().requestId(), one.command())));

    // The log is a serial execution: each event is what its command leads to on the state before.
    Map<String, Payment> current = new HashMap<>();
    Map<String, List<Payment>> history = new HashMap<>();
    Map<String, PaymentEvent> executed = new HashMap<>();
    long position = 0;
    for (PaymentEvent event : log) {
      assertThat(event.getPosition()).isEqualTo(++position);
      assertThat(executed.put(event.getRequestId(), event)).as("executed twice").isNull();
      Payment before = current.getOrDefault(event.getPaymentId(), new Payment.Absent());
      CommandEnvelope command = Objects.requireNonNull(byRequest.get(event.getRequestId()));
      assertThat(event.getVersion()).isEqualTo(before.version() + 1);
      var decision = PaymentDecider.decide(command.command(), before, "", ANY_TIME);
      assertThat(decision).isInstanceOf(Decision.Accepted.class);
      Payment after = PaymentMessages.toState(event.getPayment());
      assertThat(after.version()).isEqualTo(event.getVersion());
      history
          .computeIfAbsent(
              event.getPaymentId(), _ -> new ArrayList<>(List.of(new Payment.Absent())))
          .add(after);
      current.put(event.getPaymentId(), after);
    }

    Set<String> succeeded = new HashSet<>();
    for (List<Sent> writer : sent) {
      Map<String, Long> lastVersion = new HashMap<>();
      for (Sent one : writer) {
        String request = one.command().requestId();
        String payment = one.command().command().key().paymentId();
        switch (one.answer().join()) {
          case Succeeded done -> {
            PaymentEvent event =
                Objects.requireNonNull(
                    executed.get(request), "acknowledged but not in the log: " + request);
            assertThat(done.payment()).isEqualTo(event.getPayment());
            assertThat(done.eventId()).isEqualTo(event.getEventId());
            succeeded.add(request);
            if (!done.replayed()) {
              // What one writer executed for one payment, it executed in the order it was sent.
              assertThat(event.getVersion()).isGreaterThan(lastVersion.getOrDefault(payment, 0L));
              lastVersion.put(payment, event.getVersion());
            }
          }
          case Refused refused -> {
            String reason = refused.error().reason();
            if (reason.equals("CONCURRENT_CHANGE")) {
              continue;
            }
            assertThat(executed).as("refused, yet executed").doesNotContainKey(request);
            List<Payment> states = history.getOrDefault(payment, List.of(new Payment.Absent()));
            long oldest = refused.replayed() ? 0 : one.knownVersion();
            assertThat(states.subList((int) oldest, states.size()))
                .as("no state since gave " + reason + " for " + one.command().command())
                .anySatisfy(state ->
                    assertThat(PaymentDecider.decide(one.command().command(), state, "", ANY_TIME))
                        .isInstanceOfSatisfying(
                            Decision.Rejected.class,
                            rejected ->
                                assertThat(CommandErrors.of(rejected.rejection()).reason())
                                    .isEqualTo(reason)));
          }
        }
      }
    }
    assertThat(succeeded).isEqualTo(executed.keySet());
  }
}
