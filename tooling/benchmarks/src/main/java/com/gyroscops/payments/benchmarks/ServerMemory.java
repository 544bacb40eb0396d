package com.gyroscops.payments.benchmarks;

import com.gyroscops.payments.stack.ServerProcess;
import com.gyroscops.payments.stack.process.Metrics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/**
 * What a server's process took.
 *
 * @param heapUsedBytes at the end of a load, garbage included
 * @param heapMaxBytes the most it may use
 * @param rssPeakBytes most memory it ever had; empty where the system does not tell
 */
record ServerMemory(
    String server, long heapUsedBytes, long heapMaxBytes, OptionalLong rssPeakBytes) {

  private static final Pattern PEAK = Pattern.compile("(?m)^VmHWM:\\s*(\\d+) kB$");

  /** What a server takes now, from the system and its own metrics. */
  static ServerMemory of(ServerProcess server, int httpPort)
      throws IOException, InterruptedException {
    Metrics metrics = Metrics.read(httpPort);
    Path status = Path.of("/proc", Long.toString(server.pid()), "status");
    return new ServerMemory(
        server.name(),
        heapBytes(metrics, "jvm_memory_used_bytes"),
        heapBytes(metrics, "jvm_memory_max_bytes"),
        Files.exists(status) ? rssPeakBytes(Files.readString(status)) : OptionalLong.empty());
  }

  /** The peak of a process, from Linux's {@code /proc/PID/status}. */
  static OptionalLong rssPeakBytes(String status) {
    return PEAK.matcher(status)
        .results()
        .mapToLong(match -> Long.parseLong(match.group(1)) * 1024)
        .findFirst();
  }

  /** Sum of a metric over the heap's areas. */
  static long heapBytes(Metrics metrics, String name) {
    return (long)
        metrics.named(name).stream()
            .filter(sample -> "heap".equals(sample.labels().get("area")))
            .mapToDouble(Metrics.Sample::value)
            .filter(bytes -> bytes > 0) // -1: an area without a limit of its own.
            .sum();
  }
}
