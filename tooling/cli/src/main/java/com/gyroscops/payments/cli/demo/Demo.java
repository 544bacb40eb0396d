package com.gyroscops.payments.cli.demo;

import com.google.protobuf.FieldMask;
import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.contract.Currencies;
import com.gyroscops.payments.v1.Amount;
import com.gyroscops.payments.v1.CommandContext;
import com.gyroscops.payments.v1.CommandReceipt;
import com.gyroscops.payments.v1.CommandServiceGrpc.CommandServiceBlockingStub;
import com.gyroscops.payments.v1.Consistency;
import com.gyroscops.payments.v1.CreatePaymentRequest;
import com.gyroscops.payments.v1.FailPaymentRequest;
import com.gyroscops.payments.v1.Failure;
import com.gyroscops.payments.v1.FailurePersonalData;
import com.gyroscops.payments.v1.GetPaymentHistoryRequest;
import com.gyroscops.payments.v1.GetPaymentRequest;
import com.gyroscops.payments.v1.GetPaymentStatisticsRequest;
import com.gyroscops.payments.v1.GetPaymentTimelineRequest;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.v1.PersonalData;
import com.gyroscops.payments.v1.ProcessPaymentRequest;
import com.gyroscops.payments.v1.QueryServiceGrpc.QueryServiceBlockingStub;
import com.gyroscops.payments.v1.ReadMetadata;
import com.gyroscops.payments.v1.ReadOptions;
import com.gyroscops.payments.v1.RefundPaymentRequest;
import com.gyroscops.payments.v1.RefundPaymentResponse;
import com.gyroscops.payments.v1.RefundPersonalData;
import com.gyroscops.payments.v1.SearchPaymentsRequest;
import com.gyroscops.payments.v1.UpdatePaymentRequest;
import io.grpc.StatusRuntimeException;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Collectors;

/**
 * A story told through the API: what is asked and what comes back, a line each. Which payments
 * there are follows from the seed; identities are those of one run, so that runs do not meet.
 */
public final class Demo {

  /** The story needs one to refund, one that fails, one that waits and one more. */
  public static final int PAYMENTS_MIN = 4;

  private static final List<String> CURRENCIES = List.of("EUR", "GBP", "USD", "JPY", "KWD");
  private static final List<String> THINGS =
      List.of(
          "4 vCPU, 30 days",
          "object storage, 2 TB",
          "managed PostgreSQL, 1 node",
          "GPU workflow, 12 h",
          "egress, 800 GB",
          "team seat");

  private final CommandServiceBlockingStub commands;
  private final QueryServiceBlockingStub queries;
  private final String organization;
  private final Random random;
  private final PrintWriter out;
  private int requests;
  private String token = "";

  public Demo(
      CommandServiceBlockingStub commands,
      QueryServiceBlockingStub queries,
      String organization,
      long seed,
      PrintWriter out) {
    this.commands = commands;
    this.queries = queries;
    this.organization = organization;
    this.random = new Random(seed);
    this.out = out;
  }

  /**
   * Plays it.
   *
   * @throws StatusRuntimeException if a call fails that should not
   * @throws IllegalStateException if one succeeds that should not
   */
  public void run(int payments) {
    say("Commands, organization " + organization);
    for (int i = 1; i <= payments; i++) {
      create(i);
    }
    Payment first = process(1);
    fail(2);
    for (int i = 4; i <= payments; i++) {
      process(i);
    }
    update(3);
    RefundPaymentRequest partial = refund(first, first.getAmount().getMinorUnits() / 4);
    refund(first, first.getAmount().getMinorUnits() / 3);
    refundTooMuch(first);
    replay(partial);

    say("");
    say("Queries, at least as fresh as the last command");
    get(first.getPaymentId());
    search();
    statistics();
    history(first.getPaymentId());
    timeline();
    out.flush();
  }

