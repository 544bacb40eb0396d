package com.gyroscops.payments.cli;

import static com.gyroscops.payments.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.gyroscops.payments.cli.client.Clients;
import com.gyroscops.payments.stack.process.Processes;
import com.gyroscops.payments.testing.Seed;
import com.gyroscops.payments.v1.Amount;
import com.gyroscops.payments.v1.Command;
import com.gyroscops.payments.v1.CommandContext;
import com.gyroscops.payments.v1.CommandServiceGrpc;
import com.gyroscops.payments.v1.CommandState;
import com.gyroscops.payments.v1.CreatePaymentRequest;
import com.gyroscops.payments.v1.ProcessPaymentRequest;
import com.gyroscops.payments.v1.SubmitCommandRequest;
import com.gyroscops.payments.v1.WaitCommandRequest;
import com.gyroscops.payments.v1.WaitCommandResponse;
import io.grpc.ManagedChannel;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What was submitted ends exactly once, succeeded or rejected as it must, and settlements settled
 * or cancelled, while the write-servers and Temporal, which keeps nothing, are killed at any
 * moment. Each victim gets half of the rounds that the system property {@code payments.kill.rounds}
 * says, one stack each.
 */
@Order(Order.DEFAULT + 2)
final class SubmissionsIT {

  private static final int SUBMISSIONS = 500;
  private static final int EXISTING = 200;
  private static final int CLIENTS = 8;

  /** From before the first submission to when most have ended. */
  private static final int KILL_WITHIN_MILLIS = 5_000;

  /** Longest that a submission may take to end, lost workflows included. */
  static final Duration END_MAX = Duration.ofMinutes(5);

  private static final Set<Code> TRY_AGAIN =
      Set.of(Code.UNAVAILABLE, Code.DEADLINE_EXCEEDED, Code.RESOURCE_EXHAUSTED);

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  Path folder;

  static Stream<String> rounds() {
    int rounds = (Integer.getInteger("payments.kill.rounds", 2) + 1) / 2;
    return Stream.of("write-server", "temporal")
        .flatMap(victim -> IntStream.rangeClosed(1, rounds).mapToObj(n -> victim + " " + n));
  }

  /** A submission and how it must end. */
  private record Expected(String requestId, Command command, CommandState end) {}

  @ParameterizedTest
  @MethodSource("rounds")
  void whoever_is_killed_every_submission_and_settlement_ends_exactly_once(String round)
      throws Exception {
    Random random = new Random(Seed.any());
    try (CliStack stack = new CliStack(folder.resolve("data"))) {
      stack.up("--write-servers", "2", "--without", "search,memory").succeeded();
      List<ManagedChannel> servers =
          List.of(
              Clients.failingFast(stack.writeTarget(0)), Clients.failingFast(stack.writeTarget(1)));
      try (ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
          CancelledSettlements settlements = new CancelledSettlements(servers)) {
        for (int i = 0; i < EXISTING; i++) {
          String payment = "existing-" + i;
          call(servers, stub -> stub.createPayment(create("setup-" + payment, payment)));
        }
        List<Expected> expected = expected();
        Collections.shuffle(expected, random);
        String kind = round.substring(0, round.indexOf(' '));
        String victim = kind.equals("write-server") ? kind + "-" + random.nextInt(2) : kind;
        ProcessHandle process = stack.process(victim);
        int delayMillis = random.nextInt(KILL_WITHIN_MILLIS);
        System.out.printf("round %s: kill %s after %d ms%n", round, victim, delayMillis);

        Future<Void> killer =
            clients.submit(() -> {
              Thread.sleep(delayMillis);
              assertThat(process.destroyForcibly()).isTrue();
              assertThat(Processes.awaitEnd(List.of(process), Duration.ofMinutes(1))).isTrue();
              stack.up().succeeded();
              return null;
            });
        settlements.begin(random);
        List<Callable<CommandState>> submissions = new ArrayList<>();
        for (Expected each : expected) {
          submissions.add(() -> {
            SubmitCommandRequest request =
                SubmitCommandRequest.newBuilder().setCommand(each.command()).build();
            call(servers, stub -> stub.submitCommand(request));
            return await(servers, each.requestId());
          });
        }
        List<Future<CommandState>> ends = clients.invokeAll(submissions);
        killer.get();
        Map<CommandState, Integer> counts = new EnumMap<>(CommandState.class);
        for (int i = 0; i < ends.size(); i++) {
          assertThat(ends.get(i).get())
              .as(expected.get(i).requestId())
              .isEqualTo(expected.get(i).end());
          counts.merge(expected.get(i).end(), 1, Integer::sum);
        }
        System.out.println("  ended: " + counts);
        assertStored(
            stack, settlements, counts.getOrDefault(CommandState.COMMAND_STATE_SUCCEEDED, 0));
        System.out.println("  passed: every submission and settlement ended exactly once");
      } finally {
        servers.forEach(ManagedChannel::shutdownNow);
      }
    }
  }

