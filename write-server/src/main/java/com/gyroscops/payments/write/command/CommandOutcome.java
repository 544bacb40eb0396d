package com.gyroscops.payments.write.command;

import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.SourceProgress;
import java.util.List;

/** What became of a command. */
public sealed interface CommandOutcome {

  /**
   * It was carried out.
   *
   * @param payment state after it
   * @param eventId of its event; empty if it only asked
   * @param consistencyToken of its event's position
   * @param replayed whether it was carried out before, for the same request
   * @param sources each source that was waited for, and how it stood
   */
  record Succeeded(
      Payment payment,
      String eventId,
      String consistencyToken,
      boolean replayed,
      List<SourceProgress> sources)
      implements CommandOutcome {

    public Succeeded {
      sources = List.copyOf(sources);
    }

    /** No source was waited for. */
    public Succeeded(Payment payment, String eventId, String consistencyToken, boolean replayed) {
      this(payment, eventId, consistencyToken, replayed, List.of());
    }

    /** Likewise after these were waited for. */
    public Succeeded after(List<SourceProgress> waitedFor) {
      return new Succeeded(payment, eventId, consistencyToken, replayed, waitedFor);
    }
  }

  /**
   * It was not.
   *
   * @param error why, and whether to try again
   * @param replayed whether it was refused before, for the same request
   */
  record Refused(ApiError error, boolean replayed) implements CommandOutcome {

    /** It was refused just now. */
    public static Refused of(ApiError error) {
      return new Refused(error, false);
    }
  }
}
