package com.gyroscops.payments.stack.process;

import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The end of a process's log. */
public final class LogTail {

  /** What is read of it: far more than the lines that are asked for. */
  private static final int BYTES_MAX = 65_536;

  private LogTail() {}

  /**
   * Its last lines, without the frames of stack traces, which hide what is said; empty where there
   * is no log.
   */
  public static String of(Path log, int linesMax) throws IOException {
    if (!Files.exists(log)) {
      return "";
    }
    try (FileChannel channel = FileChannel.open(log)) {
      channel.position(Math.max(0, channel.size() - BYTES_MAX));
      String end =
          new String(
              Channels.newInputStream(channel).readNBytes(BYTES_MAX), StandardCharsets.UTF_8);
      List<String> lines = end.lines().filter(line -> !line.startsWith("\t")).toList();
      return String.join("\n", lines.subList(Math.max(0, lines.size() - linesMax), lines.size()));
    }
  }
}
