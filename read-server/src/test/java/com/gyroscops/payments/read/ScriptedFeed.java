package com.gyroscops.payments.read;

import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.internal.v1.EventBatch;
import com.gyroscops.payments.internal.v1.EventFeedServiceGrpc;
import com.gyroscops.payments.internal.v1.GetHeadRequest;
import com.gyroscops.payments.internal.v1.GetHeadResponse;
import com.gyroscops.payments.internal.v1.ReadPaymentRequest;
import com.gyroscops.payments.internal.v1.ReadPaymentResponse;
import com.gyroscops.payments.internal.v1.SubscribeAck;
import com.gyroscops.payments.internal.v1.SubscribeRequest;
import com.gyroscops.payments.internal.v1.SubscribeResponse;
import com.gyroscops.payments.internal.v1.SubscribeStart;
import com.gyroscops.payments.v1.PaymentEvent;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** A relay that says what a test wants it to say, on a real port. */
public final class ScriptedFeed extends EventFeedServiceGrpc.EventFeedServiceImplBase
    implements AutoCloseable {

  private static final int BATCH_EVENTS_MAX = 512;
  private static final long HEARTBEAT_MILLIS = 200;

  private final Server server;
  private final List<SubscribeStart> starts = new CopyOnWriteArrayList<>();
  private final List<SubscribeAck> acks = new CopyOnWriteArrayList<>();
  private final List<StreamObserver<SubscribeResponse>> streams = new CopyOnWriteArrayList<>();
  private SampleLog log;
  private long visible;
  private long acknowledged;
  private boolean down;
  private boolean holding;
  private boolean silent;
  private boolean repeating;

  public ScriptedFeed(SampleLog log) throws IOException {
    this.log = log;
    visible = log.head();
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(this)
            .build()
            .start();
  }

  public String target() {
    return "127.0.0.1:" + server.getPort();
  }

  /** Shows what was appended to the log since. */
  public synchronized void publish() {
    visible = log.head();
    notifyAll();
  }

  /** Lets history be another from now on; streams break. */
  public synchronized void replaceLog(SampleLog other) {
    log = other;
    visible = other.head();
    breakStreams();
  }

  /** Answers nothing, and breaks streams, while down. */
  public synchronized void down(boolean isDown) {
    down = isDown;
    if (isDown) {
      breakStreams();
    }
  }

  /** Says nothing at all, and breaks nothing, while silent: as a network that swallows packets. */
  public synchronized void silent(boolean isSilent) {
    silent = isSilent;
    notifyAll();
  }

  private synchronized boolean isSilent() {
    return silent;
  }

  /** Sends no events, but heads, while holding. */
  public synchronized void hold(boolean isHolding) {
    holding = isHolding;
    notifyAll();
  }

  /** Sends every event twice: a batch starts with the events of the one before. */
  public synchronized void repeat(boolean isRepeating) {
    repeating = isRepeating;
  }

  public void breakStreams() {
    List<StreamObserver<SubscribeResponse>> broken = List.copyOf(streams);
    streams.clear();
    broken.forEach(stream -> stream.onError(unavailable()));
  }

  /** How subscribers introduced themselves. */
  public List<SubscribeStart> starts() {
    return List.copyOf(starts);
  }

  /** What subscribers said since, in order. */
  public List<SubscribeAck> acks() {
    return List.copyOf(acks);
  }

  public synchronized long acknowledged() {
    return acknowledged;
  }

  @Override
  public StreamObserver<SubscribeRequest> subscribe(StreamObserver<SubscribeResponse> responses) {
    var stream = (ServerCallStreamObserver<SubscribeResponse>) responses;
    stream.setOnCancelHandler(() -> streams.remove(stream));
    return new StreamObserver<>() {
      @Override
      public void onNext(SubscribeRequest request) {
        if (request.hasStart()) {
          begin(request.getStart(), stream);
        } else {
          acks.add(request.getAck());
          synchronized (ScriptedFeed.this) {
            acknowledged = Math.max(acknowledged, request.getAck().getPosition());
          }
        }
      }

      @Override
      public void onError(Throwable failure) {
        streams.remove(stream);
      }

      @Override
      public void onCompleted() {
        streams.remove(stream);
      }
    };
  }

  private synchronized void begin(
      SubscribeStart start, ServerCallStreamObserver<SubscribeResponse> stream) {
    starts.add(start);
    if (down) {
      stream.onError(unavailable());
      return;
    }
    if (!isOfHistory(start)) {
      stream.onError(
          ApiError.of(Status.Code.FAILED_PRECONDITION, "HISTORY_DIVERGED", "another history")
              .toException());
      return;
    }
    streams.add(stream);
    long from = start.getAtHead() ? visible : start.getPosition();
    EventBatch.Builder begun =
        batch(List.of()).toBuilder().addAllAncestors(log.lineage().ancestorMessages());
    if (start.getAtHead() && visible > 0) {
      begun.setHeadEventId(log.events().get((int) visible - 1).getEventId());
    }
    SubscribeResponse first = SubscribeResponse.newBuilder().setBatch(begun).build();
    Thread.ofVirtual().start(() -> send(stream, first, from));
  }

  private boolean isOfHistory(SubscribeStart start) {
    if (start.getPosition() == 0) {
      return true;
    }
    return log.lineage().holds(start.getEpoch(), start.getPosition())
        && start.getPosition() <= log.head()
        && log.events().get((int) start.getPosition() - 1).getEventId().equals(start.getEventId());
  }

  private void send(
      ServerCallStreamObserver<SubscribeResponse> stream, SubscribeResponse first, long start) {
    try {
      long sent = start;
      long repeatedFrom = start;
      while (isSilent()) {
        Thread.sleep(1);
      }
      stream.onNext(first);
      while (streams.contains(stream) && !stream.isCancelled()) {
        List<PaymentEvent> events = next(sent, repeatedFrom);
        if (!stream.isReady() || isSilent()) {
          Thread.sleep(1);
          continue;
        }
        stream.onNext(SubscribeResponse.newBuilder().setBatch(batch(events)).build());
        if (!events.isEmpty()) {
          repeatedFrom = sent;
          sent = events.getLast().getPosition();
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } catch (IllegalStateException e) {
      // The stream was broken on purpose meanwhile.
      streams.remove(stream);
    }
  }

  @SuppressWarnings("WaitNotInLoop") // Waking up early sends an empty batch early, no more.
  private synchronized List<PaymentEvent> next(long sent, long repeatedFrom)
      throws InterruptedException {
    if (holding || sent >= visible) {
      wait(HEARTBEAT_MILLIS);
    }
    if (holding || sent >= visible) {
      return List.of();
    }
    List<PaymentEvent> all = log.events();
    long until = Math.min(sent + BATCH_EVENTS_MAX, visible);
    List<PaymentEvent> events = new ArrayList<>();
    if (repeating) {
      events.addAll(all.subList((int) repeatedFrom, (int) sent));
    }
    events.addAll(all.subList((int) sent, (int) until));
    return events;
  }

  private synchronized EventBatch batch(List<PaymentEvent> events) {
    return EventBatch.newBuilder()
        .setLogId(log.logId())
        .setEpoch(log.epoch())
        .setHead(visible)
        .addAllEvents(events)
        .build();
  }

  @Override
  public synchronized void getHead(
      GetHeadRequest request, StreamObserver<GetHeadResponse> response) {
    if (silent) {
      return;
    }
    if (down) {
      response.onError(unavailable());
      return;
    }
    response.onNext(
        GetHeadResponse.newBuilder()
            .setLogId(log.logId())
            .setEpoch(log.epoch())
            .setPosition(visible)
            .addAllAncestors(log.lineage().ancestorMessages())
            .build());
    response.onCompleted();
  }

  @Override
  public synchronized void readPayment(
      ReadPaymentRequest request, StreamObserver<ReadPaymentResponse> response) {
    if (silent) {
      return;
    }
    if (down) {
      response.onError(unavailable());
      return;
    }
    var answer =
        ReadPaymentResponse.newBuilder()
            .setLogId(log.logId())
            .setEpoch(log.epoch())
            .setPosition(visible)
            .addAllAncestors(log.lineage().ancestorMessages());
    newest(request).ifPresent(event -> answer.setPayment(event.getPayment()));
    response.onNext(answer.build());
    response.onCompleted();
  }

  private Optional<PaymentEvent> newest(ReadPaymentRequest request) {
    @Nullable PaymentEvent newest = null;
    for (PaymentEvent event : log.events().subList(0, (int) visible)) {
      if (event.getOrganizationId().equals(request.getOrganizationId())
          && event.getPaymentId().equals(request.getPaymentId())) {
        newest = event;
      }
    }
    return Optional.ofNullable(newest);
  }

  private static RuntimeException unavailable() {
    return ApiError.of(Status.Code.UNAVAILABLE, "STORE_UNAVAILABLE", "down on purpose")
        .toException();
  }

  @Override
  public void close() {
    server.shutdownNow();
  }
}
