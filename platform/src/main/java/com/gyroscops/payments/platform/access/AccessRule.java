package com.gyroscops.payments.platform.access;

import com.google.protobuf.Message;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/** What an RPC asks of its caller. */
public sealed interface AccessRule {

  /** Nothing: it is answered to anybody. */
  record Open() implements AccessRule {}

  /** A credential, whatever that allows. */
  record Known() implements AccessRule {}

  /** A scope in the deployment as a whole. */
  record Deployment(Scope scope) implements AccessRule {}

  /**
   * What each of its messages demands; looked at before the service sees the message.
   *
   * @param scopes of which the caller must have one somewhere, or nothing is read from it
   */
  record Demanded(Set<Scope> scopes, Function<Message, List<Demand>> demands)
      implements AccessRule {
    public Demanded {
      scopes = Set.copyOf(scopes);
    }
  }

  /**
   * What each of its elements demands, by which the service answers each; or what the service finds
   * out of whom it is about.
   *
   * @param scopes of which the caller must have one somewhere, or nothing is read from it
   */
  record WithinService(Set<Scope> scopes) implements AccessRule {
    public WithinService {
      scopes = Set.copyOf(scopes);
    }
  }
}
