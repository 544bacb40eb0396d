package com.gyroscops.payments.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.v1.Amount;
import com.gyroscops.payments.v1.CancelInvoiceSettlementRequest;
import com.gyroscops.payments.v1.CommandContext;
import com.gyroscops.payments.v1.CreatePaymentRequest;
import com.gyroscops.payments.v1.GetInvoiceSettlementRequest;
import com.gyroscops.payments.v1.InvoiceSettlement;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.v1.PaymentEvent.EventCase;
import com.gyroscops.payments.v1.SettleInvoiceRequest;
import com.gyroscops.payments.v1.SettledPayment;
import com.gyroscops.payments.v1.SettlementState;
import com.gyroscops.payments.v1.SettlementStep;
import io.grpc.ManagedChannel;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Settlements of which most are cancelled at some moment. Invariant: one whose cancellation was
 * acknowledged ends as cancelled, every payment that it processed refunded once and in whole; any
 * other ends as settled, every payment processed once.
 */
final class CancelledSettlements implements AutoCloseable {

  private static final int SETTLEMENTS = 12;
  private static final int PAYMENTS = 4;
  private static final int BEGIN_WITHIN_MILLIS = 3_000;
  private static final int CANCEL_WITHIN_MILLIS = 1_500;
  private static final Duration POLL = Duration.ofMillis(200);

  private final List<ManagedChannel> servers;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final List<Future<Ended>> running = new ArrayList<>();

  /** How one ended, and whether a cancellation of it was acknowledged. */
  private record Ended(InvoiceSettlement settlement, boolean cancelled) {}

  /** Creates what they settle. */
  CancelledSettlements(List<ManagedChannel> servers) throws InterruptedException {
    this.servers = servers;
    for (int i = 0; i < SETTLEMENTS; i++) {
      for (String payment : payments(i)) {
        SubmissionsIT.call(
            servers,
            stub ->
                stub.createPayment(
                    CreatePaymentRequest.newBuilder()
                        .setContext(CommandContext.newBuilder().setRequestId("setup-" + payment))
                        .setOrganizationId("acme")
                        .setPaymentId(payment)
                        .setAmount(Amount.newBuilder().setMinorUnits(500).setCurrencyCode("EUR"))
                        .build()));
      }
    }
  }

