package com.gyroscops.payments.read.projection;

import java.util.OptionalLong;

/** The right to project a source that only this replica has: nobody else wants it. */
final class OwnLease implements ProjectionLease {

  private static final long FENCE = 1;

  @Override
  public OptionalLong take() {
    return OptionalLong.of(FENCE);
  }

  @Override
  public boolean renew(long fence) {
    return true;
  }

  @Override
  public void release(long fence) {}
}
