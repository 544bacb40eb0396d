package com.gyroscops.payments.cli;

import com.gyroscops.payments.platform.journal.Segment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import org.jspecify.annotations.Nullable;

/**
 * How much of a journal was read, on the standard error: a bar if that is a terminal, else a line
 * now and then. For concurrent use.
 */
final class JournalProgress implements LongConsumer, AutoCloseable {

  private static final long LINE_EVERY_NANOS = 5_000_000_000L;
  private static final long MIB = 1024 * 1024;

  private final long startNanos = System.nanoTime();
  private final AtomicLong read = new AtomicLong();
  private final AtomicLong lineNanos = new AtomicLong(startNanos);
  private final AtomicBoolean ended = new AtomicBoolean();
  private final @Nullable ProgressBar bar;

  JournalProgress(String task, Path folder) throws IOException {
    long bytes = 0;
    for (Segment segment : Segment.all(folder)) {
      bytes += Files.size(segment.file());
    }
    bar =
        Terminal.isThere()
            ? new ProgressBarBuilder()
                .setTaskName(task)
                .setUnit(" MiB", MIB)
                .setInitialMax(bytes)
                .showSpeed()
                .build()
            : null;
  }

  @Override
  public void accept(long bytes) {
    long all = read.addAndGet(bytes);
    if (bar != null) {
      bar.stepTo(all);
      return;
    }
    long now = System.nanoTime();
    long before = lineNanos.get();
    if (now - before > LINE_EVERY_NANOS && lineNanos.compareAndSet(before, now)) {
      System.err.printf(Locale.ROOT, "%,d MiB after %.0f s%n", all / MIB, seconds());
    }
  }

  /** Since it began. */
  double seconds() {
    return (System.nanoTime() - startNanos) / 1e9;
  }

  /** Draws no more, so that something else can be said. Without effect the second time. */
  void end() {
    if (bar != null && ended.compareAndSet(false, true)) {
      bar.close();
    }
  }

  @Override
  public void close() {
    end();
  }
}
