package com.gyroscops.payments.read.query;

import com.google.protobuf.ByteString;
import com.gyroscops.payments.contract.Violations;
import com.gyroscops.payments.read.routing.Freshness;
import com.gyroscops.payments.read.routing.Routed;
import com.gyroscops.payments.read.routing.SourceRouter;
import com.gyroscops.payments.read.source.Capability;
import com.gyroscops.payments.read.source.Filter;
import com.gyroscops.payments.read.source.Filter.Span;
import com.gyroscops.payments.read.source.Micros;
import com.gyroscops.payments.read.source.PaymentSearch;
import com.gyroscops.payments.read.source.PaymentSearch.Sort;
import com.gyroscops.payments.read.source.SearchPage;
import com.gyroscops.payments.read.source.TextQuery;
import com.gyroscops.payments.v1.AmountRange;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentFilter;
import com.gyroscops.payments.v1.PaymentSort;
import com.gyroscops.payments.v1.PaymentStatus;
import com.gyroscops.payments.v1.ReadMetadata;
import com.gyroscops.payments.v1.SearchPaymentsRequest;
import com.gyroscops.payments.v1.SearchPaymentsResponse;
import com.gyroscops.payments.v1.SortDirection;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Payments of one organization by filters, a page at a time. Pages follow the sort value and
 * payment id of the last payment.
 */
public final class SearchPayments implements Query<SearchPaymentsRequest, SearchPaymentsResponse> {

  /** Matches are counted up to here: beyond it the number helps nobody and costs like a scan. */
  private static final int TOTAL_MAX = 10_000;

  /** Most currencies and most metadata pairs in a filter, as the contract says. */
  private static final int CURRENCIES_MAX = 20;

  private static final int METADATA_PAIRS_MAX = 5;
  private static final int REFERENCE_LENGTH_MAX = 128;

  private final SourceRouter reads;
  private final PageTokens tokens;

  public SearchPayments(SourceRouter reads, PageTokens tokens) {
    this.reads = reads;
    this.tokens = tokens;
  }

  @Override
  public String name() {
    return "SearchPayments";
  }

  @Override
  public ReadMetadata readOf(SearchPaymentsResponse answer) {
    return answer.getRead();
  }

  @Override
  public SearchPaymentsResponse answer(SearchPaymentsRequest request) {
    Violations violations =
        new Violations().organization("organization_id", request.getOrganizationId());
    check(violations, request);
    int size = PageTokens.size(violations, request.getPageSize());
    Freshness.check(violations, request.getReadOptions());
    violations.throwIfAny();

    ByteString digest =
        PageTokens.digest(
            request.toBuilder().clearPageSize().clearPageToken().clearReadOptions().build());
    PaymentSearch.Key after =
        tokens
            .read(digest, request.getPageToken())
            .map(it -> new PaymentSearch.Key(it.getSortValue(), it.getPaymentId()))
            .orElse(null);
    PaymentSearch search = search(request, after, size);
    Routed<SearchPage> fresh =
        reads.read(request.getReadOptions(), Capability.SEARCH, source -> source.search(search));

    List<Payment> found = fresh.value().payments();
    List<Payment> page = Page.of(found, size);
    var response = SearchPaymentsResponse.newBuilder().addAllPayments(page).setRead(fresh.read());
    if (found.size() > page.size()) {
      Payment last = page.getLast();
      response.setNextPageToken(
          tokens.write(digest, sortValue(search.sort(), last), last.getPaymentId()));
    }
    fresh.value().matches().ifPresent(response::setTotalCount);
    return response.build();
  }

  /** One more than a page holds, to know whether another follows. */
  private static PaymentSearch search(
      SearchPaymentsRequest request, PaymentSearch.@Nullable Key after, int size) {
    return new PaymentSearch(
        filter(request.getOrganizationId(), request.getFilter()),
        sort(request.getSort()),
        request.getDirection() == SortDirection.SORT_DIRECTION_ASCENDING,
        after,
        size + 1,
        request.getCountTotal() ? TOTAL_MAX : 0);
  }

  private static Filter filter(String organizationId, PaymentFilter filter) {
    return new Filter(
        organizationId,
        filter.getUserId(),
        statuses(filter),
        Set.copyOf(filter.getCurrencyCodesList()),
        span(filter.getAmount()),
        TimeRanges.span(filter.getEffectiveTime()),
        TimeRanges.span(filter.getUpdateTime()),
        filter.getMerchantReference(),
        filter.getProviderReference(),
        filter.getCorrelationId(),
        filter.getMetadataMap(),
        TextQuery.of(filter.getText()));
  }

