package com.gyroscops.payments.read.source;

import java.util.ArrayList;
import java.util.List;

/**
 * Words to find, all of which must be among a payment's, in any order.
 *
 * @param words whole words, as {@link Words} makes them
 * @param prefixes beginnings of words
 */
public record TextQuery(List<String> words, List<String> prefixes) {

  /** Matches every payment. */
  public static final TextQuery NONE = new TextQuery(List.of(), List.of());

  public TextQuery {
    words = List.copyOf(words);
    prefixes = List.copyOf(prefixes);
  }

  /** Reads a text in which a word with a trailing {@code *} stands for all that start with it. */
  public static TextQuery of(String text) {
    List<String> words = new ArrayList<>();
    List<String> prefixes = new ArrayList<>();
    // Each * ends a word; that it follows the word directly makes it a prefix.
    int from = 0;
    for (int star = text.indexOf('*'); star >= 0; star = text.indexOf('*', from)) {
      List<String> before = Words.of(text.substring(from, star));
      boolean directly = star > from && !Words.of(text.substring(star - 1, star)).isEmpty();
      if (directly && !before.isEmpty()) {
        words.addAll(before.subList(0, before.size() - 1));
        prefixes.add(before.getLast());
      } else {
        words.addAll(before);
      }
      from = star + 1;
    }
    words.addAll(Words.of(text.substring(from)));
    return new TextQuery(words, prefixes);
  }

  /** Reads what someone is typing: the last word may go on. */
  public static TextQuery typed(String text) {
    List<String> words = Words.of(text);
    return words.isEmpty()
        ? NONE
        : new TextQuery(words.subList(0, words.size() - 1), List.of(words.getLast()));
  }

  /** Whether it matches every payment. */
  public boolean isEmpty() {
    return words.isEmpty() && prefixes.isEmpty();
  }

  /** Number of words and prefixes. */
  public int size() {
    return words.size() + prefixes.size();
  }
}
