package com.gyroscops.payments.read.routing;

import com.gyroscops.payments.contract.ConsistencyTokens;
import com.gyroscops.payments.contract.LogHead;
import com.gyroscops.payments.internal.v1.OptimizeSourceResponse;
import com.gyroscops.payments.internal.v1.SourceHealth;
import com.gyroscops.payments.internal.v1.SourceState;
import com.gyroscops.payments.read.feed.HeadTracker;
import com.gyroscops.payments.read.source.Capability;
import com.gyroscops.payments.read.source.PaymentSource.Tidied;
import com.gyroscops.payments.read.source.SourcePosition;
import com.gyroscops.payments.read.source.SourceUnavailableException;
import com.gyroscops.payments.v1.ReadSource;
import java.util.List;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What those who run the server see of its sources and have them do. For concurrent use. */
public final class SourceAdmin {

  private static final Logger LOG = LoggerFactory.getLogger(SourceAdmin.class);

  private final List<RoutedSource> sources;
  private final HeadTracker heads;

  /**
   * @param sources in the order in which to list them
   */
  public SourceAdmin(List<RoutedSource> sources, HeadTracker heads) {
    this.sources = List.copyOf(sources);
    this.heads = heads;
  }

  /** How every source is. */
  public List<SourceState> list() {
    return sources.stream().map(this::state).toList();
  }

  private SourceState state(RoutedSource source) {
    SourcePosition at = source.known().latest();
    var state =
        SourceState.newBuilder()
            .setSource(source.id())
            .setHealth(health(source))
            .setAppliedPosition(at.position())
            .setEventsBehind(heads.newest().map(head -> behind(head, at)).orElse(0L))
            .setParkedEvents(at.parked())
            .setProjectedHere(source.isProjectedHere())
            .addAllCapabilities(
                source.capabilities().stream().map(SourceAdmin::kind).distinct().sorted().toList());
    if (!at.epoch().isEmpty()) {
      state.setAppliedAt(ConsistencyTokens.encode(at.logId(), at.epoch(), at.position()));
    }
    return state.build();
  }

  private static SourceHealth health(RoutedSource source) {
    if (!source.isUp()) {
      return SourceHealth.SOURCE_HEALTH_DOWN;
    }
    return source.unready().isEmpty()
        ? SourceHealth.SOURCE_HEALTH_UP
        : SourceHealth.SOURCE_HEALTH_NOT_READY;
  }

  private static long behind(LogHead head, SourcePosition at) {
    return head.holds(at.logId(), at.epoch(), at.position())
        ? Math.max(0, head.position() - at.position())
        : head.position();
  }

  private static String kind(Capability capability) {
    return switch (capability) {
      case ANALYZE, ANALYZE_APPROXIMATELY -> "analyze";
      case FIND, SEARCH, AGGREGATE, SUGGEST, HISTORY, TIMELINE, EVENTS ->
          capability.name().toLowerCase(Locale.ROOT);
    };
  }

  /**
   * Has a source tidy itself up; blocks until that is done.
   *
   * @throws io.grpc.StatusRuntimeException INVALID_ARGUMENT {@code SOURCE_NOT_CAPABLE}; UNAVAILABLE
   *     {@code SOURCE_UNAVAILABLE}
   */
  public OptimizeSourceResponse optimize(ReadSource id) {
    RoutedSource source =
        sources.stream()
            .filter(it -> it.id() == id)
            .findFirst()
            .orElseThrow(() -> RoutingErrors.sourceNotCapable(id, "source").toException());
    try {
      Tidied tidied =
          source
              .source()
              .optimize()
              .orElseThrow(() -> RoutingErrors.sourceNotCapable(id, "source").toException());
      LOG.info(
          "source {} has gone from {} to {} segments",
          source.name(),
          tidied.segmentsBefore(),
          tidied.segmentsAfter());
      return OptimizeSourceResponse.newBuilder()
          .setSegmentsBefore(tidied.segmentsBefore())
          .setSegmentsAfter(tidied.segmentsAfter())
          .build();
    } catch (SourceUnavailableException e) {
      LOG.warn("source {} could not be tidied up: {}", source.name(), e.getMessage());
      throw RoutingErrors.sourceUnavailable().toException();
    }
  }
}
