package com.gyroscops.payments.read.report.workflow;

import com.gyroscops.payments.read.report.ReportExecutor;
import com.gyroscops.payments.workflow.v1.ReportProgress;
import io.temporal.activity.ActivityExecutionContext;
import io.temporal.client.ActivityCompletionException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Tells Temporal that an attempt lives, also while a page takes its time, which is bounded; and
 * ends it at its next page once Temporal has no use for it.
 */
final class Heartbeats implements ReportExecutor.Progress, AutoCloseable {

  /** Several may be lost within {@link ReportWorkflowImpl#HEARTBEAT_MAX}. */
  private static final Duration EVERY = Duration.ofSeconds(2);

  private final ActivityExecutionContext context;
  private final Thread thread;
  private volatile ReportProgress progress = ReportProgress.getDefaultInstance();
  private volatile @Nullable ActivityCompletionException end;

  private Heartbeats(ActivityExecutionContext context) {
    this.context = context;
    thread = Thread.ofVirtual().name("report-heartbeats").unstarted(this::run);
  }

  /** Begins to tell. */
  static Heartbeats start(ActivityExecutionContext context) {
    Heartbeats heartbeats = new Heartbeats(context);
    heartbeats.thread.start();
    return heartbeats;
  }

  private void run() {
    try {
      while (true) {
        // The SDK sends no more than are needed.
        context.heartbeat(progress);
        Thread.sleep(EVERY);
      }
    } catch (ActivityCompletionException e) {
      end = e;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // Closed.
    }
  }

  @Override
  public void at(long rows, long bytes) {
    progress = ReportProgress.newBuilder().setRows(rows).setBytes(bytes).build();
    ActivityCompletionException ended = end;
    if (ended != null) {
      throw ended;
    }
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