  private static Set<PaymentStatus> statuses(PaymentFilter filter) {
    return filter.getStatusesList().isEmpty() ? Set.of() : EnumSet.copyOf(filter.getStatusesList());
  }

  private static Span span(AmountRange range) {
    return new Span(
        range.hasMinMinorUnits() ? range.getMinMinorUnits() : null,
        range.hasMaxMinorUnits() ? range.getMaxMinorUnits() : null);
  }

  private static Sort sort(PaymentSort sort) {
    return switch (sort) {
      case PAYMENT_SORT_UNSPECIFIED, PAYMENT_SORT_EFFECTIVE_TIME -> Sort.EFFECTIVE_TIME;
      case PAYMENT_SORT_UPDATE_TIME -> Sort.UPDATE_TIME;
      case PAYMENT_SORT_AMOUNT -> Sort.AMOUNT;
      case UNRECOGNIZED -> throw new IllegalArgumentException("an unchecked sort");
    };
  }

  private static long sortValue(Sort sort, Payment payment) {
    return switch (sort) {
      case EFFECTIVE_TIME -> Micros.of(payment.getEffectiveTime());
      case UPDATE_TIME -> Micros.of(payment.getUpdateTime());
      case AMOUNT -> payment.getAmount().getMinorUnits();
    };
  }

  private static void check(Violations violations, SearchPaymentsRequest request) {
    PaymentFilter filter = request.getFilter();
    violations.optionalIdentifier("filter.user_id", filter.getUserId());
    checkStatuses(violations, filter.getStatusesList());
    checkCurrencies(violations, "filter.currency_codes", filter.getCurrencyCodesList());
    boolean oneCurrency = Set.copyOf(filter.getCurrencyCodesList()).size() == 1;
    AmountRange amount = filter.getAmount();
    if (amount.hasMinMinorUnits() || amount.hasMaxMinorUnits()) {
      violations.require(oneCurrency, "filter.amount", "needs exactly one currency code");
      violations.require(
          !amount.hasMinMinorUnits()
              || !amount.hasMaxMinorUnits()
              || amount.getMinMinorUnits() <= amount.getMaxMinorUnits(),
          "filter.amount.min_minor_units",
          "must not exceed max_minor_units");
    }
    TimeRanges.check(violations, "filter.effective_time", filter.getEffectiveTime());
    TimeRanges.check(violations, "filter.update_time", filter.getUpdateTime());
    violations.printable(
        "filter.merchant_reference", filter.getMerchantReference(), REFERENCE_LENGTH_MAX);
    violations.printable(
        "filter.provider_reference", filter.getProviderReference(), REFERENCE_LENGTH_MAX);
    violations.optionalIdentifier("filter.correlation_id", filter.getCorrelationId());
    violations.require(
        filter.getMetadataCount() <= METADATA_PAIRS_MAX,
        "filter.metadata",
        "has " + filter.getMetadataCount() + " pairs; at most 5 are allowed");
    violations.metadata("filter.metadata", filter.getMetadataMap());
    violations.require(
        request.getSort() != PaymentSort.UNRECOGNIZED, "sort", "is not a sort order");
    violations.require(
        request.getSort() != PaymentSort.PAYMENT_SORT_AMOUNT || oneCurrency,
        "sort",
        "by amount needs exactly one currency code in the filter");
    violations.require(
        request.getDirection() != SortDirection.UNRECOGNIZED, "direction", "is not a direction");
  }

  private static void checkStatuses(Violations violations, List<PaymentStatus> statuses) {
    Set<PaymentStatus> seen = EnumSet.noneOf(PaymentStatus.class);
    for (int i = 0; i < statuses.size(); i++) {
      String field = "filter.statuses[" + i + "]";
      PaymentStatus status = statuses.get(i);
      if (status == PaymentStatus.UNRECOGNIZED
          || status == PaymentStatus.PAYMENT_STATUS_UNSPECIFIED) {
        violations.add(field, "is not a status");
      } else {
        violations.require(seen.add(status), field, "is named before already");
      }
    }
  }

  /** Checks a list of currencies to choose from. */
  static void checkCurrencies(Violations violations, String field, List<String> codes) {
    violations.require(
        codes.size() <= CURRENCIES_MAX,
        field,
        "has " + codes.size() + " codes; at most " + CURRENCIES_MAX + " are allowed");
    for (int i = 0; i < Math.min(codes.size(), CURRENCIES_MAX); i++) {
      violations.currency(field + "[" + i + "]", codes.get(i));
    }
  }
}
