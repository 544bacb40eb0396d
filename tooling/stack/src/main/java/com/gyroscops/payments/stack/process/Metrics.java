package com.gyroscops.payments.stack.process;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A server's figures, as its {@code /prometheus} told them at one time. Order is the server's. */
public record Metrics(List<Sample> samples) {

  private static final Duration ANSWER_MAX = Duration.ofSeconds(5);
  private static final Pattern SAMPLE =
      Pattern.compile("([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\\{(.*)})? ([^ ]+)(?: [0-9]+)?");
  private static final Pattern LABEL = Pattern.compile("([a-zA-Z_]+)=\"((?:[^\"\\\\]|\\\\.)*)\"");

  /** One figure. */
  public record Sample(String name, Map<String, String> labels, double value) {}

  /**
   * Asks a server on this machine.
   *
   * @throws IOException if it does not answer
   */
  public static Metrics read(int httpPort) throws IOException, InterruptedException {
    try (HttpClient client = HttpClient.newBuilder().connectTimeout(ANSWER_MAX).build()) {
      HttpResponse<String> response =
          client.send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + httpPort + "/prometheus"))
                  .timeout(ANSWER_MAX)
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      if (response.statusCode() != 200) {
        throw new IOException("/prometheus answered " + response.statusCode());
      }
      return parse(response.body());
    }
  }

  /**
   * Reads Prometheus's text format; lines that hold no sample are passed over.
   *
   * @throws NumberFormatException if a sample's value is no number
   */
  public static Metrics parse(String text) {
    List<Sample> samples = new ArrayList<>();
    for (String line : text.lines().toList()) {
      Matcher sample = SAMPLE.matcher(line);
      if (!line.startsWith("#") && sample.matches()) {
        Map<String, String> labels = new HashMap<>();
        String labelText = sample.group(2);
        Matcher label = LABEL.matcher(labelText == null ? "" : labelText);
        while (label.find()) {
          labels.put(label.group(1), unescaped(label.group(2)));
        }
        samples.add(new Sample(sample.group(1), labels, number(sample.group(3))));
      }
    }
    return new Metrics(samples);
  }

  private static String unescaped(String text) {
    StringBuilder plain = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\\' && i + 1 < text.length()) {
        i++;
        c = text.charAt(i) == 'n' ? '\n' : text.charAt(i);
      }
      plain.append(c);
    }
    return plain.toString();
  }

  private static double number(String text) {
    return switch (text) {
      case "+Inf" -> Double.POSITIVE_INFINITY;
      case "-Inf" -> Double.NEGATIVE_INFINITY;
      default -> Double.parseDouble(text);
    };
  }

  /** All samples of a name. */
  public List<Sample> named(String name) {
    return samples.stream().filter(sample -> sample.name().equals(name)).toList();
  }

  /** The largest value of a name; empty if there is none. */
  public OptionalDouble max(String name) {
    return named(name).stream().mapToDouble(Sample::value).max();
  }

  /** The value of a name with a label. */
  public OptionalDouble value(String name, String label, String labelValue) {
    return named(name).stream()
        .filter(sample -> labelValue.equals(sample.labels().get(label)))
        .mapToDouble(Sample::value)
        .findFirst();
  }
}
