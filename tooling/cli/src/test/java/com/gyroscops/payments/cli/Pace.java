package com.gyroscops.payments.cli;

import com.gyroscops.payments.contract.ServiceConfig;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How much longer than usual things take on this machine now: as long as a JVM takes to start and
 * to ask servers how they are. A test that starts JVMs under load asks less of a slow machine, and
 * waits longer for it.
 *
 * @param slowness 1: as usual, or faster
 */
record Pace(double slowness) {

  /** What it takes on two cores that have little else to do. */
  static final Duration USUAL = Duration.ofMillis(1_500);

  /** One that is slower still is measured by its deadlines. */
  static final double SLOWNESS_MAX = 4;

  private static final double CHANGE_MAX = 3;
  private static final int TIMES = 3;

  /** What is done to find out: starts a JVM, and waits for its end. */
  @FunctionalInterface
  interface Measured {
    void run() throws Exception;
  }

  Pace {
    if (!(slowness >= 1 && slowness <= SLOWNESS_MAX)) {
      throw new IllegalArgumentException("not a slowness: " + slowness);
    }
  }

  /** The middle of three. */
  static Pace found(Measured measured) throws Exception {
    List<Duration> took = new ArrayList<>();
    for (int i = 0; i < TIMES; i++) {
      long start = System.nanoTime();
      measured.run();
      took.add(Duration.ofNanos(System.nanoTime() - start));
    }
    took.sort(Duration::compareTo);
    return of(took.get(TIMES / 2));
  }

  static Pace of(Duration took) {
    return new Pace(Math.clamp((double) took.toNanos() / USUAL.toNanos(), 1, SLOWNESS_MAX));
  }

  /** That of a machine that becomes as slow as machines do from one hour to the next. */
  Pace slowed() {
    return new Pace(Math.min(slowness * CHANGE_MAX, SLOWNESS_MAX));
  }

  /** A rate that asks no more of this machine than the usual one of the usual machine. */
  int perSecond(int usual) {
    return Math.max(1, (int) (usual / slowness));
  }

  /** As long as the usual machine is given, and what this one takes more. */
  Duration time(Duration usual) {
    return Duration.ofMillis((long) (usual.toMillis() * slowness));
  }

  /** The shipped service configuration with deadlines for this machine. */
  Map<String, ?> serviceConfig() {
    return map(ServiceConfig.shipped());
  }

  private Map<String, ?> map(Map<String, ?> config) {
    Map<String, Object> slower = new LinkedHashMap<>();
    config.forEach((name, value) -> slower.put(name, value(name, value)));
    return slower;
  }

  @SuppressWarnings("unchecked") // Keys of JSON's objects are strings.
  private Object value(String name, Object value) {
    return switch (value) {
      case String text when name.equals("timeout") -> timeout(text);
      case Map<?, ?> map -> map((Map<String, ?>) map);
      case List<?> list -> list.stream().map(each -> value("", each)).toList();
      default -> value;
    };
  }

  /** Seconds with the letter after them, as protobuf writes durations. */
  private String timeout(String text) {
    return new BigDecimal(text.substring(0, text.length() - 1))
            .multiply(BigDecimal.valueOf(slowness))
            .setScale(3, RoundingMode.CEILING)
            .toPlainString()
        + "s";
  }

  @Override
  public String toString() {
    return "%.1f times the usual".formatted(slowness);
  }
}
