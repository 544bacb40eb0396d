package com.gyroscops.payments.read.feed;

import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.internal.v1.EventBatch;
import com.gyroscops.payments.internal.v1.EventFeedServiceGrpc.EventFeedServiceStub;
import com.gyroscops.payments.internal.v1.SubscribeAck;
import com.gyroscops.payments.internal.v1.SubscribeRequest;
import com.gyroscops.payments.internal.v1.SubscribeResponse;
import com.gyroscops.payments.internal.v1.SubscribeStart;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One stream of batches from the feed, taken at the reader's pace: at most {@value #BATCHES_MAX}
 * wait here, the others with the relay. For one thread.
 */
public final class FeedSubscription implements AutoCloseable {

  /**
   * Batches that may wait here: enough that the network works while the reader does, at 512 events
   * and 1 MiB each little enough for any heap.
   */
  static final int BATCHES_MAX = 8;

  private sealed interface Signal {
    record Batch(EventBatch batch) implements Signal {}

    record End(@Nullable Throwable failure) implements Signal {}

    record Wake() implements Signal {}
  }

  // Bounded by what was requested, one End and a few Wakes.
  private final BlockingQueue<Signal> signals = new LinkedBlockingQueue<>();
  private final Runnable onFailure;
  private final Runnable onSilence;
  private @Nullable ClientCallStreamObserver<SubscribeRequest> requests;

  private FeedSubscription(Runnable onFailure, Runnable onSilence) {
    this.onFailure = onFailure;
    this.onSilence = onSilence;
  }

  /**
   * @param onFailure run when the stream turns out to be broken
   * @param onSilence run before that where it broke without a word
   */
  static FeedSubscription open(
      EventFeedServiceStub feed, SubscribeStart start, Runnable onFailure, Runnable onSilence) {
    FeedSubscription subscription = new FeedSubscription(onFailure, onSilence);
    var requests =
        feed.subscribe(
            new ClientResponseObserver<SubscribeRequest, SubscribeResponse>() {
              @Override
              public void beforeStart(ClientCallStreamObserver<SubscribeRequest> stream) {
                stream.disableAutoRequestWithInitial(BATCHES_MAX);
                subscription.requests = stream;
              }

              @Override
              public void onNext(SubscribeResponse response) {
                subscription.signals.add(new Signal.Batch(response.getBatch()));
              }

              @Override
              public void onError(Throwable failure) {
                subscription.signals.add(new Signal.End(failure));
              }

              @Override
              public void onCompleted() {
                subscription.signals.add(new Signal.End(null));
              }
            });
    requests.onNext(SubscribeRequest.newBuilder().setStart(start).build());
    return subscription;
  }

  /**
   * The next batch; empty if none came within {@code max}, or before {@link #wake}.
   *
   * @throws FeedUnavailableException the stream is broken
   * @throws HistoryDivergedException the log's history is another than that subscribed with
   */
  public Optional<EventBatch> next(Duration max)
      throws FeedUnavailableException, HistoryDivergedException, InterruptedException {
    Signal signal = signals.poll(max.toNanos(), TimeUnit.NANOSECONDS);
    if (signal == null) {
      return Optional.empty();
    }
    return switch (signal) {
      case Signal.Batch(EventBatch batch) -> {
        stream().request(1);
        yield Optional.of(batch);
      }
      case Signal.Wake() -> Optional.empty();
      case Signal.End(Throwable failure) -> {
        signals.add(signal); // It stays ended.
        throw broken(failure);
      }
    };
  }

  private FeedUnavailableException broken(@Nullable Throwable failure)
      throws HistoryDivergedException {
    if (failure == null) {
      onFailure.run();
      return new FeedUnavailableException("the relay ended the stream");
    }
    Optional<ApiError> error = ApiError.from(failure);
    if (error.filter(it -> it.reason().equals("HISTORY_DIVERGED")).isPresent()) {
      throw new HistoryDivergedException(error.get().message());
    }
    onFailure.run();
    return new FeedUnavailableException("the stream broke: " + failure.getMessage(), failure);
  }

  /** Lets a reader that waits go on at once. The one thing that any thread may do. */
  public void wake() {
    signals.add(new Signal.Wake());
  }

  /** Ends a stream on which nothing came for too long. */
  public FeedUnavailableException silent(Duration silence) {
    onSilence.run();
    onFailure.run();
    return new FeedUnavailableException("nothing came from the relay for " + silence);
  }

  /** Tells the relay that everything up to a position is applied. */
  public void acknowledge(long position) {
    acknowledge(SubscribeAck.newBuilder().setPosition(position).build());
  }

  /** Tells the relay how the source stands. */
  public void acknowledge(SubscribeAck ack) {
    stream().onNext(SubscribeRequest.newBuilder().setAck(ack).build());
  }

  private ClientCallStreamObserver<SubscribeRequest> stream() {
    ClientCallStreamObserver<SubscribeRequest> stream = requests;
    if (stream == null) {
      throw new IllegalStateException("not started");
    }
    return stream;
  }

  @Override
  public void close() {
    stream().cancel("the subscriber is done", null);
  }
}
