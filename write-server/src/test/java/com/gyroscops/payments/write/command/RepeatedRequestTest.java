package com.gyroscops.payments.write.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Timestamp;
import com.gyroscops.payments.v1.Amount;
import com.gyroscops.payments.v1.Command;
import com.gyroscops.payments.v1.CommandContext;
import com.gyroscops.payments.v1.CreatePaymentRequest;
import com.gyroscops.payments.v1.RefundPaymentRequest;
import com.gyroscops.payments.write.command.CommandOutcome.Refused;
import com.gyroscops.payments.write.command.CommandOutcome.Succeeded;
import com.gyroscops.payments.write.eventstore.EventStore;
import com.gyroscops.payments.write.eventstore.postgres.PostgresEventStore;
import com.gyroscops.payments.write.eventstore.postgres.TestDatabase;
import com.zaxxer.hikari.HikariDataSource;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What a request id answers that was used before, by this version of the digest or by the last. */
class RepeatedRequestTest {

  private static final Timestamp EPOCH = Timestamp.getDefaultInstance();

  private static HikariDataSource pool;
  private static EventStore store;
  private static CommandBatcher batcher;

  /** Each test has requests and a payment of its own. */
  private final String id = UUID.randomUUID().toString();

  @BeforeAll
  static void start() {
    pool = TestDatabase.open();
    store = new PostgresEventStore(pool, "test");
    batcher = Batchers.on(store, 64);
  }

  @AfterAll
  static void stop() {
    batcher.close();
    pool.close();
  }

  private CommandContext.Builder now() {
    return CommandContext.newBuilder().setRequestId(id);
  }

  private CommandContext.Builder atEpoch() {
    return now().setEffectiveTime(EPOCH);
  }

  private CommandEnvelope create(CommandContext.Builder context) {
    return RequestDigestTest.read(
        Command.newBuilder()
            .setCreate(
                CreatePaymentRequest.newBuilder()
                    .setContext(context)
                    .setOrganizationId("acme")
                    .setPaymentId(id)
                    .setAmount(Amount.newBuilder().setMinorUnits(1).setCurrencyCode("EUR")))
            .build());
  }

  /** There is no payment to refund: it is rejected. */
  private CommandEnvelope refund(CommandContext.Builder context) {
    return RequestDigestTest.read(
        Command.newBuilder()
            .setRefund(
                RefundPaymentRequest.newBuilder()
                    .setContext(context)
                    .setOrganizationId("acme")
                    .setPaymentId(id))
            .build());
  }

  private CommandOutcome outcome(CommandEnvelope command) {
    return batcher.handle(command).toCompletableFuture().orTimeout(60, TimeUnit.SECONDS).join();
  }

  private String answer(CommandEnvelope command) {
    return switch (outcome(command)) {
      case Succeeded done -> done.replayed() ? "replayed" : "done";
      case Refused refused -> (refused.replayed() ? "replayed " : "") + refused.error().reason();
    };
  }

  /** As the version before executed it: under its digest. */
  private CommandOutcome byTheVersionBefore(CommandEnvelope command) {
    return outcome(command.submitted(command.formerHash(), "", ""));
  }

  @Test
  void anAcceptedCommandWithoutATimeDoesNotAnswerOneAtTheEpoch() {
    assertThat(answer(create(now()))).isEqualTo("done");
    assertThat(answer(create(atEpoch()))).isEqualTo("REQUEST_ID_REUSED");
    assertThat(answer(create(now()))).isEqualTo("replayed");
  }

  @Test
  void anAcceptedCommandAtTheEpochDoesNotAnswerOneWithoutATime() {
    assertThat(answer(create(atEpoch()))).isEqualTo("done");
    assertThat(answer(create(now()))).isEqualTo("REQUEST_ID_REUSED");
    assertThat(answer(create(atEpoch()))).isEqualTo("replayed");
  }

  @Test
  void aRejectionDoesNotAnswerTheOtherCommandEither() {
    assertThat(answer(refund(now()))).isEqualTo("PAYMENT_NOT_FOUND");
    assertThat(answer(refund(atEpoch()))).isEqualTo("REQUEST_ID_REUSED");
    assertThat(answer(refund(now()))).isEqualTo("replayed PAYMENT_NOT_FOUND");

    String other = UUID.randomUUID().toString();
    assertThat(answer(refund(atEpoch().setRequestId(other)))).isEqualTo("PAYMENT_NOT_FOUND");
    assertThat(answer(refund(now().setRequestId(other)))).isEqualTo("REQUEST_ID_REUSED");
    assertThat(answer(refund(atEpoch().setRequestId(other))))
        .isEqualTo("replayed PAYMENT_NOT_FOUND");
  }

  @Test
  void whatTheVersionBeforeAcceptedAnswersItsCommandAlone() {
    assertThat(byTheVersionBefore(create(atEpoch()))).isInstanceOf(Succeeded.class);
    assertThat(answer(create(now()))).isEqualTo("REQUEST_ID_REUSED");
    assertThat(answer(create(atEpoch()))).isEqualTo("replayed");
  }

  @Test
  void whatTheVersionBeforeAcceptedWithoutATimeDoesNotAnswerTheEpoch() {
    assertThat(byTheVersionBefore(create(now()))).isInstanceOf(Succeeded.class);
    assertThat(answer(create(atEpoch()))).isEqualTo("REQUEST_ID_REUSED");
    assertThat(answer(create(now()))).isEqualTo("replayed");
  }

  /** Which of the two it rejected is not known: the outcome is honoured for both, as it was. */
  @Test
  void whatTheVersionBeforeRejectedAnswersBoth() {
    CommandEnvelope refund = refund(atEpoch());
    var _ =
        store.close(refund.requestKey(), refund.formerHash(), CommandErrors.draining().toMessage());
    assertThat(answer(refund(atEpoch()))).isEqualTo("replayed DRAINING");
    assertThat(answer(refund(now()))).isEqualTo("replayed DRAINING");
    assertThat(answer(refund(atEpoch().setCorrelationId("other")))).isEqualTo("REQUEST_ID_REUSED");
  }

  @Test
  void aSubmissionOfTheVersionBeforeThatIsRejectedNowAnswersItsCommand() {
    assertThat(byTheVersionBefore(refund(atEpoch()))).isInstanceOf(Refused.class);
    assertThat(answer(refund(atEpoch()))).isEqualTo("replayed PAYMENT_NOT_FOUND");
  }

  @Test
  void theVersionOfADigestNeverLeavesTheServer() {
    CommandEnvelope refund = refund(now());
    assertThat(refund.rejection(CommandErrors.draining()).getUnknownFields().asMap()).isNotEmpty();
    assertThat(answer(refund)).isEqualTo("PAYMENT_NOT_FOUND");
    Refused replayed = (Refused) outcome(refund);
    assertThat(replayed.replayed()).isTrue();
    assertThat(replayed.error().toMessage().getUnknownFields().asMap()).isEmpty();
  }
}
