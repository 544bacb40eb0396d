package com.gyroscops.payments.benchmarks;

import com.gyroscops.payments.v1.AmountRange;
import com.gyroscops.payments.v1.AnalyticsDimension;
import com.gyroscops.payments.v1.CreatePaymentRequest;
import com.gyroscops.payments.v1.GetPaymentAnalyticsRequest;
import com.gyroscops.payments.v1.GetPaymentRequest;
import com.gyroscops.payments.v1.GetPaymentStatisticsRequest;
import com.gyroscops.payments.v1.PaymentFilter;
import com.gyroscops.payments.v1.PaymentSort;
import com.gyroscops.payments.v1.PaymentStatus;
import com.gyroscops.payments.v1.ReadOptions;
import com.gyroscops.payments.v1.ReadSource;
import com.gyroscops.payments.v1.ReadStrategy;
import com.gyroscops.payments.v1.SearchPaymentsRequest;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/** Questions about payments that were filled in, each about another one or another span. */
final class SampleQueries {

  /** Width of an amount range: about a twentieth of the amounts there are. */
  static final int AMOUNT_WIDTH = 2_500;

  static final int PAGE_SIZE = 20;

  private final List<CreatePaymentRequest> payments;

  /**
   * @param payments some of those that exist
   */
  SampleQueries(List<CreatePaymentRequest> payments) {
    this.payments = List.copyOf(payments);
  }

  /** Reads of one source alone. */
  static ReadOptions from(ReadSource source) {
    return ReadOptions.newBuilder().setSource(source).build();
  }

  /** Reads that may be answered by a cache. */
  static ReadOptions cacheFirst() {
    return ReadOptions.newBuilder().setStrategy(ReadStrategy.READ_STRATEGY_CACHE_FIRST).build();
  }

  CreatePaymentRequest any() {
    return payments.get(ThreadLocalRandom.current().nextInt(payments.size()));
  }

  /** One of a few payments. */
  CreatePaymentRequest hot(int many) {
    return payments.get(ThreadLocalRandom.current().nextInt(Math.min(many, payments.size())));
  }

  static GetPaymentRequest get(CreatePaymentRequest payment, ReadOptions options) {
    return GetPaymentRequest.newBuilder()
        .setOrganizationId(payment.getOrganizationId())
        .setPaymentId(payment.getPaymentId())
        .setReadOptions(options)
        .build();
  }

  /** Organization, status, a range of amounts, by amount: the first page. */
  static SearchPaymentsRequest filtered(CreatePaymentRequest payment, ReadOptions options) {
    long min = payment.getAmount().getMinorUnits();
    return SearchPaymentsRequest.newBuilder()
        .setOrganizationId(payment.getOrganizationId())
        .setFilter(
            PaymentFilter.newBuilder()
                .addStatuses(PaymentStatus.PAYMENT_STATUS_COMPLETED)
                .addCurrencyCodes(payment.getAmount().getCurrencyCode())
                .setAmount(
                    AmountRange.newBuilder()
                        .setMinMinorUnits(min)
                        .setMaxMinorUnits(min + AMOUNT_WIDTH)))
        .setSort(PaymentSort.PAYMENT_SORT_AMOUNT)
        .setPageSize(PAGE_SIZE)
        .setReadOptions(options)
        .build();
  }

  /** Two words that few payments have together, newest first. */
  static SearchPaymentsRequest text(CreatePaymentRequest payment, ReadOptions options) {
    return SearchPaymentsRequest.newBuilder()
        .setOrganizationId(payment.getOrganizationId())
        .setFilter(PaymentFilter.newBuilder().setText(textOf(payment)))
        .setPageSize(PAGE_SIZE)
        .setReadOptions(options)
        .build();
  }

  /** The words of {@link #text}. */
  static String textOf(CreatePaymentRequest payment) {
    String reference = payment.getMerchantReference();
    return "compute " + reference.substring(reference.indexOf('-') + 1);
  }

  static GetPaymentStatisticsRequest statistics(CreatePaymentRequest payment, ReadOptions options) {
    return GetPaymentStatisticsRequest.newBuilder()
        .setOrganizationId(payment.getOrganizationId())
        .setReadOptions(options)
        .build();
  }

  /** Payments in a range of amounts, by status and day, with their median. */
  static GetPaymentAnalyticsRequest analytics(CreatePaymentRequest payment, ReadOptions options) {
    return GetPaymentAnalyticsRequest.newBuilder()
        .setOrganizationId(payment.getOrganizationId())
        .setFilter(
            PaymentFilter.newBuilder()
                .addCurrencyCodes(payment.getAmount().getCurrencyCode())
                .setAmount(
                    AmountRange.newBuilder()
                        .setMinMinorUnits(payment.getAmount().getMinorUnits())
                        .setMaxMinorUnits(payment.getAmount().getMinorUnits() + AMOUNT_WIDTH)))
        .addGroupBy(AnalyticsDimension.ANALYTICS_DIMENSION_STATUS)
        .addGroupBy(AnalyticsDimension.ANALYTICS_DIMENSION_DAY)
        .addPercentiles(50)
        .setReadOptions(options)
        .build();
  }
}
