package com.gyroscops.payments.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.gyroscops.payments.platform.journal.JournalEntry;
import com.gyroscops.payments.platform.journal.Segment;
import com.gyroscops.payments.platform.journal.SegmentHeader;
import com.gyroscops.payments.v1.PaymentEvent;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

final class JournalCommandTest {

  @TempDir private Path folder;

  private String hash = SegmentHeader.firstPrev("main", "one");

  /** Writes a segment of one event. */
  private void write(String epoch, long position) throws IOException {
    Path file = Segment.in(folder, position).file();
    Files.write(file, new SegmentHeader("main", "one", epoch, position, hash).line());
    JournalEntry.Written written =
        JournalEntry.of(
            PaymentEvent.newBuilder()
                .setEventId("event-" + position)
                .setLogId("main")
                .setPosition(position)
                .build(),
            hash);
    Files.write(file, written.line().array(), StandardOpenOption.APPEND);
    hash = written.entry().hash();
  }

  private String verified(String... options) {
    StringWriter out = new StringWriter();
    int exitCode =
        new CommandLine(new JournalCommand.Verify())
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(new StringWriter()))
            .execute(
                Stream.concat(Stream.of(folder.toString()), Arrays.stream(options))
                    .toArray(String[]::new));
    assertThat(exitCode).isZero();
    return out.toString();
  }

  @Test
  void the_histories_that_a_journal_was_written_in_are_told_in_their_order() throws IOException {
    write("one", 1);
    assertThat(verified()).startsWith("WHOLE: positions 1 to 1 hold").doesNotContain("epoch");
    write("one", 2);
    String before = hash;
    write("two", 3);

    assertThat(verified("--expect-position", "2", "--expect-hash", before))
        .startsWith("WHOLE: positions 1 to 3 hold, the hash there is " + hash)
        .containsSubsequence("epoch one from position 1 on", "epoch two from position 3 on");
    JsonObject json = JsonParser.parseString(verified("--json")).getAsJsonObject();
    assertThat(json.get("whole").getAsBoolean()).isTrue();
    assertThat(json.get("origin").getAsString()).isEqualTo("one");
    assertThat(json.get("epoch").getAsString()).isEqualTo("two");
    assertThat(json.get("histories"))
        .hasToString(
            "[{\"epoch\":\"one\",\"first_position\":1},{\"epoch\":\"two\",\"first_position\":3}]");
  }
}
