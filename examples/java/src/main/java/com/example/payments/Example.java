package com.example.payments;

import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.contract.ServiceConfig;
import com.gyroscops.payments.v1.Amount;
import com.gyroscops.payments.v1.CommandContext;
import com.gyroscops.payments.v1.CommandServiceGrpc;
import com.gyroscops.payments.v1.CommandServiceGrpc.CommandServiceBlockingStub;
import com.gyroscops.payments.v1.Consistency;
import com.gyroscops.payments.v1.CreatePaymentRequest;
import com.gyroscops.payments.v1.GetPaymentRequest;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.v1.PaymentFilter;
import com.gyroscops.payments.v1.PaymentStatus;
import com.gyroscops.payments.v1.ProcessPaymentRequest;
import com.gyroscops.payments.v1.QueryServiceGrpc;
import com.gyroscops.payments.v1.QueryServiceGrpc.QueryServiceBlockingStub;
import com.gyroscops.payments.v1.ReadOptions;
import com.gyroscops.payments.v1.RefundPaymentRequest;
import com.gyroscops.payments.v1.SearchPaymentsRequest;
import com.gyroscops.payments.v1.WatchPaymentsRequest;
import com.gyroscops.payments.v1.WatchPaymentsResponse;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.StatusRuntimeException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * A payment from its creation to its refund. Arguments: addresses of a write-server and a
 * read-server, each {@code HOST:PORT}.
 */
public final class Example {

  /** Longest that a call may take, its retries included. */
  private static final int CALL_SECONDS = 5;

  /** Longest that a watch waits for an event. */
  private static final int WATCH_SECONDS = 20;

  /** Before a watch that ended goes on. */
  private static final int RESUME_PAUSE_MILLIS = 200;

  private static final String ORGANIZATION = "examples";

  private final ManagedChannel writeServer;
  private final ManagedChannel readServer;
  private final String paymentId = "java-" + UUID.randomUUID();

  private Example(ManagedChannel writeServer, ManagedChannel readServer) {
    this.writeServer = writeServer;
    this.readServer = readServer;
  }

  public static void main(String[] args) throws Exception {
    ManagedChannel writeServer = connect(address(args, 0, "PAYMENTS_WRITE_SERVER", 50_051));
    ManagedChannel readServer = connect(address(args, 1, "PAYMENTS_READ_SERVER", 50_052));
    try {
      new Example(writeServer, readServer).run();
    } finally {
      writeServer.shutdownNow();
      readServer.shutdownNow();
    }
  }

  private static String address(String[] args, int index, String variable, int port) {
    return args.length > index
        ? args[index]
        : System.getenv().getOrDefault(variable, "127.0.0.1:" + port);
  }

  /**
   * Retries, which request_id makes safe, and load balancing are in the service config that the API
   * ships.
   */
  private static ManagedChannel connect(String server) {
    return ManagedChannelBuilder.forTarget("dns:///" + server)
        .usePlaintext()
        .defaultServiceConfig(ServiceConfig.shipped())
        .enableRetry()
        .build();
  }

  private CommandServiceBlockingStub commands() {
    return CommandServiceGrpc.newBlockingStub(writeServer)
        .withDeadlineAfter(CALL_SECONDS, TimeUnit.SECONDS);
  }

  private QueryServiceBlockingStub queries() {
    return QueryServiceGrpc.newBlockingStub(readServer)
        .withDeadlineAfter(CALL_SECONDS, TimeUnit.SECONDS);
  }

