package com.gyroscops.payments.write.submission;

import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.contract.Timestamps;
import com.gyroscops.payments.platform.page.Listed;
import com.gyroscops.payments.platform.page.PageKey;
import com.gyroscops.payments.v1.Command;
import com.gyroscops.payments.v1.CommandSubmission;
import com.gyroscops.payments.write.command.CommandBatcher;
import com.gyroscops.payments.write.command.CommandEnvelope;
import com.gyroscops.payments.write.command.CommandErrors;
import com.gyroscops.payments.write.command.CommandKind;
import com.gyroscops.payments.write.command.CommandOutcome;
import com.gyroscops.payments.write.command.RequestDigests;
import com.gyroscops.payments.write.eventstore.EventStore;
import com.gyroscops.payments.write.eventstore.Keys;
import com.gyroscops.payments.write.eventstore.KnownRequest;
import com.gyroscops.payments.write.eventstore.StoreUnavailableException;
import com.gyroscops.payments.write.submission.SubmissionStore.Backlog;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Accepts, tells and cancels commands that are executed later. All methods block and throw {@link
 * StoreUnavailableException} when the store does not answer. For concurrent use.
 */
public final class Submissions {

  /** Most submissions that may be open, about. */
  static final int OPEN_MAX = 1_000_000;

  private final EventStore store;
  private final SubmissionStore submissions;
  private final WorkflowStarter workflows;
  private final WorkflowLauncher launcher;
  private volatile Backlog backlog = new Backlog(0, Duration.ZERO);

  public Submissions(
      EventStore store,
      SubmissionStore submissions,
      WorkflowStarter workflows,
      WorkflowLauncher launcher) {
    this.store = store;
    this.submissions = submissions;
    this.workflows = workflows;
    this.launcher = launcher;
  }

  /** What became of a submission. */
  public sealed interface Submitted {

    /**
     * It is on disk, or was.
     *
     * @param replayed whether the same command had been submitted or executed before
     */
    record Accepted(CommandStatus status, String paymentId, boolean replayed)
        implements Submitted {}

    /** It is not taken. */
    record Refused(ApiError error) implements Submitted {}
  }

  /**
   * Accepts a command.
   *
   * @param command with the ids that the server chose
   * @param envelope the same, well-formed
   * @param actor who submits it; empty: not authenticated
   */
  public Submitted submit(
      Command command, CommandEnvelope envelope, String actor, Duration executionTimeout) {
    if (backlog.open() >= OPEN_MAX) {
      return new Submitted.Refused(CommandErrors.queueFull());
    }
    Optional<KnownRequest> known = store.request(envelope.requestKey());
    if (known.isPresent()) {
      return repeated(envelope, known.get());
    }
    Submission submission =
        new Submission(
            envelope.requestKey(),
            envelope.command().key().organizationId(),
            envelope.requestId(),
            envelope.requestHash(),
            command,
            actor,
            envelope.traceparent(),
            executionTimeout,
            Instant.EPOCH,
            null);
    Optional<Submission> earlier = submissions.keep(submission, WorkflowLauncher.START_WITHIN);
    if (earlier.isPresent()) {
      return repeated(envelope, earlier.get());
    }
    launcher.launch(() -> workflows.start(submission.reference()));
    return new Submitted.Accepted(open(submission), envelope.command().key().paymentId(), false);
  }

  private Submitted repeated(CommandEnvelope envelope, KnownRequest known) {
    if (!envelope.isAnsweredBy(known)) {
      return new Submitted.Refused(CommandErrors.requestIdReused(envelope.requestId()));
    }
    CommandOutcome outcome = CommandBatcher.outcome(known);
    String paymentId =
        outcome instanceof CommandOutcome.Succeeded done
            ? done.payment().getPaymentId()
            : envelope.command().key().paymentId();
    return new Submitted.Accepted(new CommandStatus.Ended(outcome), paymentId, true);
  }

  private static Submitted repeated(CommandEnvelope envelope, Submission earlier) {
    if (!envelope.asksFor(earlier.requestHash(), RequestDigests.isAtEpoch(earlier.command()))) {
      return new Submitted.Refused(CommandErrors.requestIdReused(envelope.requestId()));
    }
    return new Submitted.Accepted(
        open(earlier), CommandKind.subject(earlier.command()).paymentId(), true);
  }

  /** Counts what is open, for {@link #backlog} and for the limit. */
  public void count() {
    backlog = submissions.backlog(OPEN_MAX);
  }

  /** What was open when last counted. */
  public Backlog backlog() {
    return backlog;
  }

  /** How far a command is, submitted or not. */
  public CommandStatus status(String organizationId, String requestId) {
    UUID requestKey = Keys.request(organizationId, requestId);
    // In this order: a submission is removed after its outcome was stored.
    Optional<Submission> open = submissions.find(requestKey);
    return ended(requestKey)
        .or(() -> open.map(Submissions::open))
        .orElseGet(CommandStatus.Unknown::new);
  }

  private Optional<CommandStatus> ended(UUID requestKey) {
    return store
        .request(requestKey)
        .map(known -> new CommandStatus.Ended(CommandBatcher.outcome(known)));
  }

  /**
   * Ends a submission that was not decided yet.
   *
   * @return {@link CommandStatus.Ended}, by this or otherwise; or {@link CommandStatus.Unknown}
   */
  public CommandStatus cancel(String organizationId, String requestId) {
    UUID requestKey = Keys.request(organizationId, requestId);
    Optional<Submission> open = submissions.find(requestKey);
    if (open.isPresent()) {
      var _ =
          store.close(
              requestKey,
              open.get().requestHash(),
              open.get().rejection(CommandErrors.cancelled()));
      var _ = submissions.remove(requestKey);
    }
    return ended(requestKey).orElseGet(CommandStatus.Unknown::new);
  }

  /**
   * An organization's submissions that have not ended, newest first.
   *
   * @param states numbers of the states that they are to be in
   * @param after where to begin
   */
  public List<Listed<CommandSubmission>> list(
      String organizationId, List<Integer> states, PageKey after, int max) {
    return submissions.list(organizationId, states, after, max).stream()
        .map(found -> found.map(Submissions::message))
        .toList();
  }

  private static CommandSubmission message(Submission submission) {
    var message =
        CommandSubmission.newBuilder()
            .setOrganizationId(submission.organizationId())
            .setRequestId(submission.requestId())
            .setPaymentId(CommandKind.subject(submission.command()).paymentId())
            .setCommand(CommandKind.word(submission.command()))
            .setState(open(submission).state())
            .setSubmitTime(Timestamps.of(submission.submittedAt()))
            .setExecutionTimeout(
                com.google.protobuf.Duration.newBuilder()
                    .setSeconds(submission.executionTimeout().toSeconds()))
            .setOwner(submission.organizationId())
            .setActor(submission.actor());
    Instant startedAt = submission.startedAt();
    if (startedAt != null) {
      message.setStartTime(Timestamps.of(startedAt));
    }
    return message.build();
  }

  private static CommandStatus open(Submission submission) {
    return new CommandStatus.Open(
        submission.organizationId(),
        submission.actor(),
        submission.submittedAt(),
        submission.startedAt() != null);
  }
}
