package com.gyroscops.payments.cli;

import com.gyroscops.payments.platform.journal.Fault;
import com.gyroscops.payments.platform.journal.Verification;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Which journal, and what is said of its state by the exit code. */
final class JournalOptions {

  /** Said of a journal whose last line was cut short, or is being written. */
  private static final int TORN_TAIL = 4;

  @Mixin private StackOptions stack = new StackOptions();

  @Parameters(
      paramLabel = "DIR",
      arity = "0..1",
      description = "The journal's folder; default: that of the stack on this machine.")
  private @Nullable Path directory;

  /**
   * The journal's folder.
   *
   * @throws IOException if there is none
   */
  Path folder() throws IOException {
    Path folder = directory == null ? stack.dataDirectory.resolve("journal") : directory;
    if (!Files.isDirectory(folder)) {
      throw new IOException("no such folder: " + folder);
    }
    return folder;
  }

  static int exitCode(Verification verified) {
    Fault fault = verified.fault();
    if (fault == null) {
      return 0;
    }
    return fault.kind() == Fault.Kind.TORN_TAIL ? TORN_TAIL : 1;
  }

  /** What people are told. */
  static String verdict(Verification verified) {
    Fault fault = verified.fault();
    String holds = holds(verified);
    if (fault == null) {
      return "WHOLE: " + holds;
    }
    if (fault.kind() == Fault.Kind.TORN_TAIL) {
      return "TORN TAIL, repaired at the next start (or just being written): "
          + fault
          + "\n"
          + holds;
    }
    return "DAMAGED (" + fault.kind() + "): " + fault + "\n" + holds;
  }

  private static String holds(Verification verified) {
    if (verified.lastPosition() == 0) {
      return "no entry holds";
    }
    String holds =
        "positions 1 to %d hold, the hash there is %s"
            .formatted(verified.lastPosition(), verified.lastHash());
    if (verified.histories().size() == 1) {
      return holds;
    }
    return verified.histories().stream()
        .map(it -> "epoch %s from position %d on".formatted(it.epoch(), it.firstPosition()))
        .collect(
            Collectors.joining("\n  ", holds + "\nwritten in these histories of the log:\n  ", ""));
  }
}
