package com.gyroscops.payments.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import com.gyroscops.payments.benchmarks.Contest.Series;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ReportTest {

  private final Report report = new Report(Map.of("machine", "a small one"));

  private static Measurement second(int succeeded, int failed, long latencyMillis) {
    var latencies = Tally.newHistogram();
    if (succeeded > 0) {
      latencies.recordValueWithCount(TimeUnit.MILLISECONDS.toNanos(latencyMillis), succeeded);
    }
    return new Measurement(succeeded, failed, TimeUnit.SECONDS.toNanos(1), latencies);
  }

  @Test
  void aContestHasARowForEachRatioAndOneForEachPeer() {
    report.contest(
        "get",
        "16 in flight",
        List.of(
            new Series("gRPC", List.of(second(4_000, 2, 3))),
            new Series("echo", List.of(second(8_000, 0, 1))),
            new Series("jdbc", List.of(second(2_000, 0, 2)))));

    assertThat(report.table())
        .isEqualTo(
            """
            machine: a small one

            benchmark  variant             throughput/s  p50 ms  p99 ms  max ms  calls  failed  ratio  against
            get        gRPC, 16 in flight         4,000    3.00    3.00    3.00  4,002       2   0.50  echo
            get        gRPC, 16 in flight         4,000    3.00    3.00    3.00  4,002       2   2.00  jdbc
            get        echo, 16 in flight         8,000    1.00    1.00    1.00  8,000       0      -  -
            get        jdbc, 16 in flight         2,000    2.00    2.00    2.00  2,000       0      -  -

            """);
  }

  @Test
  void failedCallsShowEvenWhereNoneSucceeded() {
    report.row("lag", "500/s", second(0, 10, 0));

    assertThat(report.failed()).isEqualTo(10);
    assertThat(report.table())
        .contains("lag        500/s               0       -       -       -     10      10");
  }

  @Test
  void ofSeveralProcessesOfOneServerTheLargestFiguresCount() {
    long mib = 1024 * 1024;
    report.memory(
        "drain",
        List.of(
            new ServerMemory("read-server", 90 * mib, 512 * mib, OptionalLong.of(200 * mib)),
            new ServerMemory("read-server", 50 * mib, 512 * mib, OptionalLong.of(300 * mib)),
            new ServerMemory("write-server", 10 * mib, 512 * mib, OptionalLong.empty())));

    assertThat(report.table())
        .contains("memory: drain, read-server: heap used 90 of 512 MiB, resident at most 300 MiB")
        .contains("memory: drain, write-server: heap used 10 of 512 MiB, resident at most unknown");
  }

  @Test
  void theJsonSaysTheSame() {
    report.row("drain", "first to last applied", 12_345.5, 100_000, 0);
    report.note("a note of %d words", 5);

    var json = JsonParser.parseString(report.json()).getAsJsonObject();

    var row = json.getAsJsonArray("rows").get(0).getAsJsonObject();
    assertThat(row.get("benchmark").getAsString()).isEqualTo("drain");
    assertThat(row.get("throughput_per_second").getAsDouble()).isEqualTo(12_345.5);
    assertThat(row.get("calls").getAsLong()).isEqualTo(100_000);
    assertThat(row.has("p50_millis")).isFalse();
    assertThat(json.getAsJsonArray("notes").get(0).getAsString()).isEqualTo("a note of 5 words");
    assertThat(json.getAsJsonObject("conditions").get("machine").getAsString())
        .isEqualTo("a small one");
  }
}
