package com.gyroscops.payments.read.report;

import com.gyroscops.payments.platform.page.Listed;
import com.gyroscops.payments.platform.page.PageKey;
import com.gyroscops.payments.v1.ReportError;
import com.gyroscops.payments.v1.ReportSpecification;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Where reports are kept. All methods block, may be called from several threads and servers, and
 * throw {@link ReportStoreUnavailableException} when the store does not answer: whether a change
 * was made is then unknown. Methods that name an attempt change nothing, and say so, unless it is
 * the report's newest and the report has not ended.
 */
public interface ReportStore {

  /**
   * What is to be kept.
   *
   * @param actor who starts it; empty: not authenticated
   * @param personal whether it may hold what is personal
   * @param openMax most reports of the organization that may be open, this one included
   * @param startWithin after this long {@link #due} names it
   */
  record NewReport(
      UUID id,
      String organizationId,
      String requestId,
      String actor,
      ReportSpecification specification,
      boolean personal,
      int openMax,
      Duration startWithin) {}

  /** What came of {@link #keep}. */
  sealed interface Kept {
    /** It is kept, durably. */
    record New(StoredReport report) implements Kept {}

    /** There is one of that request. */
    record Earlier(StoredReport report) implements Kept {}

    /** Too many are open. */
    record TooMany() implements Kept {}
  }

  /** Keeps a report unless there is one of its request, or too many are open. */
  Kept keep(NewReport report);

  /** The report of a request. */
  Optional<StoredReport> ofRequest(String organizationId, String requestId);

  /** A report of an organization. */
  Optional<StoredReport> find(String organizationId, UUID id);

  /**
   * Reports of an organization, newest first.
   *
   * @param states numbers of the states that they are to be in
   * @param after where to begin
   */
  List<Listed<StoredReport>> list(
      String organizationId, List<Integer> states, PageKey after, int max);

  /**
   * Begins the next attempt to write a report. What is in another folder than this attempt's counts
   * no more.
   *
   * @return empty: it has ended or is unknown
   */
  Optional<Taken> take(UUID id, Holder holder);

  /**
   * A report that was taken up.
   *
   * @param report with the number of this attempt
   * @param tried how long ago its first attempt began, by the store's clock
   */
  record Taken(StoredReport report, Duration tried) {}

  /**
   * Notes as of when it is read, before the first page.
   *
   * @param rowsExpected null: not known
   */
  boolean begin(UUID id, int attempt, String readAt, @Nullable Long rowsExpected);

  /**
   * Counts a chunk, and notes up to where it goes.
   *
   * @param rows of the report up to there
   */
  boolean commit(UUID id, Chunk chunk, Place place, long rows);

  /** The chunks of a report in their order. */
  List<Chunk> chunks(UUID id);

  /** Ends a report whose chunks are complete. */
  boolean succeed(UUID id, int attempt, String sha256, Duration retention);

  /** Ends a report that cannot be written. */
  boolean fail(UUID id, int attempt, ReportError error, Duration retention);

  /** The same, whichever attempt is under way, if the first one began so long ago. */
  boolean giveUp(UUID id, Duration triedMax, ReportError error, Duration retention);

  /**
   * Ends a report on demand.
   *
   * @return the report as it is now; empty: it had ended already or is unknown
   */
  Optional<StoredReport> cancel(String organizationId, UUID id, Duration retention);

  /**
   * Open reports of which nothing was heard for a while, the longest silent first. They are due
   * again after {@code again}; several servers that ask get different ones.
   */
  List<UUID> due(int max, Duration again);

  /** Forgets reports whose time has passed. The number of those forgotten, at most {@code max}. */
  int removeExpired(int max);

  /** Those of the reports whose files in a folder are needed. */
  Set<UUID> needed(Collection<UUID> ids, String folderId);

  /** What is open. */
  Backlog backlog();

  /**
   * Open reports of all organizations.
   *
   * @param oldest age of the one started first; zero if there is none
   */
  record Backlog(long open, Duration oldest) {}
}
