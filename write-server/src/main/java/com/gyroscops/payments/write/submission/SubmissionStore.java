package com.gyroscops.payments.write.submission;

import com.gyroscops.payments.platform.page.Listed;
import com.gyroscops.payments.platform.page.PageKey;
import com.gyroscops.payments.write.eventstore.StoreUnavailableException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Where submissions are kept until they have ended. All methods block, may be called from several
 * threads and servers, and throw {@link StoreUnavailableException} when the store does not answer.
 */
public interface SubmissionStore {

  /**
   * Keeps a submission, durably, unless there is one of its request.
   *
   * @param startWithin after this long {@link #due} names it
   * @return the one there was, if there was one
   */
  Optional<Submission> keep(Submission submission, Duration startWithin);

  /** The submission of a request, if it has not ended. */
  Optional<Submission> find(UUID requestKey);

  /**
   * Submissions of an organization that have not ended, newest first.
   *
   * @param states numbers of the states that they are to be in: PENDING, RUNNING
   * @param after where to begin
   */
  List<Listed<Submission>> list(
      String organizationId, List<Integer> states, PageKey after, int max);

  /** The same, now started: its time to be executed runs. */
  Optional<Taken> take(UUID requestKey);

  /**
   * A submission that was taken up.
   *
   * @param isExpired whether its time to be executed has passed, by the store's clock
   */
  record Taken(Submission submission, boolean isExpired) {}

  /**
   * Removes a submission if its request's outcome is stored.
   *
   * @return whether it is gone
   */
  boolean remove(UUID requestKey);

  /**
   * Submissions whose workflow may need to be started, the longest waiting first. They are due
   * again after {@code again}; several servers that ask get different ones.
   */
  List<Submission.Reference> due(int max, Duration again);

  /** How much is waiting; counts no further than {@code countMax}. */
  Backlog backlog(int countMax);

  /**
   * What has not ended.
   *
   * @param oldest age of the one accepted first; zero if there is none
   */
  record Backlog(int open, Duration oldest) {}
}