  private static List<String> payments(int settlement) {
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < PAYMENTS; i++) {
      ids.add("settled-%d-%d".formatted(settlement, i));
    }
    return ids;
  }

  /** Begins all of them, each after a while. */
  void begin(Random random) {
    for (int i = 0; i < SETTLEMENTS; i++) {
      int settlement = i;
      int beginMillis = random.nextInt(BEGIN_WITHIN_MILLIS);
      int cancelMillis = i % 4 == 0 ? -1 : random.nextInt(CANCEL_WITHIN_MILLIS);
      running.add(
          threads.submit(() -> {
            Thread.sleep(beginMillis);
            return settle(settlement, cancelMillis);
          }));
    }
  }

  /**
   * Settles, cancels and awaits the end.
   *
   * @param cancelMillis below 0: not at all
   */
  private Ended settle(int settlement, int cancelMillis) throws InterruptedException {
    String request = "settlement-" + settlement;
    SettleInvoiceRequest settle =
        SettleInvoiceRequest.newBuilder()
            .setContext(CommandContext.newBuilder().setRequestId(request))
            .setOrganizationId("acme")
            .setInvoiceId("invoice-" + settlement)
            .addAllPaymentIds(payments(settlement))
            .build();
    SubmissionsIT.call(servers, stub -> stub.settleInvoice(settle));
    boolean cancelled = false;
    if (cancelMillis >= 0) {
      Thread.sleep(cancelMillis);
      cancelled = cancel(request);
    }
    GetInvoiceSettlementRequest get =
        GetInvoiceSettlementRequest.newBuilder()
            .setOrganizationId("acme")
            .setRequestId(request)
            .build();
    long deadline = System.nanoTime() + SubmissionsIT.END_MAX.toNanos();
    while (System.nanoTime() < deadline) {
      InvoiceSettlement now =
          SubmissionsIT.call(servers, stub -> stub.getInvoiceSettlement(get)).getSettlement();
      switch (now.getState()) {
        case SETTLEMENT_STATE_PENDING,
            SETTLEMENT_STATE_SETTLING,
            SETTLEMENT_STATE_CANCELLING,
            SETTLEMENT_STATE_COMPENSATING ->
            Thread.sleep(POLL);
        default -> {
          return new Ended(now, cancelled);
        }
      }
    }
    throw new AssertionError(request + " does not end");
  }

  /** Whether it was acknowledged; otherwise it had ended before. */
  private boolean cancel(String request) throws InterruptedException {
    CancelInvoiceSettlementRequest cancel =
        CancelInvoiceSettlementRequest.newBuilder()
            .setOrganizationId("acme")
            .setRequestId(request)
            .build();
    try {
      SubmissionsIT.call(servers, stub -> stub.cancelInvoiceSettlement(cancel));
      return true;
    } catch (StatusRuntimeException e) {
      assertThat(e.getStatus().getCode()).isEqualTo(Code.FAILED_PRECONDITION);
      ApiError error = ApiError.from(e).orElseThrow();
      assertThat(error.reason()).isEqualTo("SETTLEMENT_ENDED");
      assertThat(error.metadata())
          .containsEntry("state", SettlementState.SETTLEMENT_STATE_SETTLED.name());
      return false;
    }
  }

  /**
   * Awaits their ends and compares with the log.
   *
   * @param statement in the write database
   * @return how many events they have, with those that created their payments
   */
  int assertEnded(Statement statement) throws Exception {
    Map<String, List<EventCase>> events = new HashMap<>();
    List<InvoiceSettlement> ends = new ArrayList<>();
    int cancelled = 0;
    for (Future<Ended> each : running) {
      Ended ended = each.get();
      assertThat(ended.settlement().getState())
          .as(ended.settlement().getRequestId())
          .isEqualTo(
              ended.cancelled()
                  ? SettlementState.SETTLEMENT_STATE_CANCELLED
                  : SettlementState.SETTLEMENT_STATE_SETTLED);
      ends.add(ended.settlement());
      cancelled += ended.cancelled() ? 1 : 0;
    }
    try (ResultSet row = statement.executeQuery("select payload from events order by position")) {
      while (row.next()) {
        PaymentEvent event = PaymentEvent.parseFrom(row.getBytes(1));
        events
            .computeIfAbsent(event.getPaymentId(), _ -> new ArrayList<>())
            .add(event.getEventCase());
      }
    }
    int all = 0;
    for (InvoiceSettlement end : ends) {
      for (SettledPayment payment : end.getPaymentsList()) {
        assertThat(events.get(payment.getPaymentId()))
            .as(end.toString())
            .isEqualTo(expected(end.getState(), payment.getStep()));
        all += events.getOrDefault(payment.getPaymentId(), List.of()).size();
      }
    }
    System.out.printf("  settlements: %d cancelled of %d%n", cancelled, ends.size());
    return all;
  }

  private static List<EventCase> expected(SettlementState state, SettlementStep step) {
    if (state == SettlementState.SETTLEMENT_STATE_SETTLED) {
      assertThat(step).isEqualTo(SettlementStep.SETTLEMENT_STEP_PROCESSED);
      return List.of(EventCase.CREATED, EventCase.PROCESSED);
    }
    assertThat(step)
        .isIn(SettlementStep.SETTLEMENT_STEP_WAITING, SettlementStep.SETTLEMENT_STEP_REFUNDED);
    return step == SettlementStep.SETTLEMENT_STEP_WAITING
        ? List.of(EventCase.CREATED)
        : List.of(EventCase.CREATED, EventCase.PROCESSED, EventCase.REFUNDED);
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
