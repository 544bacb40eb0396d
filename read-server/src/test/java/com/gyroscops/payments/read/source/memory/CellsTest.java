package com.gyroscops.payments.read.source.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.gyroscops.payments.testing.Seed;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class CellsTest {

  private record Entry(long key, long amount) {}

  @Test
  void anyChangesLeadToTheSumsOfWhatIsLeftInOrder() {
    for (long seed = 1; seed <= 20; seed++) {
      Random random = Seed.random(seed);
      Cells cells = new Cells();
      List<Entry> entries = new ArrayList<>();
      int keys = 1 + random.nextInt(2_000);
      for (int i = 0; i < 8_000; i++) {
        // Grows at first, and comes to nothing in the end.
        boolean add = entries.isEmpty() || random.nextInt(8_000) > i;
        if (add) {
          Entry entry = new Entry(random.nextInt(keys) - keys / 2, amount(random));
          entries.add(entry);
          cells.add(entry.key, entry.amount);
        } else {
          int n = random.nextInt(entries.size());
          Entry entry = entries.get(n);
          entries.set(n, entries.getLast());
          entries.removeLast();
          cells.subtract(entry.key, entry.amount);
        }
        if (i % 500 == 0) {
          assertEqual(cells, entries, random);
        }
      }
      assertEqual(cells, entries, random);
    }
  }

  private static long amount(Random random) {
    return switch (random.nextInt(4)) {
      case 0 -> Long.MAX_VALUE;
      case 1 -> -random.nextLong(1_000);
      case 2 -> 0;
      default -> random.nextLong(1_000);
    };
  }

  private static void assertEqual(Cells cells, List<Entry> entries, Random random) {
    long a = random.nextInt(2_000) - 1_000L;
    long from = random.nextBoolean() ? Long.MIN_VALUE : a;
    long to = random.nextBoolean() ? Long.MAX_VALUE : a + random.nextInt(1_000);
    Map<Long, String> expected = new TreeMap<>();
    Map<Long, BigInteger> sums = new TreeMap<>();
    Map<Long, Integer> counts = new TreeMap<>();
    for (Entry entry : entries) {
      if (entry.key >= from && entry.key < to) {
        sums.merge(entry.key, BigInteger.valueOf(entry.amount), BigInteger::add);
        counts.merge(entry.key, 1, Integer::sum);
      }
    }
    counts.forEach((key, count) -> expected.put(key, count + " of " + sums.get(key)));
    Map<Long, String> found = new TreeMap<>();
    List<Long> order = new ArrayList<>();
    cells.visit(
        from,
        to,
        (key, count, high, low) -> {
          Sum sum = new Sum();
          sum.add(count, high, low);
          order.add(key);
          found.put(key, sum.count() + " of " + sum.amount());
        });
    assertThat(found).isEqualTo(expected);
    assertThat(order).isEqualTo(List.copyOf(expected.keySet()));
    assertThat(cells.any(from, to)).isEqualTo(!expected.isEmpty());
  }

  @Test
  void takingBackWhatWasNotAddedIsNoticed() {
    Cells cells = new Cells();
    cells.add(1, 10);
    assertThatThrownBy(() -> cells.subtract(1, 11)).isInstanceOf(IllegalStateException.class);
  }
}
