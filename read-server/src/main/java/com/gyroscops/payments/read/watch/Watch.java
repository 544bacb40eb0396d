package com.gyroscops.payments.read.watch;

import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.contract.LogHead;
import com.gyroscops.payments.internal.v1.ConsistencyToken;
import com.gyroscops.payments.platform.grpc.UnexpectedErrors;
import com.gyroscops.payments.read.feed.FeedUnavailableException;
import com.gyroscops.payments.read.feed.HeadTracker;
import com.gyroscops.payments.read.tracking.ChangeWindow;
import com.gyroscops.payments.read.tracking.Changes;
import com.gyroscops.payments.read.tracking.EventSlice;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.v1.WatchPaymentsRequest;
import com.gyroscops.payments.v1.WatchPaymentsResponse;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.DoubleConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One watcher. A thread of its own sends; any thread may {@link #wake} it.
 *
 * <p><b>Invariant:</b> every event of what is watched, after where the watch began and up to {@code
 * sentUpTo}, has been sent, in order and once, and none after it. A step either moves {@code
 * sentUpTo} along with what it sends, by what the stretch knows, or a source, or fails the call. So
 * it does not matter whether events come from the past or as they are committed, or how often a
 * watch changes over from the one to the other. All of them are of one history: before anything is
 * sent, that of {@code sentUpTo} and that of what follows it are compared.
 */
final class Watch {

  private static final Logger LOG = LoggerFactory.getLogger(Watch.class);

  /** Most bytes of events in a response; clients take 4 MiB by default. An event is far smaller. */
  private static final int RESPONSE_BYTES_MAX = 1024 * 1024;

  /** Time between attempts while a source has not reached yet what is to be read of it. */
  private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private final WatchPaymentsRequest request;
  private final @Nullable ConsistencyToken resume;
  private final ServerCallStreamObserver<WatchPaymentsResponse> call;
  private final Changes changes;
  private final PastEvents past;
  private final HeadTracker heads;
  private final Semaphore readers;
  private final WatchLimits limits;
  private final DoubleConsumer onSent;
  private final BooleanSupplier draining;
  private volatile @Nullable Thread thread;
  private @Nullable ChangeWindow stretch;
  // Of the history that sentUpTo is a position of.
  private String epoch = "";
  // Under which sentUpTo was reached: a source that has yet to move on into a later one meets it.
  private String reachedIn = "";
  private long sentUpTo;
  private long sentNanos;
  private long movedNanos = System.nanoTime();
  // Whether it has been sent the newest events once, and whether it was when it last looked.
  private boolean live;
  private boolean level;

  Watch(
      WatchPaymentsRequest request,
      @Nullable ConsistencyToken resume,
      ServerCallStreamObserver<WatchPaymentsResponse> call,
      Changes changes,
      PastEvents past,
      HeadTracker heads,
      Semaphore readers,
      WatchLimits limits,
      DoubleConsumer onSent,
      BooleanSupplier draining) {
    this.request = request;
    this.resume = resume;
    this.call = call;
    this.changes = changes;
    this.past = past;
    this.heads = heads;
    this.readers = readers;
    this.limits = limits;
    this.onSent = onSent;
    this.draining = draining;
  }

  String organizationId() {
    return request.getOrganizationId();
  }

  /** Has it run on a thread of its own. */
  void start(Runnable run) {
    Thread own = Thread.ofVirtual().name("watch").unstarted(run);
    thread = own;
    own.start();
  }

  /** Has it look whether there is something to do. */
  void wake() {
    LockSupport.unpark(thread);
  }

  /** Sends until the call ends. What ended it, for the metrics. */
  String run() {
    try {
      follow(begin());
      return "cancelled";
    } catch (StatusRuntimeException e) {
      call.onError(e);
      return ApiError.from(e)
          .map(ApiError::reason)
          .orElse(e.getStatus().getCode().name())
          .toLowerCase(Locale.ROOT);
    } catch (RuntimeException e) {
      LOG.error("a watch failed unexpectedly", e);
      call.onError(UnexpectedErrors.hidden());
      return "unexpected";
    }
  }

  /** Where it starts; waits for the feed, which may only just be coming up. Null: it has ended. */
  private @Nullable ChangeWindow begin() {
    ChangeWindow now = changes.current();
    while (now == null) {
      if (call.isCancelled()) {
        return null;
      }
      throwIfOver();
      LockSupport.parkNanos(this, RETRY_NANOS);
      now = changes.current();
    }
    if (resume == null) {
      do {
        epoch = now.epoch();
        sentUpTo = now.position();
      } while (!now.epoch().equals(epoch));
    } else if (now.holds(resume.getLogId(), resume.getEpoch(), resume.getPosition())) {
      epoch = resume.getEpoch();
      sentUpTo = resume.getPosition();
    } else {
      throw otherHistory(resume);
    }
    stretch = now;
    reachedIn = epoch;
    now = sameHistory(now);
    movedNanos = System.nanoTime();
    send(now, List.of());
    return now;
  }

  /** Lost for good, unless it is this server that has to follow. */
  private StatusRuntimeException otherHistory(ConsistencyToken token) {
    try {
      LogHead head = heads.headNow();
      boolean lost = !head.holds(token.getLogId(), token.getEpoch(), token.getPosition());
      return (lost
              ? WatchErrors.tokenEpochLost()
              : WatchErrors.feedUnavailable(request.getResumeToken()))
          .toException();
    } catch (FeedUnavailableException _) {
      return WatchErrors.feedUnavailable(request.getResumeToken()).toException();
    }
  }

  private void follow(@Nullable ChangeWindow begun) {
    ChangeWindow now = begun;
    while (now != null && !call.isCancelled()) {
      throwIfOver();
      now = sameHistory(now);
      long waitNanos = call.isReady() ? step(now) : stalled(now);
      if (waitNanos > 0) {
        LockSupport.parkNanos(this, waitNanos);
      }
    }
  }

  private void throwIfOver() {
    if (draining.getAsBoolean()) {
      throw WatchErrors.draining(resumeToken()).toException();
    }
    if (changes.silence().compareTo(limits.feedPatience()) > 0) {
      throw WatchErrors.feedUnavailable(resumeToken()).toException();
    }
  }

  private ChangeWindow sameHistory(ChangeWindow before) {
    ChangeWindow now = changes.current();
    if (now == before) {
      goOnIn(now);
      return now;
    }
    if (now != null && !now.holds(before.logId(), epoch, sentUpTo)) {
      throw WatchErrors.tokenEpochLost().toException();
    }
    if (now == null || now.divergedMillis() > before.divergedMillis()) {
      // Where the feed goes on is open: whoever resumes will be told.
      throw WatchErrors.feedUnavailable(resumeToken()).toException();
    }
    stretch = now;
    goOnIn(now);
    return now;
  }

  /** The history may be a later one now; what was sent must be part of it. */
  private void goOnIn(ChangeWindow now) {
    String present = now.epoch();
    if (!present.equals(epoch)) {
      if (!now.holds(now.logId(), epoch, sentUpTo)) {
        throw WatchErrors.tokenEpochLost().toException();
      }
      epoch = present;
    }
  }

  /** Sends what there is; how long to wait then, in nanoseconds. */
  private long step(ChangeWindow now) {
    EventSlice next =
        now.after(
            sentUpTo, request.getOrganizationId(), request.getPaymentId(), limits.pageEvents());
    // After what follows was read: if that is of a later history, this finds it.
    goOnIn(now);
    return switch (next) {
      case EventSlice.Known(List<PaymentEvent> events, long upTo, boolean more) -> {
        level = !more;
        live |= level;
        advance(now, events, upTo);
        yield more ? 0 : heartbeatNanos();
      }
      case EventSlice.Forgotten _ -> {
        // It had the newest events once, and then took too long with later ones.
        if (live && !level) {
          throw WatchErrors.fellBehind(resumeToken()).toException();
        }
        yield readPast(now);
      }
    };
  }

  private long readPast(ChangeWindow now) {
    if (!hasPlace()) {
      return RETRY_NANOS;
    }
    PastEvents.Page page;
    try {
      page =
          past.after(
              request.getOrganizationId(),
              request.getPaymentId(),
              sentUpTo,
              now.token(reachedIn, sentUpTo),
              limits.pageEvents());
    } finally {
      readers.release();
    }
    goOnIn(now);
    if (!page.epoch().equals(epoch)) {
      // The source and what is followed here have yet to agree on the history.
      page = new PastEvents.Page(List.of(), epoch, sentUpTo);
    }
    boolean moved = page.upTo() > sentUpTo;
    advance(now, page.events(), page.upTo());
    if (moved) {
      movedNanos = System.nanoTime();
      return 0;
    }
    if (System.nanoTime() - movedNanos > limits.feedPatience().toNanos()) {
      throw WatchErrors.feedUnavailable(resumeToken()).toException();
    }
    return RETRY_NANOS;
  }

  private boolean hasPlace() {
    try {
      return readers.tryAcquire(limits.look().toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Looks, while the watcher takes nothing, how much waits for it. */
  private long stalled(ChangeWindow now) {
    EventSlice waiting =
        now.after(
            sentUpTo, request.getOrganizationId(), request.getPaymentId(), limits.pendingMax());
    boolean tooMuch =
        switch (waiting) {
          case EventSlice.Known known -> known.more();
          case EventSlice.Forgotten _ -> true;
        };
    // One that still reads the past does so at its own pace: nothing waits for it but there.
    if (live && tooMuch) {
      throw WatchErrors.fellBehind(resumeToken()).toException();
    }
    return limits.look().toNanos();
  }

  /** Sends events, and a sign of life if it is time for one. */
  private void advance(ChangeWindow now, List<PaymentEvent> events, long upTo) {
    List<PaymentEvent> part = new ArrayList<>();
    int bytes = 0;
    for (PaymentEvent event : events) {
      if (!part.isEmpty() && bytes + event.getSerializedSize() > RESPONSE_BYTES_MAX) {
        sentUpTo = part.getLast().getPosition();
        reachedIn = epoch;
        send(now, part);
        part.clear();
        bytes = 0;
      }
      part.add(event);
      bytes += event.getSerializedSize();
    }
    if (upTo > sentUpTo) {
      sentUpTo = upTo;
      reachedIn = epoch;
    }
    boolean due = System.nanoTime() - sentNanos >= limits.heartbeat().toNanos();
    if (!part.isEmpty() || due) {
      send(now, part);
    }
  }

  private void send(ChangeWindow now, List<PaymentEvent> events) {
    sentNanos = System.nanoTime();
    call.onNext(
        WatchPaymentsResponse.newBuilder()
            .addAllEvents(events)
            .setResumeToken(now.token(epoch, sentUpTo))
            .build());
    onSent.accept(events.size());
  }

  private long heartbeatNanos() {
    return Math.max(1, sentNanos + limits.heartbeat().toNanos() - System.nanoTime());
  }

  /** Empty before it has begun, unless it came with one. */
  private String resumeToken() {
    ChangeWindow last = stretch;
    return last == null ? request.getResumeToken() : last.token(epoch, sentUpTo);
  }
}
