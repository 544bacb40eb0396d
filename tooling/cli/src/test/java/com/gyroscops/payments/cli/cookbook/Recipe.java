package com.gyroscops.payments.cli.cookbook;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A command in a page's {@code console} block and the answer printed below it.
 *
 * @param line of the page, from 1, on which the command begins
 * @param command as it is typed, its line feeds included
 * @param answer empty where the page does not show one
 * @param answerLine of the page, from 1, on which the answer begins or would
 */
public record Recipe(int line, String command, String answer, int answerLine) {

  private static final String BEGIN = "```console";
  private static final String END = "```";
  private static final String PROMPT = "$ ";

  /** The service and RPC that a command calls. */
  private static final Pattern RPC = Pattern.compile("\\b((?:[a-z0-9]+\\.)+[A-Z]\\w*/\\w+)");

  /** Those of a page, in its order. */
  public static List<Recipe> of(String page) {
    List<String> lines = page.lines().toList();
    List<Recipe> recipes = new ArrayList<>();
    boolean inside = false;
    int i = 0;
    while (i < lines.size()) {
      String line = lines.get(i);
      if (!inside || !line.startsWith(PROMPT)) {
        inside = inside ? !line.equals(END) : line.equals(BEGIN);
        i++;
        continue;
      }
      int begin = i;
      StringBuilder command = new StringBuilder(line.substring(PROMPT.length()));
      while (goesOn(command)) {
        command.append('\n').append(lines.get(++i));
      }
      int answerLine = ++i + 1;
      List<String> answer = new ArrayList<>();
      while (!lines.get(i).equals(END) && !lines.get(i).startsWith(PROMPT)) {
        answer.add(lines.get(i++));
      }
      recipes.add(new Recipe(begin + 1, command.toString(), String.join("\n", answer), answerLine));
    }
    return List.copyOf(recipes);
  }

  /** Within single quotes, after a backslash or after a pipe a command goes on in the next line. */
  private static boolean goesOn(StringBuilder command) {
    char last = command.charAt(command.length() - 1);
    return command.chars().filter(c -> c == '\'').count() % 2 == 1 || last == '\\' || last == '|';
  }

  /** Such as {@code gyroscops.payments.v1.QueryService/GetPayment}; empty where it calls none. */
  public String rpc() {
    Matcher matcher = RPC.matcher(command);
    return matcher.find() ? matcher.group(1) : "";
  }

  /** Whether it changes something, so that a second time is not like the first. */
  public boolean isCommand() {
    return rpc().contains(".CommandService/")
        && !rpc().contains("/Get")
        && !rpc().contains("/Wait");
  }

  /** Whether it calls a server in a way that a test can repeat. */
  public boolean calls() {
    return command.contains("grpcurl ") || command.contains("/buf@");
  }

  /** Whether the caller ends it, and not the answer's end. */
  public boolean isBounded() {
    return command.contains(" -max-time ");
  }
}
