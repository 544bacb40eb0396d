package com.gyroscops.payments.stack;

import com.gyroscops.payments.stack.process.LogTail;
import com.gyroscops.payments.stack.process.Processes;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Talks to the supervisor of one folder, and starts one where there is none. */
public final class SupervisorClient {

  private static final Duration SUPERVISOR_START_MAX = Duration.ofSeconds(60);

  /** It has said that all is stopped. */
  private static final Duration SUPERVISOR_END_MAX = Duration.ofSeconds(10);

  private static final int LOG_TAIL_LINES = 15;
  private static final int SUPERVISOR_HEAP_MIB = 128;

  private final StackFolder folder;

  public SupervisorClient(StackFolder folder) {
    this.folder = folder;
  }

  /** What the supervisor last wrote, if that process is alive. */
  public Optional<StackState> living() throws IOException {
    return folder.state().filter(state -> state.supervisor().alive().isPresent());
  }

  /**
   * Has everything started that is missing, by a supervisor started first where there is none.
   *
   * @param checkout where the jars were built
   * @param without read sources to leave out; null: those left out now, or none
   * @param restart whether to start again what ends by itself; null: as it is now, or yes
   * @param progress told what is done, line by line
   * @return the last notice
   */
  public Notice up(
      Path checkout,
      @Nullable Integer writeServers,
      @Nullable Integer readServers,
      @Nullable Integer portOffset,
      @Nullable Integer postgresPort,
      @Nullable Set<Feature> without,
      @Nullable Boolean restart,
      Consumer<String> progress)
      throws IOException {
    StackState state = living().isPresent() ? living().orElseThrow() : startSupervisor(checkout);
    return ask(
        state,
        new Order(
            state.token(),
            Order.Action.UP,
            writeServers,
            readServers,
            portOffset,
            postgresPort,
            without,
            restart),
        progress);
  }

  /**
   * Stops everything, whether or not its supervisor lives.
   *
   * @return whether anything ran
   */
  public boolean down(Consumer<String> progress) throws IOException {
    Optional<StackState> state = living();
    if (state.isPresent()) {
      Optional<ProcessHandle> supervisor = state.get().supervisor().alive();
      ask(state.get(), plain(state.get(), Order.Action.DOWN), progress);
      Processes.awaitEnd(supervisor.stream().toList(), SUPERVISOR_END_MAX);
      return true;
    }
    List<ProcessHandle> leftovers = Leftovers.find(folder);
    Leftovers.end(leftovers);
    boolean engines = Engines.stopLeftOvers(folder);
    Training.endLeftOver(folder);
    if (!leftovers.isEmpty() || engines) {
      progress.accept("stopped what a supervisor that died had left running");
    }
    folder.forgetState();
    return !leftovers.isEmpty() || engines;
  }

  /** What runs; empty if there is no supervisor. */
  public Optional<StackView> view() throws IOException {
    Optional<StackState> state = living();
    return state.isEmpty()
        ? Optional.empty()
        : Optional.ofNullable(
            ask(state.get(), plain(state.get(), Order.Action.VIEW), text -> {}).stack());
  }

  /** Passes on what happens until the supervisor ends. */
  public void follow(Consumer<String> events) throws IOException {
    Optional<StackState> state = living();
    if (state.isPresent()) {
      ask(state.get(), plain(state.get(), Order.Action.FOLLOW), events);
    }
  }

  private static Order plain(StackState state, Order.Action action) {
    return new Order(state.token(), action, null, null, null, null, null, null);
  }

  private StackState startSupervisor(Path checkout) throws IOException {
    Programs programs = Programs.copied(checkout, folder);
    Process process =
        new ProcessBuilder(
                CliJvm.command(
                    programs,
                    SUPERVISOR_HEAP_MIB,
                    programs.caches().options(Programs.CLI),
                    List.of(
                        "supervise",
                        "--data-dir",
                        folder.root().toString(),
                        "--programs",
                        programs.folder().toString())))
            .directory(folder.root().toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.log("supervisor").toFile()))
            .start();
    process.getOutputStream().close();
    long deadline = System.nanoTime() + SUPERVISOR_START_MAX.toNanos();
    while (System.nanoTime() < deadline) {
      Optional<StackState> state = living();
      if (state.isPresent()) {
        return state.get();
      }
      if (!process.isAlive() && process.exitValue() != 3) {
        break;
      }
      pause();
    }
    process.destroy();
    throw new IOException(
        "the supervisor did not start. The end of "
            + folder.log("supervisor")
            + ":\n"
            + LogTail.of(folder.log("supervisor"), LOG_TAIL_LINES));
  }

  private static Notice ask(StackState state, Order order, Consumer<String> progress)
      throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), state.controlPort());
        PrintWriter out = new PrintWriter(socket.getOutputStream(), true, StandardCharsets.UTF_8);
        BufferedReader in =
            new BufferedReader(
                new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8))) {
      out.println(StackFolder.JSON.toJson(order));
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        Notice notice = StackFolder.JSON.fromJson(line, Notice.class);
        if (notice.last()) {
          return notice;
        }
        progress.accept(notice.text());
      }
    }
    return new Notice(true, true, "the supervisor ended", null);
  }

  private static void pause() throws IOException {
    try {
      Thread.sleep(25);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while the supervisor starts", e);
    }
  }
}
