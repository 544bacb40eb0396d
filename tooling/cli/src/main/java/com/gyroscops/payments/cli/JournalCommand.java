package com.gyroscops.payments.cli;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.gyroscops.payments.platform.journal.Expectation;
import com.gyroscops.payments.platform.journal.Fault;
import com.gyroscops.payments.platform.journal.JournalVerifier;
import com.gyroscops.payments.platform.journal.Verification;
import java.io.BufferedOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** The audit journal, from its files alone: no server is asked. */
@Command(
    name = "journal",
    description = "Verifies the audit journal, or exports some of it, from its files alone.",
    subcommands = {JournalCommand.Verify.class, JournalCommand.Export.class})
final class JournalCommand implements Callable<Integer> {

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    CommandLine line = Objects.requireNonNull(spec).commandLine();
    line.usage(line.getErr());
    return line.getCommandSpec().exitCodeOnInvalidInput();
  }

  /** Verifies a whole journal. */
  @Command(
      name = "verify",
      description = {
        "Verifies every byte: each line against its hash, the chain from line to line and from"
            + " segment to segment. Names the first that is wrong.",
        "A journal cannot tell that its end was removed, or all of it written anew: note position"
            + " and hash elsewhere, and give them as --expect-position and --expect-hash."
      },
      footer = "Exit codes: 0 whole, 1 damaged or not readable, 2 wrong use, 4 torn tail.")
  static final class Verify implements Callable<Integer> {

    private static final Gson JSON = new Gson();

    @Spec private @Nullable CommandSpec spec;

    @Mixin private JournalOptions journal = new JournalOptions();

    @Option(
        names = "--expect-position",
        paramLabel = "P",
        description = "Position that the journal must reach at least.")
    private long position;

    @Option(
        names = "--expect-hash",
        paramLabel = "H",
        description = "Hash that the entry at that position must have.")
    private @Nullable String hash;

    @Option(names = "--json", description = "One object with what was found.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
      CommandLine line = Objects.requireNonNull(spec).commandLine();
      Path folder = journal.folder();
      try (JournalProgress progress = new JournalProgress("verify", folder)) {
        Verification verified =
            new JournalVerifier(folder, expectation(line), progress)
                .verify(Runtime.getRuntime().availableProcessors());
        progress.end();
        PrintWriter out = line.getOut();
        if (json) {
          out.println(JSON.toJson(toJson(verified, progress.seconds())));
        } else {
          out.println(JournalOptions.verdict(verified));
          out.printf(
              Locale.ROOT,
              "%d segments, %,d bytes, in %.1f s%n",
              verified.segments(),
              verified.bytes(),
              progress.seconds());
        }
        out.flush();
        return JournalOptions.exitCode(verified);
      }
    }

    private Expectation expectation(CommandLine line) {
      try {
        return new Expectation(position, hash);
      } catch (IllegalArgumentException e) {
        throw new CommandLine.ParameterException(
            line, "--expect-position, --expect-hash: " + e.getMessage(), e);
      }
    }

    private static JsonObject toJson(Verification verified, double seconds) {
      JsonObject object = new JsonObject();
      object.addProperty("whole", verified.fault() == null);
      object.addProperty("log_id", verified.logId());
      object.addProperty("origin", verified.origin());
      object.addProperty("epoch", verified.epoch());
      JsonArray histories = new JsonArray();
      for (Verification.History history : verified.histories()) {
        JsonObject named = new JsonObject();
        named.addProperty("epoch", history.epoch());
        named.addProperty("first_position", history.firstPosition());
        histories.add(named);
      }
      object.add("histories", histories);
      object.addProperty("segments", verified.segments());
      object.addProperty("bytes", verified.bytes());
      object.addProperty("last_position", verified.lastPosition());
      object.addProperty("last_hash", verified.lastHash());
      object.addProperty("seconds", Math.round(seconds * 1_000) / 1_000.0);
      Fault fault = verified.fault();
      if (fault != null) {
        JsonObject wrong = new JsonObject();
        wrong.addProperty("kind", fault.kind().name());
        wrong.addProperty("segment", fault.segment());
        wrong.addProperty("line", fault.line());
        wrong.addProperty("offset", fault.offset());
        wrong.addProperty("position", fault.position());
        wrong.addProperty("what", fault.what());
        object.add("fault", wrong);
      }
      return object;
    }
  }

  /** Hands out lines of a journal, as they stand there. */
  @Command(
      name = "export",
      description = {
        "Hands out lines of the journal as they stand there, hashes included, in order; verifies"
            + " all of it on the way.",
        "Where the journal is damaged, ends with what stands before that, and with 1."
      },
      footer = "Exit codes: 0 done, 1 damaged or not readable, 2 wrong use, 4 done, torn tail.")
  static final class Export implements Callable<Integer> {

    private static final int BUFFER_BYTES = 1024 * 1024;

    @Spec private @Nullable CommandSpec spec;

    @Mixin private JournalOptions journal = new JournalOptions();

    @Option(
        names = "--organization",
        paramLabel = "X",
        description = "Only events of this organization.")
    private @Nullable String organization;

    @Option(
        names = "--from",
        paramLabel = "T",
        converter = Rfc3339.class,
        description = "Only events recorded then or later; RFC 3339, as 2026-11-21T00:00:00Z.")
    private @Nullable Instant from;

    @Option(
        names = "--to",
        paramLabel = "T",
        converter = Rfc3339.class,
        description = "Only events recorded before then.")
    private @Nullable Instant to;

    @Option(
        names = "--output",
        paramLabel = "FILE",
        description = "File to write them to; default: the standard output.")
    private @Nullable Path output;

    private long exported;

    /** Turns a text into a time. */
    static final class Rfc3339 implements ITypeConverter<Instant> {
      @Override
      public Instant convert(String text) {
        try {
          return Instant.parse(text);
        } catch (DateTimeParseException e) {
          throw new TypeConversionException("not a time such as 2026-11-21T00:00:00Z: " + text);
        }
      }
    }

    @Override
    public Integer call() throws Exception {
      PrintWriter err = Objects.requireNonNull(spec).commandLine().getErr();
      Path folder = journal.folder();
      Path file = output;
      try (JournalProgress progress = new JournalProgress("export", folder);
          OutputStream out =
              new BufferedOutputStream(
                  file == null
                      ? new FileOutputStream(java.io.FileDescriptor.out)
                      : Files.newOutputStream(file),
                  BUFFER_BYTES)) {
        Verification verified =
            new JournalVerifier(folder, Expectation.NONE, progress)
                .read((_, line, event) -> {
                  if (isAskedFor(event)) {
                    write(out, line);
                    exported++;
                  }
                });
        out.flush();
        progress.end();
        err.printf(
            Locale.ROOT,
            "%d lines of %d%n%s%n",
            exported,
            verified.lastPosition(),
            JournalOptions.verdict(verified));
        err.flush();
        return JournalOptions.exitCode(verified);
      }
    }

    private boolean isAskedFor(ByteBuffer text) {
      if (organization == null && from == null && to == null) {
        return true;
      }
      JsonObject event =
          JsonParser.parseString(StandardCharsets.UTF_8.decode(text).toString()).getAsJsonObject();
      if (organization != null
          && !(event.has("organization_id")
              && organization.equals(event.get("organization_id").getAsString()))) {
        return false;
      }
      if (from == null && to == null) {
        return true;
      }
      if (!event.has("record_time")) {
        return false;
      }
      Instant recorded = Instant.parse(event.get("record_time").getAsString());
      return (from == null || !recorded.isBefore(from)) && (to == null || recorded.isBefore(to));
    }

    private static void write(OutputStream out, ByteBuffer line) throws IOException {
      byte[] bytes = new byte[line.remaining()];
      line.get(bytes);
      out.write(bytes);
    }
  }
}
