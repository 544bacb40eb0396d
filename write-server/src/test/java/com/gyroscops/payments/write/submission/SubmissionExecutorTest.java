package com.gyroscops.payments.write.submission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.gyroscops.payments.platform.page.PageKey;
import com.gyroscops.payments.testing.Seed;
import com.gyroscops.payments.v1.Amount;
import com.gyroscops.payments.v1.Command;
import com.gyroscops.payments.v1.CommandContext;
import com.gyroscops.payments.v1.CommandState;
import com.gyroscops.payments.v1.CreatePaymentRequest;
import com.gyroscops.payments.write.command.Batchers;
import com.gyroscops.payments.write.command.CommandBatcher;
import com.gyroscops.payments.write.command.CommandErrors;
import com.gyroscops.payments.write.command.CommandHandler;
import com.gyroscops.payments.write.command.CommandOutcome;
import com.gyroscops.payments.write.command.CommandReader;
import com.gyroscops.payments.write.command.CommandReader.Reading;
import com.gyroscops.payments.write.eventstore.EventStore;
import com.gyroscops.payments.write.eventstore.Keys;
import com.gyroscops.payments.write.eventstore.postgres.PostgresEventStore;
import com.gyroscops.payments.write.eventstore.postgres.TestDatabase;
import com.gyroscops.payments.write.submission.Submissions.Submitted;
import com.gyroscops.payments.write.submission.postgres.PostgresSubmissions;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a workflow does, on a real database, in orders that no workflow engine would choose. */
class SubmissionExecutorTest {

  private static final Duration HOUR = Duration.ofHours(1);

  private HikariDataSource pool;
  private EventStore store;
  private PostgresSubmissions rows;
  private CommandBatcher batcher;
  private CommandReader reader;
  private Submissions submissions;

  @BeforeEach
  void start() {
    pool = TestDatabase.open();
    store = new PostgresEventStore(pool, "test");
    rows = new PostgresSubmissions(pool);
    batcher = Batchers.on(store, 8_192);
    reader = new CommandReader(Clock.systemUTC(), () -> "", () -> "");
    submissions = new Submissions(store, rows, _ -> {}, launcher(List.of()));
  }

  @AfterEach
  void stop() {
    batcher.close();
    pool.close();
  }

  private static WorkflowLauncher launcher(List<WorkflowLauncher.Accepted> accepted) {
    return new WorkflowLauncher(true, accepted, Runnable::run);
  }

  private SubmissionExecutor executor(CommandHandler commands) {
    return new SubmissionExecutor(store, rows, reader, commands);
  }

  private static Command create(String id, long minorUnits, long expectedVersion) {
    return Command.newBuilder()
        .setCreate(
            CreatePaymentRequest.newBuilder()
                .setContext(
                    CommandContext.newBuilder()
                        .setRequestId("r-" + id)
                        .setExpectedVersion(expectedVersion))
                .setOrganizationId("acme")
                .setPaymentId(id)
                .setAmount(Amount.newBuilder().setMinorUnits(minorUnits).setCurrencyCode("EUR")))
        .build();
  }

  private Submission.Reference submit(String id) {
    return submit(id, HOUR);
  }

  private Submission.Reference submit(String id, Duration timeout) {
    Command command = create(id, 100, 0);
    var read = (Reading.WellFormed) reader.read(command);
    assertThat(submissions.submit(command, read.command(), "somebody", timeout))
        .isInstanceOf(Submitted.Accepted.class);
    return new Submission.Reference("acme", "r-" + id, timeout);
  }

  private CommandState state(String id) {
    return submissions.status("acme", "r-" + id).state();
  }

