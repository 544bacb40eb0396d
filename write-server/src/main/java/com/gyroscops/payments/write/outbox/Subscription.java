package com.gyroscops.payments.write.outbox;

import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.contract.LogHead;
import com.gyroscops.payments.contract.Timestamps;
import com.gyroscops.payments.contract.Violations;
import com.gyroscops.payments.internal.v1.EventBatch;
import com.gyroscops.payments.internal.v1.SubscribeResponse;
import com.gyroscops.payments.internal.v1.SubscribeStart;
import com.gyroscops.payments.platform.grpc.UnexpectedErrors;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.write.command.CommandErrors;
import com.gyroscops.payments.write.eventstore.StoreUnavailableException;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import java.io.Serial;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One subscriber's stream: its position, its pace, its own virtual thread. */
final class Subscription implements Runnable {

  /** Most events of one batch. */
  static final int BATCH_EVENTS_MAX = 512;

  /** A batch ends with the event that reaches this many bytes. */
  static final int BATCH_BYTES_MAX = 1024 * 1024;

  /** Most events sent ahead of the subscriber's acknowledgements. */
  static final int AHEAD_EVENTS_MAX = 16_384;

  /** A batch is sent at least this often, so that silence means a broken stream. */
  static final Duration HEARTBEAT = Duration.ofSeconds(1);

  /** Longest that events may be gathered: a subscription that rests notices nothing but its end. */
  static final Duration GATHER_MAX = HEARTBEAT;

  private static final long MILLISECOND = 1_000_000;

  private static final Logger LOG = LoggerFactory.getLogger(Subscription.class);

  private final OutboxTail tail;
  private final SubscribeStart start;
  private final LogHead began;
  private final ServerCallStreamObserver<SubscribeResponse> observer;
  private final Clock clock;
  private final long generation;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Condition ended = lock.newCondition();
  private final Runnable signal = this::signal;
  private volatile long sent;
  private String sentId;
  private long acknowledged;
  private boolean signalled;
  private @Nullable Runnable farewell;

  /**
   * @param generation of the tail's history, from before {@code head} was read
   * @param head of the log: of the history that the subscriber's position was found to belong to,
   *     and where it starts if it asked to start there
   * @param headId id of the event at the head, if it asked to start there and there is one
   */
  Subscription(
      OutboxTail tail,
      long generation,
      SubscribeStart start,
      LogHead head,
      String headId,
      ServerCallStreamObserver<SubscribeResponse> observer,
      Clock clock) {
    this.tail = tail;
    this.generation = generation;
    this.start = start;
    this.began = head;
    this.observer = observer;
    this.clock = clock;
    this.sent = start.getAtHead() ? head.position() : start.getPosition();
    this.sentId = start.getAtHead() ? headId : start.getEventId();
    this.acknowledged = sent;
  }

  /**
   * The subscriber has applied everything up to here.
   *
   * @throws io.grpc.StatusRuntimeException INVALID_ARGUMENT if that was never sent
   */
  void acknowledge(long position) {
    if (position > sent) {
      throw new Violations()
          .add("ack.position", position + " was not sent yet; the last was " + sent)
          .toException();
    }
    boolean madeRoom;
    lock.lock();
    try {
      madeRoom = sent - acknowledged >= AHEAD_EVENTS_MAX;
      acknowledged = Math.max(acknowledged, position);
    } finally {
      lock.unlock();
    }
    if (madeRoom) {
      // Otherwise nobody waits for it, and a wake-up for each acknowledgement costs a busy machine.
      signal();
    }
  }

