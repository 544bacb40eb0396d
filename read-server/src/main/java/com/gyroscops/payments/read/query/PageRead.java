package com.gyroscops.payments.read.query;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.gyroscops.payments.contract.ConsistencyTokens;
import com.gyroscops.payments.contract.Violations;
import com.gyroscops.payments.internal.v1.ConsistencyToken;
import com.gyroscops.payments.internal.v1.PageToken;
import com.gyroscops.payments.platform.page.Pages;
import com.gyroscops.payments.read.routing.Freshness;
import com.gyroscops.payments.read.routing.Routed;
import com.gyroscops.payments.read.routing.SourceRouter;
import com.gyroscops.payments.read.source.Answer;
import com.gyroscops.payments.read.source.Capability;
import com.gyroscops.payments.read.source.PaymentSource;
import com.gyroscops.payments.v1.Consistency;
import com.gyroscops.payments.v1.ReadOptions;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/**
 * One page of a query: what its token says, how much to fetch, and the token of the next one.
 *
 * @param size most elements of the page
 * @param after where the page before ended; empty: this is the first
 */
record PageRead(PageTokens tokens, ByteString digest, int size, Optional<PageToken> after) {

  /** Most attempts to find two answers of one history. */
  private static final int AGAIN_MAX = 2;

  /**
   * Reads what a request says of its page, and checks how fresh that is to be.
   *
   * @param violations what else is wrong with the request; ends their collection
   * @throws io.grpc.StatusRuntimeException INVALID_ARGUMENT {@code FIELD_INVALID}, or {@code
   *     PAGE_TOKEN_INVALID}
   */
  static PageRead of(PageTokens tokens, Message request, Violations violations) {
    FieldDescriptor pageSize = field(request, "page_size");
    FieldDescriptor pageToken = field(request, "page_token");
    FieldDescriptor options = field(request, "read_options");
    int size = Pages.size(violations, (Integer) request.getField(pageSize));
    Freshness.check(violations, (ReadOptions) request.getField(options));
    violations.throwIfAny();
    // These may differ from page to page of one query.
    Message query =
        request.toBuilder().clearField(pageSize).clearField(pageToken).clearField(options).build();
    ByteString digest = PageTokens.digest(query);
    return new PageRead(
        tokens, digest, size, tokens.read(digest, (String) request.getField(pageToken)));
  }

  private static FieldDescriptor field(Message request, String name) {
    return Objects.requireNonNull(request.getDescriptorForType().findFieldByName(name), name);
  }

  /**
   * Reads the page. Data older than the first page's may meet what was asked for, where that is a
   * time, or a token of another history; then the page is read again, from a source that stands
   * where the first page's did, be it in a later history.
   *
   * @param ask reads with such options
   * @throws io.grpc.StatusRuntimeException FAILED_PRECONDITION {@code TOKEN_EPOCH_LOST}: what the
   *     first page was read from; UNAVAILABLE {@code NO_FRESH_SOURCE}: sources have yet to move on
   *     into the history that others are in
   */
  <T> Routed<T> read(ReadOptions asked, Function<ReadOptions, Routed<T>> ask) {
    ReadOptions demanded = options(asked);
    Routed<T> asAsked = ask.apply(demanded);
    if (first().isEmpty()
        || demanded.getConsistency().getAtLeastAsFresh().equals(first())
        || isAtLeast(readAt(asAsked), first())) {
      return asAsked;
    }
    for (int i = 0; i < AGAIN_MAX; i++) {
      Routed<T> asFirst = ask.apply(atLeastAsFreshAsFirst(asked));
      // Of two answers of one history the newer one meets both demands.
      if (isAtLeast(readAt(asFirst), readAt(asAsked))) {
        return asFirst;
      }
      if (isOlder(readAt(asFirst), readAt(asAsked))) {
        return asAsked;
      }
      asAsked = ask.apply(demanded);
    }
    throw QueryErrors.historyChanging().toException();
  }

  /** Reads the page from sources that are capable of it. */
  <T> Routed<T> read(
      SourceRouter reads,
      ReadOptions asked,
      Capability capability,
      Function<PaymentSource, Answer<T>> ask) {
    return read(asked, options -> reads.read(options, capability, ask));
  }

  private static String readAt(Routed<?> routed) {
    return routed.read().getReadAt();
  }

  /** Sort value after which this page starts; 0 for the first one. */
  long afterValue() {
    return after.map(PageToken::getSortValue).orElse(0L);
  }

  /** What a request asks of its source; pages after the first are not older than that. */
  private ReadOptions options(ReadOptions asked) {
    Consistency consistency = asked.getConsistency();
    boolean demandsLess =
        switch (consistency.getRequirementCase()) {
          case MINIMIZE_LATENCY, REQUIREMENT_NOT_SET -> true;
          case AT_LEAST_AS_FRESH -> isOlder(consistency.getAtLeastAsFresh(), first());
          case MAX_STALENESS, FULLY_CONSISTENT -> false;
        };
    return first().isEmpty() || !demandsLess ? asked : atLeastAsFreshAsFirst(asked);
  }

  /** Where the first page was read; empty: this is the first. */
  private String first() {
    return after.map(PageToken::getReadAt).orElse("");
  }

  private ReadOptions atLeastAsFreshAsFirst(ReadOptions asked) {
    return asked.toBuilder()
        .setConsistency(Consistency.newBuilder().setAtLeastAsFresh(first()))
        .build();
  }

  /** Whether both are of one history, and the one not before the other. */
  private static boolean isAtLeast(String newer, String older) {
    return newer.equals(older) || isOlder(older, newer);
  }

  /** Whether both are of one history, and the one before the other. */
  private static boolean isOlder(String token, String other) {
    Optional<ConsistencyToken> mine = ConsistencyTokens.decode(token);
    Optional<ConsistencyToken> its = ConsistencyTokens.decode(other);
    return mine.isPresent()
        && its.isPresent()
        && mine.get().getLogId().equals(its.get().getLogId())
        && mine.get().getEpoch().equals(its.get().getEpoch())
        && mine.get().getPosition() < its.get().getPosition();
  }

  /** How many to fetch: one more than a page holds, to know whether another follows. */
  int fetch() {
    return size + 1;
  }

  /**
   * The page's elements.
   *
   * @param nextPageToken empty: this is the last page
   */
  record Cut<T>(List<T> elements, String nextPageToken) {}

  /** Likewise where the sort value alone tells the elements apart. */
  <T extends Message> Cut<T> cut(Routed<List<T>> found, ToLongFunction<T> sortValue) {
    return cut(found.value(), readAt(found), sortValue, _ -> "");
  }

  /**
   * Cuts the page out of what was fetched, which may be fewer elements where they are large.
   *
   * @param readAt of the answer that they are of
   * @param sortValue of an element
   * @param paymentId of an element, where the sort value is not unique; else empty
   */
  <T extends Message> Cut<T> cut(
      List<T> found, String readAt, ToLongFunction<T> sortValue, Function<T, String> paymentId) {
    List<T> page = Pages.first(found, size);
    if (found.size() == page.size()) {
      return new Cut<>(page, "");
    }
    T last = page.getLast();
    return new Cut<>(
        page,
        tokens.write(
            digest,
            sortValue.applyAsLong(last),
            paymentId.apply(last),
            after.map(PageToken::getReadAt).orElse(readAt)));
  }
}
