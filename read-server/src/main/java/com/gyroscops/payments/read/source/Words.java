package com.gyroscops.payments.read.source;

import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PersonalData;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeMap;

/**
 * What text is made of for all sources alike: runs of letters and digits, without case and accents.
 * Sources store and compare these and analyze nothing themselves, so that the same text finds the
 * same payments everywhere.
 */
public final class Words {

  /** Longest word, in code points; a longer one is cut there, in questions as in payments. */
  public static final int LENGTH_MAX = 64;

  /**
   * Most different words that are kept of one payment, the first ones: about 1,000 characters of
   * description and its references have fewer.
   */
  public static final int PER_PAYMENT_MAX = 256;

  private Words() {}

  /** The words of a text, in order, repetitions included. */
  public static List<String> of(String text) {
    List<String> words = new ArrayList<>();
    String plain = Normalizer.normalize(text, Normalizer.Form.NFKD).toLowerCase(Locale.ROOT);
    StringBuilder word = new StringBuilder();
    plain
        .codePoints()
        .forEach(c -> {
          if (Character.isLetterOrDigit(c)) {
            word.appendCodePoint(c);
          } else if (!isMark(c)) {
            end(word, words);
          }
        });
    end(word, words);
    return words;
  }

  private static void end(StringBuilder word, List<String> words) {
    if (!word.isEmpty()) {
      int length = word.codePointCount(0, word.length());
      words.add(word.substring(0, word.offsetByCodePoints(0, Math.min(length, LENGTH_MAX))));
      word.setLength(0);
    }
  }

  private static boolean isMark(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.NON_SPACING_MARK, Character.ENCLOSING_MARK, Character.COMBINING_SPACING_MARK ->
          true;
      default -> false;
    };
  }

  /**
   * The different words by which a payment is found: of its description, references and metadata
   * values.
   */
  public static Set<String> of(Payment payment) {
    PersonalData personal = payment.getPersonalData();
    Set<String> words = new LinkedHashSet<>(of(personal.getDescription()));
    words.addAll(of(payment.getMerchantReference()));
    words.addAll(of(payment.getProviderReference()));
    // In order of keys, so that the first ones are the same everywhere.
    new TreeMap<>(personal.getMetadataMap()).values().forEach(value -> words.addAll(of(value)));
    if (words.size() <= PER_PAYMENT_MAX) {
      return words;
    }
    return new LinkedHashSet<>(words.stream().limit(PER_PAYMENT_MAX).toList());
  }
}
