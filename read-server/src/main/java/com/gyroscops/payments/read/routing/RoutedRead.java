package com.gyroscops.payments.read.routing;

import com.gyroscops.payments.contract.ConsistencyTokens;
import com.gyroscops.payments.platform.grpc.Deadlines;
import com.gyroscops.payments.read.routing.SourceBreaker.Permit;
import com.gyroscops.payments.read.source.Answer;
import com.gyroscops.payments.read.source.Capability;
import com.gyroscops.payments.read.source.PaymentSource;
import com.gyroscops.payments.read.source.SourcePosition;
import com.gyroscops.payments.v1.ConsideredSource;
import com.gyroscops.payments.v1.ReadMetadata;
import com.gyroscops.payments.v1.ReadOptions;
import com.gyroscops.payments.v1.ReadSource;
import com.gyroscops.payments.v1.ReadStrategy;
import com.gyroscops.payments.v1.SourceVerdict;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One read under way: whom it has asked, what came of it, whom to ask next. For one thread. */
final class RoutedRead<T> {

  private static final Logger LOG = LoggerFactory.getLogger(RoutedRead.class);

  /** Time between looks at where sources stand while waiting. */
  private static final Duration LOOK_EVERY = Duration.ofMillis(5);

  /**
   * Likewise beyond {@link RoutingLimits#waitMax}: the bell rings for progress, and many may wait.
   */
  private static final Duration LATE_LOOK_EVERY = Duration.ofMillis(25);

  /**
   * Share of the time left that one source may use while there are others to ask after it: what is
   * left then is enough for any that is well.
   */
  private static final int BUDGET_DIVISOR = 2;

  /**
   * Time left to callers that set no deadline: more than any statement may take, less than a stop
   * of the server waits.
   */
  private static final Duration NO_DEADLINE = Duration.ofSeconds(32);

  /** Sources asked at once by the strategy PARALLEL. */
  private static final int PARALLEL = 2;

  private record Fresh<T>(Attempt<T> attempt, T value, SourcePosition at) {}

  private final Context call = Context.current();
  private final ReadOptions options;
  private final List<Capability> acceptable;
  private final Function<PaymentSource, Answer<T>> question;
  private final @Nullable LogFallback<T> log;
  private final Semaphore logReads;
  private final Semaphore patientReads;
  private final RoutingLimits limits;
  private final Optional<Requirement> required;
  private final boolean knowable;
  private final List<Candidate> candidates;
  private final RoutingMeters meters;
  private final Map<ReadSource, SourceVerdict> verdicts = new LinkedHashMap<>();
  private final Map<ReadSource, Capability> kinds = new EnumMap<>(ReadSource.class);
  // Empty: the call has ended.
  private final BlockingQueue<Optional<Attempt<T>>> ended = new LinkedBlockingQueue<>();
  private @Nullable SourcePosition newestStale;
  private @Nullable StatusRuntimeException refusal;
  private @Nullable Throwable unexpected;
  private boolean tookTooLong;
  private boolean inexact;

  /**
   * A read for the current call.
   *
   * @param log null: the log must not answer
   * @param patientReads those that may wait for {@link RoutingLimits#patienceMax} at once; the
   *     others wait no longer than usual
   * @param required empty: nothing, or it is not {@code knowable}
   * @param knowable whether what is demanded could be found out; if not, only the log may answer,
   *     for it holds everything that was committed before it was asked
   * @param candidates those of {@code allowed} that are capable, best first
   */
  RoutedRead(
      ReadOptions options,
      List<Capability> acceptable,
      Function<PaymentSource, Answer<T>> question,
      @Nullable LogFallback<T> log,
      Semaphore logReads,
      Semaphore patientReads,
      RoutingLimits limits,
      Optional<Requirement> required,
      boolean knowable,
      List<Candidate> candidates,
      List<RoutedSource> allowed,
      RoutingMeters meters) {
    this.options = options;
    this.acceptable = acceptable;
    this.question = question;
    this.log = log;
    this.logReads = logReads;
    this.patientReads = patientReads;
    this.limits = limits;
    this.required = required;
    this.knowable = knowable;
    this.candidates = candidates;
    this.meters = meters;
    for (Candidate candidate : candidates) {
      note(candidate, SourceVerdict.SOURCE_VERDICT_NOT_NEEDED);
      kinds.put(candidate.source().id(), candidate.capability());
    }
    for (RoutedSource source : allowed) {
      verdicts.putIfAbsent(source.id(), SourceVerdict.SOURCE_VERDICT_NOT_CAPABLE);
    }
  }

