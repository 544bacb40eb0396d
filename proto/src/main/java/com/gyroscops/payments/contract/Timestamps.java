package com.gyroscops.payments.contract;

import com.google.protobuf.Timestamp;
import java.time.Instant;

/** Times as the contract says them. */
public final class Timestamps {

  private Timestamps() {}

  /** To the nanosecond. */
  public static Timestamp of(Instant time) {
    return Timestamp.newBuilder()
        .setSeconds(time.getEpochSecond())
        .setNanos(time.getNano())
        .build();
  }
}
