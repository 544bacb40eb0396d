package com.gyroscops.payments.benchmarks;

import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

/** How clients make the ids of payments and requests. */
enum Ids {
  /** UUIDv4 or alike: the next one may be anywhere among those that there are. */
  RANDOM {
    @Override
    String next() {
      ThreadLocalRandom random = ThreadLocalRandom.current();
      return new UUID(random.nextLong(), random.nextLong()).toString();
    }
  },

  /** UUIDv7, in the order of time. */
  BY_TIME {
    @Override
    String next() {
      ThreadLocalRandom random = ThreadLocalRandom.current();
      return new UUID(
              System.currentTimeMillis() << 16 | 0x7000 | random.nextInt(1 << 12),
              random.nextLong() >>> 2 | 1L << 63)
          .toString();
    }
  };

  abstract String next();
}
