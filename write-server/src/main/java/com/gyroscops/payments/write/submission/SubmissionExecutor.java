package com.gyroscops.payments.write.submission;

import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.write.command.CommandEnvelope;
import com.gyroscops.payments.write.command.CommandErrors;
import com.gyroscops.payments.write.command.CommandHandler;
import com.gyroscops.payments.write.command.CommandOutcome;
import com.gyroscops.payments.write.command.CommandReader;
import com.gyroscops.payments.write.command.CommandReader.Reading;
import com.gyroscops.payments.write.eventstore.EventStore;
import com.gyroscops.payments.write.eventstore.Keys;
import com.gyroscops.payments.write.eventstore.StoreUnavailableException;
import com.gyroscops.payments.write.submission.SubmissionStore.Taken;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a workflow does with a submission. Every method may be called any number of times, at once
 * and late: see the invariants of this package. They block, and throw {@link
 * StoreUnavailableException} when the store does not answer. For concurrent use.
 */
public final class SubmissionExecutor {

  private static final Logger LOG = LoggerFactory.getLogger(SubmissionExecutor.class);

  private final EventStore store;
  private final SubmissionStore submissions;
  private final CommandReader reader;
  private final CommandHandler commands;

  public SubmissionExecutor(
      EventStore store,
      SubmissionStore submissions,
      CommandReader reader,
      CommandHandler commands) {
    this.store = store;
    this.submissions = submissions;
    this.reader = reader;
    this.commands = commands;
  }

  /**
   * Makes an attempt at a submission: executes its command by way of the same handler as any other,
   * or gives it up if its time has passed. Returns once the submission has ended, by this attempt
   * or otherwise.
   *
   * <p>The first attempt starts that time, by the store's clock, and is always made: nothing is
   * given up for having waited to be taken up.
   *
   * @throws RetryLaterException if it was not decided, for a reason that passes
   */
  public void execute(Submission.Reference reference) {
    UUID requestKey = Keys.request(reference.organizationId(), reference.requestId());
    Optional<Taken> taken = submissions.take(requestKey);
    if (taken.isEmpty()) {
      return;
    }
    Submission submission = taken.get().submission();
    if (taken.get().isExpired()) {
      LOG.warn(
          "submission {} of {} is given up", submission.requestId(), submission.organizationId());
      close(submission, CommandErrors.timedOut(submission.executionTimeout()));
      return;
    }
    switch (reader.read(submission.command())) {
      // It was well-formed once; this version has other rules.
      case Reading.Malformed(ApiError error) -> close(submission, error);
      case Reading.WellFormed(CommandEnvelope command) ->
          execute(
              submission,
              command.submitted(
                  submission.requestHash(), submission.traceparent(), submission.actor()));
    }
  }

  private void execute(Submission submission, CommandEnvelope command) {
    CommandOutcome outcome = commands.handle(command).toCompletableFuture().join();
    switch (outcome) {
      case CommandOutcome.Succeeded _ -> remove(submission);
      case CommandOutcome.Refused(ApiError error, boolean _) -> {
        if (RetryLaterException.isPassing(error)) {
          throw new RetryLaterException(error);
        }
        // Most are stored as they are decided; an expected version that does not fit is not, and
        // for a submission it is final.
        close(submission, error);
      }
    }
  }

  private void close(Submission submission, ApiError error) {
    var _ =
        store.close(submission.requestKey(), submission.requestHash(), submission.rejection(error));
    remove(submission);
  }

  private void remove(Submission submission) {
    if (!submissions.remove(submission.requestKey())) {
      throw new IllegalStateException(
          "submission " + submission.requestId() + " has ended, but no outcome is stored");
    }
  }
}
