package com.gyroscops.payments.benchmarks;

import com.gyroscops.payments.benchmarks.SideBySide.Side;
import com.gyroscops.payments.platform.access.ApiKey;
import com.gyroscops.payments.platform.access.KeyList;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** Create, stream and GetPayment with callers known by API keys, by turns with nobody asked. */
final class AccessBenchmark implements Benchmark {

  /** Times as long as where nobody is asked, at most. */
  private static final double TIMES_MAX = 1.05;

  @Override
  public void run(Settings settings, Report report) throws Exception {
    ApiKey caller = ApiKey.generate("bench");
    ApiKey feed = ApiKey.generate("read-server");
    Path file = keys(settings, caller, feed);
    Map<String, String> asking =
        Map.of("AUTH", "required", "API_KEYS_FILE", file.toString(), "FEED_API_KEY", feed.text());
    try (Stack asked = Stack.start(settings, asking, caller.text());
        Stack open = Stack.start(settings)) {
      report.postgres(open.describePostgres());
      SideBySide both =
          new SideBySide(
              "access",
              settings,
              report,
              Side.start("callers known", asked),
              Side.start("nobody asked", open));
      verdict(report, "create", both.create(Ids.BY_TIME));
      verdict(report, "stream", both.stream());
      verdict(report, "GetPayment from sql", both.get());
    } finally {
      Files.deleteIfExists(file);
    }
  }

  private static Path keys(Settings settings, ApiKey caller, ApiKey feed) throws Exception {
    Path file =
        Files.createTempFile(
            settings.folder(),
            "payments-bench-keys-",
            "",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.write(
        file,
        new KeyList(
                List.of(
                    entry(caller, "*:payments.write", "*:personal.read", "*:read.source"),
                    entry(feed, "-:feed")))
            .lines());
    return file;
  }

  private static KeyList.Entry entry(ApiKey key, String... grants) {
    return new KeyList.Entry(key.id(), key.hash(), Instant.MAX, List.of(grants));
  }

  private static void verdict(Report report, String what, double[] times) {
    MedianInterval interval = MedianInterval.of(times);
    report.note(
        "access: %s took %.3f times as long with callers known (95 %% interval %.3f to %.3f, %d"
            + " pairs); at most %.2f is wanted",
        what, interval.median(), interval.low(), interval.high(), times.length, TIMES_MAX);
  }
}
