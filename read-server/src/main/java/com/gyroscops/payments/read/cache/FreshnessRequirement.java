package com.gyroscops.payments.read.cache;

import com.gyroscops.payments.contract.ConsistencyTokens;
import com.gyroscops.payments.internal.v1.ConsistencyToken;
import com.gyroscops.payments.read.feed.FeedUnavailableException;
import com.gyroscops.payments.read.routing.Freshness;
import com.gyroscops.payments.read.routing.Requirement;
import com.gyroscops.payments.read.tracking.ChangeWindow;
import com.gyroscops.payments.v1.ReadOptions;
import io.grpc.Context;
import io.grpc.Deadline;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What one request demands of an answer's freshness. What has to be asked of the log for it is
 * asked when it first matters, once. For one thread.
 */
final class FreshnessRequirement {

  /** Time for the log's head where the call has no deadline; the head's asker has its own limit. */
  private static final int HEAD_SECONDS_MAX = 1;

  private static final FreshnessRequirement NOTHING =
      new FreshnessRequirement(ReadOptions.getDefaultInstance(), null, null);

  private final ReadOptions options;
  private final @Nullable Freshness freshness;
  private @Nullable Requirement required;
  private boolean unknowable;

  private FreshnessRequirement(
      ReadOptions options, @Nullable Freshness freshness, @Nullable Requirement required) {
    this.options = options;
    this.freshness = freshness;
    this.required = required;
  }

  /** The demand of checked options. */
  static FreshnessRequirement of(ReadOptions options, Freshness freshness) {
    return switch (options.getConsistency().getRequirementCase()) {
      case MINIMIZE_LATENCY, REQUIREMENT_NOT_SET -> NOTHING;
      case AT_LEAST_AS_FRESH -> {
        // Whether its history is a living one is for the sources' way to say, if it is not ours.
        ConsistencyToken token =
            ConsistencyTokens.decode(options.getConsistency().getAtLeastAsFresh()).orElseThrow();
        yield new FreshnessRequirement(
            options,
            null,
            new Requirement(token.getLogId(), token.getEpoch(), token.getPosition()));
      }
      case MAX_STALENESS, FULLY_CONSISTENT -> new FreshnessRequirement(options, freshness, null);
    };
  }

  /** Whether it holds for a while even if the feed is not heard. */
  boolean isForStaleness() {
    return options.getConsistency().hasMaxStaleness();
  }

  /**
   * Whether an answer as of a position of a stretch will do. May ask the log for its head, and then
   * blocks for a second at most.
   */
  boolean isMetBy(ChangeWindow stretch, long position) {
    if (freshness == null && required == null) {
      return true;
    }
    Requirement all = required();
    return all != null
        && position >= all.position()
        && stretch.holds(all.logId(), all.epoch(), all.position());
  }

  /** Null: cannot be known now. */
  private @Nullable Requirement required() {
    if (required == null && freshness != null && !unknowable) {
      try {
        Optional<Requirement> found = freshness.required(options, deadline());
        required = found.orElse(null);
        unknowable = found.isEmpty();
      } catch (FeedUnavailableException _) {
        unknowable = true;
      }
    }
    return required;
  }

  private static Deadline deadline() {
    Deadline limit = Deadline.after(HEAD_SECONDS_MAX, TimeUnit.SECONDS);
    Deadline ofCall = Context.current().getDeadline();
    return ofCall == null ? limit : ofCall.minimum(limit);
  }
}