  private void create(int number) {
    String currency = CURRENCIES.get(random.nextInt(CURRENCIES.size()));
    Amount amount =
        Amount.newBuilder()
            .setMinorUnits(500 + random.nextInt(50_000))
            .setCurrencyCode(currency)
            .build();
    var response =
        commands.createPayment(
            CreatePaymentRequest.newBuilder()
                .setContext(context())
                .setOrganizationId(organization)
                .setPaymentId(payment(number))
                .setAmount(amount)
                .setPersonalData(
                    PersonalData.newBuilder()
                        .setUserId("user-" + (1 + random.nextInt(3)))
                        .setDescription(THINGS.get(random.nextInt(THINGS.size())))
                        .putMetadata("plan", random.nextBoolean() ? "team" : "solo"))
                .setMerchantReference("order-" + (1_000 + number))
                .build());
    tell("create", response.getReceipt(), response.getPayment());
  }

  private Payment process(int number) {
    var response =
        commands.processPayment(
            ProcessPaymentRequest.newBuilder()
                .setContext(context())
                .setOrganizationId(organization)
                .setPaymentId(payment(number))
                .setProviderReference("psp-" + random.nextInt(1_000_000))
                .build());
    tell("process", response.getReceipt(), response.getPayment());
    return response.getPayment();
  }

  private void fail(int number) {
    var response =
        commands.failPayment(
            FailPaymentRequest.newBuilder()
                .setContext(context())
                .setOrganizationId(organization)
                .setPaymentId(payment(number))
                .setFailure(
                    Failure.newBuilder()
                        .setCode("card_declined")
                        .setPersonalData(
                            FailurePersonalData.newBuilder().setMessage("insufficient funds")))
                .build());
    tell("fail", response.getReceipt(), response.getPayment());
  }

  private void update(int number) {
    var response =
        commands.updatePayment(
            UpdatePaymentRequest.newBuilder()
                .setContext(context())
                .setOrganizationId(organization)
                .setPaymentId(payment(number))
                .setPayment(
                    Payment.newBuilder()
                        .setPersonalData(
                            PersonalData.newBuilder().setDescription("as agreed by phone")))
                .setUpdateMask(FieldMask.newBuilder().addPaths("personal_data.description"))
                .build());
    tell("update", response.getReceipt(), response.getPayment());
  }

  private RefundPaymentRequest refund(Payment payment, long minorUnits) {
    RefundPaymentRequest request = refundRequest(payment, minorUnits);
    RefundPaymentResponse response = commands.refundPayment(request);
    tell("refund " + text(request.getAmount()), response.getReceipt(), response.getPayment());
    return request;
  }

  private void refundTooMuch(Payment payment) {
    RefundPaymentRequest request = refundRequest(payment, payment.getAmount().getMinorUnits());
    try {
      commands.refundPayment(request);
      throw new IllegalStateException("a refund beyond what is left was carried out");
    } catch (StatusRuntimeException e) {
      ApiError error = ApiError.from(e).orElseThrow(() -> e);
      line(
          "refund " + text(request.getAmount()),
          payment.getPaymentId(),
          e.getStatus().getCode()
              + " "
              + error.reason()
              + ", remaining_minor_units "
              + error.metadata().get("remaining_minor_units"));
    }
  }

  private void replay(RefundPaymentRequest request) {
    RefundPaymentResponse response = commands.refundPayment(request);
    line(
        "again, same id",
        request.getPaymentId(),
        "replayed "
            + response.getReceipt().getReplayed()
            + ", event "
            + response.getReceipt().getEventId());
    if (!response.getReceipt().getReplayed()) {
      throw new IllegalStateException("a request id was executed twice");
    }
  }

  private RefundPaymentRequest refundRequest(Payment payment, long minorUnits) {
    return RefundPaymentRequest.newBuilder()
        .setContext(context())
        .setOrganizationId(organization)
        .setPaymentId(payment.getPaymentId())
        .setAmount(payment.getAmount().toBuilder().setMinorUnits(minorUnits))
        .setPersonalData(RefundPersonalData.newBuilder().setReason("service credit"))
        .build();
  }

  private void get(String payment) {
    var response =
        queries.getPayment(
            GetPaymentRequest.newBuilder()
                .setOrganizationId(organization)
                .setPaymentId(payment)
                .setReadOptions(fresh())
                .build());
    line("get", payment, state(response.getPayment()) + source(response.getRead()));
  }

