package com.gyroscops.payments.cli.cookbook;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonPrimitive;
import com.google.gson.JsonStreamParser;
import com.gyroscops.payments.contract.ConsistencyTokens;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.regex.Pattern;

/**
 * Compares printed answers with those that come, and learns from each pair what stands for what:
 * tokens and ids that are printed in an answer and used in a later command.
 *
 * <p>Two answers are alike if they have the same fields with the same values, but that times,
 * tokens and ids may be any of their kind, as may {@link #VARYING} numbers and the source that a
 * query was answered by; fields of {@link #OPTIONAL} may be missing on either side. Messages of a
 * stream may come in any order, and repeated: each that is printed must have come, and no other.
 */
public final class Answers {

  private static final Pattern TIME =
      Pattern.compile("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{3,9})?Z");
  private static final Pattern DATE = Pattern.compile("\\d{4}-\\d\\d-\\d\\d");
  private static final Pattern PAGE_TOKEN = Pattern.compile("[A-Za-z0-9_-]{80,512}");
  private static final Pattern UUID =
      Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");

  /** Numbers that depend on what happened before, or on when it is asked. */
  private static final Set<String> VARYING =
      Set.of("position", "head", "appliedPosition", "segmentsBefore", "segmentsAfter");

  /** Fields that are there at some moments alone: a cached answer, a source that is just behind. */
  private static final Set<String> OPTIONAL = Set.of("cache", "eventsBehind");

  /** Where the router chose, by what is fresh enough and quickest just then. */
  private static final String CHOSEN_SOURCE = ".read.source";

  private final Map<String, String> actualByPrinted = new LinkedHashMap<>();

  /** A printed command with the values that came instead of those that are printed. */
  public String own(String command) {
    String own = command;
    for (var pair : actualByPrinted.entrySet()) {
      own = own.replace(pair.getKey(), pair.getValue());
    }
    return own;
  }

  /** An answer that came with the values that are printed instead, as far as there are some. */
  public String printed(String answer) {
    String printed = answer;
    for (var pair : actualByPrinted.entrySet()) {
      printed = printed.replace(pair.getValue(), pair.getKey());
    }
    return printed;
  }

  /** What sets an answer that came apart from the printed one; empty: nothing, and it is learnt. */
  public Optional<String> difference(String printed, String actual) {
    if (!printed.startsWith("{")) {
      return printed.strip().equals(actual.strip())
          ? Optional.empty()
          : Optional.of("another text");
    }
    List<JsonElement> expected = messages(printed);
    List<JsonElement> came;
    try {
      came = messages(actual);
    } catch (JsonParseException e) {
      return Optional.of("not JSON");
    }
    Map<String, String> learnt = new LinkedHashMap<>();
    BiFunction<JsonElement, JsonElement, Optional<String>> compared =
        (left, right) -> {
          Comparison comparison = new Comparison();
          comparison.compare("", left, right);
          if (comparison.difference.isEmpty()) {
            comparison.learnt.forEach(learnt::putIfAbsent);
          }
          return comparison.difference;
        };
    Optional<String> difference =
        expected.size() == 1 && came.size() == 1
            ? compared.apply(expected.getFirst(), came.getFirst())
            : streamDifference(expected, came, compared);
    if (difference.isEmpty()) {
      learnt.forEach(actualByPrinted::putIfAbsent);
    }
    return difference;
  }

  private static Optional<String> streamDifference(
      List<JsonElement> expected,
      List<JsonElement> came,
      BiFunction<JsonElement, JsonElement, Optional<String>> compared) {
    for (JsonElement message : expected) {
      if (came.stream().noneMatch(other -> compared.apply(message, other).isEmpty())) {
        return Optional.of("did not come: " + message);
      }
    }
    for (JsonElement message : came) {
      if (expected.stream().noneMatch(other -> compared.apply(other, message).isEmpty())) {
        return Optional.of("is not printed: " + message);
      }
    }
    return Optional.empty();
  }

  /**
   * The JSON values of a text, one after the other.
   *
   * @throws JsonParseException if it is something else, or empty
   */
  private static List<JsonElement> messages(String text) {
    List<JsonElement> messages = new ArrayList<>();
    new JsonStreamParser(text).forEachRemaining(messages::add);
    return messages;
  }

  /** Of two messages; ends with the first difference. */
  private static final class Comparison {

    private final Map<String, String> learnt = new LinkedHashMap<>();
    private Optional<String> difference = Optional.empty();

    void compare(String path, JsonElement printed, JsonElement actual) {
      if (difference.isPresent()) {
        return;
      }
      if (printed instanceof JsonObject left && actual instanceof JsonObject right) {
        Set<String> names = new TreeSet<>(left.keySet());
        names.addAll(right.keySet());
        for (String name : names) {
          if (left.has(name) && right.has(name)) {
            compare(path + "." + name, left.get(name), right.get(name));
          } else if (!OPTIONAL.contains(name)) {
            differ(path + "." + name + (left.has(name) ? " is missing" : " is not printed"));
          }
        }
      } else if (printed instanceof JsonArray left && actual instanceof JsonArray right) {
        if (left.size() != right.size()) {
          differ(path + " has " + right.size() + " elements, not " + left.size());
        }
        for (int i = 0; i < Math.min(left.size(), right.size()); i++) {
          compare(path + "[" + i + "]", left.get(i), right.get(i));
        }
      } else if (printed instanceof JsonPrimitive left && actual instanceof JsonPrimitive right) {
        String kind = kind(path, left);
        if (!kind.equals(kind(path, right))) {
          differ(path + " is " + right + ", not " + left);
        } else if (!kind.equals(left.toString())) {
          learn(left.getAsString(), right.getAsString());
        }
      } else {
        differ(path + " is of another kind");
      }
    }

    private void differ(String what) {
      if (difference.isEmpty()) {
        difference = Optional.of(what);
      }
    }

    /** Values that another one cannot hold by chance. */
    private void learn(String printed, String actual) {
      if (UUID.matcher(printed).find()
          || PAGE_TOKEN.matcher(printed).matches()
          || ConsistencyTokens.decode(printed).isPresent()) {
        learnt.putIfAbsent(printed, actual);
      }
    }

    /** What a value must share with another one; the value itself where it must be the same. */
    private static String kind(String path, JsonPrimitive value) {
      String text = value.getAsString();
      String name = path.substring(path.lastIndexOf('.') + 1);
      if (VARYING.contains(name) && text.matches("\\d+")) {
        return value.isString() ? "a number as text" : "a number";
      }
      if (!value.isString()) {
        return value.toString();
      }
      if (path.endsWith(CHOSEN_SOURCE) && text.startsWith("READ_SOURCE_")) {
        return "a source";
      }
      if (TIME.matcher(text).matches()) {
        return "a time";
      }
      if (DATE.matcher(text).matches()) {
        return "a date";
      }
      if (ConsistencyTokens.decode(text).isPresent()) {
        return "a token";
      }
      if (PAGE_TOKEN.matcher(text).matches() && name.equals("nextPageToken")) {
        return "a page token";
      }
      return UUID.matcher(value.toString()).replaceAll("a UUID");
    }
  }
}
