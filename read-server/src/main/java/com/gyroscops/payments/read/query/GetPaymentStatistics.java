package com.gyroscops.payments.read.query;

import com.gyroscops.payments.contract.Violations;
import com.gyroscops.payments.read.routing.Freshness;
import com.gyroscops.payments.read.routing.Routed;
import com.gyroscops.payments.read.routing.SourceRouter;
import com.gyroscops.payments.read.source.Capability;
import com.gyroscops.payments.read.source.Filter.Span;
import com.gyroscops.payments.read.source.Totals;
import com.gyroscops.payments.read.source.TotalsSpan;
import com.gyroscops.payments.v1.CurrencyStatistics;
import com.gyroscops.payments.v1.GetPaymentStatisticsRequest;
import com.gyroscops.payments.v1.GetPaymentStatisticsResponse;
import com.gyroscops.payments.v1.StatusStatistics;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Counts and sums of payments and refunds, by currency, of one organization or, where the server
 * allows it, of all.
 *
 * <p>Errors: PERMISSION_DENIED {@code CROSS_ORGANIZATION}; those of {@link SourceRouter#read}.
 */
public final class GetPaymentStatistics
    extends SourceQuery<GetPaymentStatisticsRequest, GetPaymentStatisticsResponse> {

  private static final String ALL_ORGANIZATIONS = "-";

  private final boolean crossOrganization;

  /**
   * The query.
   *
   * @param crossOrganization whether anyone may ask for all organizations
   */
  public GetPaymentStatistics(SourceRouter reads, boolean crossOrganization) {
    super(
        reads,
        GetPaymentStatisticsResponse::getRead,
        CacheRules.of(
            CacheKind.STATISTICS,
            request ->
                request.getOrganizationId().equals(ALL_ORGANIZATIONS)
                    ? Optional.empty()
                    : Optional.of(CacheScope.of(request.getOrganizationId())),
            GetPaymentStatisticsRequest::getReadOptions,
            request -> request.toBuilder().clearReadOptions().build(),
            (answer, read) -> answer.toBuilder().setRead(read).build(),
            GetPaymentStatisticsResponse.parser(),
            null));
    this.crossOrganization = crossOrganization;
  }

  @Override
  public GetPaymentStatisticsResponse answer(GetPaymentStatisticsRequest request) {
    boolean all = request.getOrganizationId().equals(ALL_ORGANIZATIONS);
    Violations violations = new Violations();
    if (!all) {
      violations.identifier("organization_id", request.getOrganizationId());
    }
    TimeRanges.check(violations, "time_range", request.getTimeRange());
    Filters.checkCurrencies(violations, "currency_codes", request.getCurrencyCodesList());
    Freshness.check(violations, request.getReadOptions());
    violations.throwIfAny();
    if (all && !crossOrganization) {
      throw QueryErrors.crossOrganization().toException();
    }
    TotalsSpan span =
        new TotalsSpan(
            all ? Optional.empty() : Optional.of(request.getOrganizationId()),
            Span.of(request.getTimeRange()),
            Set.copyOf(request.getCurrencyCodesList()));
    Routed<Totals> fresh =
        reads.read(
            request.getReadOptions(), Capability.AGGREGATE, source -> source.aggregate(span));
    var response = GetPaymentStatisticsResponse.newBuilder().setRead(fresh.read());
    byCurrency(fresh.value()).forEach((code, sums) -> response.addCurrencies(sums.build(code)));
    return response.build();
  }

  private static Map<String, Sums> byCurrency(Totals totals) {
    Map<String, Sums> sums = new TreeMap<>();
    for (Totals.OfStatus each : totals.payments()) {
      sums.computeIfAbsent(each.currency(), _ -> new Sums()).add(each);
    }
    for (Totals.OfRefunds each : totals.refunds()) {
      Sums of = sums.computeIfAbsent(each.currency(), _ -> new Sums());
      of.refundCount += each.count();
      of.refunded = of.refunded.add(each.amount());
    }
    return sums;
  }

  /** Figures of one currency, in numbers of any size until they are answered. */
  private static final class Sums {
    private final Map<Integer, Totals.OfStatus> byStatus = new TreeMap<>();
    private long count;
    private BigInteger gross = BigInteger.ZERO;
    private BigInteger captured = BigInteger.ZERO;
    private long refundCount;
    private BigInteger refunded = BigInteger.ZERO;

    private void add(Totals.OfStatus totals) {
      byStatus.put(totals.status().getNumber(), totals);
      switch (totals.status()) {
        case PAYMENT_STATUS_DELETED -> {}
        case PAYMENT_STATUS_COMPLETED,
            PAYMENT_STATUS_PARTIALLY_REFUNDED,
            PAYMENT_STATUS_REFUNDED -> {
          addGross(totals);
          captured = captured.add(totals.amount());
        }
        // No payment has these yet; how much of each counts as captured is decided with them.
        case PAYMENT_STATUS_AUTHORIZED,
            PAYMENT_STATUS_PARTIALLY_CAPTURED,
            PAYMENT_STATUS_CAPTURED,
            PAYMENT_STATUS_VOIDED,
            PAYMENT_STATUS_EXPIRED,
            PAYMENT_STATUS_DISPUTED,
            PAYMENT_STATUS_CHARGED_BACK,
            PAYMENT_STATUS_PROCESSING,
            PAYMENT_STATUS_FAILED,
            PAYMENT_STATUS_UNSPECIFIED,
            UNRECOGNIZED ->
            addGross(totals);
      }
    }

    private void addGross(Totals.OfStatus totals) {
      count += totals.count();
      gross = gross.add(totals.amount());
    }

    private CurrencyStatistics build(String currency) {
      BigInteger net = captured.subtract(refunded);
      boolean fit =
          Stream.of(gross, captured, refunded, net).allMatch(Sums::fits)
              && byStatus.values().stream().allMatch(it -> fits(it.amount()));
      var statistics =
          CurrencyStatistics.newBuilder()
              .setCurrencyCode(currency)
              .setPaymentCount(count)
              .setRefundCount(refundCount)
              .setAverageMinorUnits(average())
              .setSumsOutOfRange(!fit);
      if (fit) {
        statistics
            .setGrossMinorUnits(gross.longValueExact())
            .setCapturedMinorUnits(captured.longValueExact())
            .setRefundedMinorUnits(refunded.longValueExact())
            .setNetMinorUnits(net.longValueExact());
      }
      for (Totals.OfStatus each : byStatus.values()) {
        statistics.addByStatus(
            StatusStatistics.newBuilder()
                .setStatus(each.status())
                .setCount(each.count())
                .setAmountMinorUnits(fit ? each.amount().longValueExact() : 0));
      }
      return statistics.build();
    }

    private long average() {
      return count == 0
          ? 0
          : new BigDecimal(gross)
              .divide(BigDecimal.valueOf(count), 0, RoundingMode.HALF_EVEN)
              .longValueExact();
    }

    private static boolean fits(BigInteger sum) {
      return sum.bitLength() < Long.SIZE;
    }
  }
}