  /** Answers, or fails the call; once. */
  Routed<T> read() {
    Context.CancellationListener onEnd = _ -> ended.add(Optional.empty());
    call.addListener(onEnd, Runnable::run);
    try {
      Routed<T> routed = find().orElseThrow(this::failure);
      if (unexpected != null) {
        LOG.error("a source failed unexpectedly; another has answered", unexpected);
      }
      return routed;
    } finally {
      call.removeListener(onEnd);
      verdicts.forEach((source, verdict) ->
          meters.considered(source, kinds.getOrDefault(source, acceptable.getFirst()), verdict));
    }
  }

  private Optional<Routed<T>> find() {
    List<Candidate> fresh = new ArrayList<>();
    List<Candidate> stale = new ArrayList<>();
    for (Candidate candidate : candidates) {
      SourcePosition at = candidate.source().known().latest();
      if (candidate.source().isAway()) {
        note(candidate, SourceVerdict.SOURCE_VERDICT_UNHEALTHY);
      } else if (knowable && meets(at)) {
        fresh.add(candidate);
      } else {
        noteStale(candidate, at);
        stale.add(candidate);
      }
    }
    boolean moreAfter = log != null || (required.isPresent() && !stale.isEmpty());
    return ask(fresh, false, moreAfter)
        .or(this::awaitFresh)
        .or(this::askLog)
        .or(this::tryUnhealthy);
  }

  /** Without a demand a source may be asked whatever is known of it; its answer decides. */
  private boolean meets(SourcePosition at) {
    return required.map(it -> it.isMetBy(at)).orElse(true);
  }

  /** Asks one after the other, or two at a time, until one answers. */
  private Optional<Routed<T>> ask(
      List<Candidate> candidatesInOrder, boolean lastTry, boolean moreAfter) {
    int width =
        options.getStrategy() == ReadStrategy.READ_STRATEGY_PARALLEL && !lastTry ? PARALLEL : 1;
    Deque<Candidate> left = new ArrayDeque<>(candidatesInOrder);
    Set<Attempt<T>> underWay = new LinkedHashSet<>();
    try {
      while (true) {
        throwIfEnded();
        startMore(left, underWay, width, lastTry, moreAfter);
        if (underWay.isEmpty()) {
          return Optional.empty();
        }
        Optional<Attempt<T>> next = awaitEnd(underWay);
        if (next.isPresent() && underWay.remove(next.get())) {
          Optional<Fresh<T>> fresh = judge(next.get());
          if (fresh.isPresent()) {
            return Optional.of(routed(newest(fresh.get(), underWay)));
          }
        }
      }
    } finally {
      underWay.forEach(this::giveUp);
    }
  }

  /**
   * Stops what nobody waits for any more. Where the call's own time is over, the source is at fault
   * if it had enough of it.
   */
  private void giveUp(Attempt<T> attempt) {
    Deadline deadline = call.getDeadline();
    if (deadline != null && deadline.isExpired() && isAtFault(attempt)) {
      attempt.failedByTime(new TimeoutException("did not answer before the call's deadline"));
    } else {
      attempt.cancel();
    }
  }

