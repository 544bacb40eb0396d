package com.gyroscops.payments.read.routing;

import com.gyroscops.payments.read.feed.FeedUnavailableException;
import com.gyroscops.payments.read.source.Answer;
import com.gyroscops.payments.read.source.Capability;
import com.gyroscops.payments.read.source.PaymentSource;
import com.gyroscops.payments.v1.ReadOptions;
import com.gyroscops.payments.v1.ReadSource;
import com.gyroscops.payments.v1.ReadStrategy;
import io.grpc.Context;
import io.grpc.Deadline;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Puts each question to the best source, and to the next best where that one fails. For concurrent
 * use; reading blocks, and ends when {@link Context#current()} does.
 *
 * <p><b>Invariant:</b> no answer is ever given whose position does not meet what the options
 * demand, whatever fails or races. The position in the answer, which is of the snapshot of its
 * data, decides; what was known before only tells whom to ask, and how long to wait.
 *
 * <p>Candidates are the sources that have the capability, are not left alone for failing, and are
 * known to stand where the options demand. They are ordered by capability (exact before
 * approximate), the request's strategy, the installation's rules, and the expected wait. If none of
 * them answers, the read waits a little for any capable source to catch up; then it asks the log,
 * where it may; at last one question at a time goes to a source that is being left alone.
 */
public final class SourceRouter {

  /**
   * Most look-ups in the log at once: what an outage here may cost the write side. A look-up takes
   * about a millisecond.
   */
  static final int LOG_READS_MAX = 64;

  /** Most reads that wait long for a source: half of the queries there may be, so others go on. */
  static final int PATIENT_READS_MAX = 256;

  private final List<RoutedSource> sources;
  private final Freshness freshness;
  private final RoutingRules rules;
  private final RoutingMeters meters;
  private final Semaphore logReads = new Semaphore(LOG_READS_MAX);
  private final Semaphore patientReads = new Semaphore(PATIENT_READS_MAX);
  private final RoutingLimits limits;

  public SourceRouter(
      List<RoutedSource> sources, Freshness freshness, RoutingRules rules, MeterRegistry meters) {
    this(sources, freshness, rules, meters, RoutingLimits.usual());
  }

  SourceRouter(
      List<RoutedSource> sources,
      Freshness freshness,
      RoutingRules rules,
      MeterRegistry meters,
      RoutingLimits limits) {
    this.limits = limits;
    this.sources = List.copyOf(sources);
    this.freshness = freshness;
    this.rules = rules;
    this.meters = new RoutingMeters(meters, this.sources);
  }

  /**
   * Answers, or fails the call.
   *
   * @param options checked by {@link Freshness#check}
   * @throws io.grpc.StatusRuntimeException INVALID_ARGUMENT {@code SOURCE_NOT_CAPABLE}; UNAVAILABLE
   *     {@code NO_FRESH_SOURCE}, {@code SOURCE_UNAVAILABLE}, {@code SOURCE_INCOMPLETE};
   *     FAILED_PRECONDITION {@code TOKEN_EPOCH_LOST}; DEADLINE_EXCEEDED, CANCELLED
   */
  public <T> Routed<T> read(
      ReadOptions options, Capability capability, Function<PaymentSource, Answer<T>> question) {
    return read(options, List.of(capability), question);
  }

  /**
   * Answers, or fails the call as {@link #read(ReadOptions, Capability, Function)} does.
   *
   * @param acceptable capabilities of which any one will do, the best first; the answer says which
   */
  public <T> Routed<T> read(
      ReadOptions options,
      List<Capability> acceptable,
      Function<PaymentSource, Answer<T>> question) {
    return route(options, acceptable, question, null);
  }

  /**
   * Answers as {@link #read(ReadOptions, Capability, Function)} does, and by the log where no
   * source can.
   */
  public <T> Routed<T> readOrAskLog(
      ReadOptions options,
      Capability capability,
      Function<PaymentSource, Answer<T>> question,
      LogFallback<T> log) {
    return route(options, List.of(capability), question, log);
  }

  private <T> Routed<T> route(
      ReadOptions options,
      List<Capability> acceptable,
      Function<PaymentSource, Answer<T>> question,
      @Nullable LogFallback<T> log) {
    List<RoutedSource> allowed = allowed(options.getSource(), acceptable, log != null);
    boolean logAllowed =
        switch (options.getSource()) {
          case READ_SOURCE_UNSPECIFIED, READ_SOURCE_LOG -> true;
          default -> false;
        };
    Optional<Requirement> required = Optional.empty();
    boolean knowable = true;
    try {
      required = freshness.required(options, callDeadline());
    } catch (FeedUnavailableException _) {
      knowable = false;
    }
    return new RoutedRead<>(
            options,
            acceptable,
            question,
            logAllowed ? log : null,
            logReads,
            patientReads,
            limits,
            required,
            knowable,
            order(options, acceptable, allowed),
            allowed,
            meters)
        .read();
  }

  private List<RoutedSource> allowed(
      ReadSource only, List<Capability> acceptable, boolean logCanAnswer) {
    if (only == ReadSource.READ_SOURCE_UNSPECIFIED) {
      return sources;
    }
    if (only == ReadSource.READ_SOURCE_LOG && logCanAnswer) {
      return List.of();
    }
    return List.of(
        sources.stream()
            .filter(it -> it.id() == only && !it.neverDoes(acceptable))
            .findFirst()
            .orElseThrow(() -> RoutingErrors.sourceNotCapable(only, FIELD).toException()));
  }

  private static final String FIELD = "read_options.source";

  private record Ranked(
      Candidate candidate,
      boolean unready,
      int strategy,
      int critical,
      boolean lagging,
      int place,
      double expectedNanos) {}

  private static final Comparator<Ranked> BEST_FIRST =
      Comparator.comparing(Ranked::unready)
          .thenComparingInt(it -> it.candidate().preference())
          .thenComparingInt(Ranked::strategy)
          .thenComparingInt(Ranked::critical)
          .thenComparing(Ranked::lagging)
          .thenComparingInt(Ranked::place)
          .thenComparingDouble(Ranked::expectedNanos);

  /** The capable ones, best first. */
  private List<Candidate> order(
      ReadOptions options, List<Capability> acceptable, List<RoutedSource> allowed) {
    List<Ranked> ranked = new ArrayList<>(allowed.size());
    for (RoutedSource source : allowed) {
      source
          .firstOf(acceptable)
          .map(it -> new Candidate(source, it, acceptable.indexOf(it)))
          .ifPresent(it -> ranked.add(rank(options, it)));
    }
    ranked.sort(BEST_FIRST);
    return ranked.stream().map(Ranked::candidate).toList();
  }

  private Ranked rank(ReadOptions options, Candidate candidate) {
    RoutedSource source = candidate.source();
    boolean databaseFirst = options.getStrategy() == ReadStrategy.READ_STRATEGY_DATABASE_FIRST;
    boolean critical = options.getConsistency().getFullyConsistent();
    return new Ranked(
        candidate,
        !source.known().latest().isReady(),
        databaseFirst && source.id() != ReadSource.READ_SOURCE_SQL ? 1 : 0,
        critical ? rules.criticalPlace(source.id()) : 0,
        source.isLagging(),
        rules.place(candidate.capability(), source.id()),
        source.load().expectedNanos(candidate.capability()));
  }

  /** The call's deadline, or one as far away as any answer of the log is waited for. */
  static Deadline callDeadline() {
    Deadline deadline = Context.current().getDeadline();
    return deadline == null ? Deadline.after(1, TimeUnit.SECONDS) : deadline;
  }
}
