package com.gyroscops.payments.cli.imports;

import com.gyroscops.payments.cli.imports.ImportRow.Sendable;
import com.gyroscops.payments.platform.retry.Backoff;
import com.gyroscops.payments.v1.CommandServiceGrpc;
import com.gyroscops.payments.v1.StreamCommandsRequest;
import com.gyroscops.payments.v1.StreamCommandsResponse;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A stream of commands to one server at a time, replaced by one to the next server when it breaks.
 * For the import's thread alone; only the observer of a stream is called by others.
 */
final class Lane {

  private final List<? extends Channel> servers;
  private final ImportSettings settings;
  private final Queue<LaneEvent> events;
  private final Deque<Sendable> toSend = new ArrayDeque<>();
  private final Map<Long, Sendable> inFlight = new LinkedHashMap<>();
  private final Set<Long> sent = new HashSet<>();
  private final Set<Long> sentAgain = new HashSet<>();
  private int server;
  private int stream;
  private int failures;
  private long connectNanos = System.nanoTime();
  private long heardNanos;
  private @Nullable ClientCallStreamObserver<StreamCommandsRequest> requests;

  Lane(
      int index,
      List<? extends Channel> servers,
      ImportSettings settings,
      Queue<LaneEvent> events) {
    this.server = index;
    this.servers = servers;
    this.settings = settings;
    this.events = events;
  }

  /** Queues a row. */
  void add(Sendable row) {
    if (toSend.isEmpty() && inFlight.isEmpty()) {
      heardNanos = System.nanoTime(); // Silence while there was nothing to say does not count.
    }
    toSend.add(row);
  }

  /** Sends what may be sent, opening a stream if there is none and it is time for one. */
  void pump() {
    if (toSend.isEmpty()) {
      return;
    }
    ClientCallStreamObserver<StreamCommandsRequest> open = requests;
    if (open == null) {
      if (System.nanoTime() - connectNanos < 0) {
        return;
      }
      open = connect();
    }
    while (!toSend.isEmpty() && inFlight.size() < settings.inFlightMax() && open.isReady()) {
      Sendable row = toSend.remove();
      inFlight.put(row.row(), row);
      if (!sent.add(row.row())) {
        sentAgain.add(row.row());
      }
      open.onNext(
          StreamCommandsRequest.newBuilder()
              .setSequence(row.row())
              .setCommand(row.command())
              .build());
    }
  }

  /** The row that was answered; empty if the answer is of a stream given up. */
  Optional<Sendable> answered(int ofStream, long sequence) {
    if (ofStream != stream) {
      return Optional.empty();
    }
    heardNanos = System.nanoTime();
    failures = 0;
    return Optional.ofNullable(inFlight.remove(sequence));
  }

  /**
   * Forgets a row that has its outcome.
   *
   * @return whether it was sent only once: an outcome that was stored before is not this import's
   */
  boolean settled(Sendable row) {
    sent.remove(row.row());
    return !sentAgain.remove(row.row());
  }

  /**
   * Gives the stream up: what is unanswered will be sent again, before anything else, to the next
   * server.
   *
   * @return whether it was the current one
   */
  boolean broken(int ofStream) {
    if (ofStream != stream || requests == null) {
      return false;
    }
    cancel();
    failures++;
    server++;
    connectNanos =
        System.nanoTime()
            + Backoff.delay(failures, settings.backoffMin(), settings.backoffMax()).toNanos();
    List<Sendable> again = new ArrayList<>(inFlight.values());
    inFlight.clear();
    again.reversed().forEach(toSend::addFirst);
    return true;
  }

  boolean isSilentTooLong() {
    return requests != null
        && !(inFlight.isEmpty() && toSend.isEmpty())
        && System.nanoTime() - heardNanos > settings.answerMax().toNanos();
  }

  /** Nanoseconds until it can go on by itself; {@link Long#MAX_VALUE}: it waits for an event. */
  long waitNanos() {
    return requests == null && !toSend.isEmpty()
        ? Math.max(0, connectNanos - System.nanoTime())
        : Long.MAX_VALUE;
  }

  boolean isIdle() {
    return inFlight.isEmpty();
  }

  int stream() {
    return stream;
  }

  /** The server it sends to. */
  String server() {
    return servers.get(server % servers.size()).authority();
  }

  /** Ends the stream in good order; all was answered. */
  void finish() {
    ClientCallStreamObserver<StreamCommandsRequest> open = requests;
    if (open != null) {
      open.onCompleted();
      requests = null;
    }
  }

  /** Ends the stream at once. */
  void cancel() {
    ClientCallStreamObserver<StreamCommandsRequest> open = requests;
    if (open != null) {
      requests = null;
      open.cancel("given up", null);
    }
  }

  private ClientCallStreamObserver<StreamCommandsRequest> connect() {
    stream++;
    heardNanos = System.nanoTime();
    var observer = new Observer(stream);
    CommandServiceGrpc.newStub(servers.get(server % servers.size())).streamCommands(observer);
    ClientCallStreamObserver<StreamCommandsRequest> open = observer.requests;
    if (open == null) {
      throw new IllegalStateException("gRPC starts a call before it returns");
    }
    requests = open;
    return open;
  }

  private final class Observer
      implements ClientResponseObserver<StreamCommandsRequest, StreamCommandsResponse> {

    private final int number;
    private @Nullable ClientCallStreamObserver<StreamCommandsRequest> requests;

    Observer(int number) {
      this.number = number;
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<StreamCommandsRequest> call) {
      requests = call;
      call.setOnReadyHandler(() -> events.add(new LaneEvent.Ready()));
    }

    @Override
    public void onNext(StreamCommandsResponse response) {
      events.add(new LaneEvent.Answered(Lane.this, number, response));
    }

    @Override
    public void onError(Throwable failure) {
      events.add(new LaneEvent.Broken(Lane.this, number, Status.fromThrowable(failure)));
    }

    @Override
    public void onCompleted() {
      events.add(
          new LaneEvent.Broken(
              Lane.this,
              number,
              Status.UNAVAILABLE.withDescription("the server ended the stream")));
    }
  }
}
