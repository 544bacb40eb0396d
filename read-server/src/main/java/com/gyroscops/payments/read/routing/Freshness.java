package com.gyroscops.payments.read.routing;

import com.google.protobuf.Duration;
import com.gyroscops.payments.contract.ConsistencyTokens;
import com.gyroscops.payments.contract.LogHead;
import com.gyroscops.payments.contract.Violations;
import com.gyroscops.payments.read.feed.FeedUnavailableException;
import com.gyroscops.payments.read.feed.HeadTracker;
import com.gyroscops.payments.read.source.PositionTracker;
import com.gyroscops.payments.v1.Consistency;
import com.gyroscops.payments.v1.ReadOptions;
import com.gyroscops.payments.v1.ReadSource;
import com.gyroscops.payments.v1.ReadStrategy;
import io.grpc.Deadline;
import java.util.List;
import java.util.Optional;

/** Reduces each consistency choice to the position that an answer must hold. For concurrent use. */
public final class Freshness {

  /** Longest staleness that can be asked for; observations of the head go back that far. */
  private static final java.time.Duration STALENESS_MAX = java.time.Duration.ofHours(1);

  private static final String FIELD = "read_options.consistency.";

  private final HeadTracker heads;
  private final List<PositionTracker> known;

  /**
   * @param known what is known of every source's position
   */
  public Freshness(HeadTracker heads, List<PositionTracker> known) {
    this.heads = heads;
    this.known = List.copyOf(known);
  }

  /** Notes what is wrong with a request's options: consistency choice, strategy, source. */
  public static void check(Violations violations, ReadOptions options) {
    violations
        .require(
            options.getStrategy() != ReadStrategy.UNRECOGNIZED,
            "read_options.strategy",
            "is not a read strategy")
        .require(
            options.getSource() != ReadSource.UNRECOGNIZED,
            "read_options.source",
            "is not a read source");
    Consistency choice = options.getConsistency();
    switch (choice.getRequirementCase()) {
      case MINIMIZE_LATENCY ->
          violations.require(choice.getMinimizeLatency(), FIELD + "minimize_latency", MUST_BE_TRUE);
      case FULLY_CONSISTENT ->
          violations.require(choice.getFullyConsistent(), FIELD + "fully_consistent", MUST_BE_TRUE);
      case MAX_STALENESS ->
          violations.require(
              isStaleness(choice.getMaxStaleness()),
              FIELD + "max_staleness",
              "must be more than 0 and at most 1 hour");
      case AT_LEAST_AS_FRESH ->
          violations.require(
              ConsistencyTokens.decode(choice.getAtLeastAsFresh()).isPresent(),
              FIELD + "at_least_as_fresh",
              "is not a consistency token");
      case REQUIREMENT_NOT_SET -> {}
    }
  }

  private static final String MUST_BE_TRUE = "must be true; leave the choice out otherwise";

  private static boolean isStaleness(Duration duration) {
    return duration.getSeconds() >= 0
        && duration.getSeconds() <= STALENESS_MAX.toSeconds()
        && duration.getNanos() >= 0
        && duration.getNanos() < 1_000_000_000
        && toJava(duration).isPositive()
        && toJava(duration).compareTo(STALENESS_MAX) <= 0;
  }

  private static java.time.Duration toJava(Duration duration) {
    return java.time.Duration.ofSeconds(duration.getSeconds(), duration.getNanos());
  }

  /** Whether a choice demands anything at all. */
  static boolean demandsNothing(ReadOptions options) {
    return switch (options.getConsistency().getRequirementCase()) {
      case MINIMIZE_LATENCY, REQUIREMENT_NOT_SET -> true;
      case MAX_STALENESS, AT_LEAST_AS_FRESH, FULLY_CONSISTENT -> false;
    };
  }

  /**
   * What a checked choice demands; empty: nothing.
   *
   * @throws FeedUnavailableException the log's head would have to be known and is not
   * @throws io.grpc.StatusRuntimeException FAILED_PRECONDITION {@code TOKEN_EPOCH_LOST}
   */
  public Optional<Requirement> required(ReadOptions options, Deadline deadline)
      throws FeedUnavailableException {
    Consistency choice = options.getConsistency();
    return switch (choice.getRequirementCase()) {
      case MINIMIZE_LATENCY, REQUIREMENT_NOT_SET -> Optional.empty();
      case FULLY_CONSISTENT -> Optional.of(Requirement.of(heads.headNow(deadline)));
      case MAX_STALENESS -> {
        Optional<LogHead> head = heads.headWithin(toJava(choice.getMaxStaleness()));
        yield Optional.of(Requirement.of(head.isPresent() ? head.get() : heads.headNow(deadline)));
      }
      case AT_LEAST_AS_FRESH ->
          Optional.of(
              ofLivingHistory(
                  ConsistencyTokens.decode(choice.getAtLeastAsFresh())
                      .map(Requirement::of)
                      .orElseThrow(),
                  deadline));
    };
  }

  /**
   * A token of a history that no source follows is lost only if it is not of the log's either: the
   * sources may be the ones that have to follow. While the log cannot be asked, that stays open,
   * and the token stands.
   */
  private Requirement ofLivingHistory(Requirement token, Deadline deadline) {
    // A source that is away may remember a history that was lost meanwhile.
    boolean replaced = heads.newest().map(head -> !token.isOfHistory(head)).orElse(false);
    if (!replaced
        && known.stream()
            .anyMatch(it -> it.latest().holds(token.logId(), token.epoch(), token.position()))) {
      return token;
    }
    try {
      if (token.isOfHistory(heads.headNow(deadline))) {
        return token;
      }
    } catch (FeedUnavailableException _) {
      return token;
    }
    throw RoutingErrors.tokenEpochLost().toException();
  }
}
