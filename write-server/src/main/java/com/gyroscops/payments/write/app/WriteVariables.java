package com.gyroscops.payments.write.app;

import static com.gyroscops.payments.platform.config.Variable.optional;

import com.gyroscops.payments.platform.access.AccessVariables;
import com.gyroscops.payments.platform.config.Rule;
import com.gyroscops.payments.platform.config.Variable;
import com.gyroscops.payments.platform.config.Variables;
import com.gyroscops.payments.platform.temporal.TemporalVariables;
import com.gyroscops.payments.write.command.SharedSources;
import com.gyroscops.payments.write.writethrough.WriteRules;
import com.gyroscops.payments.write.writethrough.WriteRules.Setting;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What the write-server reads from its environment. */
public final class WriteVariables {

  /** More would be more than a database lets in. */
  private static final int CONNECTIONS_MAX = 100;

  private static final int QUEUE_MAX = 1_000_000;

  /** Smaller ones would be used up within seconds; larger ones no longer fit on some disks. */
  private static final int PARTITION_EVENTS_MIN = 100_000;

  private static final int PARTITION_EVENTS_MAX = 1_000_000_000;
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");
  private static final Pattern ANY = Pattern.compile(".*");

  private static final Setting AROUND = new Setting("", "WRITE_AROUND");
  private static final Setting NO_SOURCES = new Setting("", "none");
  private static final Setting NO_RULES = new Setting("", "");

  private static final Rule RULES =
      new Rule.Parsed(
          "rules, as operations.md explains them",
          (name, value) -> {
            var _ = WriteRules.parse(AROUND, NO_SOURCES, new Setting(name, value));
          });

  private static final Rule SOURCES =
      new Rule.Parsed(
          "of " + String.join(", ", SharedSources.NAMES) + ", separated by commas; or none",
          (name, value) -> {
            var _ = WriteRules.parse(AROUND, new Setting(name, value), NO_RULES);
          });

  private WriteVariables() {}

  /** All of them. */
  public static Variables all() {
    return new Variables(
        Stream.of(
                own(),
                AccessVariables.all(),
                TemporalVariables.all(
                    "no submissions, settlements, imports", "works on what is submitted"))
            .flatMap(List::stream)
            .toList());
  }

  private static List<Variable> own() {
    return List.of(
        optional(
            "GRPC_HOST", "payments.host", "0.0.0.0", new Rule.Interface(), "where the ports are"),
        optional("GRPC_PORT", "payments.grpc-port", "50051", new Rule.Port(), "the public service"),
        optional(
            "INTERNAL_GRPC_PORT",
            "payments.internal-grpc-port",
            "50061",
            new Rule.Port(),
            "the event feed, every organization's data: keep it inside"),
        optional(
            "HTTP_PORT", "micronaut.server.port", "8081", new Rule.Port(), "health and metrics"),
        optional(
            "INSTANCE_ID",
            "payments.instance-id",
            "write-${random.shortuuid}",
            new Rule.Text("1 to 64 of A-Z a-z 0-9 . _ -", NAME),
            "unique name of the replica"),
        optional(
            "DRAIN_NOTICE",
            "payments.drain-notice",
            "1s",
            new Rule.Span(Duration.ZERO, Duration.ofMinutes(5)),
            "how long NOT_SERVING is said before calls end"),
        optional(
            "WRITE_DATABASE_URL",
            "datasources.default.url",
            "jdbc:postgresql://127.0.0.1:5432/payments_write",
            new Rule.DatabaseUrl(),
            "the write database; of several servers the primary (operations.md: Failover)"),
        optional(
            "WRITE_DATABASE_USER",
            "datasources.default.username",
            "postgres",
            new Rule.Text("a role", ANY),
            "its owner"),
        optional(
            "WRITE_DATABASE_PASSWORD",
            "datasources.default.password",
            "",
            new Rule.Secret(0),
            "the role's password"),
        optional(
            "WRITE_DATABASE_READS_MAX",
            "datasources.reads.maximum-pool-size",
            "6",
            new Rule.Whole(1, CONNECTIONS_MAX),
            "connections for subscribers and look-ups, beside the 7 for commands"),
        optional(
            "WRITE_DATABASE_SUBMISSIONS_MAX",
            "datasources.submissions.maximum-pool-size",
            "8",
            new Rule.Whole(1, CONNECTIONS_MAX),
            "connections for submissions, settlements and imports"),
        optional(
            "REQUEST_RETENTION",
            "payments.request-retention",
            "30d",
            new Rule.Span(Duration.ofSeconds(1), Duration.ofDays(3_650)),
            "how long outcomes of requests are kept at least"),
        optional(
            "EVENT_PARTITION_EVENTS",
            "payments.partition-events",
            "10000000",
            new Rule.Whole(PARTITION_EVENTS_MIN, PARTITION_EVENTS_MAX),
            "size of the log's partitions that are made from now on; those that are there keep"
                + " theirs"),
        // About half a second\'s work, so that nobody waits long for a lost cause.
        optional(
            "QUEUE_COMMANDS_MAX",
            "payments.queue-commands-max",
            "8192",
            new Rule.Whole(1, QUEUE_MAX),
            "commands that wait before callers are told RESOURCE_EXHAUSTED"),
        optional(
            "WRITE_STRATEGY_DEFAULT",
            "payments.write-rules.default-strategy",
            "WRITE_AROUND",
            new Rule.OneOf(List.of("WRITE_AROUND", "WRITE_THROUGH", "WRITE_BEHIND")),
            "strategy of commands that name none; WRITE_BEHIND is of unary commands"),
        optional(
            "WRITE_RULES",
            "payments.write-rules.rules",
            "",
            RULES,
            "what WRITE_THROUGH waits for where the command does not say"),
        optional(
            "WRITE_THROUGH_SOURCES",
            "payments.write-rules.sources",
            "sql",
            SOURCES,
            "likewise where no rule matches"),
        optional(
            "WRITE_THROUGH_WAIT_MAX",
            "payments.write-rules.wait-max",
            "2s",
            new Rule.Span(Duration.ZERO, Duration.ofMinutes(5)),
            "longest wait for sources after a command's commit"),
        // As many as 16 streams may have under way.
        optional(
            "WRITE_THROUGH_WAITS_MAX",
            "payments.write-rules.waits-max",
            "16384",
            new Rule.Whole(0, Integer.MAX_VALUE),
            "commands that wait for sources; more are answered at once, with UNKNOWN"),
        optional(
            "JOURNAL_FOLDER",
            "payments.journal.folder",
            "",
            new Rule.Text("a folder", ANY),
            "the audit journal; none: this server keeps none. Servers may share one, or have"
                + " one each"),
        optional(
            "JOURNAL_SEGMENT_BYTES",
            "payments.journal.segment-bytes",
            "67108864",
            new Rule.Whole(4 * 1_024, 1_024 * 1_024 * 1_024),
            "bytes at which a file of it ends"),
        optional(
            "JOURNAL_REQUIRED",
            "payments.journal.required",
            "false",
            new Rule.Flag(),
            "whether commands are refused while it is too far behind; alike on all"
                + " write-servers"),
        // More than comes within the second after which servers know how far another\'s journal is.
        optional(
            "JOURNAL_BEHIND_EVENTS_MAX",
            "payments.journal.behind-events-max",
            "50000",
            new Rule.Whole(1, Long.MAX_VALUE),
            "by how many events that is; of another server's journal it is known how far it"
                + " was a second ago"));
  }
}
