package com.gyroscops.payments.write.api;

import static com.gyroscops.payments.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.platform.journal.Expectation;
import com.gyroscops.payments.platform.journal.JournalVerifier;
import com.gyroscops.payments.platform.journal.Verification;
import com.gyroscops.payments.platform.journal.Verification.History;
import com.gyroscops.payments.stack.process.Metrics;
import com.gyroscops.payments.write.eventstore.postgres.TestDatabase;
import com.zaxxer.hikari.HikariDataSource;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The journal of real servers on a real database. */
class JournalServerTest {

  private static final Duration AWAIT_MAX = Duration.ofMinutes(1);

  @TempDir Path folder;

  private final HikariDataSource pool = TestDatabase.open();

  @AfterEach
  void close() {
    pool.close();
  }

  private TestServer server(String name, Map<String, Object> more) {
    Map<String, Object> settings = new java.util.HashMap<>(more);
    settings.putIfAbsent("payments.journal.folder", folder.resolve("journal").toString());
    settings.put("payments.instance-id", name);
    return new TestServer(pool.getJdbcUrl(), settings);
  }

  private static double figure(TestServer of, String name) throws Exception {
    return Metrics.read(of.httpPort()).max(name).orElseThrow();
  }

  private static void await(Callable<Boolean> condition) {
    eventually("in time", AWAIT_MAX, condition);
  }

  private Verification verify() throws Exception {
    return new JournalVerifier(folder.resolve("journal"), Expectation.NONE, _ -> {}).verify(1);
  }

  private static String readiness(TestServer of) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client
          .send(
              HttpRequest.newBuilder(
                      URI.create("http://127.0.0.1:" + of.httpPort() + "/health/readiness"))
                  .build(),
              BodyHandlers.ofString())
          .body();
    }
  }

  @Test
  void oneOfTwoServersKeepsItAndTheOtherTakesOver() throws Exception {
    try (TestServer two = serverAfter(10)) {
      await(() -> figure(two, "payments_journal_owner") == 1);
      Requests.createPayments(two, 1);
      await(() -> figure(two, "payments_journal_position") == 11);
      Verification verified = verify();
      assertThat(verified.fault()).isNull();
      assertThat(verified.lastPosition()).isEqualTo(11);
      await(() -> figure(two, "payments_journal_events_behind") == 0);
      assertThat(figure(two, "payments_journal_fsync_seconds_count")).isPositive();
      assertThat(readiness(two)).contains("\"keeping\"", verified.lastHash());

      // The log goes on in another history, which holds all of it.
      beginHistory();
      Requests.createPayments(two, 1);
      await(() -> figure(two, "payments_journal_position") == 12);
      Verification later = verify();
      assertThat(later.fault()).isNull();
      assertThat(later.origin()).isEqualTo(verified.origin());
      assertThat(later.histories())
          .hasSize(2)
          .startsWith(new History(verified.epoch(), 1))
          .extracting(History::firstPosition)
          .containsExactly(1L, 12L);
    }
  }

  private void beginHistory() throws SQLException {
    try (Connection connection = pool.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("select new_epoch()");
    }
  }

  /** A second server, after a first one has kept the journal of so many events, and ended. */
  private TestServer serverAfter(int events) throws Exception {
    TestServer two;
    try (TestServer one = server("one", Map.of())) {
      await(() -> figure(one, "payments_journal_owner") == 1);
      two = server("two", Map.of());
      for (int i = 0; i < events; i++) {
        Requests.createPayments(i % 2 == 0 ? one : two, 1);
      }
      await(() -> figure(one, "payments_journal_position") == events);
      // By what the keeper says in the database.
      await(() -> figure(two, "payments_journal_position") == events);
      assertThat(figure(two, "payments_journal_owner")).isZero();
    }
    return two;
  }

  @Test
  void whereItIsRequiredCommandsAreRefusedWhileItIsTooFarBehind() throws Exception {
    Path blocked = folder.resolve("journal");
    Files.writeString(blocked, "a file where the folder should be");
    try (TestServer server =
        server(
            "one",
            Map.of("payments.journal.required", true, "payments.journal.behind-events-max", 5))) {
      await(() -> figure(server, "payments_journal_stopped") == 1);
      assertThat(readiness(server)).contains("\"stopped\"");
      @Nullable StatusRuntimeException refused = null;
      int accepted = 0;
      while (refused == null && accepted < 100) {
        refused =
            catchThrowableOfType(
                StatusRuntimeException.class, () -> Requests.createPayments(server, 1));
        accepted += refused == null ? 1 : 0;
      }
      assertThat(accepted).isEqualTo(6);
      ApiError error = ApiError.from(Objects.requireNonNull(refused)).orElseThrow();
      assertThat(error.code()).isEqualTo(Code.UNAVAILABLE);
      assertThat(error.reason()).isEqualTo("JOURNAL_UNAVAILABLE");
      assertThat(error.retryAfter()).isNotNull();

      Files.delete(blocked);
      await(() -> figure(server, "payments_journal_position") == 6);
      Requests.createPayments(server, 1);
      await(() -> verify().lastPosition() == 7);
      assertThat(verify().fault()).isNull();
    }
  }

  @Test
  void whereItIsNotRequiredCommandsGoOn() throws Exception {
    Files.writeString(folder.resolve("journal"), "a file where the folder should be");
    try (TestServer server = server("one", Map.of("payments.journal.behind-events-max", 5))) {
      await(() -> figure(server, "payments_journal_stopped") == 1);
      for (int i = 0; i < 20; i++) {
        Requests.createPayments(server, 1);
      }
      assertThat(figure(server, "payments_journal_events_behind")).isEqualTo(20);
    }
  }

  @Test
  void requiringAJournalThatThereIsNotRefusesTheStart() {
    assertThatThrownBy(() ->
            server("one", Map.of("payments.journal.required", true, "payments.journal.folder", ""))
                .close())
        .hasStackTraceContaining("JOURNAL_REQUIRED needs a JOURNAL_FOLDER");
  }

  @Test
  void aServerThatIsGivenNoFolderKeepsNone() throws Exception {
    try (TestServer server = new TestServer(pool.getJdbcUrl(), Map.of())) {
      assertThat(readiness(server)).contains("\"none\"");
      Requests.createPayments(server, 1);
    }
  }
}
