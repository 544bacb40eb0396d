package com.gyroscops.payments.read.routing;

import com.gyroscops.payments.contract.SourceNames;
import com.gyroscops.payments.read.source.Capability;
import com.gyroscops.payments.v1.ReadSource;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which sources an installation prefers.
 *
 * @param byKind for each kind of query the sources to ask first, in order; those at one place are
 *     equals, of which the one with the shortest expected wait is asked first; sources that are not
 *     named come last
 * @param critical asked before all of these where a read is fully consistent
 */
public record RoutingRules(
    Map<Capability, List<Set<ReadSource>>> byKind, List<Set<ReadSource>> critical) {

  /** No preference: the shortest expected wait decides. */
  public static final RoutingRules NONE = new RoutingRules(Map.of(), List.of());

  public RoutingRules {
    byKind = Map.copyOf(byKind);
    critical = List.copyOf(critical);
  }

  /**
   * Rules as an environment has them: names of sources, separated by commas where one comes before
   * the other and by {@code |} where they are equals, as in {@code memory|redis,sql}.
   *
   * @param texts by kind, each with the name of its setting, for messages
   * @throws IllegalArgumentException a source is unknown or named twice
   */
  public static RoutingRules parse(Map<Capability, Setting> texts, Setting critical) {
    Map<Capability, List<Set<ReadSource>>> byKind = new EnumMap<>(Capability.class);
    texts.forEach((kind, setting) -> byKind.put(kind, places(setting)));
    return new RoutingRules(byKind, places(critical));
  }

  /** A setting's name and its text. */
  public record Setting(String name, String text) {}

  private static List<Set<ReadSource>> places(Setting setting) {
    Set<ReadSource> seen = EnumSet.noneOf(ReadSource.class);
    return Arrays.stream(setting.text().split(",", -1))
        .map(String::strip)
        .filter(place -> !place.isEmpty())
        .map(place ->
            Arrays.stream(place.split("\\|", -1))
                .map(name -> source(setting, name.strip(), seen))
                .collect(Collectors.toUnmodifiableSet()))
        .toList();
  }

  private static ReadSource source(Setting setting, String name, Set<ReadSource> seen) {
    ReadSource source =
        SourceNames.store(name)
            .orElseThrow(() ->
                new IllegalArgumentException(
                    "%s names \"%s\"; the sources are %s"
                        .formatted(
                            setting.name(),
                            name,
                            SourceNames.STORES.stream()
                                .map(SourceNames::of)
                                .collect(Collectors.joining(", ")))));
    if (!seen.add(source)) {
      throw new IllegalArgumentException(setting.name() + " names \"" + name + "\" twice");
    }
    return source;
  }

  int place(Capability kind, ReadSource source) {
    return place(byKind.getOrDefault(kind, List.of()), source);
  }

  int criticalPlace(ReadSource source) {
    return place(critical, source);
  }

  private static int place(List<Set<ReadSource>> places, ReadSource source) {
    for (int i = 0; i < places.size(); i++) {
      if (places.get(i).contains(source)) {
        return i;
      }
    }
    return places.size();
  }
}
