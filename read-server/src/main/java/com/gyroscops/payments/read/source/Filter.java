package com.gyroscops.payments.read.source;

import com.gyroscops.payments.v1.PaymentStatus;
import com.gyroscops.payments.v1.TimeRange;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which payments of one organization are meant. All parts must match; an empty one matches
 * everything.
 *
 * @param texts fields that must equal these texts; the others may be anything
 * @param statuses any of these; empty: all but DELETED
 * @param currencies any of these
 * @param spans fields that must lie within these; the others may be anything
 * @param metadata pairs that all must be among the payment's
 * @param words the words that all must be among {@link Words#of(com.gyroscops.payments.v1.Payment)}
 */
public record Filter(
    String organizationId,
    Map<TextField, String> texts,
    Set<PaymentStatus> statuses,
    Set<String> currencies,
    Map<NumberField, Span> spans,
    Map<String, String> metadata,
    TextQuery words) {

  /**
   * A span of whole numbers.
   *
   * @param min null: open
   * @param max null: open
   */
  public record Span(@Nullable Long min, @Nullable Long max) {
    /** Holds every number. */
    public static final Span OPEN = new Span(null, null);

    /** The whole microseconds in a checked range; the end is exclusive. */
    public static Span of(TimeRange range) {
      return new Span(
          range.hasStartTime() ? Micros.atOrAfter(range.getStartTime()) : null,
          range.hasEndTime() ? Micros.atOrAfter(range.getEndTime()) : null);
    }
  }

  public Filter {
    texts = inOrder(TextField.class, texts, "");
    spans = inOrder(NumberField.class, spans, Span.OPEN);
    statuses = Set.copyOf(statuses);
    currencies = Set.copyOf(currencies);
    metadata = Map.copyOf(metadata);
  }

  /** In one order, so that equal filters make equal statements; without what matches everything. */
  private static <K extends Enum<K>, V> Map<K, V> inOrder(
      Class<K> fields, Map<K, V> values, V everything) {
    Map<K, V> ordered = new EnumMap<>(fields);
    ordered.putAll(values);
    ordered.values().removeIf(everything::equals);
    return Collections.unmodifiableMap(ordered);
  }

  /** All payments of an organization but the deleted ones. */
  public static Filter all(String organizationId) {
    return new Filter(
        organizationId, Map.of(), Set.of(), Set.of(), Map.of(), Map.of(), TextQuery.NONE);
  }

  /** Where a field must lie. */
  public Span span(NumberField field) {
    return spans.getOrDefault(field, Span.OPEN);
  }

  /** The same but for where one field must lie. */
  public Filter with(NumberField field, Span span) {
    Map<NumberField, Span> others = new EnumMap<>(NumberField.class);
    others.putAll(spans);
    others.put(field, span);
    return new Filter(organizationId, texts, statuses, currencies, others, metadata, words);
  }
}
