package com.gyroscops.payments.stack;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Something that a stack can do without. The sql source is nothing of the kind: others load from
 * it.
 */
public enum Feature {
  /** The read source held by Redis, which is the second level of the cache too. */
  REDIS,
  /** The read source held by OpenSearch. */
  SEARCH,
  /** The read source held by each read-server itself. */
  MEMORY,
  /** Temporal, for what is executed later. */
  TEMPORAL;

  /** Whether it is a read source. */
  public boolean isSource() {
    return this != TEMPORAL;
  }

  /** Its name, for people and in metrics. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The one of a name.
   *
   * @throws IllegalArgumentException if there is none; says which there are
   */
  public static Feature of(String label) {
    return Arrays.stream(values())
        .filter(feature -> feature.label().equals(label))
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException(
                "'"
                    + label
                    + "' is nothing that can be left out; those are "
                    + Arrays.stream(values())
                        .map(Feature::label)
                        .collect(Collectors.joining(", "))));
  }
}
