package com.gyroscops.payments.write;

import static com.gyroscops.payments.contract.environment.Variable.optional;

import com.gyroscops.payments.contract.environment.Rule;
import com.gyroscops.payments.contract.environment.Variable;
import com.gyroscops.payments.contract.environment.Variables;
import com.gyroscops.payments.contract.temporal.TemporalVariables;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What the write-server reads from its environment; the defaults stand in its configuration. */
final class WriteVariables {

  /** More would be more than a database lets in. */
  private static final int CONNECTIONS_MAX = 100;

  private static final int QUEUE_MAX = 1_000_000;

  /** Smaller ones would be used up within seconds; larger ones no longer fit on some disks. */
  private static final int PARTITION_EVENTS_MIN = 100_000;

  private static final int PARTITION_EVENTS_MAX = 1_000_000_000;
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");
  private static final Pattern ANY = Pattern.compile(".*");

  private WriteVariables() {}

  static Variables all() {
    return Variables.of(
        WriteServer.class,
        "/application.yml",
        Stream.of(
                own(),
                TemporalVariables.all(
                    "no submissions, settlements, imports", "works on what is submitted"))
            .flatMap(List::stream)
            .toList());
  }

  private static List<Variable> own() {
    return List.of(
        optional("GRPC_HOST", new Rule.Interface(), "where the ports are"),
        optional("GRPC_PORT", new Rule.Port(), "the public service"),
        optional(
            "INTERNAL_GRPC_PORT",
            new Rule.Port(),
            "the event feed, every organization's data: keep it inside"),
        optional("HTTP_PORT", new Rule.Port(), "health and metrics"),
        optional(
            "INSTANCE_ID",
            new Rule.Text("1 to 64 of A-Z a-z 0-9 . _ -", NAME),
            "unique name of the replica"),
        optional(
            "DRAIN_NOTICE",
            new Rule.Span(Duration.ZERO, Duration.ofMinutes(5)),
            "how long NOT_SERVING is said before calls end"),
        optional(
            "WRITE_DATABASE_URL",
            new Rule.DatabaseUrl(),
            "the write database; of several servers the primary (operations.md: Failover)"),
        optional("WRITE_DATABASE_USER", new Rule.Text("a role", ANY), "its owner"),
        optional("WRITE_DATABASE_PASSWORD", new Rule.Secret(0), "the role's password"),
        optional(
            "WRITE_DATABASE_READS_MAX",
            new Rule.Whole(1, CONNECTIONS_MAX),
            "connections for subscribers and look-ups, beside the 7 for commands"),
        optional(
            "WRITE_DATABASE_SUBMISSIONS_MAX",
            new Rule.Whole(1, CONNECTIONS_MAX),
            "connections for submissions, settlements and imports"),
        optional(
            "REQUEST_RETENTION",
            new Rule.Span(Duration.ofSeconds(1), Duration.ofDays(3_650)),
            "how long outcomes of requests are kept at least"),
        optional(
            "EVENT_PARTITION_EVENTS",
            new Rule.Whole(PARTITION_EVENTS_MIN, PARTITION_EVENTS_MAX),
            "size of the log's partitions that are made from now on; those that are there keep"
                + " theirs"),
        optional(
            "QUEUE_COMMANDS_MAX",
            new Rule.Whole(1, QUEUE_MAX),
            "commands that wait before callers are told RESOURCE_EXHAUSTED"),
        optional(
            "WRITE_STRATEGY_DEFAULT",
            new Rule.OneOf(List.of("WRITE_AROUND", "WRITE_THROUGH", "WRITE_BEHIND")),
            "strategy of commands that name none; WRITE_BEHIND is of unary commands"),
        optional(
            "WRITE_RULES",
            new Rule.Text("rules, as operations.md explains them", ANY),
            "what WRITE_THROUGH waits for where the command does not say"),
        optional(
            "WRITE_THROUGH_SOURCES",
            new Rule.Text("of sql, redis, search, separated by commas; or none", ANY),
            "likewise where no rule matches"),
        optional(
            "WRITE_THROUGH_WAIT_MAX",
            new Rule.Span(Duration.ZERO, Duration.ofMinutes(5)),
            "longest wait for sources after a command's commit"),
        optional(
            "WRITE_THROUGH_WAITS_MAX",
            new Rule.Whole(0, Integer.MAX_VALUE),
            "commands that wait for sources; more are answered at once, with UNKNOWN"),
        optional(
            "JOURNAL_FOLDER",
            new Rule.Text("a folder", ANY),
            "the audit journal; none: this server keeps none. Servers may share one, or have"
                + " one each"),
        optional(
            "JOURNAL_SEGMENT_BYTES",
            new Rule.Whole(4 * 1_024, 1_024 * 1_024 * 1_024),
            "bytes at which a file of it ends"),
        optional(
            "JOURNAL_REQUIRED",
            new Rule.Flag(),
            "whether commands are refused while it is too far behind; alike on all"
                + " write-servers"),
        optional(
            "JOURNAL_BEHIND_EVENTS_MAX",
            new Rule.Whole(1, Long.MAX_VALUE),
            "by how many events that is; of another server's journal it is known how far it"
                + " was a second ago"));
  }
}
