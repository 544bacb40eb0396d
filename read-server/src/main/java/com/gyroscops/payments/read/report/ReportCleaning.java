package com.gyroscops.payments.read.report;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes reports whose time has passed, and files that no report needs: of reports that have no
 * row, that failed or were cancelled, or that another folder has. By one thread of each server.
 */
public final class ReportCleaning {

  /** Reports in one step. */
  private static final int STEP_MAX = 500;

  private static final Logger LOG = LoggerFactory.getLogger(ReportCleaning.class);

  private final ReportStore store;
  private final Optional<ReportFolder> folder;

  /**
   * @param folder empty: this server has no files of reports
   */
  public ReportCleaning(ReportStore store, Optional<ReportFolder> folder) {
    this.store = store;
    this.folder = folder;
  }

  /**
   * Removes what there is to remove.
   *
   * @throws ReportStoreUnavailableException if the store does not answer
   */
  public void run() {
    int removed;
    do {
      removed = store.removeExpired(STEP_MAX);
      if (removed > 0) {
        LOG.info("{} reports have expired", removed);
      }
    } while (removed == STEP_MAX);
    folder.ifPresent(this::removeFiles);
  }

  private void removeFiles(ReportFolder own) {
    try {
      List<UUID> all = own.reports();
      for (int from = 0; from < all.size(); from += STEP_MAX) {
        List<ReportFolder.Listed> step = new ArrayList<>();
        for (UUID id : all.subList(from, Math.min(from + STEP_MAX, all.size()))) {
          step.add(own.files(id));
        }
        // Asked after the files were listed: what an attempt writes from now on stays.
        Set<UUID> needed =
            store.needed(step.stream().map(ReportFolder.Listed::report).toList(), own.id());
        for (ReportFolder.Listed each : step) {
          if (!needed.contains(each.report())) {
            own.remove(each);
          }
        }
      }
    } catch (IOException e) {
      LOG.warn("files of reports are removed later: {}", e.toString());
    }
  }
}
