package com.gyroscops.payments.read.source.memory;

import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Small numbers for texts that many payments share, such as their organizations: numbers are short
 * in keys, and none is the beginning of another. Numbers are those of one index alone, from 0 in
 * the order of arrival. One thread assigns them, any number of threads reads.
 */
final class Ordinals {

  private final Map<String, Integer> numbers = new ConcurrentHashMap<>();
  private final Map<Integer, String> texts = new ConcurrentHashMap<>();

  /** The number of a text, a new one if it has none. */
  int assign(String text) {
    Integer known = numbers.get(text);
    if (known != null) {
      return known;
    }
    int number = texts.size();
    texts.put(number, text);
    numbers.put(text, number);
    return number;
  }

  /** The number of a text; empty: no payment has it. */
  OptionalInt of(String text) {
    Integer known = numbers.get(text);
    return known == null ? OptionalInt.empty() : OptionalInt.of(known);
  }

  String text(int number) {
    String text = texts.get(number);
    if (text == null) {
      throw new IllegalArgumentException("no text has the number " + number);
    }
    return text;
  }
}
