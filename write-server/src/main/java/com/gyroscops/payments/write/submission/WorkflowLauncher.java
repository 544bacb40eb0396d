package com.gyroscops.payments.write.submission;

import com.gyroscops.payments.platform.retry.Reachability;
import com.gyroscops.payments.write.eventstore.StoreUnavailableException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts the workflows of what was accepted: at once where that can be done, and by a sweep where
 * it could not or where nothing came of it: what a crash left behind, what came while the workflow
 * engine was down, what the engine lost. Starting what runs changes nothing. For concurrent use;
 * {@link #sweep} is called again and again, by one thread of each server.
 */
public final class WorkflowLauncher {

  /** When a sweep starts what was not started at once. */
  public static final Duration START_WITHIN = Duration.ofSeconds(5);

  /** Workflows that are being started at once; the sweep starts the rest. */
  static final int STARTS_MAX = 64;

  /** Workflows started in one turn of a sweep. */
  static final int TURN_MAX = 200;

  /** Turns of one sweep, so that others get theirs. */
  private static final int TURNS_MAX = 25;

  /** When a workflow that has not ended what it is for is started again, if it does not run. */
  static final Duration AGAIN = Duration.ofSeconds(15);

  /** Likewise where the engine does not answer this server: it may answer another. */
  static final Duration SOON = Duration.ofSeconds(1);

  private static final Logger LOG = LoggerFactory.getLogger(WorkflowLauncher.class);

  /** Something that is accepted and carried out by workflows. */
  @FunctionalInterface
  public interface Accepted {

    /**
     * What may need to be started, the longest waiting first. It is due again after {@code again}.
     *
     * @return what starts each; throws {@link WorkflowsUnavailableException}
     */
    List<Runnable> due(int max, Duration again);
  }

  private final boolean enabled;
  private final List<Accepted> accepted;
  private final Executor starting;
  private final Semaphore starts = new Semaphore(STARTS_MAX);
  private final Reachability engine =
      new Reachability(
          LOG,
          "the workflow engine does not answer; what is accepted waits for it",
          "the workflow engine answers again");

  /**
   * @param enabled whether there is a workflow engine at all
   * @param starting runs what waits for the workflow engine
   */
  public WorkflowLauncher(boolean enabled, List<Accepted> accepted, Executor starting) {
    this.enabled = enabled;
    this.accepted = List.copyOf(accepted);
    this.starting = starting;
  }

  /** Starts something that was just accepted, if that can be done at once. Does not block. */
  public void launch(Runnable start) {
    if (!engine.isReachable() || !starts.tryAcquire()) {
      return;
    }
    starting.execute(() -> {
      try {
        start.run();
      } catch (WorkflowsUnavailableException e) {
        engine.failed(e);
      } catch (RuntimeException e) {
        LOG.warn("a workflow could not be started; it is tried again", e);
      } finally {
        starts.release();
      }
    });
  }

  /** Starts what is due. Ends early where the engine or the store does not answer. */
  public void sweep() {
    if (!enabled) {
      return;
    }
    try {
      for (Accepted each : accepted) {
        for (int turn = 0; turn < TURNS_MAX; turn++) {
          if (startDue(each) == 0) {
            break;
          }
        }
      }
    } catch (WorkflowsUnavailableException e) {
      engine.failed(e);
    } catch (StoreUnavailableException e) {
      LOG.warn("what is due is started later: {}", e.getMessage());
    }
  }

  private int startDue(Accepted each) {
    // One alone, where it is likely to be in vain: the others stay due.
    List<Runnable> due = engine.isReachable() ? each.due(TURN_MAX, AGAIN) : each.due(1, SOON);
    for (Runnable start : due) {
      try {
        start.run();
      } catch (WorkflowsUnavailableException e) {
        throw e;
      } catch (RuntimeException e) {
        // One that cannot be started must not hold up those behind it.
        LOG.error("a workflow could not be started; it is tried again", e);
      }
      engine.answered();
    }
    return due.size();
  }

  /** Whether this installation has a workflow engine, reachable or not. */
  public boolean isEnabled() {
    return enabled;
  }

  /** Whether the engine answered when it was last asked. */
  public boolean isEngineReachable() {
    return engine.isReachable();
  }
}
