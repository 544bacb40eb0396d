package com.gyroscops.payments.platform.grpc;

import com.google.protobuf.Message;
import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.platform.access.Access;
import com.gyroscops.payments.platform.access.AccessMode;
import com.gyroscops.payments.platform.access.AccessRule;
import com.gyroscops.payments.platform.access.AccessRules;
import com.gyroscops.payments.platform.access.Authenticator.Verdict;
import com.gyroscops.payments.platform.access.Caller;
import com.gyroscops.payments.platform.access.Demand;
import com.gyroscops.payments.platform.access.PersonalMask;
import com.gyroscops.payments.platform.access.Scope;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Finds out who makes a call, and keeps that in the call's context. {@link GrpcTransport#newServer}
 * has every call to every server pass here, so this is where callers are authenticated, at the
 * headers and before a message is read, and where messages are refused whose callers may not ask
 * for what is in them, before the service sees them. What is personal is taken out of answers here
 * where the caller may not see it. For concurrent use.
 */
public final class Callers implements ServerInterceptor {

  private static final Context.Key<Passing> PASSING =
      Context.keyWithDefault("caller", new Passing(Caller.ANONYMOUS, Access.CLOSED, null));

  private final Access access;

  /**
   * A call that passes, and whose it is.
   *
   * @param call null: none, as outside of calls
   */
  private record Passing(Caller caller, Access access, @Nullable ServerCall<?, ?> call) {

    /** Why it may not do something, which is noted; empty: it may. */
    Optional<ApiError> denied(List<Demand> demands) {
      return Access.denied(caller, demands).filter(error -> isEnforced(error, ""));
    }

    /** Notes what is denied, or would be; whether it is. */
    boolean isEnforced(ApiError error, String why) {
      boolean enforced = access.mode() == AccessMode.REQUIRED;
      if (call != null) {
        String method = call.getMethodDescriptor().getFullMethodName();
        String peer = String.valueOf(call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR));
        access.log().denied(caller, method, peer, error, why, enforced);
      }
      return enforced;
    }
  }

  /**
   * @param access lets calls in
   */
  public Callers(Access access) {
    this.access = access;
  }

  /** The current call's; outside of calls, {@link Caller#ANONYMOUS}. */
  public static Caller current() {
    return PASSING.get().caller();
  }

  /** The {@link Caller#actor} of the current call. */
  public static String actor() {
    return current().actor();
  }

  /**
   * Why the current call may not do something that only its service knows of: what an element of
   * its message demands, for instance. Noted in the audit log. Outside of calls nobody may.
   *
   * @return empty: it may
   */
  public static Optional<ApiError> denied(Demand demand) {
    return PASSING.get().denied(List.of(demand));
  }

  /** Whether the current call may do something; nothing is noted where it may not. */
  public static boolean may(Demand demand) {
    Passing passing = PASSING.get();
    return passing.access().mode() != AccessMode.REQUIRED
        || passing.caller().may(demand.scope(), demand.organization());
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    String method = call.getMethodDescriptor().getFullMethodName();
    Optional<AccessRule> rule = AccessRules.of(method);
    if (rule.isPresent() && rule.get() instanceof AccessRule.Open) {
      return as(new Passing(Caller.ANONYMOUS, access, call), call, headers, next);
    }
    if (access.mode() == AccessMode.OFF) {
      return as(new Passing(Caller.UNRESTRICTED, access, call), call, headers, next);
    }
    String authorization = headers.get(Credentials.AUTHORIZATION);
    Caller caller = Caller.ANONYMOUS;
    Optional<ApiError> denied;
    String why = "";
    switch (access.authenticate(authorization == null ? "" : authorization)) {
      case Verdict.Known(Caller known) -> {
        caller = known;
        denied = Access.denied(known, rule);
      }
      case Verdict.Refused refused -> {
        denied = Optional.of(refused.error());
        why = refused.why();
      }
    }
    Passing passing = new Passing(caller, access, call);
    if (denied.isPresent() && passing.isEnforced(denied.get(), why)) {
      UnexpectedErrors.end(call, denied.get().toException());
      return new ServerCall.Listener<>() {};
    }
    if (rule.isPresent()
        && denied.isEmpty()
        && rule.get() instanceof AccessRule.Demanded demanded) {
      return demanded(passing, demanded, call, headers, next);
    }
    // Those who keep the sources keep all of it; of the deployment nothing else is personal.
    return as(
        passing,
        rule.isPresent() && rule.get() instanceof AccessRule.Deployment
            ? call
            : new Masking<>(call, passing, denied.isPresent()),
        headers,
        next);
  }

  private <Q, A> ServerCall.Listener<Q> demanded(
      Passing passing,
      AccessRule.Demanded rule,
      ServerCall<Q, A> call,
      Metadata headers,
      ServerCallHandler<Q, A> next) {
    Masking<Q, A> masking = new Masking<>(call, passing, false);
    return new SimpleForwardingServerCallListener<>(as(passing, masking, headers, next)) {
      private boolean ended;

      @Override
      public void onMessage(Q message) {
        List<Demand> demands = rule.demands().apply((Message) message);
        Optional<ApiError> denied = Access.denied(passing.caller(), demands);
        if (denied.isPresent()) {
          masking.noted = true;
        }
        if (denied.isEmpty() || !passing.isEnforced(denied.get(), "")) {
          demands.stream().findFirst().ifPresent(it -> masking.organization = it.organization());
          super.onMessage(message);
        } else if (!ended) {
          ended = true;
          UnexpectedErrors.end(call, denied.get().toException());
        }
      }

      @Override
      public void onHalfClose() {
        if (!ended) {
          super.onHalfClose();
        }
      }
    };
  }

  private static <Q, A> ServerCall.Listener<Q> as(
      Passing passing, ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    return Contexts.interceptCall(
        Context.current().withValue(PASSING, passing), call, headers, next);
  }

  /**
   * Takes out of answers what is personal and not the caller's to see; where that is not enforced,
   * it is noted once a call.
   */
  private static final class Masking<Q, A> extends SimpleForwardingServerCall<Q, A> {

    private final Passing passing;

    /** Of answers that name none; set before the service sees the request. */
    private volatile String organization = "";

    /** Whether the call was noted already. */
    private volatile boolean noted;

    Masking(ServerCall<Q, A> call, Passing passing, boolean noted) {
      super(call);
      this.passing = passing;
      this.noted = noted;
    }

    @Override
    public void sendMessage(A message) {
      super.sendMessage(
          message instanceof Message answer && !mayRead(organization)
              ? permitted(message, answer)
              : message);
    }

    @SuppressWarnings("unchecked") // A masked message is of the message's type.
    private A permitted(A message, Message answer) {
      Message masked = PersonalMask.apply(answer, organization, this::mayRead);
      if (passing.access().mode() == AccessMode.REQUIRED) {
        return (A) masked;
      }
      if (!noted && !masked.equals(answer)) {
        noted = true;
        var _ = passing.denied(List.of(new Demand(Scope.PERSONAL_READ, organization, "answer")));
      }
      return message;
    }

    private boolean mayRead(String of) {
      return passing.caller().may(Scope.PERSONAL_READ, of);
    }
  }
}
