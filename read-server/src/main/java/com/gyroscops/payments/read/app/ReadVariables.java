package com.gyroscops.payments.read.app;

import static com.gyroscops.payments.platform.config.Variable.optional;
import static com.gyroscops.payments.platform.config.Variable.required;

import com.gyroscops.payments.platform.access.AccessVariables;
import com.gyroscops.payments.platform.config.Rule;
import com.gyroscops.payments.platform.config.Variable;
import com.gyroscops.payments.platform.config.Variables;
import com.gyroscops.payments.platform.temporal.TemporalVariables;
import com.gyroscops.payments.read.query.PageTokens;
import com.gyroscops.payments.read.routing.RoutingRules;
import com.gyroscops.payments.read.routing.RoutingRules.Setting;
import com.gyroscops.payments.read.source.redis.Holding;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What the read-server reads from its environment. */
public final class ReadVariables {

  /** Each is a channel of its own. */
  private static final int FEED_TARGETS_MAX = 100;

  private static final Pattern ANY = Pattern.compile(".*");

  private static final Rule SOURCES =
      new Rule.Parsed(
          "names of sources in order, separated by commas; equals by |",
          (name, value) -> {
            var _ = RoutingRules.parse(Map.of(), new Setting(name, value));
          });

  private static final Rule HELD =
      new Rule.Parsed(
          "all; or statuses and one age, as in processing,PT1H",
          (name, value) -> {
            var _ = Holding.parse(name, value, Duration.ofMinutes(1), Clock.systemUTC());
          });

  private ReadVariables() {}

  /** All of them. */
  public static Variables all() {
    return new Variables(
        Stream.of(
                own(),
                AccessVariables.all(),
                reports(),
                TemporalVariables.all("no reports", "writes reports"))
            .flatMap(List::stream)
            .toList());
  }

  private static List<Variable> own() {
    return List.of(
        optional(
            "GRPC_HOST",
            "grpc.server.host",
            "0.0.0.0",
            new Rule.Interface(),
            "where the ports are"),
        optional("GRPC_PORT", "grpc.server.port", "50052", new Rule.Port(), "the public service"),
        optional(
            "INTERNAL_GRPC_PORT",
            "read-server.internal-grpc-port",
            "50062",
            new Rule.Port(),
            "ReadAdminService: keep it inside"),
        optional(
            "HTTP_PORT", "micronaut.server.port", "8082", new Rule.Port(), "health and metrics"),
        optional(
            "INSTANCE_ID",
            "read-server.instance-id",
            "",
            new Rule.Text(
                "1 to 64 of A-Z a-z 0-9 . _ -; none: a random one",
                Pattern.compile("[A-Za-z0-9._-]{0,64}")),
            "unique name of the replica"),
        optional(
            "DRAIN_NOTICE",
            "read-server.drain-notice",
            "1s",
            new Rule.Span(Duration.ZERO, Duration.ofMinutes(5)),
            "how long NOT_SERVING is said before calls end"),
        required(
            "FEED_TARGETS",
            "read-server.feed-targets",
            new Rule.Servers(FEED_TARGETS_MAX),
            "internal ports of the write-servers"),
        optional(
            "FEED_API_KEY",
            "read-server.feed-api-key",
            "",
            new Rule.Secret(0),
            "what this server shows the write-servers: an API key with the grant `-:feed`; none:"
                + " nothing"),
        required(
            "PAGE_TOKEN_SECRET",
            "read-server.page-token-secret",
            new Rule.Secret(PageTokens.SECRET_BYTES_MIN),
            "key that page tokens are signed with; the same on all replicas"),
        optional(
            "CROSS_ORGANIZATION_QUERIES",
            "read-server.cross-organization-queries",
            "false",
            new Rule.Flag(),
            "whether statistics over all organizations (`-`) are allowed"),
        optional(
            "READ_DATABASE_URL",
            "datasources.read.url",
            "jdbc:postgresql://127.0.0.1:5432/payments_read",
            new Rule.DatabaseUrl(),
            "the SQL read model's own database; of several servers the primary (operations.md:"
                + " Failover)"),
        optional(
            "READ_DATABASE_USER",
            "datasources.read.username",
            "postgres",
            new Rule.Text("a role", ANY),
            "its owner"),
        optional(
            "READ_DATABASE_PASSWORD",
            "datasources.read.password",
            "",
            new Rule.Secret(0),
            "the role's password"),
        optional(
            "REDIS_URI",
            "redis.uri",
            "",
            new Rule.Url(List.of("redis", "rediss"), true),
            "Redis, one node, which need not be up; none: no redis source and no second level"
                + " of the cache"),
        optional(
            "REDIS_NAMESPACE",
            "read-server.redis.namespace",
            "payments",
            new Rule.Text("1 to 64 of A-Z a-z 0-9 . _ -", Pattern.compile("[A-Za-z0-9._-]{1,64}")),
            "start of the names of keys, where deployments share a Redis"),
        optional(
            "REDIS_LIFETIME",
            "read-server.redis.lifetime",
            "600s",
            new Rule.Span(Duration.ofSeconds(1), Duration.ofDays(30)),
            "how long the redis source holds a payment after its last change"),
        optional(
            "REDIS_HOLD",
            "read-server.redis.hold",
            "all",
            HELD,
            "payments that the redis source holds, as in `processing,PT1H`: those that are"
                + " processing or were created within the hour. The same on all replicas"),
        optional(
            "SEARCH_URL",
            "search.url",
            "",
            new Rule.Url(List.of("http", "https"), false),
            "OpenSearch or Elasticsearch; none: no search source"),
        optional(
            "SEARCH_USER",
            "search.user",
            "",
            new Rule.Text("a user", ANY),
            "none: no authentication"),
        optional(
            "SEARCH_PASSWORD", "search.password", "", new Rule.Secret(0), "the user's password"),
        optional(
            "SEARCH_INDEX_PREFIX",
            "search.index-prefix",
            "gyroscops",
            new Rule.Text(
                "1 to 64 of a-z 0-9 and -, the first no hyphen",
                Pattern.compile("[a-z0-9][a-z0-9-]{0,63}")),
            "start of the names of indices, where systems share an engine"),
        optional(
            "MEMORY_PAYMENTS_MAX",
            "memory.payments-max",
            "2000000",
            new Rule.Whole(0, Integer.MAX_VALUE),
            "payments that the memory source holds at most; 0: no memory source"),
        optional(
            "MEMORY_FOLDER",
            "memory.folder",
            "",
            new Rule.Text("a folder", ANY),
            "the memory source's index files; one for each replica; none: a temporary one"),
        optional(
            "CACHE_L1_BYTES_MAX",
            "cache.l1-bytes-max",
            "67108864",
            new Rule.Whole(0, Long.MAX_VALUE),
            "bytes of answers that the process keeps, as far as that can be told; 0: none."
                + " Answers shared by all replicas (L2) are kept in Redis where `REDIS_URI`"
                + " names one"),
        optional(
            "ROUTING_FIND",
            "routing.find",
            "memory|redis,sql",
            SOURCES,
            "sources to ask first for look-ups; others come last"),
        optional(
            "ROUTING_SEARCH",
            "routing.search",
            "memory,search,sql",
            SOURCES,
            "likewise for searches"),
        optional(
            "ROUTING_AGGREGATE",
            "routing.aggregate",
            "sql,memory",
            SOURCES,
            "likewise for statistics: the rollups of sql cost the same for any number of"
                + " payments"),
        optional(
            "ROUTING_ANALYZE",
            "routing.analyze",
            "memory,sql,search",
            SOURCES,
            "likewise for analytics; exact sources come before approximate ones in any case"),
        optional(
            "ROUTING_SUGGEST",
            "routing.suggest",
            "memory,search,sql",
            SOURCES,
            "likewise for suggestions"),
        optional(
            "ROUTING_CRITICAL",
            "routing.critical",
            "sql",
            SOURCES,
            "asked before all of these where a read is fully consistent"));
  }

