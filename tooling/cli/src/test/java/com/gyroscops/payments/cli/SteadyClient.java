package com.gyroscops.payments.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.FieldMask;
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
import com.gyroscops.payments.v1.GetPaymentRequest;
import com.gyroscops.payments.v1.GetPaymentResponse;
import com.gyroscops.payments.v1.GetPaymentStatisticsRequest;
import com.gyroscops.payments.v1.GetPaymentStatisticsResponse;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentFilter;
import com.gyroscops.payments.v1.PaymentStatus;
import com.gyroscops.payments.v1.PersonalData;
import com.gyroscops.payments.v1.ProcessPaymentRequest;
import com.gyroscops.payments.v1.QueryServiceGrpc.QueryServiceBlockingStub;
import com.gyroscops.payments.v1.ReadMetadata;
import com.gyroscops.payments.v1.ReadOptions;
import com.gyroscops.payments.v1.ReadSource;
import com.gyroscops.payments.v1.ReadStrategy;
import com.gyroscops.payments.v1.RefundPaymentRequest;
import com.gyroscops.payments.v1.SearchPaymentsRequest;
import com.gyroscops.payments.v1.SearchPaymentsResponse;
import com.gyroscops.payments.v1.StatusStatistics;
import com.gyroscops.payments.v1.UpdatePaymentRequest;
import io.grpc.ManagedChannel;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * A client that is alone in its organization, so that the answers to its commands say exactly what
 * each query must find. After every command it asks, with that command's token and by every way,
 * for the payment, for its group by filter and by text, and for the statistics, by one strategy or
 * another; anything else than the whole truth is an error. For one thread at a time.
 */
final class SteadyClient {

  private static final String CURRENCY = "EUR";
  private static final int PAGE = 200;

  private static final List<ReadStrategy> STRATEGIES =
      List.of(
          ReadStrategy.READ_STRATEGY_CACHE_FIRST,
          ReadStrategy.READ_STRATEGY_DATABASE_FIRST,
          ReadStrategy.READ_STRATEGY_PARALLEL);

  /** Payments that share a user and a word, few enough to compare all with every search. */
  private static final int GROUP = 12;

  /** Payments that are looked up one by one in a source. */
  private static final int NEWEST = 10;

  private static final Duration COMMAND_MAX = Duration.ofSeconds(30);

  /** Longest outage of the write side. */
  private static final Duration COMMANDS_AWAY_MAX = Duration.ofMinutes(2);

  /** Deadline of a question that is to be refused: twice what a server waits for the source. */
  private static final Duration REFUSAL_MAX = Duration.ofSeconds(5);

  /** How often such a question may end at its deadline. */
  private static final int REFUSAL_ATTEMPTS_MAX = 12;

  /** A command that was carried out. */
  private record Done(CommandReceipt receipt, Payment payment) {}

  private final String organization;
  private final ManagedChannel writeServer;
  private final ReadFleet fleet;
  private final BooleanSupplier writesMayFail;
  private final Random random;
  // In the order of their newest changes.
  private final SequencedMap<String, Payment> payments = new LinkedHashMap<>();
  private int requests;
  private volatile String token = "";

  /**
   * @param writesMayFail whether a command may be refused for want of a store
   */
  SteadyClient(
      String organization,
      ManagedChannel writeServer,
      ReadFleet fleet,
      BooleanSupplier writesMayFail,
      Random random) {
    this.organization = organization;
    this.writeServer = writeServer;
    this.fleet = fleet;
    this.writesMayFail = writesMayFail;
    this.random = random;
  }

  /** Carries out one command and sees its effect by every way. */
  void step() {
    Payment changed = change();
    fleet.ways().forEach(way -> see(way, changed, ReadSource.READ_SOURCE_UNSPECIFIED));
  }

  /** Carries out one command. */
  Payment change() {
    Done done = command();
    Payment payment = done.payment();
    payments.remove(payment.getPaymentId());
    payments.put(payment.getPaymentId(), payment);
    token = done.receipt().getConsistencyToken();
    fleet.count("commands");
    return payment;
  }

