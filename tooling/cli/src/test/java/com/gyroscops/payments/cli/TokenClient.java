package com.gyroscops.payments.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.cli.ReadServers.Answered;
import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.contract.ConsistencyTokens;
import com.gyroscops.payments.v1.Amount;
import com.gyroscops.payments.v1.CommandContext;
import com.gyroscops.payments.v1.CommandReceipt;
import com.gyroscops.payments.v1.CommandServiceGrpc;
import com.gyroscops.payments.v1.CommandServiceGrpc.CommandServiceBlockingStub;
import com.gyroscops.payments.v1.Consistency;
import com.gyroscops.payments.v1.CreatePaymentRequest;
import com.gyroscops.payments.v1.CurrencyStatistics;
import com.gyroscops.payments.v1.GetPaymentHistoryRequest;
import com.gyroscops.payments.v1.GetPaymentRequest;
import com.gyroscops.payments.v1.GetPaymentStatisticsRequest;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentFilter;
import com.gyroscops.payments.v1.PaymentStatus;
import com.gyroscops.payments.v1.ProcessPaymentRequest;
import com.gyroscops.payments.v1.QueryServiceGrpc.QueryServiceBlockingStub;
import com.gyroscops.payments.v1.ReadOptions;
import com.gyroscops.payments.v1.RefundPaymentRequest;
import com.gyroscops.payments.v1.SearchPaymentsRequest;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;

/**
 * A client that is alone in its organization, so that it knows from the answers to its commands
 * exactly what each query must find. After every command it asks a query with that command's token,
 * and takes nothing older for an answer. For one thread.
 */
final class TokenClient {

  private static final String CURRENCY = "EUR";

  /** The queries that take turns. */
  private enum Query {
    PAYMENT,
    SEARCH,
    STATISTICS,
    HISTORY
  }

  /** A command that was carried out. */
  private record Done(String command, CommandReceipt receipt, Payment payment) {}

  private final String organization;
  private final List<ManagedChannel> writeServers;
  private final ReadServers readServers;
  private final Random random;
  private final Map<String, Payment> payments = new LinkedHashMap<>();
  private final Map<Query, Integer> asked = new EnumMap<>(Query.class);
  private int requests;
  private String token = "";

  TokenClient(
      String organization,
      List<ManagedChannel> writeServers,
      ReadServers readServers,
      Random random) {
    this.organization = organization;
    this.writeServers = writeServers;
    this.readServers = readServers;
    this.random = random;
  }

  /** Carries out one command and sees its effect. */
  void step() {
    Done done = command();
    payments.put(done.payment().getPaymentId(), done.payment());
    token = done.receipt().getConsistencyToken();
    Query query = Query.values()[random.nextInt(Query.values().length)];
    asked.merge(query, 1, Integer::sum);
    switch (query) {
      case PAYMENT -> seePayment(done);
      case SEARCH -> seeInSearch(done);
      case STATISTICS -> seeInStatistics(done);
      case HISTORY -> seeInHistory(done);
    }
  }

  /** Everything that was done, as every read-server shows it. */
  void seeAllEverywhere() {
    for (int server = 0; server < readServers.count(); server++) {
      var answered = readServers.ask(server, stub -> stub.getPaymentStatistics(statistics()));
      assertStatistics("in the end, read-server-" + server, answered.answer().getCurrenciesList());
    }
  }

  /** How often each query was asked. */
  Map<String, Integer> asked() {
    Map<String, Integer> byName = new LinkedHashMap<>();
    asked.forEach((query, count) -> byName.put(query.name(), count));
    return byName;
  }

  private Done command() {
    CommandServiceBlockingStub commands =
        CommandServiceGrpc.newBlockingStub(writeServers.get(random.nextInt(writeServers.size())));
    List<Payment> open = payments.values().stream().filter(TokenClient::isOpen).toList();
    if (open.isEmpty() || random.nextInt(3) == 0) {
      return create(commands);
    }
    Payment payment = open.get(random.nextInt(open.size()));
    return payment.getStatus() == PaymentStatus.PAYMENT_STATUS_PROCESSING
        ? process(commands, payment)
        : refund(commands, payment);
  }

  private Done create(CommandServiceBlockingStub commands) {
    String id = "p-" + payments.size();
    var response =
        commands.createPayment(
            CreatePaymentRequest.newBuilder()
                .setContext(context())
                .setOrganizationId(organization)
                .setPaymentId(id)
                .setAmount(amount(1 + random.nextInt(100_000)))
                .setMerchantReference(id)
                .build());
    return new Done("create", response.getReceipt(), response.getPayment());
  }