  @Test
  void isPendingThenRunningThenSucceededOnce() {
    Submission.Reference one = submit("p");
    assertThat(state("p")).isEqualTo(CommandState.COMMAND_STATE_PENDING);
    rows.take(Keys.request("acme", "r-p"));
    assertThat(state("p")).isEqualTo(CommandState.COMMAND_STATE_RUNNING);

    SubmissionExecutor executor = executor(batcher);
    executor.execute(one);
    executor.execute(one);

    assertThat(state("p")).isEqualTo(CommandState.COMMAND_STATE_SUCCEEDED);
    assertThat(store.head().position()).isEqualTo(1);
    assertThat(rows.backlog(10).open()).isZero();
  }

  @Test
  void whatIsOpenTellsWhoseItIs() {
    submit("p");
    assertThat(submissions.status("acme", "r-p").open())
        .hasValueSatisfying(open -> {
          assertThat(open.owner()).isEqualTo("acme");
          assertThat(open.actor()).isEqualTo("somebody");
        });
  }

  private List<String> listed(CommandState state) {
    return submissions.list("acme", List.of(state.getNumber()), PageKey.START, 10).stream()
        .map(found -> found.element().getRequestId())
        .toList();
  }

  @Test
  void whatHasAnOutcomeIsNotListedThoughItsRowIsStillThere() {
    submit("p");
    submit("q");
    rows.take(Keys.request("acme", "r-q"));
    assertThat(listed(CommandState.COMMAND_STATE_PENDING)).containsExactly("r-p");
    assertThat(listed(CommandState.COMMAND_STATE_RUNNING)).containsExactly("r-q");
    UUID key = Keys.request("acme", "r-p");
    store.close(key, key, CommandErrors.cancelled().toMessage());
    assertThat(rows.find(key)).isPresent();
    assertThat(listed(CommandState.COMMAND_STATE_PENDING)).isEmpty();
  }

  @Test
  void aRejectionIsAnOutcome() {
    executor(batcher).execute(submit("p"));
    Command again = create("p", 100, 0);
    Command other =
        again.toBuilder()
            .setCreate(
                again.getCreate().toBuilder()
                    .setContext(CommandContext.newBuilder().setRequestId("r-other")))
            .build();
    var read = (Reading.WellFormed) reader.read(other);
    submissions.submit(other, read.command(), "", HOUR);
    executor(batcher).execute(new Submission.Reference("acme", "r-other", HOUR));

    assertThat(state("other")).isEqualTo(CommandState.COMMAND_STATE_REJECTED);
    assertThat(submissions.status("acme", "r-other").outcome().orElseThrow())
        .isInstanceOfSatisfying(
            CommandOutcome.Refused.class,
            refused -> assertThat(refused.error().reason()).isEqualTo("PAYMENT_EXISTS"));
  }

  @Test
  void whatPassesIsTriedAgainAndNothingIsStored() {
    Submission.Reference one = submit("p");
    SubmissionExecutor full =
        executor(_ -> CompletableFuture.completedFuture(CommandBatcher.QUEUE_FULL));
    assertThatThrownBy(() -> full.execute(one)).isInstanceOf(RetryLaterException.class);
    assertThat(state("p")).isEqualTo(CommandState.COMMAND_STATE_RUNNING);

    executor(batcher).execute(one);
    assertThat(state("p")).isEqualTo(CommandState.COMMAND_STATE_SUCCEEDED);
  }

  @Test
  void whatIsCancelledCannotBeExecutedBySomebodyWhoIsAlreadyAtIt() {
    Submission.Reference one = submit("p");
    // An activity that has taken the submission up and then stands still until it is cancelled.
    SubmissionExecutor late =
        executor(command -> {
          assertThat(submissions.cancel("acme", "r-p").state())
              .isEqualTo(CommandState.COMMAND_STATE_CANCELLED);
          return batcher.handle(command);
        });
    late.execute(one);

    assertThat(state("p")).isEqualTo(CommandState.COMMAND_STATE_CANCELLED);
    assertThat(store.head().position()).isZero();
    assertThat(rows.backlog(10).open()).isZero();
  }