  /** Position of the newest command's event; 0: there was none. */
  long position() {
    String newest = token;
    return newest.isEmpty() ? 0 : ConsistencyTokens.decode(newest).orElseThrow().getPosition();
  }

  /** Asks one way for what was done, by all queries that a source can answer. */
  void see(int way, ReadSource source) {
    see(way, payments.sequencedValues().getLast(), source);
  }

  private void see(int way, Payment changed, ReadSource source) {
    if (source != ReadSource.READ_SOURCE_SEARCH) {
      seePayment(way, changed, source);
    }
    if (source != ReadSource.READ_SOURCE_REDIS) {
      seeGroup(way, changed, source, PaymentFilter.newBuilder().setUserId(user(changed)).build());
      seeGroup(way, changed, source, PaymentFilter.newBuilder().setText(word(changed)).build());
    }
    if (source != ReadSource.READ_SOURCE_REDIS && source != ReadSource.READ_SOURCE_SEARCH) {
      seeStatistics(way, source);
    }
  }

  /** Compares everything that a source of a server can answer with everything that was done. */
  void seeAll(int server, ReadSource source) {
    see(server, source);
    if (source == ReadSource.READ_SOURCE_REDIS) {
      return;
    }
    Map<String, Payment> found = new TreeMap<>();
    String page = "";
    do {
      var request =
          SearchPaymentsRequest.newBuilder()
              .setOrganizationId(organization)
              .setPageSize(PAGE)
              .setCountTotal(true)
              .setPageToken(page)
              .setReadOptions(fresh(source))
              .build();
      var answer =
          ask(
              server,
              source,
              "all payments of " + source,
              stub -> stub.searchPayments(request),
              SearchPaymentsResponse::getRead);
      assertThat(answer.getTotalCount())
          .as("total in %s of read-server-%d", source, server)
          .isEqualTo(payments.size());
      answer.getPaymentsList().forEach(it -> found.put(it.getPaymentId(), it));
      page = answer.getNextPageToken();
    } while (!page.isEmpty());
    assertThat(found).as("%s of read-server-%d", source, server).isEqualTo(payments);
  }

  /** The payments changed last, looked up one by one, wherever they are found. */
  void seeNewest(int server, ReadSource source) {
    payments.sequencedValues().reversed().stream()
        .limit(NEWEST)
        .forEach(it -> seePayment(server, it, source));
  }

  /** A source says that it cannot answer what was done last, and when to ask again. */
  void isRefused(int server, ReadSource source) {
    Payment newest = payments.sequencedValues().getLast();
    String what = "%s of read-server-%d".formatted(source, server);
    StatusRuntimeException refused = refusal(server, newest, source, what);
    for (int attempt = 1;
        refused.getStatus().getCode() == Code.DEADLINE_EXCEEDED && attempt < REFUSAL_ATTEMPTS_MAX;
        attempt++) {
      fleet.count("refused too late");
      refused = refusal(server, newest, source, what);
    }
    StatusRuntimeException last = refused;
    ApiError error =
        ApiError.from(last).orElseThrow(() -> new AssertionError(what + ": " + last, last));
    assertThat(error.code()).as("%s: %s", what, error).isEqualTo(Code.UNAVAILABLE);
    assertThat(error.retryAfter()).as("%s: %s", what, error).isNotNull();
    fleet.count("refused as " + error.reason());
  }

  private StatusRuntimeException refusal(
      int server, Payment newest, ReadSource source, String what) {
    Object answer;
    try {
      answer =
          fleet.<Object>askOnce(
              server,
              REFUSAL_MAX,
              stub ->
                  source == ReadSource.READ_SOURCE_REDIS
                      ? stub.getPayment(get(newest, source))
                      : stub.searchPayments(
                          search(
                              source, PaymentFilter.newBuilder().setUserId(user(newest)).build())));
    } catch (StatusRuntimeException e) {
      return e;
    }
    throw new AssertionError(what + " answers: " + answer);
  }

