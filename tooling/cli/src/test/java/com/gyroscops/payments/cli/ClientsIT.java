package com.gyroscops.payments.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.cli.ClientTools.Ended;
import com.gyroscops.payments.cli.cookbook.Answers;
import com.gyroscops.payments.cli.cookbook.Recipe;
import com.gyroscops.payments.stack.process.ServerJvm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the documentation shows to users of other languages and tools works as printed, against the
 * real servers of one stack: the cookbook, from an empty installation, then README and examples.
 *
 * <p>A command that was added to the cookbook gets its answer written below it by the system
 * property {@code payments.cookbook.write=true}.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class ClientsIT {

  private static final Path DOCS = ClientTools.NODE.resolve("../../docs").normalize();

  /** Longest that a question is asked again until the answer is the printed one. */
  private static final Duration SETTLE_MAX = Duration.ofSeconds(90);

  private static final Duration COMMAND_MAX = Duration.ofMinutes(2);
  private static final Duration EXAMPLE_MAX = Duration.ofMinutes(5);

  /** How long a stream is listened to at first that the page lets go on until it is stopped. */
  private static final Duration STREAM = Duration.ofSeconds(10);

  /** How much longer than at first, and than the page has it, streams are listened to at most. */
  private static final int PATIENCE_MAX = 8;

  private static final Pattern SECONDS = Pattern.compile("(?<!\\S)(-max-time|sleep) (\\d+)\\b");
  private static final Pattern ADDRESS = Pattern.compile("127\\.0\\.0\\.1:(\\d+)");

  private static final int NGINX_PORT = 50_050;
  private static final int WRITE_PORT = 50_051;
  private static final int READ_PORT = 50_052;

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private static Path folder;

  private static CliStack stack;

  @BeforeAll
  static void start() throws Exception {
    ClientTools.needNode();
    stack = new CliStack(folder.resolve("data"));
    stack.up().succeeded();
  }

  @AfterAll
  static void stop() throws Exception {
    if (stack != null) {
      stack.close();
    }
  }

  @Test
  @Order(1)
  void every_command_of_the_cookbook_is_answered_as_printed() throws Exception {
    Path file = DOCS.resolve("cookbook.md");
    String page = Files.readString(file);
    List<String> lines = new ArrayList<>(page.lines().toList());
    List<String> differences = new ArrayList<>();
    Answers answers = new Answers();
    int written = 0;
    for (Recipe recipe : Recipe.of(page)) {
      if (recipe.answer().isEmpty() && Boolean.getBoolean("payments.cookbook.write")) {
        List<String> answer = answers.printed(execute(answers, recipe, 1)).lines().toList();
        lines.addAll(recipe.answerLine() - 1 + written, answer);
        written += answer.size();
      } else {
        difference(answers, recipe)
            .ifPresent(difference -> differences.add("line " + recipe.line() + ": " + difference));
      }
    }
    if (written > 0) {
      Files.writeString(file, String.join("\n", lines) + "\n");
    }
    assertThat(differences).as("differences from docs/cookbook.md").isEmpty();
  }

  /** Whole answers are compared; of those that are cut by an ellipsis what stands before it. */
  @Test
  @Order(2)
  void every_call_in_the_readme_works_as_printed() throws Exception {
    Answers answers = new Answers();
    List<Recipe> recipes =
        Recipe.of(Files.readString(DOCS.resolve("../README.md"))).stream()
            .filter(Recipe::calls)
            .toList();
    assertThat(recipes).hasSizeGreaterThan(3);
    for (Recipe recipe : recipes) {
      assertThat(settled(recipe, patience -> differenceOfCall(answers, recipe, patience)))
          .as(recipe.command())
          .isEmpty();
    }
  }

  private static Optional<String> differenceOfCall(Answers answers, Recipe recipe, int patience)
      throws Exception {
    boolean endless = recipe.rpc().endsWith("/WatchPayments");
    String command = command(answers, recipe, patience);
    Ended ended = ClientTools.shell(endless ? STREAM.multipliedBy(patience) : COMMAND_MAX, command);
    if (!endless && ended.exitCode() != 0) {
      return Optional.of("it ended with " + ended);
    }
    String printed = whole(recipe.answer());
    String came = ended.out().substring(0, Math.min(ended.out().length(), ends(ended.out())));
    return printed.isEmpty()
        ? Optional.empty()
        : answers.difference(printed, came).map(what -> what + ", in\n" + ended);
  }

  /** The messages before the one that an ellipsis cuts; all of them if there is none. */
  private static String whole(String answer) {
    int cut = answer.indexOf("...");
    return cut < 0 ? answer : answer.substring(0, ends(answer.substring(0, cut)));
  }

  /** Where the last whole message ends; 0: there is none. */
  private static int ends(String messages) {
    int end = messages.lastIndexOf("\n}");
    return end < 0 ? 0 : end + 2;
  }

  @Test
  @Order(3)
  void the_example_with_dynamic_stubs_in_javascript_works() throws Exception {
    tellsItsStory(run(ClientTools.NODE, Map.of(), "node", "dynamic.js"));
  }

  @Test
  @Order(3)
  void the_example_with_generated_stubs_in_typescript_works() throws Exception {
    ClientTools.run(ClientTools.NODE, Map.of(), EXAMPLE_MAX, "npm", "run", "build").succeeded();
    tellsItsStory(run(ClientTools.NODE, Map.of(), "node", "build/generated.js"));
  }

  @Test
  @Order(3)
  void the_example_in_python_works() throws Exception {
    String python = ClientTools.needPython();
    String googleTypes = ClientTools.NODE.resolve("node_modules/google-proto-files").toString();
    ClientTools.run(ClientTools.PYTHON, Map.of(), EXAMPLE_MAX, "./generate.sh", googleTypes)
        .succeeded();
    tellsItsStory(run(ClientTools.PYTHON, Map.of("PYTHONPATH", "stubs"), python, "example.py"));
  }

  @Test
  @Order(3)
  void the_example_in_java_works() throws Exception {
    String java = ServerJvm.java();
    tellsItsStory(
        run(ClientTools.NODE, Map.of(), java, "-jar", ClientTools.JAVA_EXAMPLE.toString()));
  }

  private static Ended run(Path folder, Map<String, String> environment, String... command)
      throws Exception {
    List<String> all = new ArrayList<>(List.of(command));
    all.add(stack.writeTarget(0));
    all.add(stack.readTarget(0));
    return ClientTools.run(folder, environment, EXAMPLE_MAX, all.toArray(String[]::new));
  }

  /**
   * An example ends with 0 only if all was as it expects; that it did all of it, its lines tell.
   */
  private static void tellsItsStory(Ended ended) {
    assertThat(ended.succeeded().out().lines())
        .satisfiesExactly(
            line -> assertThat(line).isEqualTo("refused    INVALID_ARGUMENT FIELD_INVALID"),
            line -> assertThat(line.strip()).startsWith("amount.currency_code: is not an ISO"),
            line -> assertThat(line).contains("created", "version 1 PAYMENT_STATUS_PROCESSING"),
            line -> assertThat(line).startsWith("repeated   replayed"),
            line -> assertThat(line).isEqualTo("processed  version 2 PAYMENT_STATUS_COMPLETED"),
            line -> assertThat(line).startsWith("read       version 2 PAYMENT_STATUS_COMPLETED"),
            line -> assertThat(line).startsWith("found      1 "),
            line -> assertThat(line).isEqualToIgnoringCase("watched    version 2 processed"),
            line -> assertThat(line).isEqualTo("refunded   999 PAYMENT_STATUS_PARTIALLY_REFUNDED"),
            line -> assertThat(line).isEqualToIgnoringCase("resumed    version 3 refunded"),
            line -> assertThat(line.strip()).isEqualTo("ok"));
  }

  private static String command(Answers answers, Recipe recipe, int patience) {
    String longer =
        SECONDS
            .matcher(answers.own(recipe.command()))
            .replaceAll(
                match -> match.group(1) + " " + patience * Integer.parseInt(match.group(2)));
    return ADDRESS
        .matcher(longer)
        .replaceAll(match ->
            "127.0.0.1:" + (port(recipe, Integer.parseInt(match.group(1))) + stack.portOffset()));
  }

  /** Of a server itself, where the page has the port of nginx in front of it. */
  private static int port(Recipe recipe, int printed) {
    if (printed != NGINX_PORT) {
      return printed;
    }
    return recipe.rpc().contains(".CommandService/") ? WRITE_PORT : READ_PORT;
  }

  /** What a command prints: its answer, or its error. */
  private static String execute(Answers answers, Recipe recipe, int patience) throws Exception {
    Ended ended = ClientTools.shell(COMMAND_MAX, command(answers, recipe, patience));
    return ended.exitCode() == 0 || recipe.isBounded() ? ended.out() : ended.err();
  }

  private static Optional<String> difference(Answers answers, Recipe recipe) throws Exception {
    return settled(
        recipe,
        patience -> {
          String answer = execute(answers, recipe, patience);
          return answers.difference(recipe.answer(), answer).map(what -> what + ", in\n" + answer);
        });
  }

  /** Compares what comes with what is printed. */
  @FunctionalInterface
  private interface Asked {
    /**
     * @param patience how many times as long as usual a stream is listened to
     */
    Optional<String> difference(int patience) throws Exception;
  }

  /**
   * A question is asked again for a while, and then listened to for longer: what it is about may
   * still be on its way.
   */
  private static Optional<String> settled(Recipe recipe, Asked asked) throws Exception {
    long end = System.nanoTime() + SETTLE_MAX.toNanos();
    for (int patience = 1; ; patience = Math.min(2 * patience, PATIENCE_MAX)) {
      Optional<String> difference = asked.difference(patience);
      if (difference.isEmpty() || recipe.isCommand() || System.nanoTime() > end) {
        return difference;
      }
      Thread.sleep(200);
    }
  }
}
