package com.gyroscops.payments.read.query;

import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import com.gyroscops.payments.v1.ReadMetadata;
import com.gyroscops.payments.v1.ReadOptions;
import io.grpc.StatusRuntimeException;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * How the answers of a query may be kept and given again: equal requests but for their read options
 * have equal answers, as long as nothing changes in the scope.
 *
 * @param <Q> request, a message
 * @param <A> response, a message
 * @param scope whose changes count; empty: answers to this request are not kept
 * @param withoutOptions the same request without read options
 * @param withRead the same answer from elsewhere; must not copy what else is in it
 * @param absence how the failure that says "there is none" is kept; null: no failure is
 */
public record CacheRules<Q, A>(
    CacheKind kind,
    Function<Q, Optional<CacheScope>> scope,
    Function<Q, ReadOptions> options,
    Function<Q, Q> withoutOptions,
    BiFunction<A, ReadMetadata, A> withRead,
    Function<A, MessageLite> message,
    Parser<A> parser,
    @Nullable Absence<Q> absence) {

  /**
   * Rules of which the message kept is the answer.
   *
   * @param clear the request without its read options, where it has some
   */
  @SuppressWarnings("ReferenceEquality") // One instance stands for a field that is not set.
  static <Q, A extends MessageLite> CacheRules<Q, A> of(
      CacheKind kind,
      Function<Q, Optional<CacheScope>> scope,
      Function<Q, ReadOptions> options,
      UnaryOperator<Q> clear,
      BiFunction<A, ReadMetadata, A> withRead,
      Parser<A> parser,
      @Nullable Absence<Q> absence) {
    return new CacheRules<>(
        kind,
        scope,
        options,
        request ->
            options.apply(request) == ReadOptions.getDefaultInstance()
                ? request
                : clear.apply(request),
        withRead,
        answer -> answer,
        parser,
        absence);
  }

  /**
   * A failure that is an answer.
   *
   * @param readAt the consistency token in the failure; empty: it is another failure
   * @param failure the failure that says it, as of a token
   */
  public record Absence<Q>(
      Function<StatusRuntimeException, Optional<String>> readAt,
      BiFunction<Q, String, StatusRuntimeException> failure) {}
}
