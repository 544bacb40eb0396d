package com.gyroscops.payments.read.query;

import com.gyroscops.payments.contract.Violations;
import com.gyroscops.payments.read.routing.Routed;
import com.gyroscops.payments.read.routing.SourceRouter;
import com.gyroscops.payments.read.source.Capability;
import com.gyroscops.payments.read.source.NumberField;
import com.gyroscops.payments.read.source.PaymentSearch;
import com.gyroscops.payments.read.source.SearchPage;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentSort;
import com.gyroscops.payments.v1.SearchPaymentsRequest;
import com.gyroscops.payments.v1.SearchPaymentsResponse;
import com.gyroscops.payments.v1.SortDirection;
import java.util.Optional;

/**
 * Payments of one organization by filters, a page at a time. Pages follow the sort value and
 * payment id of the last payment.
 */
public final class SearchPayments
    extends SourceQuery<SearchPaymentsRequest, SearchPaymentsResponse> {

  /** Matches are counted up to here: beyond it the number helps nobody and costs like a scan. */
  private static final int TOTAL_MAX = 10_000;

  private final PageTokens tokens;

  public SearchPayments(SourceRouter reads, PageTokens tokens) {
    super(
        reads,
        SearchPaymentsResponse::getRead,
        CacheRules.of(
            CacheKind.SEARCH,
            // Later pages must not be older than the first: a source is asked.
            request ->
                request.getPageToken().isEmpty()
                    ? Optional.of(CacheScope.of(request.getOrganizationId()))
                    : Optional.empty(),
            SearchPaymentsRequest::getReadOptions,
            request -> request.toBuilder().clearReadOptions().build(),
            (answer, read) -> answer.toBuilder().setRead(read).build(),
            SearchPaymentsResponse.parser(),
            null));
    this.tokens = tokens;
  }

  @Override
  public SearchPaymentsResponse answer(SearchPaymentsRequest request) {
    Violations violations =
        new Violations().organization("organization_id", request.getOrganizationId());
    check(violations, request);
    PageRead page = PageRead.of(tokens, request, violations);
    PaymentSearch search = search(request, page);
    Routed<SearchPage> routed =
        page.read(
            reads, request.getReadOptions(), Capability.SEARCH, source -> source.search(search));

    PageRead.Cut<Payment> cut =
        page.cut(
            routed.value().payments(),
            routed.read().getReadAt(),
            payment -> search.sort().of(payment),
            Payment::getPaymentId);
    var response =
        SearchPaymentsResponse.newBuilder()
            .addAllPayments(cut.elements())
            .setNextPageToken(cut.nextPageToken())
            .setRead(routed.read());
    routed.value().matches().ifPresent(response::setTotalCount);
    return response.build();
  }

  private static PaymentSearch search(SearchPaymentsRequest request, PageRead page) {
    return new PaymentSearch(
        Filters.read(request.getOrganizationId(), request.getFilter()),
        sort(request.getSort()),
        request.getDirection() == SortDirection.SORT_DIRECTION_ASCENDING,
        page.after()
            .map(it -> new PaymentSearch.Key(it.getSortValue(), it.getPaymentId()))
            .orElse(null),
        page.fetch(),
        request.getCountTotal() ? TOTAL_MAX : 0);
  }

  private static NumberField sort(PaymentSort sort) {
    return switch (sort) {
      case PAYMENT_SORT_UNSPECIFIED, PAYMENT_SORT_EFFECTIVE_TIME -> NumberField.EFFECTIVE_TIME;
      case PAYMENT_SORT_UPDATE_TIME -> NumberField.UPDATE_TIME;
      case PAYMENT_SORT_AMOUNT -> NumberField.AMOUNT;
      case UNRECOGNIZED -> throw new IllegalArgumentException("an unchecked sort");
    };
  }

  private static void check(Violations violations, SearchPaymentsRequest request) {
    Filters.check(violations, "filter", request.getFilter());
    violations
        .require(request.getSort() != PaymentSort.UNRECOGNIZED, "sort", "is not a sort order")
        .require(
            request.getSort() != PaymentSort.PAYMENT_SORT_AMOUNT
                || Filters.hasOneCurrency(request.getFilter()),
            "sort",
            "by amount needs exactly one currency code in the filter")
        .require(
            request.getDirection() != SortDirection.UNRECOGNIZED,
            "direction",
            "is not a direction");
  }
}
