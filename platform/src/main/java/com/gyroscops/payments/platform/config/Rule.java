package com.gyroscops.payments.platform.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a variable may hold. */
public sealed interface Rule {

  /** Longest piece of a value that is told back. */
  int QUOTE_LENGTH_MAX = 64;

  /**
   * What is wrong with a value, as a sentence that begins with the variable's name and quotes no
   * secret; empty: nothing.
   *
   * @param value empty: set to nothing
   */
  Optional<String> problem(String name, String value);

  /** What is allowed, for people. */
  String allowed();

  /** Whether values must not be told, and are better kept in files. */
  default boolean isSecret() {
    return false;
  }

  /** A whole number within bounds, both included. */
  record Whole(long least, long most) implements Rule {
    @Override
    public Optional<String> problem(String name, String value) {
      try {
        long number = Long.parseLong(value);
        if (number >= least && number <= most) {
          return Optional.empty();
        }
      } catch (NumberFormatException _) {
        return mustBe("a whole number, " + allowed(), name, value);
      }
      return mustBe(allowed(), name, value);
    }

    @Override
    public String allowed() {
      return most == Long.MAX_VALUE || most == Integer.MAX_VALUE
          ? least + " or more"
          : least + " to " + most;
    }
  }

  /** A port to listen on. */
  record Port() implements Rule {
    private static final Whole NUMBER = new Whole(1, 65_535);

    @Override
    public Optional<String> problem(String name, String value) {
      return NUMBER.problem(name, value).map(_ -> sentence("a port, " + allowed(), name, value));
    }

    @Override
    public String allowed() {
      return NUMBER.allowed();
    }
  }

  /** An address of this machine to listen on. */
  record Interface() implements Rule {
    @Override
    public Optional<String> problem(String name, String value) {
      return value.isBlank() ? mustBe(allowed(), name, value) : Optional.empty();
    }

    @Override
    public String allowed() {
      return "an address of this machine; `0.0.0.0`: all";
    }
  }

  /** A time within bounds, both included: a number with a unit, or ISO 8601. */
  record Span(Duration least, Duration most) implements Rule {
    private static final Pattern SHORT = Pattern.compile("([0-9]{1,9})(ms|s|m|h|d)");

    @Override
    public Optional<String> problem(String name, String value) {
      try {
        Duration span = parse(value);
        if (span.compareTo(least) >= 0 && span.compareTo(most) <= 0) {
          return Optional.empty();
        }
      } catch (DateTimeException _) {
        return mustBe("a duration such as 500ms, 2s, 30d or PT1M", name, value);
      }
      return mustBe(allowed(), name, value);
    }

    private static Duration parse(String value) {
      Matcher matcher = SHORT.matcher(value);
      if (!matcher.matches()) {
        return Duration.parse(value);
      }
      long count = Long.parseLong(matcher.group(1));
      return switch (matcher.group(2)) {
        case "ms" -> Duration.ofMillis(count);
        case "s" -> Duration.ofSeconds(count);
        case "m" -> Duration.ofMinutes(count);
        case "h" -> Duration.ofHours(count);
        default -> Duration.ofDays(count);
      };
    }

    @Override
    public String allowed() {
      return "duration, %s to %s".formatted(text(least), text(most));
    }

    private static String text(Duration span) {
      if (span.toDays() > 0) {
        return span.toDays() + "d";
      }
      return span.toMinutes() > 0 ? span.toMinutes() + "m" : span.toSeconds() + "s";
    }
  }

  /** Yes or no. Anything else would mean no to those who read it, and be taken for a yes. */
  record Flag() implements Rule {
    @Override
    public Optional<String> problem(String name, String value) {
      return value.equals("true") || value.equals("false")
          ? Optional.empty()
          : mustBe(allowed(), name, value);
    }

    @Override
    public String allowed() {
      return "true or false";
    }
  }

  /** One of a few words. */
  record OneOf(List<String> words) implements Rule {
    @Override
    public Optional<String> problem(String name, String value) {
      return words.contains(value) ? Optional.empty() : mustBe(allowed(), name, value);
    }

    @Override
    public String allowed() {
      return String.join(", ", words.subList(0, words.size() - 1)) + " or " + words.getLast();
    }
  }

  /** Text that matches a pattern as a whole. */
  record Text(String allowed, Pattern pattern) implements Rule {
    @Override
    public Optional<String> problem(String name, String value) {
      return pattern.matcher(value).matches() ? Optional.empty() : mustBe(allowed, name, value);
    }
  }

  /**
   * Text in a language of its own.
   *
   * @param parser takes a variable's name and its value; throws an {@link IllegalArgumentException}
   *     whose message is a sentence that begins with the name
   */
  record Parsed(String allowed, BiConsumer<String, String> parser) implements Rule {
    @Override
    public Optional<String> problem(String name, String value) {
      try {
        parser.accept(name, value);
        return Optional.empty();
      } catch (IllegalArgumentException e) {
        return Optional.of(String.valueOf(e.getMessage()));
      }
    }
  }

