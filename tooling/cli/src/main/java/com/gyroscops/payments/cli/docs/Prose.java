package com.gyroscops.payments.cli.docs;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Comments of contracts as Markdown: paragraphs; indented lines as they stand, or as a list where
 * they are numbered; names of fields, codes and reasons as code, names of types and RPCs as links.
 */
final class Prose {

  /**
   * Lines of a comment that are indented so far, past the space after the slashes, are set apart.
   */
  private static final String INDENT = "  ";

  private static final Pattern NUMBERED = Pattern.compile("\\d+\\. .*");

  /**
   * What is told apart from words: PascalCase of two words or more; UPPER_SNAKE, and words of
   * capitals longer than an abbreviation; lower_snake paths.
   */
  private static final Pattern NAME =
      Pattern.compile(
          "(?<type>\\b[A-Z][a-z]+(?:[A-Z][a-z]+)+\\b)"
              + "|(?<code>\\b[A-Z]{5,}\\b|\\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\\b"
              + "|\\b[a-z]+(?:\\.[a-z]+)*_[a-z]+(?:[_.][a-z]+)*\\b)");

  private final Map<String, String> anchors;

  /**
   * @param anchors where names of types and RPCs are described, such as {@code #amount}
   */
  Prose(Map<String, String> anchors) {
    this.anchors = Map.copyOf(anchors);
  }

  /** As blocks of a page, without a line feed at the end; empty for an empty comment. */
  String page(String comment) {
    List<String> page = new ArrayList<>();
    for (List<String> block : blocks(comment)) {
      String first = block.getFirst();
      if (!first.startsWith(INDENT)) {
        page.add(inline(String.join("\n", block)));
      } else if (NUMBERED.matcher(first.strip()).matches()) {
        page.add(inline(dedented(block)));
      } else {
        page.add("```text\n" + dedented(block) + "\n```");
      }
    }
    return String.join("\n\n", page);
  }

  /** As a cell of a table: one line. */
  String cell(String comment) {
    return blocks(comment).stream()
        .map(block ->
            inline(block.stream().map(String::strip).collect(Collectors.joining(" ")))
                .replace("|", "\\|"))
        .collect(Collectors.joining("<br>"));
  }

  /** The first sentence, as a cell. */
  String summary(String comment) {
    String text =
        cell(
            blocks(comment).stream()
                .limit(1)
                .flatMap(List::stream)
                .map(line -> " " + line.strip())
                .collect(Collectors.joining("\n")));
    int end = text.indexOf(". ");
    return end < 0 ? text : text.substring(0, end + 1);
  }

  /** Runs of lines between empty ones, without the space after the slashes. */
  private static List<List<String>> blocks(String comment) {
    List<List<String>> blocks = new ArrayList<>();
    List<String> block = new ArrayList<>();
    for (String line : (comment + "\n").split("\n", -1)) {
      String text = line.startsWith(" ") ? line.substring(1) : line;
      if (text.isBlank()) {
        if (!block.isEmpty()) {
          blocks.add(block);
          block = new ArrayList<>();
        }
      } else {
        block.add(text.stripTrailing());
      }
    }
    return blocks;
  }

  private static String dedented(List<String> block) {
    return String.join("\n", block).stripIndent();
  }

  private String inline(String text) {
    return NAME.matcher(text.replace("<", "&lt;").replace("*", "\\*"))
        .replaceAll(match -> {
          String name = match.group();
          String anchor = anchors.get(name);
          String marked =
              anchor != null
                  ? "[" + name + "](" + anchor + ")"
                  : match.group("code") != null ? "`" + name + "`" : name;
          return java.util.regex.Matcher.quoteReplacement(marked);
        });
  }
}
