package com.gyroscops.payments.write.submission;

import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.v1.Command;
import com.gyroscops.payments.write.command.CommandBatcher;
import com.gyroscops.payments.write.command.CommandEnvelope;
import com.gyroscops.payments.write.command.CommandOutcome;
import com.gyroscops.payments.write.command.Errors;
import com.gyroscops.payments.write.command.RequestDigests;
import com.gyroscops.payments.write.eventstore.EventStore;
import com.gyroscops.payments.write.eventstore.Keys;
import com.gyroscops.payments.write.eventstore.KnownRequest;
import com.gyroscops.payments.write.eventstore.StoreUnavailableException;
import com.gyroscops.payments.write.submission.SubmissionStore.Backlog;
import java.time.Duration;
import java.time.Instant;
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
   */
  public Submitted submit(Command command, CommandEnvelope envelope, Duration executionTimeout) {
    if (backlog.open() >= OPEN_MAX) {
      return new Submitted.Refused(Errors.queueFull());
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
            envelope.traceparent(),
            executionTimeout,
            Instant.EPOCH,
            null);
    Optional<Submission> earlier = submissions.keep(submission, WorkflowLauncher.START_WITHIN);
    if (earlier.isPresent()) {
      return repeated(envelope, earlier.get());
    }
    launcher.launch(() -> workflows.start(submission.reference()));
    return new Submitted.Accepted(
        new CommandStatus.Open(Instant.EPOCH, false), envelope.command().key().paymentId(), false);
  }

  private Submitted repeated(CommandEnvelope envelope, KnownRequest known) {
    if (!envelope.isAnsweredBy(known)) {
      return new Submitted.Refused(Errors.requestIdReused(envelope.requestId()));
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
      return new Submitted.Refused(Errors.requestIdReused(envelope.requestId()));
    }
    return new Submitted.Accepted(open(earlier), paymentId(earlier.command()), true);
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
              requestKey, open.get().requestHash(), open.get().rejection(Errors.cancelled()));
      var _ = submissions.remove(requestKey);
    }
    return ended(requestKey).orElseGet(CommandStatus.Unknown::new);
  }

  private static CommandStatus open(Submission submission) {
    return new CommandStatus.Open(submission.submittedAt(), submission.startedAt() != null);
  }

  static String paymentId(Command command) {
    return switch (command.getCommandCase()) {
      case CREATE -> command.getCreate().getPaymentId();
      case UPDATE -> command.getUpdate().getPaymentId();
      case PROCESS -> command.getProcess().getPaymentId();
      case FAIL -> command.getFail().getPaymentId();
      case REFUND -> command.getRefund().getPaymentId();
      case DELETE -> command.getDelete().getPaymentId();
      case COMMAND_NOT_SET -> "";
    };
  }
}
