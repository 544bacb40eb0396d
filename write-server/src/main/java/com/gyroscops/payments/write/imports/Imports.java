package com.gyroscops.payments.write.imports;

import com.gyroscops.payments.platform.page.Listed;
import com.gyroscops.payments.platform.page.PageKey;
import com.gyroscops.payments.v1.Import;
import com.gyroscops.payments.v1.UploadImportRequest;
import com.gyroscops.payments.write.submission.WorkflowLauncher;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Accepts imports and tells of them. Its methods block, and throw {@link
 * com.gyroscops.payments.write.eventstore.StoreUnavailableException}. For concurrent use.
 */
public final class Imports {

  /** Most imports that may be open, about. */
  static final int OPEN_MAX = 1_000;

  /** Chunks whose rejections one page holds: 2,000 at most. */
  private static final int PAGE_CHUNKS = 4;

  private final ImportStore store;
  private final ImportStarter workflows;
  private final WorkflowLauncher launcher;
  private volatile int open;

  public Imports(ImportStore store, ImportStarter workflows, WorkflowLauncher launcher) {
    this.store = store;
    this.workflows = workflows;
    this.launcher = launcher;
  }

  /** Counts what is open, for {@link #open} and for the limit. */
  public void count() {
    open = store.open(OPEN_MAX);
  }

  /** How many were open when last counted. */
  public int open() {
    return open;
  }

  /**
   * Keeps a chunk.
   *
   * @param actor who uploads it; empty: not authenticated
   * @return empty if as many imports are open as may be
   */
  public Optional<ImportStore.Upload> upload(
      UploadImportRequest chunk, String actor, String traceparent) {
    return open >= OPEN_MAX && store.find(chunk.getImportId()).isEmpty()
        ? Optional.empty()
        : Optional.of(store.upload(chunk, actor, traceparent));
  }

  /** Starts an import whose chunks are all there. */
  public ImportStore.Start start(String importId, int chunks) {
    ImportStore.Start start = store.start(importId, chunks, WorkflowLauncher.START_WITHIN);
    if (start == ImportStore.Start.STARTED) {
      launcher.launch(() -> workflows.start(importId));
    }
    return start;
  }

  /** An import as it is now. */
  public Optional<Import> find(String importId) {
    return store.find(importId);
  }

  /**
   * Imports, newest first.
   *
   * @param owner of all of them; null: of any
   * @param states numbers of the states that they are to be in
   * @param after where to begin
   */
  public List<Listed<Import>> list(
      @Nullable String owner, List<Integer> states, PageKey after, int max) {
    return store.list(owner, states, after, max);
  }

  /** Ends an import, unless it has ended; as it is then. */
  public Optional<Import> cancel(String importId) {
    return store.cancel(importId);
  }

  /** A page of rejections, from a chunk on. Empty: there is no such import. */
  public Optional<ImportStore.Rejections> rejections(String importId, int fromChunk) {
    return store.rejections(importId, fromChunk, PAGE_CHUNKS);
  }

  /** Removes imports that ended, or were made and never started, longer ago than that. */
  public int forgetOld(Duration retention) {
    return store.removeOld(retention);
  }
}
