package com.gyroscops.payments.contract.environment;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * All variables of a server, and the defaults that its configuration gives them in placeholders
 * like <code>${NAME:default}</code>. A default stands there alone.
 */
public final class Variables {

  /** A default between backticks may have braces in it. */
  private static final Pattern PLACEHOLDER =
      Pattern.compile("\\$\\{([A-Z][A-Z0-9_]*)(?::(?:`([^`]*)`|([^}]*)))?}");

  private final List<Variable> all;
  private final Map<String, String> defaults;

  private Variables(List<Variable> all, Map<String, String> defaults) {
    this.all = List.copyOf(all);
    this.defaults = Map.copyOf(defaults);
  }

  /**
   * Those that a configuration reads.
   *
   * @param resource the configuration's text, found as {@code place}'s class loader does
   * @throws IllegalStateException if variables and placeholders are not the same, or a variable has
   *     two defaults
   */
  public static Variables of(Class<?> place, String resource, List<Variable> all) {
    Map<String, String> defaults = new LinkedHashMap<>();
    Matcher matcher = PLACEHOLDER.matcher(text(place, resource));
    while (matcher.find()) {
      String value =
          Optional.ofNullable(matcher.group(2))
              .or(() -> Optional.ofNullable(matcher.group(3)))
              .orElse("");
      String before = defaults.putIfAbsent(matcher.group(1), value);
      if (before != null && !before.equals(value)) {
        throw new IllegalStateException(
            "%s has two defaults for %s".formatted(resource, matcher.group(1)));
      }
    }
    Set<String> undeclared = new TreeSet<>(defaults.keySet());
    Set<String> unread = new TreeSet<>();
    for (Variable variable : all) {
      if (!undeclared.remove(variable.name())) {
        unread.add(variable.name());
      }
    }
    if (!undeclared.isEmpty() || !unread.isEmpty()) {
      throw new IllegalStateException(
          "%s reads %s, which are not declared; declared, or twice, are %s, which it does not read"
              .formatted(resource, undeclared, unread));
    }
    return new Variables(all, defaults);
  }

  private static String text(Class<?> place, String resource) {
    try (InputStream in = place.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException("no " + resource + " on the class path");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + resource, e);
    }
  }

  List<Variable> all() {
    return all;
  }

  String defaultOf(Variable variable) {
    return defaults.getOrDefault(variable.name(), "");
  }

  /** A table of them in Markdown, for people. */
  public String table() {
    StringBuilder table =
        new StringBuilder("| variable | default | values | |\n|---|---|---|---|\n");
    for (Variable variable : all) {
      table.append(
          "| %s | %s | %s | %s |%n"
              .formatted(
                  names(variable),
                  defaultText(variable),
                  cell(variable.rule().allowed()),
                  cell(variable.meaning())));
    }
    return table.toString();
  }

  private static String names(Variable variable) {
    return variable.rule().isSecret()
        ? "`%s` or `%s`".formatted(variable.name(), variable.fileName())
        : "`%s`".formatted(variable.name());
  }

  private String defaultText(Variable variable) {
    String value = defaultOf(variable);
    if (variable.required()) {
      return "none: required";
    }
    return value.isEmpty() ? "none" : "`" + cell(value) + "`";
  }

  private static String cell(String text) {
    return text.replace("|", "\\|");
  }
}
