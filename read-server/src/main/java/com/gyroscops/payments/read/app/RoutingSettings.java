package com.gyroscops.payments.read.app;

import com.gyroscops.payments.read.routing.RoutingRules;
import com.gyroscops.payments.read.routing.RoutingRules.Setting;
import com.gyroscops.payments.read.source.Capability;
import io.micronaut.context.annotation.ConfigurationProperties;
import java.util.EnumMap;
import java.util.Map;

/**
 * Which sources to ask first, by kind of query: names separated by commas, equals by {@code |}.
 *
 * @param find look-ups
 * @param search searches
 * @param aggregate statistics
 * @param analyze analytics; exact sources come before approximate ones in any case
 * @param suggest suggestions
 * @param critical reads that are fully consistent, of any kind; empty: as their kind
 */
@ConfigurationProperties("routing")
record RoutingSettings(
    String find, String search, String aggregate, String analyze, String suggest, String critical) {

  /**
   * The rules.
   *
   * @throws IllegalArgumentException a source is unknown or named twice
   */
  RoutingRules rules() {
    Map<Capability, Setting> settings = new EnumMap<>(Capability.class);
    settings.put(Capability.FIND, new Setting("ROUTING_FIND", find));
    settings.put(Capability.SEARCH, new Setting("ROUTING_SEARCH", search));
    settings.put(Capability.AGGREGATE, new Setting("ROUTING_AGGREGATE", aggregate));
    settings.put(Capability.ANALYZE, new Setting("ROUTING_ANALYZE", analyze));
    settings.put(Capability.ANALYZE_APPROXIMATELY, new Setting("ROUTING_ANALYZE", analyze));
    settings.put(Capability.SUGGEST, new Setting("ROUTING_SUGGEST", suggest));
    return RoutingRules.parse(settings, new Setting("ROUTING_CRITICAL", critical));
  }
}
