package com.gyroscops.payments.write.journal;

import java.io.Serial;

/**
 * A journal is of another log, or holds lines that the log has lost: nothing of the log may be
 * appended to it.
 */
final class OtherHistoryException extends Exception {

  @Serial private static final long serialVersionUID = 1;

  OtherHistoryException(String what) {
    super(what + ": this journal is kept as it is; a new one begins in a new JOURNAL_FOLDER");
  }
}
