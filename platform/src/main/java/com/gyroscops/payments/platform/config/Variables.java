package com.gyroscops.payments.platform.config;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * All variables of a server, each declared once.
 *
 * @param all in the order in which people are told of them
 */
public record Variables(List<Variable> all) {

  /**
   * Takes them together.
   *
   * @throws IllegalArgumentException if a variable, or a setting, is declared twice
   */
  public Variables {
    all = List.copyOf(all);
    Set<String> seen = new HashSet<>();
    for (Variable variable : all) {
      if (!seen.add(variable.name()) || !seen.add(variable.property())) {
        throw new IllegalArgumentException(
            "%s, or its setting %s, is declared twice"
                .formatted(variable.name(), variable.property()));
      }
    }
  }

  /** The settings of a server in whose environment nothing is set, but for what it requires. */
  public Map<String, Object> defaults() {
    return all.stream()
        .filter(it -> !it.required())
        .collect(
            Collectors.<Variable, String, Object>toMap(Variable::property, Variable::fallback));
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

  private static String defaultText(Variable variable) {
    if (variable.required()) {
      return "none: required";
    }
    return variable.fallback().isEmpty() ? "none" : "`" + cell(variable.fallback()) + "`";
  }

  private static String cell(String text) {
    return text.replace("|", "\\|");
  }
}
