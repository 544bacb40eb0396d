package com.gyroscops.payments.benchmarks;

import com.gyroscops.payments.stack.ServerProcess;
import com.gyroscops.payments.v1.AmountRange;
import com.gyroscops.payments.v1.CreatePaymentRequest;
import com.gyroscops.payments.v1.PaymentFilter;
import com.gyroscops.payments.v1.PaymentSort;
import com.gyroscops.payments.v1.PaymentStatus;
import com.gyroscops.payments.v1.QueryServiceGrpc;
import com.gyroscops.payments.v1.QueryServiceGrpc.QueryServiceBlockingStub;
import com.gyroscops.payments.v1.ReadOptions;
import com.gyroscops.payments.v1.ReadSource;
import com.gyroscops.payments.v1.SearchPaymentsRequest;
import com.gyroscops.payments.v1.TimeRange;
import io.grpc.ManagedChannel;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * What the same question costs at 10,000 and at 1,000,000 payments: lookups, first pages of the
 * indexed filter sets, statistics; each from memory and from sql, one call at a time.
 */
final class GrowthBenchmark implements Benchmark {

  private static final int FEW = 10_000;
  private static final int MANY = 1_000_000;

  private static final List<ReadSource> SOURCES =
      List.of(ReadSource.READ_SOURCE_MEMORY, ReadSource.READ_SOURCE_SQL);

  /** Of a range of amounts, in minor units: half of {@link Commands#MINOR_UNITS_MAX}. */
  private static final long AMOUNT_WIDTH = Commands.MINOR_UNITS_MAX / 2;

  /** A question; takes the answer and drops it. */
  @FunctionalInterface
  private interface Question {
    void ask(QueryServiceBlockingStub stub, CreatePaymentRequest about, ReadOptions options);
  }

  @Override
  public void run(Settings settings, Report report) throws Exception {
    try (Stack stack = Stack.startWithAllSources(settings)) {
      report.postgres(stack.describePostgres());
      ServerProcess server = stack.startReadServer();
      server.awaitServing();
      ManagedChannel channel = stack.channel(server.grpcPort());
      int few = settings.scaled(FEW);
      int many = settings.scaled(MANY);
      Map<String, Measurement> before = measure(settings, stack, channel, few);
      Map<String, Measurement> after = measure(settings, stack, channel, many - few);
      before.forEach((name, small) -> {
        Measurement large = after.get(name);
        if (large != null) {
          report.row("growth", name + String.format(Locale.ROOT, ", %,d payments", few), small);
          report.row("growth", name + String.format(Locale.ROOT, ", %,d payments", many), large);
          report.note(
              "growth: %s took %.2f times as long at the median, %,d to %,d payments",
              name, large.percentileMillis(50) / small.percentileMillis(50), few, many);
        }
      });
      report.memory("growth", stack.memory());
    }
  }

  private static Map<String, Measurement> measure(
      Settings settings, Stack stack, ManagedChannel channel, int more) throws Exception {
    SampleQueries samples = new SampleQueries(Filling.append(stack, more));
    stack.settle();
    Map<String, Measurement> found = new LinkedHashMap<>();
    for (int round = 0; round <= settings.rounds(); round++) {
      boolean warmUp = round == 0;
      for (ReadSource source : SOURCES) {
        ReadOptions options = SampleQueries.from(source);
        questions()
            .forEach((name, question) -> {
              String variant = name + ", " + VisibleLagBenchmark.name(source);
              Measurement measured = load(settings, channel, samples, options, question);
              if (!warmUp) {
                found.merge(
                    variant, measured, (one, other) -> Measurement.sum(List.of(one, other)));
              }
            });
      }
      Progress.say("growth, round %d of %d", round, settings.rounds());
    }
    return found;
  }

  private static Measurement load(
      Settings settings,
      ManagedChannel channel,
      SampleQueries samples,
      ReadOptions options,
      Question question) {
    try {
      return ClosedLoop.blocking(
          1,
          settings.slice(),
          () ->
              question.ask(
                  QueryServiceGrpc.newBlockingStub(channel)
                      .withDeadlineAfter(Stack.CALL_MAX.toSeconds(), TimeUnit.SECONDS),
                  samples.any(),
                  options));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  private static Map<String, Question> questions() {
    Map<String, Question> questions = new LinkedHashMap<>();
    questions.put(
        "GetPayment", (stub, about, options) -> stub.getPayment(SampleQueries.get(about, options)));
    questions.put(
        "statistics",
        (stub, about, options) ->
            stub.getPaymentStatistics(SampleQueries.statistics(about, options)));
    filterSets()
        .forEach((name, filters) ->
            questions.put(
                name,
                (stub, about, options) ->
                    stub.searchPayments(
                        filters
                            .of(about)
                            .setOrganizationId(about.getOrganizationId())
                            .setPageSize(SampleQueries.PAGE_SIZE)
                            .setReadOptions(options)
                            .build())));
    return questions;
  }

  /** Filters and order that an index holds. */
  @FunctionalInterface
  private interface FilterSet {
    SearchPaymentsRequest.Builder of(CreatePaymentRequest about);
  }

  private static Map<String, FilterSet> filterSets() {
    Map<String, FilterSet> sets = new LinkedHashMap<>();
    sets.put("newest", _ -> SearchPaymentsRequest.newBuilder());
    sets.put(
        "status",
        _ ->
            SearchPaymentsRequest.newBuilder()
                .setFilter(
                    PaymentFilter.newBuilder()
                        .addStatuses(PaymentStatus.PAYMENT_STATUS_COMPLETED)));
    sets.put(
        "user",
        about ->
            SearchPaymentsRequest.newBuilder()
                .setFilter(
                    PaymentFilter.newBuilder().setUserId(about.getPersonalData().getUserId())));
    sets.put(
        "updated lately",
        _ ->
            SearchPaymentsRequest.newBuilder()
                .setSort(PaymentSort.PAYMENT_SORT_UPDATE_TIME)
                .setFilter(
                    PaymentFilter.newBuilder()
                        .setUpdateTime(TimeRange.newBuilder().setEndTime(Commands.now()))));
    sets.put(
        "amount range by amount",
        about -> {
          // Wide enough for a full page among the few, too: an answer of half the rows is no peer.
          long min = about.getAmount().getMinorUnits() % AMOUNT_WIDTH;
          return SearchPaymentsRequest.newBuilder()
              .setSort(PaymentSort.PAYMENT_SORT_AMOUNT)
              .setFilter(
                  PaymentFilter.newBuilder()
                      .addCurrencyCodes(about.getAmount().getCurrencyCode())
                      .setAmount(
                          AmountRange.newBuilder()
                              .setMinMinorUnits(min)
                              .setMaxMinorUnits(min + AMOUNT_WIDTH)));
        });
    sets.put(
        "merchant reference",
        about ->
            SearchPaymentsRequest.newBuilder()
                .setFilter(
                    PaymentFilter.newBuilder().setMerchantReference(about.getMerchantReference())));
    return sets;
  }
}
