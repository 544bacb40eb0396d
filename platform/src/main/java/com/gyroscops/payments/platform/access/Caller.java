package com.gyroscops.payments.platform.access;

import java.time.Instant;

/**
 * Who makes a call.
 *
 * @param actor name of the caller, as events and jobs note it: at most {@value #ACTOR_LENGTH_MAX}
 *     characters; empty: not authenticated
 * @param grants what it may do
 * @param expiresAt when its credential ends; {@link Instant#MAX}: never
 */
public record Caller(String actor, Grants grants, Instant expiresAt) {

  /** Longest {@link #actor}. */
  public static final int ACTOR_LENGTH_MAX = 128;

  /** Of whom nothing is known, and who may do nothing that asks for a caller. */
  public static final Caller ANONYMOUS = new Caller("", Grants.NONE, Instant.MAX);

  /** Of whom nothing is known, where callers are not authenticated: may do everything. */
  public static final Caller UNRESTRICTED = new Caller("", Grants.ALL, Instant.MAX);

  /** Whether it may do something in an organization; see {@link Grants#allow}. */
  public boolean may(Scope scope, String organization) {
    return grants.allow(scope, organization);
  }
}
