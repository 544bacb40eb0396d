package com.gyroscops.payments.platform.grpc;

/**
 * Who makes a call.
 *
 * @param actor name of the caller, as jobs note who asked for them; empty: not authenticated
 */
public record Caller(String actor) {

  /** A caller of whom nothing is known. */
  public static final Caller ANONYMOUS = new Caller("");
}
