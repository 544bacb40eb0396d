package com.gyroscops.payments.platform.page;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;

/**
 * Place in a list that is sorted by time and then by id, both descending.
 *
 * @param time to the microsecond, as databases keep it
 * @param id unique among the elements of that time
 */
public record PageKey(Instant time, String id) {

  /** Before the first element. */
  public static final PageKey START = new PageKey(Instant.MAX, "");

  /** The time as a parameter of SQL; what is before the first element is infinite there. */
  public OffsetDateTime sqlTime() {
    return time.equals(Instant.MAX) ? OffsetDateTime.MAX : time.atOffset(ZoneOffset.UTC);
  }
}
