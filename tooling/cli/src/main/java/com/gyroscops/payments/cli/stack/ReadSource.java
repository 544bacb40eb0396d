package com.gyroscops.payments.cli.stack;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** A read source that a stack can do without. The sql source is not one: others load from it. */
public enum ReadSource {
  /** Held by Redis, which is the second level of the cache too. */
  REDIS,
  /** Held by OpenSearch. */
  SEARCH,
  /** Held by each read-server itself. */
  MEMORY;

  /** Its name, for people and in metrics. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The source of a name.
   *
   * @throws IllegalArgumentException if there is none; says which there are
   */
  public static ReadSource of(String label) {
    return Arrays.stream(values())
        .filter(source -> source.label().equals(label))
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException(
                "'"
                    + label
                    + "' is no read source that can be left out; those are "
                    + Arrays.stream(values())
                        .map(ReadSource::label)
                        .collect(Collectors.joining(", "))));
  }
}
