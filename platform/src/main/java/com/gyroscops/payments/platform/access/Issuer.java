package com.gyroscops.payments.platform.access;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Who issues JWTs that are taken.
 *
 * @param name short, told in {@link Caller#actor}: 1 to 32 of {@code a-z 0-9 -}, and not {@code
 *     key}, as which API keys are told
 * @param issuer what {@code iss} must be
 * @param keys where its keys are, as a JWK set: {@code https:} or {@code file:}
 */
public record Issuer(String name, String issuer, URI keys) {

  private static final Pattern NAME = Pattern.compile("[a-z0-9-]{1,32}");

  /**
   * Reads issuers, separated by commas, each of its name, {@code iss} and URL of its keys, with
   * blanks between.
   *
   * @param variable goes before what is wrong
   * @throws IllegalArgumentException if something is wrong, as a sentence
   */
  public static List<Issuer> parse(String variable, String text) {
    List<Issuer> issuers = new ArrayList<>();
    for (String each : text.isBlank() ? new String[0] : text.split(",", -1)) {
      String[] words = each.strip().split("\\s+", -1);
      if (words.length != 3
          || !NAME.matcher(words[0]).matches()
          || words[0].equals(ApiKeys.ACTOR)) {
        throw new IllegalArgumentException(
            variable
                + " must be of a name (1 to 32 of a-z 0-9 -, not key), an issuer and the URL of its keys,"
                + " with blanks between, but has \""
                + each.strip()
                + "\"");
      }
      URI keys;
      try {
        keys = URI.create(words[2]);
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(variable + " has keys at no URL: " + words[2], e);
      }
      if (!"https".equals(keys.getScheme()) && !"file".equals(keys.getScheme())) {
        throw new IllegalArgumentException(
            variable + " must have keys at https: or file:, not at " + words[2]);
      }
      issuers.add(new Issuer(words[0], words[1], keys));
    }
    for (int i = 0; i < issuers.size(); i++) {
      for (Issuer other : issuers.subList(0, i)) {
        if (other.name().equals(issuers.get(i).name())
            || other.issuer().equals(issuers.get(i).issuer())) {
          throw new IllegalArgumentException(
              "%s has two issuers %s".formatted(variable, issuers.get(i).name()));
        }
      }
    }
    return issuers;
  }
}