  private static List<Variable> reports() {
    return List.of(
        optional(
            "REPORT_FOLDER",
            "read-server.reports.folder",
            "",
            new Rule.Text("a folder", ANY),
            "where reports are written, best one that all read-servers share; none: nowhere"),
        optional(
            "REPORT_BYTES_MAX",
            "read-server.reports.bytes-max",
            "1073741824",
            new Rule.Whole(1, Long.MAX_VALUE),
            "bytes of the largest report; at most 100,000 times REPORT_CHUNK_BYTES"),
        optional(
            "REPORT_CHUNK_BYTES",
            "read-server.reports.chunk-bytes",
            "4194304",
            new Rule.Whole(1_024, 64 * 1_024 * 1_024),
            "bytes from which on a chunk of a report ends"),
        optional(
            "REPORTS_OPEN_MAX",
            "read-server.reports.open-max",
            "5",
            new Rule.Whole(1, Integer.MAX_VALUE),
            "reports of one organization that have not ended"),
        optional(
            "REPORTS_RUNNING_MAX",
            "read-server.reports.running-max",
            "2",
            new Rule.Whole(1, Integer.MAX_VALUE),
            "reports that this server writes at once"),
        optional(
            "REPORT_TIME_MAX",
            "read-server.reports.time-max",
            "1h",
            new Rule.Span(Duration.ofSeconds(1), Duration.ofDays(365)),
            "how long a report is tried, from its first attempt on"),
        optional(
            "REPORT_RETENTION",
            "read-server.reports.retention",
            "7d",
            new Rule.Span(Duration.ofSeconds(1), Duration.ofDays(3_650)),
            "how long a report is kept once it has ended"),
        optional(
            "REPORT_DOWNLOADS_MAX",
            "read-server.reports.downloads-max",
            "64",
            new Rule.Whole(1, Integer.MAX_VALUE),
            "downloads from this server at once"));
  }
}
