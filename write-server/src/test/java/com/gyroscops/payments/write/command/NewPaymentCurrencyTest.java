package com.gyroscops.payments.write.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.contract.Currencies;
import com.gyroscops.payments.contract.Timestamps;
import com.gyroscops.payments.v1.Amount;
import com.gyroscops.payments.v1.Command;
import com.gyroscops.payments.v1.CommandContext;
import com.gyroscops.payments.v1.CreatePaymentRequest;
import com.gyroscops.payments.v1.ProcessPaymentRequest;
import com.gyroscops.payments.v1.RefundPaymentRequest;
import com.gyroscops.payments.write.command.CommandOutcome.Refused;
import com.gyroscops.payments.write.command.CommandOutcome.Succeeded;
import com.gyroscops.payments.write.command.CommandReader.Reading;
import com.gyroscops.payments.write.eventstore.memory.MemoryEventStore;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** In which currencies payments are made, and that it matters when they are made alone. */
class NewPaymentCurrencyTest {

  private Instant now = Instant.parse("2026-11-30T12:00:00Z");
  private final CommandBatcher batcher =
      new CommandBatcher(
          new MemoryEventStore("epoch"),
          (_, _) -> {},
          new Clock() {
            @Override
            public Instant instant() {
              return now;
            }

            @Override
            public ZoneOffset getZone() {
              return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(java.time.ZoneId zone) {
              return this;
            }
          },
          UUID::randomUUID,
          Runnable::run,
          _ -> {},
          64);

  @AfterEach
  void stop() {
    batcher.close();
  }

  private String answer(Command command) {
    var reader = new CommandReader(Clock.fixed(now, ZoneOffset.UTC), () -> "", () -> "");
    return switch (reader.read(command)) {
      case Reading.Malformed(var error) ->
          error.reason() + " " + error.violations().getFirst().field();
      case Reading.WellFormed(var wellFormed) ->
          switch (batcher
              .handle(wellFormed)
              .toCompletableFuture()
              .orTimeout(60, TimeUnit.SECONDS)
              .join()) {
            case Succeeded done -> done.replayed() ? "replayed" : "done";
            case Refused refused -> refused.error().reason();
          };
    };
  }

  private static CommandContext context(String requestId, @Nullable Instant effective) {
    var context = CommandContext.newBuilder().setRequestId(requestId);
    if (effective != null) {
      context.setEffectiveTime(Timestamps.of(effective));
    }
    return context.build();
  }

  private static Amount amount(long minorUnits, String currency) {
    return Amount.newBuilder().setMinorUnits(minorUnits).setCurrencyCode(currency).build();
  }

  private static Command create(String id, String currency, @Nullable Instant effective) {
    return Command.newBuilder()
        .setCreate(
            CreatePaymentRequest.newBuilder()
                .setContext(context("create-" + id, effective))
                .setOrganizationId("acme")
                .setPaymentId(id)
                .setAmount(amount(100, currency)))
        .build();
  }

  private static Command process(String id, Amount amount) {
    return Command.newBuilder()
        .setProcess(
            ProcessPaymentRequest.newBuilder()
                .setContext(context("process-" + id, null))
                .setOrganizationId("acme")
                .setPaymentId(id)
                .setAmount(amount))
        .build();
  }

  private static Command refund(String id, Amount amount) {
    return Command.newBuilder()
        .setRefund(
            RefundPaymentRequest.newBuilder()
                .setContext(context("refund-" + id, null))
                .setOrganizationId("acme")
                .setPaymentId(id)
                .setAmount(amount))
        .build();
  }

  @ParameterizedTest
  @ValueSource(strings = {"BOV", "CHE", "CHW", "CLF", "COU", "MXV", "USN", "USS", "UYI"})
  void nothingIsPaidInFunds(String code) {
    assertThat(answer(create("p", code, null)))
        .isEqualTo("FIELD_INVALID create.amount.currency_code");
    assertThat(answer(create("p", code, Instant.parse("2001-01-01T00:00:00Z"))))
        .isEqualTo("FIELD_INVALID create.amount.currency_code");
  }

  @Test
  void aWithdrawnCurrencyIsOfBeforeItsEndAndRefundedEver() {
    List<String> withdrawn =
        Currencies.codes().stream().filter(it -> Currencies.end(it).isPresent()).sorted().toList();
    assertThat(withdrawn).contains("HRK", "DEM", "ZWL", "BGN");
    for (String code : withdrawn) {
      Instant end = Currencies.end(code).orElseThrow();
      assertThat(answer(create("now-" + code, code, null))).isEqualTo("CURRENCY_WITHDRAWN");
      assertThat(answer(create("end-" + code, code, end))).isEqualTo("CURRENCY_WITHDRAWN");
      assertThat(answer(create(code, code, end.minusNanos(1_000)))).isEqualTo("done");
      assertThat(answer(process(code, amount(100, code)))).isEqualTo("done");
      assertThat(answer(refund(code, amount(40, code)))).isEqualTo("done");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"EUR", "UYW", "ZWG", "XCG"})
  void aCurrentCurrencyIsPaidInAtAnyTime(String code) {
    assertThat(answer(create("now", code, null))).isEqualTo("done");
    assertThat(answer(create("then", code, Instant.parse("1980-01-01T00:00:00Z"))))
        .isEqualTo("done");
  }

  /** A payment made in the last moment is there: the repetition of its creation must say so. */
  @Test
  void aCreationRepeatedAfterTheEndIsAnsweredAsItWas() {
    now = Currencies.end("BGN").orElseThrow().minusMillis(1);
    assertThat(answer(create("p", "BGN", null))).isEqualTo("done");
    now = now.plusSeconds(60);
    assertThat(answer(create("p", "BGN", null))).isEqualTo("replayed");
    assertThat(answer(create("q", "BGN", null))).isEqualTo("CURRENCY_WITHDRAWN");
  }

  /** It may be of a version that took more: what is left to do with it is not refused. */
  @Test
  void anOldPaymentInAFundIsRefundedInIt() {
    var read =
        (Reading.WellFormed)
            new CommandReader(Clock.fixed(now, ZoneOffset.UTC), () -> "", () -> "")
                .read(refund("p", amount(1, "CLF")));
    assertThat(read.command().command().key().paymentId()).isEqualTo("p");
  }
}
