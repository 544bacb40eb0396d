package com.gyroscops.payments.read.report;

import org.jspecify.annotations.Nullable;

/**
 * Up to where a report was read.
 *
 * @param after key of the last that was read; null: nothing was
 * @param isEnd whether nothing follows
 */
public record Place(@Nullable Key after, boolean isEnd) {

  /** Where reading begins. */
  public static final Place START = new Place(null, false);

  /**
   * What pages are in order of.
   *
   * @param value payments: microseconds of the business time; events: their position; analytics:
   *     microseconds at which the next periods begin
   * @param id payments: payment id, compared by code point; otherwise empty
   */
  public record Key(long value, String id) {}
}
