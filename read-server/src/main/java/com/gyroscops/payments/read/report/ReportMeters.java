package com.gyroscops.payments.read.report;

import com.gyroscops.payments.v1.ReportState;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** What is counted of reports. For concurrent use. */
public final class ReportMeters {

  private final MeterRegistry registry;
  private final Counter started;
  private final Counter bytes;
  private final AtomicInteger running = new AtomicInteger();
  private volatile ReportStore.Backlog backlog = new ReportStore.Backlog(0, Duration.ZERO);

  public ReportMeters(MeterRegistry registry) {
    this.registry = registry;
    started = registry.counter("payments.reports.started");
    bytes = Counter.builder("payments.reports").baseUnit("bytes").register(registry);
    registry.gauge("payments.reports.running", running);
    registry.gauge("payments.reports.open", this, it -> it.backlog.open());
    TimeGauge.builder(
            "payments.reports.oldest", () -> backlog.oldest().toMillis(), TimeUnit.MILLISECONDS)
        .description("Age of the report that has been open longest")
        .register(registry);
  }

  void started() {
    started.increment();
  }

  void running(int change) {
    running.addAndGet(change);
  }

  void written(int count) {
    bytes.increment(count);
  }

  void ended(ReportState state) {
    String name = state.name().substring("REPORT_STATE_".length()).toLowerCase(Locale.ROOT);
    registry.counter("payments.reports.ended", "state", name).increment();
  }

  void open(ReportStore.Backlog now) {
    backlog = now;
  }
}
