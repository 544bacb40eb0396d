package com.gyroscops.payments.platform.access;

import com.gyroscops.payments.contract.ApiError;
import java.util.Optional;

/**
 * Finds out whose a credential is. Called on network threads for each call: does not block. For
 * concurrent use.
 */
public interface Authenticator {

  /** What a credential turned out to be. */
  sealed interface Verdict {

    /** It is this caller's. */
    record Known(Caller caller) implements Verdict {}

    /**
     * It is nobody's.
     *
     * @param error what the caller is told: that, and not why
     * @param why for the audit log
     */
    record Refused(ApiError error, String why) implements Verdict {}
  }

  /**
   * Looks at a credential.
   *
   * @param bearer what follows {@code Bearer} in the header
   * @return empty: it is not of this authenticator's kind
   */
  Optional<Verdict> verify(String bearer);
}
