package com.gyroscops.payments.write.command;

import com.gyroscops.payments.contract.SourceNames;
import com.gyroscops.payments.contract.Violations;
import com.gyroscops.payments.v1.CommandContext;
import com.gyroscops.payments.v1.ReadSource;
import com.gyroscops.payments.v1.WriteStrategy;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The read sources that can be waited for: those that all read-servers share, listed here alone on
 * the write side. The memory source is each replica's own, and the log holds every event from the
 * commit on.
 */
public final class SharedSources {

  private static final List<ReadSource> ALL =
      List.of(
          ReadSource.READ_SOURCE_SQL, ReadSource.READ_SOURCE_REDIS, ReadSource.READ_SOURCE_SEARCH);

  /** Their names, as subscribers of the feed give them. */
  public static final List<String> NAMES = ALL.stream().map(SourceNames::of).toList();

  /** The order in which they are told. */
  public static final Comparator<ReadSource> ORDER = Comparator.comparingInt(ALL::indexOf);

  private SharedSources() {}

  /** The source of a name; empty if it is none that can be waited for. */
  public static Optional<ReadSource> named(String name) {
    return SourceNames.store(name).filter(ALL::contains);
  }

  /** Notes it where a command requires what cannot be waited for, or does not ask to wait. */
  static void check(Violations violations, String field, CommandContext context) {
    if (context.getRequiredSourcesCount() == 0) {
      return;
    }
    violations.require(
        context.getWriteStrategy() == WriteStrategy.WRITE_STRATEGY_WRITE_THROUGH,
        field,
        "must be empty unless write_strategy is WRITE_THROUGH");
    check(violations, field, context.getRequiredSourcesList());
  }

  /** Notes it where a source is named that cannot be waited for. */
  public static void check(Violations violations, String field, List<ReadSource> sources) {
    violations.require(
        ALL.containsAll(sources),
        field,
        "may name only " + ALL.stream().map(ReadSource::name).collect(Collectors.joining(", ")));
  }
}
