package com.gyroscops.payments.read.source.redis;

import com.google.protobuf.Timestamp;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentStatus;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which payments the source holds: those in one of these statuses, and those created less than this
 * long ago, each for its lifetime after its last change at most. What it does not hold it says
 * nothing of, so a rule decides what can be answered, never what the answer is.
 *
 * @param lifetime longest time that a payment is held after its last change
 * @param youngerThan zero: age alone holds no payment
 * @param clock that ages are told by; when it is wrong, others are held
 */
public record Holding(
    Duration lifetime, Set<PaymentStatus> statuses, Duration youngerThan, Clock clock) {

  private static final String ALL = "all";

  /** That can be held: what a payment may be in. */
  private static final List<PaymentStatus> STATUSES =
      Arrays.stream(PaymentStatus.values())
          .filter(it ->
              it != PaymentStatus.PAYMENT_STATUS_UNSPECIFIED && it != PaymentStatus.UNRECOGNIZED)
          .toList();

  public Holding {
    statuses = Set.copyOf(statuses);
    if (lifetime.toMillis() < 1 || youngerThan.isNegative()) {
      throw new IllegalArgumentException("no time to hold payments: " + lifetime);
    }
  }

  /** All payments. */
  public static Holding all(Duration lifetime) {
    return new Holding(lifetime, Set.copyOf(STATUSES), Duration.ZERO, Clock.systemUTC());
  }

  /**
   * A rule as an environment has it: {@code all}, or names of statuses and one age, separated by
   * commas: {@code processing,PT1H} are payments that are processing or younger than an hour.
   *
   * @param name of the setting
   * @throws IllegalArgumentException what is wrong, in a line that names the setting
   */
  public static Holding parse(String name, String text, Duration lifetime, Clock clock) {
    if (text.strip().equals(ALL)) {
      return all(lifetime);
    }
    Set<PaymentStatus> statuses = EnumSet.noneOf(PaymentStatus.class);
    Duration youngerThan = Duration.ZERO;
    for (String part : text.split(",", -1)) {
      String held = part.strip();
      Optional<PaymentStatus> status =
          STATUSES.stream().filter(it -> label(it).equals(held)).findFirst();
      if (status.isPresent()) {
        statuses.add(status.get());
      } else {
        youngerThan = age(name, held);
      }
    }
    return new Holding(lifetime, statuses, youngerThan, clock);
  }

  private static Duration age(String name, String text) {
    try {
      Duration age = Duration.parse(text);
      if (age.isPositive()) {
        return age;
      }
    } catch (DateTimeException e) {
      throw new IllegalArgumentException(
          "%s names \"%s\"; it must be all, or of %s and an age such as PT1H"
              .formatted(
                  name,
                  text,
                  STATUSES.stream().map(Holding::label).collect(Collectors.joining(", "))),
          e);
    }
    throw new IllegalArgumentException("%s has the age %s, which is none".formatted(name, text));
  }

  private static String label(PaymentStatus status) {
    return status.name().substring("PAYMENT_STATUS_".length()).toLowerCase(Locale.ROOT);
  }

  /** How long a payment is held that has changed just now, in milliseconds; 0: not at all. */
  long millis(Payment payment) {
    if (statuses.contains(payment.getStatus())) {
      return lifetime.toMillis();
    }
    Timestamp created = payment.getCreateTime();
    Duration age =
        Duration.between(
            Instant.ofEpochSecond(created.getSeconds(), created.getNanos()), clock.instant());
    // By the clock of another server it may have been created a little ahead.
    Duration left = age.isNegative() ? youngerThan : youngerThan.minus(age);
    return Math.clamp(left.toMillis(), 0, lifetime.toMillis());
  }
}
