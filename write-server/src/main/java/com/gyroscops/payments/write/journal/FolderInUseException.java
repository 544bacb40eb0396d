package com.gyroscops.payments.write.journal;

import com.gyroscops.payments.platform.relay.SinkRefusedException;
import java.io.Serial;
import java.nio.file.Path;

/** Another process has the journal's folder locked. */
final class FolderInUseException extends SinkRefusedException {

  @Serial private static final long serialVersionUID = 1;

  FolderInUseException(Path folder) {
    super("another process has " + folder + " locked");
  }
}