  @Test
  void an_import_survives_the_loss_of_everything() throws Exception {
    try (CliStack stack = new CliStack(folder.resolve("data"))) {
      stack.up("--write-servers", "2", "--without", "search,memory").succeeded();
      CliStack.Input input = CliStack.input();
      Path commands = input.commands();
      var audit = new RetailAudit(stack, input);
      JsonObject uploaded =
          stack.run("import", "--async", commands.toString(), "--json").succeeded().json();
      String id = uploaded.get("import_id").getAsString();
      long unusable = uploaded.get("unusable").getAsLong();

      List<ProcessHandle> victims = new ArrayList<>();
      for (String victim : List.of("write-server-0", "write-server-1", "temporal")) {
        victims.add(stack.process(victim));
        assertThat(victims.getLast().destroyForcibly()).isTrue();
      }
      assertThat(Processes.awaitEnd(victims, Duration.ofMinutes(1))).isTrue();
      try (Connection connection = stack.database("payments_write");
          Statement statement = connection.createStatement()) {
        long left = number(statement, "select count(*) from import_chunks where rows is not null");
        System.out.println("killed with " + left + " chunks left");
      }
      stack.up().succeeded();

      JsonObject ended =
          stack
              .run("import", "status", commands.toString(), "--follow", "--json")
              .succeeded()
              .json();
      System.out.println("  ended: " + ended);
      assertThat(ended.get("import_id").getAsString()).isEqualTo(id);
      assertThat(ended.get("state").getAsString()).isEqualTo("COMPLETED");
      JsonObject counts = ended.deepCopy();
      counts.addProperty("rows", ended.get("rows").getAsLong() + unusable);
      counts.addProperty("rejected", ended.get("rejected").getAsLong() + unusable);
      audit.assertCounts(counts);
      audit.assertAllThereOnce(1);

      // Asked for once more, it is as it was.
      JsonObject again =
          stack.run("import", "--async", commands.toString(), "--json").succeeded().json();
      assertThat(again.get("state").getAsString()).isEqualTo("COMPLETED");
      assertThat(stack.run("import", "list", "--json").succeeded().json()).isEqualTo(ended);
      assertThat(stack.run("import", "cancel", id).exitCode()).isEqualTo(1);
      assertThat(stack.run("import", "status", "unknown").exitCode()).isEqualTo(1);
    }
  }

  private static List<Expected> expected() {
    List<Expected> all = new ArrayList<>();
    for (int i = 0; i < SUBMISSIONS; i++) {
      String request = "submitted-" + i;
      all.add(
          switch (i % 10) {
            case 0, 1, 2, 3 ->
                new Expected(
                    request,
                    Command.newBuilder().setCreate(create(request, "new-" + i)).build(),
                    CommandState.COMMAND_STATE_SUCCEEDED);
            case 4, 5, 6 ->
                new Expected(
                    request,
                    process(request, "existing-" + (i / 10 * 3 + i % 10 - 4)),
                    CommandState.COMMAND_STATE_SUCCEEDED);
            case 7, 8 ->
                new Expected(
                    request, process(request, "missing-" + i), CommandState.COMMAND_STATE_REJECTED);
            default ->
                new Expected(
                    request,
                    Command.newBuilder().setCreate(create(request, "existing-" + i / 10)).build(),
                    CommandState.COMMAND_STATE_REJECTED);
          });
    }
    return all;
  }

  private static CreatePaymentRequest create(String requestId, String paymentId) {
    return CreatePaymentRequest.newBuilder()
        .setContext(CommandContext.newBuilder().setRequestId(requestId))
        .setOrganizationId("acme")
        .setPaymentId(paymentId)
        .setAmount(Amount.newBuilder().setMinorUnits(500).setCurrencyCode("EUR"))
        .build();
  }

  private static Command process(String requestId, String paymentId) {
    return Command.newBuilder()
        .setProcess(
            ProcessPaymentRequest.newBuilder()
                .setContext(CommandContext.newBuilder().setRequestId(requestId))
                .setOrganizationId("acme")
                .setPaymentId(paymentId))
        .build();
  }

  private static CommandState await(List<ManagedChannel> servers, String requestId)
      throws InterruptedException {
    WaitCommandRequest request =
        WaitCommandRequest.newBuilder().setOrganizationId("acme").setRequestId(requestId).build();
    long deadline = System.nanoTime() + END_MAX.toNanos();
    while (System.nanoTime() < deadline) {
      WaitCommandResponse response = call(servers, stub -> stub.waitCommand(request));
      switch (response.getState()) {
        case COMMAND_STATE_PENDING, COMMAND_STATE_RUNNING -> {}
        default -> {
          return response.getState();
        }
      }
    }
    throw new AssertionError(requestId + " does not end");
  }

  /** Asks one server, then the other, until one answers. */
  static <T> T call(
      List<ManagedChannel> servers, Function<CommandServiceGrpc.CommandServiceBlockingStub, T> call)
      throws InterruptedException {
    long deadline = System.nanoTime() + END_MAX.toNanos();
    for (int i = Thread.currentThread().hashCode() & 1; ; i++) {
      try {
        return call.apply(
            CommandServiceGrpc.newBlockingStub(servers.get(i % servers.size()))
                .withDeadlineAfter(5, TimeUnit.SECONDS));
      } catch (StatusRuntimeException e) {
        if (!TRY_AGAIN.contains(e.getStatus().getCode()) || System.nanoTime() > deadline) {
          throw e;
        }
        Thread.sleep(50);
      }
    }
  }

  /**
   * No event too many, none twice, and nothing stays open: a row goes just after its outcome can be
   * seen, or, where its server was killed between the two, when its workflow is started again.
   */
  private static void assertStored(CliStack stack, CancelledSettlements settlements, int succeeded)
      throws Exception {
    try (Connection connection = stack.database("payments_write");
        Statement statement = connection.createStatement()) {
      eventually(
          "no submission stays",
          END_MAX,
          () -> number(statement, "select count(*) from submissions") == 0);
      int events = EXISTING + succeeded + settlements.assertEnded(statement);
      assertThat(number(statement, "select count(*) from events")).isEqualTo(events);
      assertThat(number(statement, "select position from outbox_head")).isEqualTo(events);
    }
  }

  private static long number(Statement statement, String query) throws Exception {
    try (ResultSet row = statement.executeQuery(query)) {
      row.next();
      return row.getLong(1);
    }
  }
}