  /**
   * Whether it tells of its source that it has not ended yet. The last source that could answer
   * this read is not at fault while it answers others: then there is too much to do for all of
   * them, as in a server that has just started, and to leave the last one alone would have nobody
   * answered.
   */
  private boolean isAtFault(Attempt<?> attempt) {
    RoutedSource source = attempt.candidate().source();
    return attempt.sinceStart() >= limits.slow().toNanos()
        && !mayTakeLong(attempt.candidate().capability())
        && (!source.load().hasAnsweredLately()
            || candidates.stream()
                .map(Candidate::source)
                .anyMatch(it -> it != source && it.isUp() && it.unready().isEmpty()));
  }

  private void startMore(
      Deque<Candidate> left,
      Set<Attempt<T>> underWay,
      int width,
      boolean lastTry,
      boolean moreAfter) {
    while (underWay.size() < width && !left.isEmpty()) {
      boolean otherKind =
          underWay.stream()
              .anyMatch(it -> it.candidate().preference() != left.getFirst().preference());
      if (otherKind) {
        return; // An approximate answer must not overtake an exact one.
      }
      Candidate next = left.removeFirst();
      RoutedSource source = next.source();
      Permit permit =
          source.load().inFlight() >= RoutedSource.QUESTIONS_MAX
              ? Permit.NONE
              : lastTry
                  ? source.breaker().acquireLastTry(source.isAway())
                  : source.breaker().acquire();
      if (permit == Permit.NONE) {
        note(next, SourceVerdict.SOURCE_VERDICT_UNHEALTHY);
      } else {
        underWay.add(
            Attempt.start(
                next,
                permit,
                question,
                // One that nothing speaks for must leave the call time to be told so.
                budgetNanos(
                    next.capability(), moreAfter || !left.isEmpty() || permit == Permit.LAST_TRY),
                meters,
                it -> ended.add(Optional.of(it))));
      }
    }
  }

  /**
   * Time for one attempt; {@link Attempt#UNBOUNDED}: until the call's deadline. The last source of
   * all is given as much as any other, and half of what is left if that is more: never all the time
   * of a patient caller, who is to hear of it while another server may still be asked.
   */
  private long budgetNanos(Capability kind, boolean others) {
    Deadline deadline = call.getDeadline();
    if (deadline == null && !others) {
      return NO_DEADLINE.toNanos();
    }
    long left =
        deadline == null
            ? NO_DEADLINE.toNanos()
            : Math.max(0, deadline.timeRemaining(TimeUnit.NANOSECONDS));
    long share = left / BUDGET_DIVISOR;
    if (others) {
      return mayTakeLong(kind) ? share : Math.min(share, limits.budgetMax().toNanos());
    }
    return mayTakeLong(kind) || left <= limits.budgetMax().toNanos()
        ? Attempt.UNBOUNDED
        : Math.max(share, limits.budgetMax().toNanos());
  }

  private static boolean mayTakeLong(Capability kind) {
    return switch (kind) {
      case ANALYZE, ANALYZE_APPROXIMATELY -> true;
      case FIND, SEARCH, AGGREGATE, SUGGEST, HISTORY, TIMELINE, EVENTS -> false;
    };
  }

