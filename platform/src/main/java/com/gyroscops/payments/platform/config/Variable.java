package com.gyroscops.payments.platform.config;

import java.util.regex.Pattern;

/**
 * A variable that a server reads: where its value goes, what it may hold and what it means are said
 * where it is declared, and nowhere else. One whose rule says that it is secret may be given as a
 * file instead, named by the variable with {@code _FILE} behind its name.
 *
 * @param name upper-case letters, digits and {@code _}
 * @param property the setting that its value becomes; settings that repeat it refer to that one
 * @param fallback its default, which may refer to settings; empty: none
 * @param rule what it may hold
 * @param required whether a server without it does not start
 * @param meaning for people; a phrase, in Markdown
 */
public record Variable(
    String name, String property, String fallback, Rule rule, boolean required, String meaning) {

  private static final Pattern NAME = Pattern.compile("[A-Z][A-Z0-9_]*");

  public Variable {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException("not a name for a variable: " + name);
    }
    if (!required && !fallback.contains("${")) {
      rule.problem(name, fallback)
          .ifPresent(problem -> {
            throw new IllegalArgumentException("the default of " + problem);
          });
    }
  }

  /** One that has a default. */
  public static Variable optional(
      String name, String property, String fallback, Rule rule, String meaning) {
    return new Variable(name, property, fallback, rule, false, meaning);
  }

  /** One that has none. */
  public static Variable required(String name, String property, Rule rule, String meaning) {
    return new Variable(name, property, "", rule, true, meaning);
  }

  /** The variable that may name a file with the value. */
  String fileName() {
    return name + "_FILE";
  }
}
