package com.gyroscops.payments.platform.grpc;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;

/**
 * Finds out who makes a call, and keeps that in the call's context. {@link GrpcTransport#newServer}
 * has every call to every server pass here, so this is where callers are authenticated and their
 * calls refused; whatever asks for a caller asks {@link #current}. For concurrent use.
 */
public final class Callers implements ServerInterceptor {

  private static final Context.Key<Caller> CALLER =
      Context.keyWithDefault("caller", Caller.ANONYMOUS);

  /** The current call's; outside of calls, {@link Caller#ANONYMOUS}. */
  public static Caller current() {
    return CALLER.get();
  }

  /** The {@link Caller#actor} of the current call. */
  public static String actor() {
    return current().actor();
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    // Nobody is authenticated yet.
    return Contexts.interceptCall(
        Context.current().withValue(CALLER, Caller.ANONYMOUS), call, headers, next);
  }
}
