package com.gyroscops.payments.benchmarks;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Loads of the same kind on different things, run in turn, A B B A, so that a machine that becomes
 * slower or faster meanwhile does so for all of them.
 *
 * @param name for people who wait
 */
record Contest(String name, List<Contender> contenders) {

  /** Load of a given length. */
  @FunctionalInterface
  interface Load {
    Measurement run(Duration length) throws Exception;
  }

  /** One of the things measured. */
  record Contender(String name, Load load) {}

  /**
   * What came of a contender, a measurement for each round.
   *
   * @param name the contender's
   */
  record Series(String name, List<Measurement> rounds) {

    Measurement total() {
      return Measurement.sum(rounds);
    }

    /** Median, over the rounds, of how many times another's throughput this one had. */
    double ratioTo(Series other) {
      return median(ratiosTo(other));
    }

    /** How many times another's throughput this one had, by round. */
    double[] ratiosTo(Series other) {
      double[] ratios = new double[rounds.size()];
      for (int i = 0; i < ratios.length; i++) {
        ratios[i] = rounds.get(i).perSecond() / other.rounds.get(i).perSecond();
      }
      return ratios;
    }
  }

  static double median(double... values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  /**
   * One round that is not measured, then the others; series in the order of the contenders. Who was
   * last in a round is first in the next: who is later finds everything a little warmer.
   */
  List<Series> run(int rounds, Duration slice) throws Exception {
    List<Series> series =
        contenders.stream()
            .map(contender -> new Series(contender.name(), new ArrayList<>()))
            .toList();
    for (int round = 0; round <= rounds; round++) {
      StringBuilder line = new StringBuilder();
      for (int turn = 0; turn < contenders.size(); turn++) {
        int i = round % 2 == 0 ? turn : contenders.size() - 1 - turn;
        Measurement measured = contenders.get(i).load().run(slice);
        line.append(
            String.format(
                Locale.ROOT, "  %s %,.0f/s", contenders.get(i).name(), measured.perSecond()));
        if (round > 0) {
          series.get(i).rounds().add(measured);
        }
      }
      Progress.say(
          "%s, %s:%s", name, round == 0 ? "warm-up" : "round " + round + " of " + rounds, line);
    }
    return series;
  }
}
