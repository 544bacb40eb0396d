package com.gyroscops.payments.read.watch;

import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.v1.WatchPaymentsResponse;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A call whose caller takes what it is sent, or not. */
final class RecordedCall extends ServerCallStreamObserver<WatchPaymentsResponse> {

  private final List<WatchPaymentsResponse> responses = new ArrayList<>();
  private Runnable onReady = () -> {};
  private Runnable onCancel = () -> {};
  private @Nullable Throwable failure;
  private boolean ready = true;
  private boolean cancelled;
  private int refusals;

  void ready(boolean isReady) {
    Runnable handler;
    synchronized (this) {
      ready = isReady;
      handler = onReady;
    }
    if (isReady) {
      handler.run();
    }
  }

  /** Takes nothing from now on, and has its sender look. */
  void stall() {
    Runnable handler;
    synchronized (this) {
      ready = false;
      handler = onReady;
    }
    handler.run();
  }

  /** How often its sender has seen that it takes nothing. */
  synchronized int refusals() {
    return refusals;
  }

  void cancel() {
    Runnable handler;
    synchronized (this) {
      cancelled = true;
      handler = onCancel;
    }
    handler.run();
  }

  synchronized List<WatchPaymentsResponse> responses() {
    return List.copyOf(responses);
  }

  synchronized List<PaymentEvent> events() {
    return responses.stream().flatMap(it -> it.getEventsList().stream()).toList();
  }

  synchronized String resumeToken() {
    return responses.isEmpty() ? "" : responses.getLast().getResumeToken();
  }

  synchronized Optional<ApiError> failure() {
    return Optional.ofNullable(failure).flatMap(ApiError::from);
  }

  @Override
  public synchronized void onNext(WatchPaymentsResponse response) {
    if (failure != null) {
      throw new IllegalStateException("a response after the end");
    }
    responses.add(response);
  }

  @Override
  public synchronized void onError(Throwable end) {
    failure = end;
  }

  @Override
  public void onCompleted() {
    throw new IllegalStateException("a watch never completes");
  }

  @Override
  public synchronized boolean isReady() {
    refusals += ready ? 0 : 1;
    return ready;
  }

  @Override
  public synchronized boolean isCancelled() {
    return cancelled;
  }

  @Override
  public synchronized void setOnReadyHandler(Runnable handler) {
    onReady = handler;
  }

  @Override
  public synchronized void setOnCancelHandler(Runnable handler) {
    onCancel = handler;
  }

  @Override
  public void disableAutoInboundFlowControl() {}

  @Override
  public void request(int count) {}

  @Override
  public void setMessageCompression(boolean enable) {}

  @Override
  public void setCompression(String compression) {}
}
