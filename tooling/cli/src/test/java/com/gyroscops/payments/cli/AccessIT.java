package com.gyroscops.payments.cli;

import static com.gyroscops.payments.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.platform.access.ApiKey;
import com.gyroscops.payments.platform.access.KeyList;
import com.gyroscops.payments.v1.PaymentEvent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * A stack whose servers ask who calls: callers, the command line, what executes later and
 * read-servers among themselves each come with an API key, and one that is revoked is refused.
 */
final class AccessIT {

  private static final Duration REVOKED_MAX = Duration.ofMinutes(1);
  private static final Duration READ_MAX = Duration.ofMinutes(2);

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  Path folder;

  private final ApiKey demo = ApiKey.generate("demo");
  private final ApiKey feed = ApiKey.generate("read-server");

  private static KeyList.Entry entry(ApiKey key, String... grants) {
    return new KeyList.Entry(key.id(), key.hash(), Instant.MAX, List.of(grants));
  }

  private Path keys(KeyList.Entry... entries) throws Exception {
    Path draft = folder.resolve("api-keys.draft");
    Files.write(draft, new KeyList(List.of(entries)).lines());
    Files.setPosixFilePermissions(draft, PosixFilePermissions.fromString("rw-------"));
    return Files.move(
        draft,
        folder.resolve("api-keys"),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }

  private Map<String, String> environment(Path keys) {
    Map<String, String> environment = new HashMap<>();
    environment.put("AUTH", "required");
    environment.put("API_KEYS_FILE", keys.toString());
    environment.put("FEED_API_KEY", feed.text());
    environment.put("PAYMENTS_API_KEY", demo.text());
    return environment;
  }

  @Test
  void who_has_a_key_is_served_in_its_name_and_who_has_none_is_not() throws Exception {
    KeyList.Entry ofFeed = entry(feed, "-:feed");
    Path keys =
        keys(
            ofFeed,
            entry(
                demo,
                "*:payments.write",
                "*:payments.refund",
                "*:personal.read",
                "*:statistics.read",
                "-:statistics.read",
                "-:imports"));
    CliStack stranger = new CliStack(folder.resolve("data"));
    try (CliStack stack = new CliStack(folder.resolve("data"), environment(keys))) {
      stack.up("--without", "search,memory").succeeded();
      stack.run("demo").succeeded();
      Path commands = CliStack.smallInput().commands();
      // Some of its rows are rejected, as they must be.
      assertThat(stack.run("import", commands.toString()).exitCode()).isIn(0, 1);
      assertThat(stack.ready().exitCode()).isZero();

      assertThat(actors(stack)).containsExactly("key:demo");
      eventually(
          "the read model has what is personal, which the feed brought",
          READ_MAX,
          () -> paymentsOfUsers(stack) > 0);
      assertThat(stranger.run("demo").err()).contains("CREDENTIAL_MISSING");

      keys(ofFeed);
      eventually(
          "the key that was revoked is refused",
          REVOKED_MAX,
          () -> stack.run("demo").err().contains("CREDENTIAL_INVALID"));
      assertThat(stack.ready().exitCode()).isZero();
      assertThat(Files.readString(log(stack))).contains("\"reason\":\"CREDENTIAL_INVALID\"");
    }
  }

  /** Whoever an event of the log names, what was imported included. */
  private static List<String> actors(CliStack stack) throws Exception {
    try (Connection connection = stack.database("payments_write");
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("select payload from events")) {
      Stream.Builder<String> actors = Stream.builder();
      while (row.next()) {
        actors.add(PaymentEvent.parseFrom(row.getBytes(1)).getActor());
      }
      return actors.build().distinct().toList();
    }
  }

  private static long paymentsOfUsers(CliStack stack) throws Exception {
    try (Connection connection = stack.database("payments_read");
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery("select count(*) from payments where user_id <> ''")) {
      row.next();
      return row.getLong(1);
    }
  }

  private static Path log(CliStack stack) {
    return stack.dataDirectory().resolve("logs/write-server-0.log");
  }
}
