package com.gyroscops.payments.platform.config;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A server's environment in which every value is what its variable may hold. Immutable. */
public final class Environment {

  /** Far longer than any secret: who names a larger file has named the wrong one. */
  static final int FILE_BYTES_MAX = 64 * 1024;

  private final Variables variables;
  private final Map<String, String> values;

  private Environment(Variables variables, Map<String, String> values) {
    this.variables = variables;
    this.values = Map.copyOf(values);
  }

  /**
   * Looks at all variables, and reads the secrets that are given as files.
   *
   * @param set names and values; others than a server's own do not count
   * @throws NotStartedException with all that is wrong, which must be changed
   */
  public static Environment of(Variables variables, Map<String, String> set)
      throws NotStartedException {
    Map<String, String> values = new HashMap<>();
    List<String> problems = new ArrayList<>();
    for (Variable variable : variables.all()) {
      String name = variable.name();
      String value = set.get(name);
      String file = variable.rule().isSecret() ? set.getOrDefault(variable.fileName(), "") : "";
      try {
        if (!file.isEmpty()) {
          value = inFile(variable, file, value);
        }
        requireRight(variable, value);
        values.put(name, value == null ? variable.fallback() : value);
      } catch (WrongException e) {
        problems.add(e.what());
      }
    }
    if (!problems.isEmpty()) {
      throw NotStartedException.misconfigured(String.join("; ", problems));
    }
    return new Environment(variables, values);
  }

  private static void requireRight(Variable variable, @Nullable String value)
      throws WrongException {
    if (variable.required() && (value == null || value.isBlank())) {
      throw new WrongException(
          variable.name()
              + (variable.rule().isSecret() ? " (or " + variable.fileName() + ")" : "")
              + " is required: "
              + variable.meaning());
    }
    Optional<String> problem =
        value == null ? Optional.empty() : variable.rule().problem(variable.name(), value);
    if (problem.isPresent()) {
      throw new WrongException(problem.get());
    }
  }

  /** A secret without the line break that editors leave behind it. */
  private static String inFile(Variable variable, String file, @Nullable String value)
      throws WrongException {
    if (value != null && !value.isEmpty()) {
      throw new WrongException(
          "%s and %s are both set; one of them must go"
              .formatted(variable.name(), variable.fileName()));
    }
    String secret;
    try {
      Path path = Path.of(file);
      if (Files.size(path) > FILE_BYTES_MAX) {
        throw unreadable(variable, file, "has more than " + FILE_BYTES_MAX + " bytes");
      }
      secret = Files.readString(path).replaceFirst("\\R+\\z", "");
    } catch (NoSuchFileException _) {
      throw unreadable(variable, file, "does not exist");
    } catch (IOException | InvalidPathException _) {
      throw unreadable(variable, file, "cannot be read");
    }
    if (secret.isEmpty()) {
      throw unreadable(variable, file, "is empty");
    }
    return secret;
  }

  private static WrongException unreadable(Variable variable, String file, String what) {
    return new WrongException("%s names %s, which %s".formatted(variable.fileName(), file, what));
  }

  /** What is wrong with one variable. */
  private static final class WrongException extends Exception {
    private static final long serialVersionUID = 1L;
    private final String what;

    WrongException(String what) {
      super(what);
      this.what = what;
    }

    String what() {
      return what;
    }
  }

  /**
   * The value of a variable: what is set, what a file holds, or the default.
   *
   * @throws IllegalArgumentException if the server has no such variable
   */
  public String value(String name) {
    String value = values.get(name);
    if (value == null) {
      throw new IllegalArgumentException("no variable " + name);
    }
    return value;
  }

  /** All values, by the settings that they become. */
  public Map<String, Object> settings() {
    return variables.all().stream()
        .collect(
            Collectors.<Variable, String, Object>toMap(Variable::property, it -> value(it.name())));
  }

  /**
   * Takes all ports at once, and gives them back.
   *
   * @throws NotStartedException if one cannot be had; says which variable chooses it
   */
  public void requireFreePorts() throws NotStartedException {
    List<ServerSocket> taken = new ArrayList<>();
    try {
      InetAddress host = host();
      for (Variable variable : variables.all()) {
        if (variable.rule() instanceof Rule.Port) {
          taken.add(listen(host, variable));
        }
      }
    } finally {
      for (ServerSocket socket : taken) {
        close(socket);
      }
    }
  }

  private InetAddress host() throws NotStartedException {
    for (Variable variable : variables.all()) {
      if (variable.rule() instanceof Rule.Interface rule) {
        try {
          InetAddress host = InetAddress.getByName(value(variable.name()));
          try (ServerSocket any = new ServerSocket()) {
            any.bind(new InetSocketAddress(host, 0));
          }
          return host;
        } catch (UnknownHostException _) {
          throw NotStartedException.misconfigured(notHere(variable, rule));
        } catch (IOException _) {
          throw NotStartedException.misconfigured(notHere(variable, rule));
        }
      }
    }
    return new InetSocketAddress(0).getAddress();
  }

  private String notHere(Variable variable, Rule rule) {
    return "%s must be %s, but is \"%s\""
        .formatted(variable.name(), rule.allowed(), value(variable.name()));
  }

  private ServerSocket listen(InetAddress host, Variable variable) throws NotStartedException {
    int port = Integer.parseInt(value(variable.name()));
    try {
      ServerSocket socket = new ServerSocket();
      try {
        socket.setReuseAddress(true);
        socket.bind(new InetSocketAddress(host, port));
        return socket;
      } catch (IOException e) {
        socket.close();
        throw e;
      }
    } catch (IOException e) {
      throw NotStartedException.unavailable(
          "%s is %d, a port that cannot be listened on: %s"
              .formatted(variable.name(), port, e.getMessage()));
    }
  }

  private static void close(ServerSocket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException("a port cannot be given back", e);
    }
  }
}
