package com.gyroscops.payments.write.outbox;

import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.contract.LogHead;
import com.gyroscops.payments.contract.Violations;
import com.gyroscops.payments.internal.v1.SubscribeAck;
import com.gyroscops.payments.internal.v1.SubscribeRequest;
import com.gyroscops.payments.internal.v1.SubscribeResponse;
import com.gyroscops.payments.internal.v1.SubscribeStart;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.write.command.CommandErrors;
import com.gyroscops.payments.write.eventstore.EventStore;
import com.gyroscops.payments.write.eventstore.StoreUnavailableException;
import com.gyroscops.payments.write.outbox.SubscriberProgress.Claim;
import com.gyroscops.payments.write.outbox.SubscriberProgress.Subscriber;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Clock;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Serves subscribers, as {@code EventFeedService.Subscribe} describes. For concurrent use. */
public final class EventRelay implements AutoCloseable {

  /**
   * Most subscribers at once: each may hold {@value Subscription#AHEAD_EVENTS_MAX} events in
   * flight.
   */
  public static final int SUBSCRIBERS_MAX = 64;

  /** How long one subscriber too many waits before it asks again. */
  private static final Duration RETRY = Duration.ofSeconds(1);

  private final EventStore store;
  private final OutboxTail tail;
  private final SubscriberProgress progress;
  private final Clock clock;
  private final Set<Subscription> subscriptions = ConcurrentHashMap.newKeySet();

  public EventRelay(EventStore store, OutboxTail tail, SubscriberProgress progress, Clock clock) {
    this.store = store;
    this.tail = tail;
    this.progress = progress;
    this.clock = clock;
  }

  /** How many subscribers are being served. */
  public int subscribers() {
    return subscriptions.size();
  }

  /** Ends all subscriptions, for the server drains; subscribers go to another one. */
  @Override
  public void close() {
    subscriptions.forEach(
        subscription -> subscription.fail(CommandErrors.draining().toException()));
  }

  /**
   * Begins to serve a subscriber.
   *
   * @return takes the subscriber's messages
   */
  public StreamObserver<SubscribeRequest> subscribe(
      ServerCallStreamObserver<SubscribeResponse> responses) {
    return new Stream(responses);
  }

  /** One subscriber's half of the stream. Called by one thread at a time. */
  private final class Stream implements StreamObserver<SubscribeRequest> {

    private final ServerCallStreamObserver<SubscribeResponse> responses;
    private @Nullable Subscription subscription;
    private @Nullable Subscriber subscriber;
    private @Nullable Claim claim;

    Stream(ServerCallStreamObserver<SubscribeResponse> responses) {
      this.responses = responses;
      responses.setOnReadyHandler(() -> {
        if (subscription != null) {
          subscription.signal();
        }
      });
      responses.setOnCancelHandler(() -> end(Subscription::abandon));
      responses.setOnCloseHandler(() -> end(Subscription::abandon));
    }

    @Override
    public void onNext(SubscribeRequest request) {
      try {
        switch (request.getRequestCase()) {
          case START -> start(request.getStart());
          case ACK -> acknowledge(request.getAck());
          case REQUEST_NOT_SET ->
              throw new Violations().add("request", "must be start or ack").toException();
        }
      } catch (StatusRuntimeException e) {
        refuse(e);
      } catch (StoreUnavailableException e) {
        refuse(CommandErrors.storeUnavailable().toException());
      }
    }

    @Override
    public void onError(Throwable failure) {
      end(Subscription::abandon);
    }

    @Override
    public void onCompleted() {
      if (subscription == null) {
        responses.onCompleted();
      }
      end(Subscription::complete);
    }

    private void refuse(StatusRuntimeException error) {
      if (subscription == null) {
        responses.onError(error);
      }
      end(ending -> ending.fail(error));
    }

    private void start(SubscribeStart start) {
      var violations =
          new Violations()
              .identifier("start.subscriber", start.getSubscriber())
              .identifier("start.source", start.getSource())
              .require(start.getPosition() >= 0, "start.position", "must not be negative")
              .require(start.getFence() >= 0, "start.fence", "must not be negative")
              .require(start.getSession() >= 0, "start.session", "must not be negative")
              .require(
                  start.getGatherMillis() >= 0
                      && start.getGatherMillis() <= Subscription.GATHER_MAX.toMillis(),
                  "start.gather_millis",
                  "must be from 0 to " + Subscription.GATHER_MAX.toMillis())
              .require(subscription == null, "start", "may be sent only once");
      if (start.getAtHead()) {
        History.checkUnclaimed(violations, start);
      }
      violations.throwIfAny();
      if (subscriptions.size() >= SUBSCRIBERS_MAX) {
        throw ApiError.of(
                Status.Code.RESOURCE_EXHAUSTED,
                "SUBSCRIBER_LIMIT",
                SUBSCRIBERS_MAX + " subscribers are served already")
            .retryAfter(RETRY)
            .toException();
      }
      // Before the head is read, so that a history that changes meanwhile ends the subscription.
      long generation = tail.generation();
      LogHead head = store.head();
      if (!head.epoch().equals(tail.head().epoch())) {
        // The tail has yet to notice a new history; it does within a poll.
        tail.wake();
        throw CommandErrors.storeUnavailable().toException();
      }
      if (!start.getAtHead() && !History.contains(store, head, start)) {
        throw History.diverged().toException();
      }
      String headId = start.getAtHead() ? eventIdAt(head) : "";
      Subscription begun =
          new Subscription(tail, generation, start, head, headId, responses, clock);
      subscription = begun;
      // From here on nothing holds that was said of the source before: it may have been rebuilt.
      say(
          new Subscriber(start.getSource(), start.getSubscriber()),
          new Claim(
              start.getFence(), start.getSession(), head.epoch(), start.getPosition(), 0, 0, true));
      subscriptions.add(begun);
      Thread.ofVirtual().name("subscription-" + start.getSubscriber()).start(begun);
    }

    private String eventIdAt(LogHead head) {
      if (head.position() == 0) {
        return "";
      }
      return store
          .eventAt(head, head.position())
          .map(PaymentEvent::getEventId)
          .orElseThrow(() -> CommandErrors.storeUnavailable().toException());
    }

    private void acknowledge(SubscribeAck ack) {
      Subscriber who = subscriber;
      Claim before = claim;
      if (subscription == null || who == null || before == null) {
        throw new Violations().add("request", "must begin with start").toException();
      }
      long visible = ack.getVisiblePosition();
      new Violations()
          .require(
              visible >= 0 && visible <= ack.getPosition(),
              "ack.visible_position",
              "must be from 0 to position")
          .require(ack.getParked() >= 0, "ack.parked", "must not be negative")
          .throwIfAny();
      subscription.acknowledge(ack.getPosition());
      say(
          who,
          new Claim(
              before.fence(),
              before.session(),
              before.epoch(),
              ack.getPosition(),
              visible,
              ack.getParked(),
              true));
    }

    private void say(Subscriber who, Claim said) {
      Claim before = claim;
      boolean lasting = before == null || !said.live() || said.parked() > before.parked();
      subscriber = who;
      claim = said;
      progress.said(who, said, lasting);
    }

    private void end(Consumer<Subscription> ending) {
      if (subscription != null) {
        ending.accept(subscription);
        subscriptions.remove(subscription);
      }
      Subscriber who = subscriber;
      Claim last = claim;
      if (who != null && last != null && last.live()) {
        say(who, last.ended());
      }
    }
  }
}