  private void run() throws Exception {
    // A command that is refused says why, and which field is at fault.
    try {
      commands().createPayment(create(amount(1999, "EURO")));
      throw new IllegalStateException("a currency that does not exist was taken");
    } catch (StatusRuntimeException e) {
      // Empty where it is not an answer of this API: no connection, for one.
      ApiError refused = ApiError.from(e).orElseThrow(() -> e);
      print("refused", refused.code() + " " + refused.reason());
      refused
          .violations()
          .forEach(violation -> print("", violation.field() + ": " + violation.description()));
      expect("FIELD_INVALID", refused.reason());
      expect("amount.currency_code", refused.violations().getFirst().field());
    }

    // One that is sent again, as after an answer that was lost, is answered again and done once.
    CreatePaymentRequest create = create(amount(1999, "EUR"));
    var created = commands().createPayment(create);
    print("created", paymentId + " " + text(created.getPayment()));
    var repeated = commands().createPayment(create);
    print(
        "repeated",
        "replayed %s, event %s"
            .formatted(repeated.getReceipt().getReplayed(), repeated.getReceipt().getEventId()));
    expect(true, repeated.getReceipt().getReplayed());
    expect(created.getReceipt().getEventId(), repeated.getReceipt().getEventId());

    var processed =
        commands()
            .processPayment(
                ProcessPaymentRequest.newBuilder()
                    .setContext(newCommand())
                    .setOrganizationId(ORGANIZATION)
                    .setPaymentId(paymentId)
                    .build());
    print("processed", text(processed.getPayment()));
    expect(PaymentStatus.PAYMENT_STATUS_COMPLETED, processed.getPayment().getStatus());

    // Whoever reads with the command's token sees its effect, whichever server and source answers.
    var fresh =
        ReadOptions.newBuilder()
            .setConsistency(
                Consistency.newBuilder()
                    .setAtLeastAsFresh(processed.getReceipt().getConsistencyToken()));
    var got =
        queries()
            .getPayment(
                GetPaymentRequest.newBuilder()
                    .setOrganizationId(ORGANIZATION)
                    .setPaymentId(paymentId)
                    .setReadOptions(fresh)
                    .build());
    print("read", text(got.getPayment()) + " from " + got.getRead().getSource());
    expect(processed.getPayment(), got.getPayment());

    var found =
        queries()
            .searchPayments(
                SearchPaymentsRequest.newBuilder()
                    .setOrganizationId(ORGANIZATION)
                    .setFilter(PaymentFilter.newBuilder().setMerchantReference(paymentId))
                    .setReadOptions(fresh)
                    .build());
    print("found", found.getPaymentsCount() + " with the merchant reference " + paymentId);
    expect(List.of(processed.getPayment()), found.getPaymentsList());

    // A watch tells what followed a token; with its own newest token it is resumed, anywhere.
    Watched watched = watch(created.getReceipt().getConsistencyToken(), 2);
    print("watched", text(watched.events()));
    expect("version 2 PROCESSED", text(watched.events()));

    var refunded =
        commands()
            .refundPayment(
                RefundPaymentRequest.newBuilder()
                    .setContext(newCommand())
                    .setOrganizationId(ORGANIZATION)
                    .setPaymentId(paymentId)
                    .setAmount(amount(999, "EUR"))
                    .build())
            .getPayment();
    print("refunded", refunded.getRefundedAmount().getMinorUnits() + " " + refunded.getStatus());
    Watched resumed = watch(watched.resumeToken(), 3);
    print("resumed", text(resumed.events()));
    expect("version 3 REFUNDED", text(resumed.events()));
    print("ok", "");
  }

  private CreatePaymentRequest create(Amount amount) {
    return CreatePaymentRequest.newBuilder()
        .setContext(newCommand())
        .setOrganizationId(ORGANIZATION)
        .setPaymentId(paymentId)
        .setAmount(amount)
        .setMerchantReference(paymentId)
        .build();
  }

  private static Amount amount(long minorUnits, String currencyCode) {
    return Amount.newBuilder().setMinorUnits(minorUnits).setCurrencyCode(currencyCode).build();
  }

  /** A new request_id for a new command; to send one again, send the same message. */
  private static CommandContext newCommand() {
    return CommandContext.newBuilder().setRequestId(UUID.randomUUID().toString()).build();
  }

  /** What a watch told, and the token to go on from. */
  private record Watched(List<PaymentEvent> events, String resumeToken) {}

  /** Events of the payment after a token, up to a version. */
  private Watched watch(String resumeToken, long lastVersion) throws InterruptedException {
    List<PaymentEvent> events = new ArrayList<>();
    Deadline deadline = Deadline.after(WATCH_SECONDS, TimeUnit.SECONDS);
    while (true) {
      var request =
          WatchPaymentsRequest.newBuilder()
              .setOrganizationId(ORGANIZATION)
              .setPaymentId(paymentId)
              .setResumeToken(resumeToken)
              .build();
      // Closing the context ends the call.
      try (var call = Context.current().withCancellation()) {
        Context before = call.attach();
        try {
          Iterator<WatchPaymentsResponse> answers =
              QueryServiceGrpc.newBlockingStub(readServer)
                  .withDeadline(deadline)
                  .watchPayments(request);
          while (answers.hasNext()) {
            WatchPaymentsResponse answer = answers.next();
            events.addAll(answer.getEventsList());
            resumeToken = answer.getResumeToken();
            if (!events.isEmpty() && events.getLast().getVersion() >= lastVersion) {
              return new Watched(events, resumeToken);
            }
          }
        } finally {
          call.detach(before);
        }
      } catch (StatusRuntimeException e) {
        switch (e.getStatus().getCode()) {
          case UNAVAILABLE, RESOURCE_EXHAUSTED -> {} // goes on where it was
          default -> throw e;
        }
      }
      Thread.sleep(RESUME_PAUSE_MILLIS);
    }
  }

  private static String text(Payment payment) {
    return "version " + payment.getVersion() + " " + payment.getStatus();
  }

  private static String text(List<PaymentEvent> events) {
    return events.stream()
        .map(event -> "version " + event.getVersion() + " " + event.getEventCase())
        .collect(Collectors.joining(", "));
  }

  private static void print(String what, String text) {
    System.out.printf("%-10s %s%n", what, text);
  }

  private static void expect(Object expected, Object actual) {
    if (!expected.equals(actual)) {
      throw new IllegalStateException("expected " + expected + ", got " + actual);
    }
  }
}
