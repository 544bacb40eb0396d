package com.gyroscops.payments.write.command;

import com.google.protobuf.Timestamp;
import com.google.protobuf.UnknownFieldSet;
import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.v1.Command;
import com.gyroscops.payments.v1.CommandContext;
import com.gyroscops.payments.v1.CommandError;
import com.gyroscops.payments.write.eventstore.Digest;
import java.util.UUID;

/**
 * Versions of the digest that tells whether two requests of one id ask for the same.
 *
 * <p>Version 1 took an effective time of 1970-01-01T00:00:00Z for none. Version {@value #CURRENT}
 * adds a mark to the digest of a command that gives that very time, and is the same for all others.
 * What version 1 stored is thus in doubt only where one of the two requests compared is at the
 * epoch:
 *
 * <ul>
 *   <li>the event of a command that succeeded has its effective time, and a submission its command:
 *       those are compared, whatever version stored them;
 *   <li>a stored rejection has neither, so it carries the version of its request's digest, in a
 *       field of the stored message that never leaves the server. One without is of version 1, and
 *       answers either request, as it did. Rotation has removed the last of them when every server
 *       has run this version for two retention periods.
 * </ul>
 *
 * <p>In the stored message the version needs no column, no function and no constraint on the order
 * in which servers are upgraded: a server of the version before writes none and overlooks it.
 */
public final class RequestDigests {

  /** Version of the digests that are taken now. */
  static final int CURRENT = 2;

  /** Version of a stored rejection that carries none. */
  private static final int UNMARKED = 1;

  /** {@code CommandError} reserves it. */
  private static final int VERSION_FIELD = 1000;

  private RequestDigests() {}

  /** The digest of a request, from what version 1 makes of it. */
  static UUID current(UUID former, CommandContext context) {
    return isAtEpoch(context)
        ? new Digest()
            .number(former.getMostSignificantBits())
            .number(former.getLeastSignificantBits())
            .text("effective_time is the epoch")
            .toUuid()
        : former;
  }

  /** Whether a command gives an effective time that is the epoch. */
  public static boolean isAtEpoch(Command command) {
    return isAtEpoch(CommandKind.subject(command).context());
  }

  private static boolean isAtEpoch(CommandContext context) {
    return context.hasEffectiveTime()
        && context.getEffectiveTime().equals(Timestamp.getDefaultInstance());
  }

  /**
   * A rejection as it is stored.
   *
   * @param doubtful whether the digest that it is stored under may be one of version 1, of a
   *     command at the epoch
   */
  public static CommandError stored(ApiError error, boolean doubtful) {
    CommandError.Builder stored = error.toMessage().toBuilder();
    if (!doubtful) {
      stored.setUnknownFields(
          UnknownFieldSet.newBuilder()
              .addField(
                  VERSION_FIELD, UnknownFieldSet.Field.newBuilder().addVarint(CURRENT).build())
              .build());
    }
    return stored.build();
  }

  /** The version of a stored rejection's digest. */
  static long version(CommandError stored) {
    return stored.getUnknownFields().getField(VERSION_FIELD).getVarintList().stream()
        .findFirst()
        .orElse((long) UNMARKED);
  }
}