  private void search() {
    var request =
        SearchPaymentsRequest.newBuilder()
            .setOrganizationId(organization)
            .setPageSize(3)
            .setCountTotal(true)
            .setReadOptions(fresh());
    var response = queries.searchPayments(request.build());
    String found =
        response.getPaymentsList().stream()
            .map(payment -> payment.getPaymentId() + " " + text(payment.getAmount()))
            .collect(Collectors.joining(", "));
    line("search", "newest 3 of " + response.getTotalCount(), found + source(response.getRead()));
    var next = queries.searchPayments(request.setPageToken(response.getNextPageToken()).build());
    line(
        "search",
        "next page",
        next.getPaymentsList().stream()
            .map(Payment::getPaymentId)
            .collect(Collectors.joining(", ")));
  }

  private void statistics() {
    var response =
        queries.getPaymentStatistics(
            GetPaymentStatisticsRequest.newBuilder()
                .setOrganizationId(organization)
                .setReadOptions(fresh())
                .build());
    for (var currency : response.getCurrenciesList()) {
      String code = currency.getCurrencyCode();
      line(
          "statistics",
          code,
          currency.getPaymentCount()
              + " payments, gross "
              + text(code, currency.getGrossMinorUnits())
              + ", captured "
              + text(code, currency.getCapturedMinorUnits())
              + ", refunded "
              + text(code, currency.getRefundedMinorUnits())
              + ", net "
              + text(code, currency.getNetMinorUnits()));
    }
  }

  private void history(String payment) {
    var response =
        queries.getPaymentHistory(
            GetPaymentHistoryRequest.newBuilder()
                .setOrganizationId(organization)
                .setPaymentId(payment)
                .setReadOptions(fresh())
                .build());
    line("history", payment, events(response.getEventsList()));
  }

  private void timeline() {
    var response =
        queries.getPaymentTimeline(
            GetPaymentTimelineRequest.newBuilder()
                .setOrganizationId(organization)
                .setCorrelationId(correlation())
                .setPageSize(6)
                .setReadOptions(fresh())
                .build());
    line("timeline", correlation(), events(response.getEventsList()) + " ...");
  }

  private static String events(List<PaymentEvent> events) {
    return events.stream()
        .map(event ->
            event.getEventCase().name().toLowerCase(Locale.ROOT) + " @" + event.getPosition())
        .collect(Collectors.joining(", "));
  }

  private CommandContext context() {
    requests++;
    return CommandContext.newBuilder()
        .setRequestId("demo-" + requests)
        .setCorrelationId(correlation())
        .build();
  }

  private String correlation() {
    return "checkout-" + organization;
  }

  private ReadOptions fresh() {
    return ReadOptions.newBuilder()
        .setConsistency(Consistency.newBuilder().setAtLeastAsFresh(token))
        .build();
  }

  private static String payment(int number) {
    return String.format(Locale.ROOT, "pay-%03d", number);
  }

  private void tell(String command, CommandReceipt receipt, Payment payment) {
    token = receipt.getConsistencyToken();
    line(command, payment.getPaymentId(), state(payment));
  }

  private static String state(Payment payment) {
    String status = payment.getStatus().name().replace("PAYMENT_STATUS_", "");
    long refunded = payment.getRefundedAmount().getMinorUnits();
    return text(payment.getAmount())
        + " "
        + status
        + " v"
        + payment.getVersion()
        + (refunded == 0 ? "" : ", refunded " + text(payment.getRefundedAmount()))
        + (payment.hasFailure() ? ", " + payment.getFailure().getCode() : "");
  }

  private static String source(ReadMetadata read) {
    return "  (" + read.getSource().name().replace("READ_SOURCE_", "source ") + ")";
  }

  private static String text(Amount amount) {
    return text(amount.getCurrencyCode(), amount.getMinorUnits());
  }

  private static String text(String currency, long minorUnits) {
    int exponent = Currencies.exponent(currency).orElseThrow();
    return BigDecimal.valueOf(minorUnits, exponent).toPlainString() + " " + currency;
  }

  private void line(String what, String which, String result) {
    say(String.format(Locale.ROOT, "  %-20s %-16s %s", what, which, result));
  }

  private void say(String text) {
    out.println(text);
    out.flush();
  }
}
