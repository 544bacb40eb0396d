package com.gyroscops.payments.platform.access;

/**
 * What a message asks of its caller.
 *
 * @param organization the one that it is about; {@link Grants#DEPLOYMENT}: none
 * @param field the one in the message that demands it; empty: the message as a whole
 */
public record Demand(Scope scope, String organization, String field) {

  /** Of the message as a whole. */
  public Demand(Scope scope, String organization) {
    this(scope, organization, "");
  }
}