  /** Something may have changed: new events, room to send. */
  void signal() {
    lock.lock();
    try {
      signalled = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** The subscriber is gone: nothing more can be said to it. */
  void abandon() {
    end(() -> {});
  }

  /** The subscriber has said all it had to say: end the stream well. */
  void complete() {
    end(observer::onCompleted);
  }

  /** End the stream with an error. */
  void fail(StatusRuntimeException error) {
    end(() -> observer.onError(error));
  }

  private void end(Runnable lastWord) {
    lock.lock();
    try {
      if (farewell == null) {
        farewell = lastWord;
        ended.signalAll();
      }
    } finally {
      lock.unlock();
    }
    signal();
  }

  /** Sends until the stream ends, and ends it: no other thread speaks to the subscriber. */
  @Override
  public void run() {
    tail.follow(signal);
    try {
      follow();
    } catch (StoreUnavailableException | OtherHistoryException e) {
      fail(CommandErrors.storeUnavailable().toException());
    } catch (LogNotDenseException e) {
      fail(ApiError.of(Status.Code.DATA_LOSS, "LOG_NOT_DENSE", e.gap()).toException());
    } catch (RuntimeException e) {
      LOG.error("{} of {} is no longer served", start.getSubscriber(), start.getSource(), e);
      fail(UnexpectedErrors.hidden());
    } finally {
      tail.unfollow(signal);
    }
    farewell().run();
  }

  private void follow() throws OtherHistoryException {
    begin();
    long gatherNanos = TimeUnit.MILLISECONDS.toNanos(start.getGatherMillis());
    // What is there when a rest ends has waited for it, and is sent without another.
    long rested = tail.head().position();
    long sentAt = System.nanoTime();
    while (!isEnding()) {
      List<PaymentEvent> events = hasRoom() ? next() : List.of();
      if (tail.generation() != generation) {
        throw new OtherHistoryException();
      }
      long silence = System.nanoTime() - sentAt;
      if (!events.isEmpty() || (silence >= HEARTBEAT.toNanos() && observer.isReady())) {
        send(events);
        sentAt = System.nanoTime();
        if (gatherNanos > 0 && !events.isEmpty() && sent >= rested) {
          rest(gatherNanos);
          rested = tail.head().position();
        }
      } else {
        await(Math.max(HEARTBEAT.toNanos() - silence, MILLISECOND));
      }
    }
  }

  /** What follows on what was sent: of the same history, whatever happens to the log meanwhile. */
  private List<PaymentEvent> next() throws OtherHistoryException {
    try {
      OutboxTail.Following next = tail.after(sent, sentId, BATCH_EVENTS_MAX, BATCH_BYTES_MAX);
      if (next.generation() != generation || !next.epoch().equals(began.epoch())) {
        throw new OtherHistoryException();
      }
      return next.events();
    } catch (OtherEventException e) {
      LOG.warn(
          "{} of {} begins anew: {}", start.getSubscriber(), start.getSource(), e.getMessage());
      throw new OtherHistoryException();
    }
  }

  /**
   * The history has changed: the subscriber is to introduce itself anew, which tells the two apart.
   */
  private static final class OtherHistoryException extends Exception {
    @Serial private static final long serialVersionUID = 1;
  }

  private void begin() {
    // Who starts at the head takes the first batch's for where it stands: not a newer one, for the
    // events up to that are still to come.
    EventBatch.Builder first =
        batch(began.position()).addAllAncestors(began.lineage().ancestorMessages());
    if (start.getAtHead()) {
      first.setHeadEventId(sentId);
    }
    send(first);
  }

  private void send(List<PaymentEvent> events) {
    if (!events.isEmpty()) {
      sent = events.getLast().getPosition();
      sentId = events.getLast().getEventId();
    }
    LogHead head = tail.head();
    long position = head.epoch().equals(began.epoch()) ? head.position() : sent;
    send(batch(Math.max(position, sent)).addAllEvents(events));
  }

  private EventBatch.Builder batch(long head) {
    return EventBatch.newBuilder()
        .setLogId(began.logId())
        .setEpoch(began.epoch())
        .setHead(head)
        .setSendTime(Timestamps.of(clock.instant()));
  }

  private void send(EventBatch.Builder batch) {
    observer.onNext(SubscribeResponse.newBuilder().setBatch(batch).build());
  }

  /** Waits for a signal, which may have come already, at most this long. */
  private void await(long nanos) {
    lock.lock();
    try {
      long left = nanos;
      while (!signalled && left > 0) {
        left = changed.awaitNanos(left);
      }
      signalled = false;
    } catch (InterruptedException e) {
      farewell = observer::onCompleted;
    } finally {
      lock.unlock();
    }
  }

  /** Waits this long, whatever comes but the end. */
  private void rest(long nanos) {
    lock.lock();
    try {
      long left = nanos;
      while (farewell == null && left > 0) {
        left = ended.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      farewell = observer::onCompleted;
    } finally {
      lock.unlock();
    }
  }

  private boolean hasRoom() {
    lock.lock();
    try {
      return observer.isReady() && sent - acknowledged < AHEAD_EVENTS_MAX;
    } finally {
      lock.unlock();
    }
  }

  private boolean isEnding() {
    lock.lock();
    try {
      return farewell != null;
    } finally {
      lock.unlock();
    }
  }

  private Runnable farewell() {
    lock.lock();
    try {
      return Objects.requireNonNull(farewell);
    } finally {
      lock.unlock();
    }
  }
}