  /** A key or a password; empty: none. */
  record Secret(int bytesLeast) implements Rule {
    @Override
    public Optional<String> problem(String name, String value) {
      int length = value.getBytes(StandardCharsets.UTF_8).length;
      return value.isEmpty() || length >= bytesLeast
          ? Optional.empty()
          : Optional.of(
              "%s must have %d bytes or more, not %d".formatted(name, bytesLeast, length));
    }

    @Override
    public String allowed() {
      return bytesLeast == 0 ? "secret" : "secret, " + bytesLeast + " bytes or more";
    }

    @Override
    public boolean isSecret() {
      return true;
    }
  }

  /**
   * Servers, separated by commas; {@code dns:///} may come first; empty: none.
   *
   * @param most how many there may be
   */
  record Servers(int most) implements Rule {
    private static final Pattern SERVER =
        Pattern.compile("(?:dns:///)?(?:[A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+]):([0-9]{1,5})");

    @Override
    public Optional<String> problem(String name, String value) {
      if (value.isBlank()) {
        return Optional.empty();
      }
      List<String> servers = List.of(value.split(",", -1));
      if (servers.size() > most) {
        return mustBe(most == 1 ? "one " + allowed() : "at most " + most, name, value);
      }
      for (String server : servers) {
        Matcher matcher = SERVER.matcher(server.strip());
        if (!matcher.matches() || !isPort(Integer.parseInt(matcher.group(1)))) {
          return mustBe(allowed(), name, value);
        }
      }
      return Optional.empty();
    }

    @Override
    public String allowed() {
      return most == 1 ? "host:port" : "host:port, separated by commas";
    }
  }

  /**
   * A URL of a server, which may hold a password and is not told back; empty: none.
   *
   * @param isSecret whether a password has its place there
   */
  record Url(List<String> schemes, boolean isSecret) implements Rule {
    @Override
    public Optional<String> problem(String name, String value) {
      if (value.isEmpty()) {
        return Optional.empty();
      }
      try {
        URI url = new URI(value);
        if (url.getScheme() != null
            && schemes.contains(url.getScheme())
            && url.getHost() != null
            && (url.getPort() == -1 || isPort(url.getPort()))) {
          return Optional.empty();
        }
      } catch (URISyntaxException _) {
        // Its message quotes all of the value.
        return Optional.of(name + " must be " + allowed());
      }
      return Optional.of(name + " must be " + allowed());
    }

    @Override
    public String allowed() {
      return "a URL such as "
          + String.join(" or ", schemes.stream().map(scheme -> scheme + "://host:port").toList());
    }
  }

  /**
   * A database of PostgreSQL, for JDBC. Its parameters may hold a password: it is not told back.
   */
  record DatabaseUrl() implements Rule {
    private static final Pattern URL =
        Pattern.compile(
            "jdbc:postgresql://((?:[A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+])(?::[0-9]{1,5})?"
                + "(?:,(?:[A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+])(?::[0-9]{1,5})?)*)/[^?]+(?:\\?.*)?");
    private static final Pattern PORT = Pattern.compile(":([0-9]+)(?:,|$)");

    @Override
    public Optional<String> problem(String name, String value) {
      Matcher matcher = URL.matcher(value);
      return matcher.matches()
              && PORT.matcher(matcher.group(1))
                  .results()
                  .allMatch(port -> isPort(Integer.parseInt(port.group(1))))
          ? Optional.empty()
          : Optional.of(name + " must be " + allowed());
    }

    /** Hosts and ports of a URL that is right. */
    static String servers(String url) {
      Matcher matcher = URL.matcher(url);
      return matcher.matches() ? matcher.group(1) : "";
    }

    @Override
    public String allowed() {
      return "a URL such as jdbc:postgresql://host:5432/database; with standbys,"
          + " jdbc:postgresql://host-1:5432,host-2:5432/database";
    }
  }

  /** A file that this process can read; empty: none. */
  record ReadableFile(String allowed) implements Rule {
    @Override
    public Optional<String> problem(String name, String value) {
      try {
        return value.isEmpty() || Files.isReadable(Path.of(value))
            ? Optional.empty()
            : Optional.of("%s names %s, which cannot be read".formatted(name, quoted(value)));
      } catch (InvalidPathException _) {
        return mustBe("a path", name, value);
      }
    }
  }

  private static boolean isPort(int number) {
    return number >= 1 && number <= 65_535;
  }

  private static Optional<String> mustBe(String what, String name, String value) {
    return Optional.of(sentence(what, name, value));
  }

  private static String sentence(String what, String name, String value) {
    return "%s must be %s, but is %s".formatted(name, what, quoted(value));
  }

  /** A value within one line. */
  private static String quoted(String value) {
    String line = value.replaceAll("\\p{Cntrl}", "?");
    return '"'
        + (line.length() > QUOTE_LENGTH_MAX ? line.substring(0, QUOTE_LENGTH_MAX) + "…" : line)
        + '"';
  }
}
