package com.gyroscops.payments.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.cli.CliStack.Ran;
import com.gyroscops.payments.cli.CliStack.Running;
import com.gyroscops.payments.stack.process.Processes;
import com.gyroscops.payments.testing.Seed;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Nothing is lost and nothing happens twice when a process is killed at any moment of an import.
 * Two write-servers and two read-servers; each round on a new stack. The system property {@code
 * payments.kill.rounds} says how many rounds each victim gets, {@code payments.kill.victims} whose
 * they are; with one round Redis and OpenSearch get none, which {@link SourceFailuresIT} kills,
 * too.
 */
@Order(Order.DEFAULT + 7)
final class KillIT {

  /** From before the first command of an import to after the last one. */
  private static final int KILL_WITHIN_MILLIS = 4_000;

  /** Seconds; longer than what was killed takes to come back, on a slow machine. */
  private static final String GIVE_UP_AFTER = "300";

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  Path folder;

  static Stream<String> rounds() {
    int rounds = Integer.getInteger("payments.kill.rounds", 1);
    String chosen = System.getProperty("payments.kill.victims", "");
    Stream<String> always = Stream.of("write-server", "read-server", "postgresql");
    Stream<String> victims =
        !chosen.isEmpty()
            ? Stream.of(chosen.split(","))
            : rounds == 1 ? always : Stream.concat(always, Stream.of("redis", "opensearch"));
    return victims.flatMap(
        victim -> IntStream.rangeClosed(1, rounds).mapToObj(n -> victim + " " + n));
  }

  @ParameterizedTest
  @MethodSource("rounds")
  void whoever_is_killed_every_accepted_row_is_there_exactly_once(String round) throws Exception {
    CliStack.Input input = CliStack.input();
    Path commands = input.commands();
    long seed = Seed.any();
    Random random = new Random(seed);
    try (CliStack stack = new CliStack(folder.resolve("data"))) {
      var audit = new RetailAudit(stack, input);
      stack.up("--write-servers", "2", "--read-servers", "2", "--without", "temporal").succeeded();
      String kind = round.substring(0, round.indexOf(' '));
      String victim = kind.endsWith("-server") ? kind + "-" + random.nextInt(2) : kind;
      ProcessHandle process = stack.process(victim);
      int delayMillis = random.nextInt(KILL_WITHIN_MILLIS);
      System.out.printf("round %s: kill %s after %d ms%n", round, victim, delayMillis);

      Running first =
          stack.start("import", commands.toString(), "--json", "--give-up-after", GIVE_UP_AFTER);
      Thread.sleep(delayMillis);
      assertThat(process.destroyForcibly()).isTrue();
      assertThat(Processes.awaitEnd(List.of(process), Duration.ofMinutes(1))).isTrue();
      stack.up().succeeded();
      Ran interrupted = stack.end(first);
      System.out.println("  import meanwhile: " + interrupted.out().lines().toList().getLast());

      Ran second = stack.run("import", commands.toString(), "--json").succeeded();

      System.out.println("  import again: " + second.json());
      audit.assertCounts(second.json());
      audit.assertAllThereOnce(2);
      assertThat(interrupted.exitCode()).as(interrupted.err()).isZero();
      audit.assertCounts(interrupted.json());
      System.out.println("  passed: every accepted row is there once");
    }
  }
}
