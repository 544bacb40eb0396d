package com.gyroscops.payments.read.source;

import com.gyroscops.payments.v1.PaymentStatus;
import java.math.BigInteger;
import java.time.LocalDate;
import java.util.List;
import java.util.Optional;

/** What an {@link Analysis} found. */
public sealed interface Groups {

  /**
   * The first groups in the order asked for.
   *
   * @param total groups there are, those left out included
   */
  record Found(List<Group> groups, int total) implements Groups {
    public Found {
      groups = List.copyOf(groups);
    }
  }

  /** There are more than {@link Analysis#GROUPS_MAX}. */
  record TooMany() implements Groups {}

  /**
   * Figures of one group; amounts in minor units.
   *
   * @param status empty unless grouped by status
   * @param periodStart first day; empty unless grouped by period
   * @param userId empty unless grouped by user; an empty text for payments without one
   * @param count 1 or more
   * @param percentiles as asked for, in that order
   */
  record Group(
      String currency,
      Optional<PaymentStatus> status,
      Optional<LocalDate> periodStart,
      Optional<String> userId,
      long count,
      BigInteger sum,
      long min,
      long max,
      List<Long> percentiles) {
    public Group {
      percentiles = List.copyOf(percentiles);
    }
  }
}
