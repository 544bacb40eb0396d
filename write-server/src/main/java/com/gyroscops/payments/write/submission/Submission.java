package com.gyroscops.payments.write.submission;

import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.v1.Command;
import com.gyroscops.payments.v1.CommandError;
import com.gyroscops.payments.write.command.RequestDigests;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A command that was accepted and has not ended.
 *
 * @param requestHash digest of what the caller asked for
 * @param command with the ids that the server chose; well-formed when it was accepted
 * @param actor who submitted it; empty: not authenticated
 * @param traceparent of the call that submitted it; may be empty
 * @param executionTimeout how long it is tried once it was taken up
 * @param submittedAt when it was accepted, by the store's clock
 * @param startedAt when it was first taken up; null: not yet
 */
public record Submission(
    UUID requestKey,
    String organizationId,
    String requestId,
    UUID requestHash,
    Command command,
    String actor,
    String traceparent,
    Duration executionTimeout,
    Instant submittedAt,
    @Nullable Instant startedAt) {

  /** Names a submission to the workflow that executes it. */
  public record Reference(String organizationId, String requestId, Duration executionTimeout) {}

  /** A rejection of its command, as it is stored for good. */
  CommandError rejection(ApiError error) {
    return RequestDigests.stored(error, RequestDigests.isAtEpoch(command));
  }

  /** Its name. */
  public Reference reference() {
    return new Reference(organizationId, requestId, executionTimeout);
  }
}
