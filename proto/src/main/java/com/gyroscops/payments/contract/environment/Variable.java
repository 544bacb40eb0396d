package com.gyroscops.payments.contract.environment;

import java.util.regex.Pattern;

/**
 * A variable that a server reads. One whose rule says that it is secret may be given as a file
 * instead, named by the variable with {@code _FILE} behind its name.
 *
 * @param name upper-case letters, digits and {@code _}
 * @param rule what it may hold
 * @param required whether a server without it does not start
 * @param meaning for people; a phrase, in Markdown
 */
public record Variable(String name, Rule rule, boolean required, String meaning) {

  private static final Pattern NAME = Pattern.compile("[A-Z][A-Z0-9_]*");

  public Variable {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException("not a name for a variable: " + name);
    }
  }

  /** One that has a default. */
  public static Variable optional(String name, Rule rule, String meaning) {
    return new Variable(name, rule, false, meaning);
  }

  /** One that has none. */
  public static Variable required(String name, Rule rule, String meaning) {
    return new Variable(name, rule, true, meaning);
  }

  /** The variable that may name a file with the value. */
  String fileName() {
    return name + "_FILE";
  }
}
