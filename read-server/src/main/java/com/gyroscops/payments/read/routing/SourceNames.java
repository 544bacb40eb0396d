package com.gyroscops.payments.read.routing;

import com.gyroscops.payments.v1.ReadSource;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The names of sources in configuration, metrics and messages: "sql", "redis" and so on. */
final class SourceNames {

  /** All that keep data of their own; the log is no source that one could prefer. */
  static final List<ReadSource> STORES =
      Arrays.stream(ReadSource.values())
          .filter(it ->
              it != ReadSource.UNRECOGNIZED
                  && it != ReadSource.READ_SOURCE_UNSPECIFIED
                  && it != ReadSource.READ_SOURCE_LOG)
          .toList();

  private SourceNames() {}

  static String of(ReadSource source) {
    return source.name().replace("READ_SOURCE_", "").toLowerCase(Locale.ROOT);
  }

  static Optional<ReadSource> store(String name) {
    return STORES.stream().filter(it -> of(it).equals(name)).findFirst();
  }
}
