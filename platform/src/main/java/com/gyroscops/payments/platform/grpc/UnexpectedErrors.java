package com.gyroscops.payments.platform.grpc;

import com.gyroscops.payments.contract.ApiError;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * The last net of a server: a listener that throws ends its call with what it threw if that is a
 * status, else with INTERNAL {@code UNEXPECTED}, which tells the caller nothing of the inside, and
 * one log record with all of it.
 */
public final class UnexpectedErrors implements ServerInterceptor {

  private static final Logger LOG = Logger.getLogger(UnexpectedErrors.class.getName());

  /** What a caller is told of an error that is nobody's business: log the rest. */
  public static StatusRuntimeException hidden() {
    return ApiError.of(Status.Code.INTERNAL, "UNEXPECTED", "an unexpected error, see the log")
        .toException();
  }

  /** Ends a call with an error and its trailers. */
  static void end(ServerCall<?, ?> call, StatusRuntimeException error) {
    Metadata trailers = error.getTrailers();
    call.close(error.getStatus(), trailers == null ? new Metadata() : trailers);
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    return new SimpleForwardingServerCallListener<>(next.startCall(call, headers)) {
      @Override
      public void onMessage(Q message) {
        guard(() -> super.onMessage(message));
      }

      @Override
      public void onHalfClose() {
        guard(super::onHalfClose);
      }

      @Override
      public void onReady() {
        guard(super::onReady);
      }

      private void guard(Runnable step) {
        try {
          step.run();
        } catch (StatusRuntimeException e) {
          end(call, e);
        } catch (RuntimeException e) {
          String method = call.getMethodDescriptor().getFullMethodName();
          LOG.log(Level.SEVERE, e, () -> method + " failed unexpectedly");
          end(call, hidden());
        }
      }
    };
  }
}