  @Test
  void whatHasEndedCannotBeCancelled() {
    executor(batcher).execute(submit("p"));
    assertThat(submissions.cancel("acme", "r-p").state())
        .isEqualTo(CommandState.COMMAND_STATE_SUCCEEDED);
    assertThat(submissions.cancel("acme", "r-nothing").state())
        .isEqualTo(CommandState.COMMAND_STATE_UNSPECIFIED);
  }

  @Test
  void timeRunsFromWhenItIsTakenUpAndThenItIsGivenUp() throws Exception {
    Submission.Reference one = submit("p", HOUR);
    passes(one, Duration.ofHours(2));
    SubmissionExecutor full =
        executor(_ -> CompletableFuture.completedFuture(CommandBatcher.QUEUE_FULL));
    assertThatThrownBy(() -> full.execute(one)).isInstanceOf(RetryLaterException.class);
    passes(one, Duration.ofMinutes(50));
    assertThatThrownBy(() -> full.execute(one)).isInstanceOf(RetryLaterException.class);
    assertThat(state("p")).isEqualTo(CommandState.COMMAND_STATE_RUNNING);
    passes(one, Duration.ofMinutes(11));

    executor(batcher).execute(one);
    executor(batcher).execute(one);

    assertThat(state("p")).isEqualTo(CommandState.COMMAND_STATE_FAILED);
    assertThat(store.head().position()).isZero();
    assertThat(rows.backlog(10).open()).isZero();
  }

  @Test
  void whatWaitedToBeTakenUpForLongerThanItsTimeIsExecuted() throws Exception {
    Submission.Reference one = submit("p", HOUR);
    passes(one, Duration.ofHours(2));

    executor(batcher).execute(one);

    assertThat(state("p")).isEqualTo(CommandState.COMMAND_STATE_SUCCEEDED);
  }

  /** Has a submission be that much older, by the clock that it is measured by. */
  private void passes(Submission.Reference submission, Duration time) throws SQLException {
    try (Connection connection = pool.getConnection();
        PreparedStatement statement =
            connection.prepareStatement(
                "update submissions set submitted_at = submitted_at - ? * interval '1 second',"
                    + " started_at = started_at - ? * interval '1 second' where request_id = ?")) {
      statement.setLong(1, time.toSeconds());
      statement.setLong(2, time.toSeconds());
      statement.setString(3, submission.requestId());
      statement.executeUpdate();
    }
  }

  @Test
  void aRowStaysUntilItsOutcomeIsStored() {
    Submission.Reference one = submit("p");
    UUID key = Keys.request(one.organizationId(), one.requestId());
    assertThat(rows.remove(key)).isFalse();
    assertThat(rows.find(key)).isPresent();
    store.close(key, key, CommandErrors.cancelled().toMessage());
    assertThat(rows.remove(key)).isTrue();
    assertThat(rows.remove(key)).isTrue();
  }

  @Test
  void theSameRequestIsAcceptedOnceAndAnotherOneUnderItsIdNever() {
    submit("p");
    Command same = create("p", 100, 0);
    Command other = create("p", 200, 0);
    var read = ((Reading.WellFormed) reader.read(same)).command();
    var readOther = ((Reading.WellFormed) reader.read(other)).command();

    assertThat(submissions.submit(same, read, "", HOUR))
        .isInstanceOfSatisfying(
            Submitted.Accepted.class, accepted -> assertThat(accepted.replayed()).isTrue());
    assertThat(submissions.submit(other, readOther, "", HOUR))
        .isEqualTo(new Submitted.Refused(CommandErrors.requestIdReused("r-p")));
    executor(batcher).execute(new Submission.Reference("acme", "r-p", HOUR));
    assertThat(submissions.submit(same, read, "", HOUR))
        .isInstanceOfSatisfying(
            Submitted.Accepted.class,
            accepted ->
                assertThat(accepted.status().state())
                    .isEqualTo(CommandState.COMMAND_STATE_SUCCEEDED));
    assertThat(submissions.submit(other, readOther, "", HOUR))
        .isEqualTo(new Submitted.Refused(CommandErrors.requestIdReused("r-p")));
  }