  private Done process(CommandServiceBlockingStub commands, Payment payment) {
    var response =
        commands.processPayment(
            ProcessPaymentRequest.newBuilder()
                .setContext(context())
                .setOrganizationId(organization)
                .setPaymentId(payment.getPaymentId())
                .build());
    return new Done("process", response.getReceipt(), response.getPayment());
  }

  private Done refund(CommandServiceBlockingStub commands, Payment payment) {
    long left = left(payment);
    var response =
        commands.refundPayment(
            RefundPaymentRequest.newBuilder()
                .setContext(context())
                .setOrganizationId(organization)
                .setPaymentId(payment.getPaymentId())
                .setAmount(amount(random.nextBoolean() ? left : 1 + left / 2))
                .build());
    return new Done("refund", response.getReceipt(), response.getPayment());
  }

  private static boolean isOpen(Payment payment) {
    return payment.getStatus() == PaymentStatus.PAYMENT_STATUS_PROCESSING || left(payment) > 0;
  }

  private static long left(Payment payment) {
    return payment.getCapturedAmount().getMinorUnits()
        - payment.getRefundedAmount().getMinorUnits();
  }

  private CommandContext context() {
    requests++;
    return CommandContext.newBuilder().setRequestId("r-" + requests).build();
  }

  private static Amount amount(long minorUnits) {
    return Amount.newBuilder().setMinorUnits(minorUnits).setCurrencyCode(CURRENCY).build();
  }

  private void seePayment(Done done) {
    var request =
        GetPaymentRequest.newBuilder()
            .setOrganizationId(organization)
            .setPaymentId(done.payment().getPaymentId())
            .setReadOptions(fresh())
            .build();
    see(
        done,
        stub -> stub.getPayment(request),
        (what, answer) -> assertThat(answer.getPayment()).as(what).isEqualTo(done.payment()));
  }

  /** The one payment of that reference, found by the status that the command gave it. */
  private void seeInSearch(Done done) {
    var request =
        SearchPaymentsRequest.newBuilder()
            .setOrganizationId(organization)
            .setFilter(
                PaymentFilter.newBuilder()
                    .setMerchantReference(done.payment().getMerchantReference())
                    .addStatuses(done.payment().getStatus()))
            .setReadOptions(fresh())
            .build();
    see(
        done,
        stub -> stub.searchPayments(request),
        (what, answer) ->
            assertThat(answer.getPaymentsList()).as(what).containsExactly(done.payment()));
  }

  private void seeInStatistics(Done done) {
    var request = statistics();
    see(
        done,
        stub -> stub.getPaymentStatistics(request),
        (what, answer) -> assertStatistics(what, answer.getCurrenciesList()));
  }

  private void seeInHistory(Done done) {
    // More versions than fit a page would take more than 100 refunds, which no payment has.
    var request =
        GetPaymentHistoryRequest.newBuilder()
            .setOrganizationId(organization)
            .setPaymentId(done.payment().getPaymentId())
            .setPageSize(200)
            .setReadOptions(fresh())
            .build();
    see(
        done,
        stub -> stub.getPaymentHistory(request),
        (what, answer) -> {
          assertThat(answer.getEventsList()).as(what).hasSize((int) done.payment().getVersion());
          assertThat(answer.getEventsList().getLast().getEventId())
              .as(what)
              .isEqualTo(done.receipt().getEventId());
        });
  }

  private GetPaymentStatisticsRequest statistics() {
    return GetPaymentStatisticsRequest.newBuilder()
        .setOrganizationId(organization)
        .setReadOptions(fresh())
        .build();
  }

  private void assertStatistics(String what, List<CurrencyStatistics> currencies) {
    assertThat(currencies).as(what).hasSize(1);
    PaymentSums.assertOf(payments.values(), currencies.getFirst(), what);
  }

  private ReadOptions fresh() {
    return ReadOptions.newBuilder()
        .setConsistency(Consistency.newBuilder().setAtLeastAsFresh(token))
        .build();
  }

  /** Compares an answer with what must be in it. */
  @FunctionalInterface
  private interface Check<T> {
    void accept(String what, T answer);
  }

  private <T> void see(Done done, Function<QueryServiceBlockingStub, T> query, Check<T> check) {
    Answered<T> answered;
    try {
      answered = readServers.ask(random, query);
    } catch (StatusRuntimeException e) {
      throw new AssertionError(describe(done) + ": " + ApiError.from(e), e);
    }
    check.accept(
        "%s: answer of read-server-%d after %d refusals: %s"
            .formatted(describe(done), answered.server(), answered.refusals(), answered.answer()),
        answered.answer());
  }

  private String describe(Done done) {
    return "with the token of %s of %s/%s, version %d at position %d"
        .formatted(
            done.command(),
            organization,
            done.payment().getPaymentId(),
            done.payment().getVersion(),
            ConsistencyTokens.decode(token).orElseThrow().getPosition());
  }
}
