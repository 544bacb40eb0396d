package com.gyroscops.payments.write.api;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;

/** Keeps the W3C {@code traceparent} header of a call at hand, so that events can carry it. */
public final class TraceContext implements ServerInterceptor {

  /** A traceparent of version 00 has 55 characters; anything much longer is none. */
  private static final int LENGTH_MAX = 128;

  private static final Metadata.Key<String> HEADER =
      Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER);
  private static final Context.Key<String> TRACEPARENT = Context.key("traceparent");

  /** The current call's; empty if it has none. */
  public static String current() {
    String traceparent = TRACEPARENT.get();
    return traceparent == null ? "" : traceparent;
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    String traceparent = headers.get(HEADER);
    return traceparent == null || traceparent.length() > LENGTH_MAX
        ? next.startCall(call, headers)
        : Contexts.interceptCall(
            Context.current().withValue(TRACEPARENT, traceparent), call, headers, next);
  }
}