  /** The next to end; empty: look again, for the call has ended or budgets have. */
  private Optional<Attempt<T>> awaitEnd(Set<Attempt<T>> underWay) {
    long nanos = underWay.stream().mapToLong(Attempt::leftNanos).min().orElse(0);
    try {
      Optional<Attempt<T>> next = ended.poll(nanos, TimeUnit.NANOSECONDS);
      if (next != null) {
        return next;
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw RoutingErrors.stopped().toException();
    }
    underWay.removeIf(attempt -> {
      boolean over = attempt.leftNanos() <= 0;
      if (over) {
        noteTooLong(attempt);
      }
      return over;
    });
    return Optional.empty();
  }

  /** Takes note of how an attempt ended; its answer, if it may be given. */
  private Optional<Fresh<T>> judge(Attempt<T> attempt) {
    Candidate candidate = attempt.candidate();
    switch (attempt.end()) {
      case Attempt.End.Withdrawn<T> _ -> {
        attempt.withdrawn();
        note(candidate, SourceVerdict.SOURCE_VERDICT_NOT_CAPABLE);
      }
      case Attempt.End.Threw<T>(StatusRuntimeException e) -> {
        attempt.answered();
        refusal = e;
        note(candidate, SourceVerdict.SOURCE_VERDICT_SERVED);
      }
      case Attempt.End.Threw<T>(Throwable cause) -> {
        attempt.failed(cause);
        unexpected = cause;
        note(candidate, SourceVerdict.SOURCE_VERDICT_FAILED);
      }
      case Attempt.End.Answered<T>(Answer<T> answer) -> {
        return judge(attempt, answer);
      }
    }
    return Optional.empty();
  }

  private Optional<Fresh<T>> judge(Attempt<T> attempt, Answer<T> answer) {
    Candidate candidate = attempt.candidate();
    switch (answer) {
      case Answer.Data<T>(T value, SourcePosition at) -> {
        attempt.answered();
        if (meets(at)) {
          return Optional.of(new Fresh<>(attempt, value, at));
        }
        // The store lost what it had applied, or is another's already.
        answeredStale(candidate, at);
      }
      case Answer.NotHeld<T>(SourcePosition at) -> {
        attempt.answered();
        if (meets(at)) {
          note(candidate, SourceVerdict.SOURCE_VERDICT_NOT_HELD);
        } else {
          answeredStale(candidate, at);
        }
      }
      case Answer.Inexact<T>(SourcePosition at) -> {
        attempt.answered();
        if (meets(at)) {
          inexact = true;
          note(candidate, SourceVerdict.SOURCE_VERDICT_NOT_CAPABLE);
        } else {
          answeredStale(candidate, at);
        }
      }
      case Answer.NotReady<T>(SourcePosition at) -> {
        attempt.answered();
        answeredStale(candidate, at);
      }
      case Answer.Incomplete<T> _ -> {
        attempt.answered();
        note(candidate, SourceVerdict.SOURCE_VERDICT_INCOMPLETE);
      }
      case Answer.Unavailable<T>(Exception cause) -> {
        attempt.failed(cause);
        note(candidate, SourceVerdict.SOURCE_VERDICT_FAILED);
      }
      case Answer.Stopped<T> _ -> {
        if (hasEnded()) {
          giveUp(attempt);
          note(candidate, SourceVerdict.SOURCE_VERDICT_SLOWER);
        } else {
          noteTooLong(attempt);
        }
      }
    }
    return Optional.empty();
  }

  private void noteTooLong(Attempt<T> attempt) {
    if (hasEnded()) {
      giveUp(attempt);
      note(attempt.candidate(), SourceVerdict.SOURCE_VERDICT_SLOWER);
      return;
    }
    // Otherwise a limit of the source's own, for any question, has stopped it.
    tookTooLong |= attempt.leftNanos() > 0;
    if (isAtFault(attempt)) {
      attempt.failedByTime(new TimeoutException("did not answer in time"));
    } else {
      attempt.cancel();
    }
    note(attempt.candidate(), SourceVerdict.SOURCE_VERDICT_FAILED);
  }

  /** The newest of an answer and those that are there too. */
  private Fresh<T> newest(Fresh<T> first, Set<Attempt<T>> underWay) {
    Fresh<T> best = first;
    for (Optional<Attempt<T>> more = ended.poll(); more != null; more = ended.poll()) {
      if (more.isPresent() && underWay.remove(more.get())) {
        Optional<Fresh<T>> other = judge(more.get());
        if (other.isPresent()) {
          boolean newer = other.get().at().isNewerThan(best.at());
          note(
              (newer ? best : other.get()).attempt().candidate(),
              SourceVerdict.SOURCE_VERDICT_SLOWER);
          best = newer ? other.get() : best;
        }
      }
    }
    underWay.forEach(it -> note(it.candidate(), SourceVerdict.SOURCE_VERDICT_SLOWER));
    return best;
  }

  private Routed<T> routed(Fresh<T> fresh) {
    Candidate candidate = fresh.attempt().candidate();
    note(candidate, SourceVerdict.SOURCE_VERDICT_SERVED);
    return new Routed<>(
        fresh.value(), metadata(candidate.source().id(), fresh.at()), candidate.capability());
  }

  private ReadMetadata metadata(ReadSource source, SourcePosition at) {
    var metadata =
        ReadMetadata.newBuilder()
            .setSource(source)
            .setReadAt(ConsistencyTokens.encode(at.logId(), at.epoch(), at.position()));
    if (options.getExplain()) {
      verdicts.forEach((considered, verdict) ->
          metadata.addConsidered(
              ConsideredSource.newBuilder().setSource(considered).setVerdict(verdict)));
    }
    return metadata.build();
  }

  /** Waits a little for any of those that were too old, and asks each that has caught up. */
  private Optional<Routed<T>> awaitFresh() {
    Map<Candidate, Integer> waitingFor = new LinkedHashMap<>();
    for (Candidate candidate : candidates) {
      if (isStale(candidate)) {
        waitingFor.put(candidate, candidate.source().failedLooks());
      }
    }
    if (required.isEmpty() || waitingFor.isEmpty()) {
      return Optional.empty();
    }
    boolean patient =
        log == null
            && waitingFor.keySet().stream().anyMatch(it -> isBusyAtMost(it.source()))
            && patientReads.tryAcquire();
    try {
      return awaitFresh(waitingFor, patient ? limits.patienceMax() : limits.waitMax());
    } finally {
      if (patient) {
        patientReads.release();
      }
    }
  }

  /** Whether a source that is too old is so for a moment only, as far as can be told. */
  private static boolean isBusyAtMost(RoutedSource source) {
    return source.known().latest().isReady() && !source.isLagging();
  }

  private Optional<Routed<T>> awaitFresh(Map<Candidate, Integer> waitingFor, Duration most) {
    long start = System.nanoTime();
    long until = start + waitNanos(most);
    try (PositionSignal bell =
        new PositionSignal(waitingFor.keySet().stream().map(it -> it.source().known()).toList())) {
      while (true) {
        List<Candidate> caughtUp =
            waitingFor.keySet().stream().filter(it -> meets(it.source().known().latest())).toList();
        Optional<Routed<T>> found =
            ask(caughtUp, false, log != null || waitingFor.size() > caughtUp.size());
        long now = System.nanoTime();
        long left = until - now;
        waitingFor.keySet().removeIf(it -> !isStale(it));
        if (found.isPresent() || left <= 0 || waitingFor.isEmpty()) {
          return found;
        }
        lookAt(waitingFor);
        Duration pause = now - start < limits.waitMax().toNanos() ? LOOK_EVERY : LATE_LOOK_EVERY;
        bell.await(Math.min(pause.toNanos(), left));
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw RoutingErrors.stopped().toException();
    }
  }

  /** Has each looked at; one whose store did not answer such a look is waited for no more. */
  private void lookAt(Map<Candidate, Integer> waitingFor) {
    waitingFor
        .entrySet()
        .removeIf(it -> {
          RoutedSource source = it.getKey().source();
          if (source.failedLooks() != it.getValue()) {
            note(it.getKey(), SourceVerdict.SOURCE_VERDICT_FAILED);
            return true;
          }
          if (source.isAway()) {
            note(it.getKey(), SourceVerdict.SOURCE_VERDICT_UNHEALTHY);
            return true;
          }
          source.look();
          return false;
        });
  }

  private long waitNanos(Duration most) {
    Deadline deadline = call.getDeadline();
    return deadline == null
        ? most.toNanos()
        : Math.min(most.toNanos(), deadline.timeRemaining(TimeUnit.NANOSECONDS) / 2);
  }

  private Optional<Routed<T>> askLog() {
    if (log == null) {
      return Optional.empty();
    }
    throwIfEnded();
    if (!logReads.tryAcquire()) {
      verdicts.put(ReadSource.READ_SOURCE_LOG, SourceVerdict.SOURCE_VERDICT_UNHEALTHY);
      return Optional.empty();
    }
    try {
      // Not all the time of a patient caller: a log that says nothing is one that is away.
      Deadline most = Deadline.after(limits.budgetMax().toNanos(), TimeUnit.NANOSECONDS);
      return answerOfLog(log.ask(SourceRouter.callDeadline().minimum(most)));
    } finally {
      logReads.release();
    }
  }

  private Optional<Routed<T>> answerOfLog(Answer<T> answer) {
    switch (answer) {
      case Answer.Data<T>(T value, SourcePosition at) -> {
        if (meets(at)) {
          verdicts.put(ReadSource.READ_SOURCE_LOG, SourceVerdict.SOURCE_VERDICT_SERVED);
          return Optional.of(
              new Routed<>(value, metadata(ReadSource.READ_SOURCE_LOG, at), acceptable.getFirst()));
        }
        verdicts.put(ReadSource.READ_SOURCE_LOG, SourceVerdict.SOURCE_VERDICT_STALE);
      }
      case Answer.Unavailable<T> _,
          Answer.Stopped<T> _,
          Answer.Incomplete<T> _,
          Answer.NotHeld<T> _,
          Answer.Inexact<T> _,
          Answer.NotReady<T> _ ->
          verdicts.put(ReadSource.READ_SOURCE_LOG, SourceVerdict.SOURCE_VERDICT_FAILED);
    }
    return Optional.empty();
  }

  /** With a budget, though there is nobody after: the error that says when to ask again is. */
  private Optional<Routed<T>> tryUnhealthy() {
    List<Candidate> unhealthy =
        candidates.stream()
            .filter(it -> verdicts.get(it.source().id()) == SourceVerdict.SOURCE_VERDICT_UNHEALTHY)
            .toList();
    return knowable ? ask(unhealthy, true, true) : Optional.empty();
  }

  /** The most useful of what was seen: what trying again soon can mend comes first. */
  private RuntimeException failure() {
    throwIfEnded();
    boolean stale = verdicts.containsValue(SourceVerdict.SOURCE_VERDICT_STALE);
    if ((stale || !knowable) && !Freshness.demandsNothing(options)) {
      return RoutingErrors.noFreshSource(required, Optional.ofNullable(newestStale)).toException();
    }
    if (unexpected instanceof RuntimeException e) {
      return e;
    }
    if (unexpected instanceof Error e) {
      throw e;
    }
    if (tookTooLong) {
      return RoutingErrors.stopped().toException();
    }
    if (verdicts.get(options.getSource()) == SourceVerdict.SOURCE_VERDICT_NOT_HELD) {
      return RoutingErrors.notHeld(options.getSource()).toException();
    }
    if (inexact && options.getSource() != ReadSource.READ_SOURCE_UNSPECIFIED) {
      return RoutingErrors.inexact(options.getSource()).toException();
    }
    return verdicts.containsValue(SourceVerdict.SOURCE_VERDICT_INCOMPLETE)
        ? RoutingErrors.sourceIncomplete().toException()
        : RoutingErrors.sourceUnavailable().toException();
  }

  private void throwIfEnded() {
    if (refusal != null) {
      throw refusal;
    }
    if (hasEnded()) {
      throw RoutingErrors.stopped().toException();
    }
  }

  private boolean hasEnded() {
    return Deadlines.isOver(call);
  }

  private boolean isStale(Candidate candidate) {
    return verdicts.get(candidate.source().id()) == SourceVerdict.SOURCE_VERDICT_STALE;
  }

  /** Its answer says where it stands, which is not where the read needs it. */
  private void answeredStale(Candidate candidate, SourcePosition at) {
    candidate.source().known().publish(at);
    noteStale(candidate, at);
  }

  private void noteStale(Candidate candidate, SourcePosition at) {
    note(candidate, SourceVerdict.SOURCE_VERDICT_STALE);
    if (newestStale == null || at.position() > newestStale.position()) {
      newestStale = at;
    }
  }

  private void note(Candidate candidate, SourceVerdict verdict) {
    verdicts.put(candidate.source().id(), verdict);
  }
}