  private void seePayment(int way, Payment payment, ReadSource source) {
    var answer =
        ask(
            way,
            source,
            "a payment",
            stub -> stub.getPayment(get(payment, source)),
            GetPaymentResponse::getRead);
    assertThat(answer.getPayment())
        .as("%s under the token of position %d: %s", name(way), position(), answer.getRead())
        .isEqualTo(payment);
  }

  private void seeGroup(int way, Payment of, ReadSource source, PaymentFilter filter) {
    var answer =
        ask(
            way,
            source,
            filter.toString(),
            stub -> stub.searchPayments(search(source, filter)),
            SearchPaymentsResponse::getRead);
    Map<String, Payment> group = new TreeMap<>();
    payments.forEach((id, payment) -> {
      if (word(payment).equals(word(of))) {
        group.put(id, payment);
      }
    });
    assertThat(byId(answer.getPaymentsList()))
        .as("%s, %s under the token of position %d: %s", name(way), filter, position(), answer)
        .isEqualTo(group);
    assertThat(answer.getTotalCount())
        .as("total of %s: %s", filter, answer)
        .isEqualTo(group.size());
  }

  private static Map<String, Payment> byId(Collection<Payment> found) {
    Map<String, Payment> byId = new TreeMap<>();
    found.forEach(
        it -> assertThat(byId.put(it.getPaymentId(), it)).as("twice in one answer").isNull());
    return byId;
  }

  private void seeStatistics(int way, ReadSource source) {
    var request =
        GetPaymentStatisticsRequest.newBuilder()
            .setOrganizationId(organization)
            .setReadOptions(fresh(source))
            .build();
    var answer =
        ask(
            way,
            source,
            "statistics",
            stub -> stub.getPaymentStatistics(request),
            GetPaymentStatisticsResponse::getRead);
    assertThat(answer.getCurrenciesList()).hasSize(1);
    CurrencyStatistics euros = answer.getCurrencies(0);
    String what =
        "%s under the token of position %d: %s".formatted(name(way), position(), answer.getRead());
    PaymentSums.assertOf(payments.values(), euros, what);
    assertThat(
            euros.getByStatusList().stream()
                .collect(Collectors.toMap(StatusStatistics::getStatus, StatusStatistics::getCount)))
        .as("payments by status of %s", what)
        .isEqualTo(
            payments.values().stream()
                .collect(Collectors.groupingBy(Payment::getStatus, Collectors.counting())));
  }

  private <T> T ask(
      int way,
      ReadSource source,
      String what,
      Function<QueryServiceBlockingStub, T> query,
      Function<T, ReadMetadata> readOf) {
    try {
      return fleet.ask(way, source != ReadSource.READ_SOURCE_UNSPECIFIED, query, readOf);
    } catch (StatusRuntimeException e) {
      throw new AssertionError(
          "%s asks %s for %s under the token of position %d: %s, %s"
              .formatted(
                  organization, name(way), what, position(), e.getStatus(), ApiError.from(e)),
          e);
    }
  }

  private static String name(int way) {
    return way == ReadFleet.IN_TURNS ? "the read-servers in turns" : "read-server-" + way;
  }

  private GetPaymentRequest get(Payment payment, ReadSource source) {
    return GetPaymentRequest.newBuilder()
        .setOrganizationId(organization)
        .setPaymentId(payment.getPaymentId())
        .setReadOptions(fresh(source))
        .build();
  }

  private SearchPaymentsRequest search(ReadSource source, PaymentFilter filter) {
    return SearchPaymentsRequest.newBuilder()
        .setOrganizationId(organization)
        .setFilter(filter)
        .setCountTotal(true)
        .setReadOptions(fresh(source))
        .build();
  }

  /** By any strategy where no source is named: the caches would hide the sources otherwise. */
  private ReadOptions fresh(ReadSource source) {
    return ReadOptions.newBuilder()
        .setConsistency(Consistency.newBuilder().setAtLeastAsFresh(token))
        .setStrategy(STRATEGIES.get(random.nextInt(STRATEGIES.size())))
        .setSource(source)
        .build();
  }

