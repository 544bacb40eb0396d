package com.gyroscops.payments.benchmarks;

import com.google.errorprone.annotations.FormatMethod;
import com.google.gson.FieldNamingPolicy;
import com.google.gson.GsonBuilder;
import com.gyroscops.payments.benchmarks.Contest.Series;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a run found, as a table for people and as JSON. Not for concurrent use. */
final class Report {

  private static final List<String> HEADINGS =
      List.of(
          "benchmark",
          "variant",
          "throughput/s",
          "p50 ms",
          "p99 ms",
          "max ms",
          "calls",
          "failed",
          "ratio",
          "against");

  /** Columns of words; those of numbers are aligned to the right. */
  private static final List<Integer> WORDS = List.of(0, 1, 9);

  private static final long MIB = 1024 * 1024;

  /**
   * A line of the table; null where there is nothing to say.
   *
   * @param ratio of this throughput to that of {@code against}: the median of the rounds
   */
  record Row(
      String benchmark,
      String variant,
      double throughputPerSecond,
      @Nullable Double p50Millis,
      @Nullable Double p99Millis,
      @Nullable Double maxMillis,
      long calls,
      long failed,
      @Nullable Double ratio,
      @Nullable String against) {}

  private record Memory(
      String benchmark,
      String server,
      long heapUsedMib,
      long heapMaxMib,
      @Nullable Long rssPeakMib) {}

  private final Map<String, String> conditions;
  private final List<Row> rows = new ArrayList<>();
  private final List<Memory> memory = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();

  /**
   * @param conditions what the numbers depend on, by name
   */
  Report(Map<String, String> conditions) {
    this.conditions = new LinkedHashMap<>(conditions);
  }

  void postgres(String description) {
    conditions.put("database", description);
  }

  /** Rows for the first contender, one for each peer it is compared with, and for the peers. */
  void contest(String benchmark, String variant, List<Series> series) {
    Series subject = series.getFirst();
    List<Series> peers = series.subList(1, series.size());
    for (Series peer : peers) {
      row(
          benchmark,
          subject.name() + ", " + variant,
          subject.total(),
          subject.ratioTo(peer),
          peer.name());
    }
    for (Series peer : peers) {
      row(benchmark, peer.name() + ", " + variant, peer.total());
    }
  }

  void row(String benchmark, String variant, Measurement measured) {
    row(benchmark, variant, measured, null, null);
  }

  private void row(
      String benchmark,
      String variant,
      Measurement measured,
      @Nullable Double ratio,
      @Nullable String against) {
    boolean any = measured.succeeded() > 0;
    rows.add(
        new Row(
            benchmark,
            variant,
            measured.perSecond(),
            any ? measured.percentileMillis(50) : null,
            any ? measured.percentileMillis(99) : null,
            any ? measured.maxMillis() : null,
            measured.succeeded() + measured.failed(),
            measured.failed(),
            ratio,
            against));
  }

  /** A row without latencies. */
  void row(String benchmark, String variant, double perSecond, long calls, long failed) {
    rows.add(new Row(benchmark, variant, perSecond, null, null, null, calls, failed, null, null));
  }

  /** The most that each server took, of several processes of one name. */
  void memory(String benchmark, List<ServerMemory> servers) {
    Map<String, Memory> most = new LinkedHashMap<>();
    for (ServerMemory server : servers) {
      Memory one =
          new Memory(
              benchmark,
              server.server(),
              server.heapUsedBytes() / MIB,
              server.heapMaxBytes() / MIB,
              server.rssPeakBytes().isPresent() ? server.rssPeakBytes().getAsLong() / MIB : null);
      most.merge(server.server(), one, Report::larger);
    }
    memory.addAll(most.values());
  }

  private static Memory larger(Memory one, Memory other) {
    Long oneRss = one.rssPeakMib();
    Long otherRss = other.rssPeakMib();
    return new Memory(
        one.benchmark(),
        one.server(),
        Math.max(one.heapUsedMib(), other.heapUsedMib()),
        Math.max(one.heapMaxMib(), other.heapMaxMib()),
        oneRss == null || otherRss == null ? oneRss : Long.valueOf(Math.max(oneRss, otherRss)));
  }

  @FormatMethod
  void note(String format, Object... arguments) {
    notes.add(String.format(Locale.ROOT, format, arguments));
  }

  /** Sum of the failed calls of all rows. */
  long failed() {
    return rows.stream().mapToLong(Row::failed).sum();
  }

  String json() {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("conditions", conditions);
    all.put("rows", rows);
    all.put("memory", memory);
    all.put("notes", notes);
    return new GsonBuilder()
            .setFieldNamingPolicy(FieldNamingPolicy.LOWER_CASE_WITH_UNDERSCORES)
            .setPrettyPrinting()
            .create()
            .toJson(all)
        + "\n";
  }

  String table() {
    StringBuilder text = new StringBuilder();
    conditions.forEach((name, value) -> text.append(name).append(": ").append(value).append('\n'));
    List<List<String>> lines = new ArrayList<>();
    lines.add(HEADINGS);
    rows.forEach(row -> lines.add(cells(row)));
    text.append('\n');
    align(text, lines);
    text.append('\n');
    for (Memory one : memory) {
      Long rss = one.rssPeakMib();
      text.append(
          String.format(
              Locale.ROOT,
              "memory: %s, %s: heap used %d of %d MiB, resident at most %s%n",
              one.benchmark(),
              one.server(),
              one.heapUsedMib(),
              one.heapMaxMib(),
              rss == null ? "unknown" : rss + " MiB"));
    }
    notes.forEach(note -> text.append(note).append('\n'));
    return text.toString();
  }

  private static List<String> cells(Row row) {
    String against = row.against();
    return List.of(
        row.benchmark(),
        row.variant(),
        number(row.throughputPerSecond()),
        decimals(row.p50Millis()),
        decimals(row.p99Millis()),
        decimals(row.maxMillis()),
        count(row.calls()),
        count(row.failed()),
        decimals(row.ratio()),
        against == null ? "-" : against);
  }

  private static void align(StringBuilder text, List<List<String>> lines) {
    int[] widths = new int[HEADINGS.size()];
    for (List<String> line : lines) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], line.get(i).length());
      }
    }
    for (List<String> line : lines) {
      StringBuilder padded = new StringBuilder();
      for (int i = 0; i < widths.length; i++) {
        String format = "%" + (WORDS.contains(i) ? "-" : "") + widths[i] + "s  ";
        padded.append(String.format(Locale.ROOT, format, line.get(i)));
      }
      text.append(padded.toString().stripTrailing()).append('\n');
    }
  }

  static String number(double value) {
    return String.format(Locale.ROOT, "%,.0f", value);
  }

  private static String count(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }

  private static String decimals(@Nullable Double value) {
    return value == null ? "-" : String.format(Locale.ROOT, "%,.2f", value);
  }
}