  @Test
  void whatIsDueIsNamedOnceUntilItIsDueAgain() {
    submit("p");
    submit("q");
    assertThat(rows.due(10, HOUR)).isEmpty();
    rows.keep(
        new Submission(
            Keys.request("acme", "r-now"),
            "acme",
            "r-now",
            UUID.randomUUID(),
            create("now", 1, 0),
            "",
            "",
            HOUR,
            Instant.EPOCH,
            null),
        Duration.ZERO);
    assertThat(rows.due(10, Duration.ZERO))
        .containsExactly(new Submission.Reference("acme", "r-now", HOUR));
    assertThat(rows.due(10, HOUR)).hasSize(1);
    assertThat(rows.due(10, HOUR)).isEmpty();
    assertThat(rows.backlog(2).open()).isEqualTo(2);
  }

  @Test
  void theSweepStartsWhatIsDueAndAsksForOneOnlyWhileTheEngineIsGone() {
    List<Integer> asked = new ArrayList<>();
    List<String> started = new ArrayList<>();
    boolean[] gone = {true};
    Runnable start =
        () -> {
          if (gone[0]) {
            throw new WorkflowsUnavailableException("gone", new IllegalStateException());
          }
          started.add("one");
        };
    WorkflowLauncher launcher =
        launcher(
            List.of((max, _) -> {
              asked.add(max);
              return started.size() < 2 ? List.of(start) : List.of();
            }));
    launcher.sweep();
    assertThat(launcher.isEngineReachable()).isFalse();
    launcher.launch(start);
    launcher.sweep();
    assertThat(started).isEmpty();
    gone[0] = false;
    launcher.sweep();
    assertThat(started).hasSize(2);
    assertThat(launcher.isEngineReachable()).isTrue();
    assertThat(asked)
        .containsExactly(
            WorkflowLauncher.TURN_MAX, 1, 1, WorkflowLauncher.TURN_MAX, WorkflowLauncher.TURN_MAX);
  }

  /**
   * The invariant: a submission has one outcome, whoever executes, cancels and gives up, at once
   * and more than once; an event if and only if that is success; and no row is left.
   */
  @Test
  void inAnyInterleavingThereIsOneOutcome() throws Exception {
    int count = 200;
    List<Callable<Void>> tasks = new ArrayList<>();
    SubmissionExecutor executor = executor(batcher);
    for (int i = 0; i < count; i++) {
      Submission.Reference one = submit("p" + i);
      for (int attempt = 0; attempt < 2; attempt++) {
        tasks.add(() -> {
          executor.execute(one);
          return null;
        });
      }
      tasks.add(() -> {
        submissions.cancel("acme", one.requestId());
        return null;
      });
      if (i % 2 == 0) {
        tasks.add(() -> {
          // One whose time has passed, unless it has ended.
          rows.take(Keys.request(one.organizationId(), one.requestId()));
          passes(one, HOUR);
          executor.execute(one);
          return null;
        });
      }
    }
    long seed = Seed.any();
    Collections.shuffle(tasks, new Random(seed));
    try (var threads = Executors.newFixedThreadPool(8)) {
      for (Future<Void> done : threads.invokeAll(tasks)) {
        done.get();
      }
    }
    int succeeded = 0;
    for (int i = 0; i < count; i++) {
      CommandState state = state("p" + i);
      assertThat(state)
          .as("submission %d, seed %d", i, seed)
          .isIn(
              CommandState.COMMAND_STATE_SUCCEEDED,
              CommandState.COMMAND_STATE_CANCELLED,
              CommandState.COMMAND_STATE_FAILED);
      succeeded += state == CommandState.COMMAND_STATE_SUCCEEDED ? 1 : 0;
    }
    assertThat(store.head().position()).isEqualTo(succeeded);
    assertThat(rows.backlog(count).open()).isZero();
  }
}