  private Done command() {
    List<Payment> candidates = new ArrayList<>(payments.values());
    if (candidates.isEmpty() || random.nextInt(3) == 0) {
      return create();
    }
    Payment payment = candidates.get(random.nextInt(candidates.size()));
    if (random.nextInt(4) == 0) {
      return update(payment);
    }
    if (payment.getStatus() == PaymentStatus.PAYMENT_STATUS_PROCESSING) {
      return process(payment);
    }
    return left(payment) > 0 ? refund(payment) : create();
  }

  private Done create() {
    int number = payments.size();
    int group = number / GROUP;
    var request =
        CreatePaymentRequest.newBuilder()
            .setContext(context())
            .setOrganizationId(organization)
            .setPaymentId("p-" + number)
            .setAmount(amount(1 + random.nextInt(100_000)))
            .setPersonalData(
                PersonalData.newBuilder().setUserId("u-" + group).setDescription("word" + group))
            .build();
    return carryOut(() -> {
      var response = commands().createPayment(request);
      return new Done(response.getReceipt(), response.getPayment());
    });
  }

  private Done update(Payment payment) {
    var request =
        UpdatePaymentRequest.newBuilder()
            .setContext(context())
            .setOrganizationId(organization)
            .setPaymentId(payment.getPaymentId())
            .setPayment(Payment.newBuilder().setMerchantReference("order " + requests))
            .setUpdateMask(FieldMask.newBuilder().addPaths("merchant_reference"))
            .build();
    return carryOut(() -> {
      var response = commands().updatePayment(request);
      return new Done(response.getReceipt(), response.getPayment());
    });
  }

  private Done process(Payment payment) {
    var request =
        ProcessPaymentRequest.newBuilder()
            .setContext(context())
            .setOrganizationId(organization)
            .setPaymentId(payment.getPaymentId())
            .build();
    return carryOut(() -> {
      var response = commands().processPayment(request);
      return new Done(response.getReceipt(), response.getPayment());
    });
  }

  private Done refund(Payment payment) {
    long left = left(payment);
    var request =
        RefundPaymentRequest.newBuilder()
            .setContext(context())
            .setOrganizationId(organization)
            .setPaymentId(payment.getPaymentId())
            .setAmount(amount(random.nextBoolean() ? left : 1 + left / 2))
            .build();
    return carryOut(() -> {
      var response = commands().refundPayment(request);
      return new Done(response.getReceipt(), response.getPayment());
    });
  }

  /** Sends a command, the same again where the write side could not say what became of it. */
  private Done carryOut(Supplier<Done> command) {
    long start = System.nanoTime();
    while (true) {
      boolean mayFail = writesMayFail.getAsBoolean();
      try {
        return command.get();
      } catch (StatusRuntimeException e) {
        Code code = e.getStatus().getCode();
        boolean away = code == Code.UNAVAILABLE || code == Code.DEADLINE_EXCEEDED;
        if (!away
            || !(mayFail || writesMayFail.getAsBoolean())
            || System.nanoTime() - start > COMMANDS_AWAY_MAX.toNanos()) {
          throw new AssertionError("a command of " + organization + ": " + ApiError.from(e), e);
        }
        fleet.count("commands " + code);
      }
    }
  }

  private CommandServiceBlockingStub commands() {
    return CommandServiceGrpc.newBlockingStub(writeServer)
        .withDeadlineAfter(COMMAND_MAX.toMillis(), TimeUnit.MILLISECONDS);
  }

  private static long left(Payment payment) {
    return payment.getCapturedAmount().getMinorUnits()
        - payment.getRefundedAmount().getMinorUnits();
  }

  private static String user(Payment payment) {
    return payment.getPersonalData().getUserId();
  }

  private static String word(Payment payment) {
    return payment.getPersonalData().getDescription();
  }

  private CommandContext context() {
    requests++;
    return CommandContext.newBuilder().setRequestId("r-" + requests).build();
  }

  private static Amount amount(long minorUnits) {
    return Amount.newBuilder().setMinorUnits(minorUnits).setCurrencyCode(CURRENCY).build();
  }
}
