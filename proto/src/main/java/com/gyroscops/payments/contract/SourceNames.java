package com.gyroscops.payments.contract;

import com.gyroscops.payments.v1.ReadSource;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The names of sources in configuration, in metrics and messages, on the feed and of leases: "sql",
 * "redis" and so on. Each follows from the contract's constant.
 */
public final class SourceNames {

  /** All that keep data of their own; the log is no source that one could prefer. */
  public static final List<ReadSource> STORES =
      Arrays.stream(ReadSource.values())
          .filter(it ->
              it != ReadSource.UNRECOGNIZED
                  && it != ReadSource.READ_SOURCE_UNSPECIFIED
                  && it != ReadSource.READ_SOURCE_LOG)
          .toList();

  /** Asked for by each command that waits for sources. */
  private static final Map<ReadSource, String> NAMES =
      Arrays.stream(ReadSource.values())
          .collect(
              Collectors.toMap(
                  Function.identity(),
                  it -> it.name().replace("READ_SOURCE_", "").toLowerCase(Locale.ROOT)));

  private SourceNames() {}

  /** A source's name. */
  public static String of(ReadSource source) {
    return Objects.requireNonNull(NAMES.get(source));
  }

  /** The source of a name; empty if it is none that keeps data of its own. */
  public static Optional<ReadSource> store(String name) {
    return STORES.stream().filter(it -> of(it).equals(name)).findFirst();
  }
}
