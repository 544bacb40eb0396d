package com.gyroscops.payments.platform.grpc;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Those who watch a server's health. Their calls last for as long as they like, and a server waits
 * for its calls before it stops: so they are ended. For concurrent use.
 */
final class HealthWatches implements ServerInterceptor {

  private final Set<Watch<?, ?>> open = ConcurrentHashMap.newKeySet();
  private volatile boolean ended;

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    if (call.getMethodDescriptor().getType() == MethodType.UNARY) {
      return next.startCall(call, headers);
    }
    Watch<Q, A> watch = new Watch<>(call);
    open.add(watch);
    if (ended) {
      watch.end();
    }
    return new SimpleForwardingServerCallListener<>(next.startCall(watch, headers)) {
      @Override
      public void onCancel() {
        open.remove(watch);
        super.onCancel();
      }

      @Override
      public void onComplete() {
        open.remove(watch);
        super.onComplete();
      }
    };
  }

  /** Ends all of them, and whoever comes later at once, as UNAVAILABLE. */
  void end() {
    ended = true;
    open.forEach(Watch::end);
  }

  /** A call that may be ended beside the one who answers it, who does not notice. */
  private static final class Watch<Q, A> extends SimpleForwardingServerCall<Q, A> {

    private boolean closed;

    Watch(ServerCall<Q, A> call) {
      super(call);
    }

    void end() {
      close(Status.UNAVAILABLE.withDescription("this server is shutting down"), new Metadata());
    }

    @Override
    public synchronized void sendHeaders(Metadata headers) {
      if (!closed) {
        super.sendHeaders(headers);
      }
    }

    @Override
    public synchronized void sendMessage(A message) {
      if (!closed) {
        super.sendMessage(message);
      }
    }

    @Override
    public synchronized void close(Status status, Metadata trailers) {
      if (!closed) {
        closed = true;
        super.close(status, trailers);
      }
    }
  }
}
