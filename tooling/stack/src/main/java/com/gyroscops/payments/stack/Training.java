package com.gyroscops.payments.stack;

import com.gyroscops.payments.stack.process.FileTrees;
import com.gyroscops.payments.stack.process.Processes;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Trains the ahead-of-time caches of a stack's programs, once for those programs, in a process of
 * its own at the lowest priority, which runs a second stack in a folder of its own: users' servers
 * and data have no part in it. What does not come to an end leaves nothing behind, and the next
 * {@code up} begins anew. For concurrent use.
 */
public final class Training implements AutoCloseable {

  /** {@code off} in the environment has nothing trained. */
  private static final String VARIABLE = "PAYMENTS_TRAINING";

  /** What the caches and the second stack take at most, and as much again for everybody else. */
  private static final long ROOM_BYTES_MIN = 3L << 30;

  private static final Duration KILL_MAX = Duration.ofSeconds(10);

  private static final String LOG = "training";

  private static final int HEAP_MIB = 256;

  private final StackFolder folder;
  private final Programs programs;
  private final Consumer<String> events;
  private @Nullable Process trainer;
  private @Nullable AotCaches draft;
  private boolean closed;
  private volatile String state;

  /**
   * @param events told of its beginning and its end
   */
  Training(StackFolder folder, Programs programs, Consumer<String> events) {
    this.folder = folder;
    this.programs = programs;
    this.events = events;
    this.state = programs.caches().existFor(Programs.NAMES) ? "trained" : "none";
  }

  /** {@code trained}, {@code training}, {@code none}, or with a colon why there are none. */
  String state() {
    return state;
  }

  /**
   * Begins, where there are no caches, there is room, and nobody objects.
   *
   * @param plan what it trains has the same features
   */
  synchronized void begin(StackPlan plan) {
    if (closed || trainer != null || programs.caches().existFor(trained(plan))) {
      return;
    }
    if ("off".equals(System.getenv(VARIABLE))) {
      state = "none: " + VARIABLE + " is off";
      return;
    }
    try {
      long room = Files.getFileStore(folder.root()).getUsableSpace();
      if (room < ROOM_BYTES_MIN) {
        end("none: too little room on the disk, " + (room >> 20) + " MiB");
        return;
      }
      programs.caches().removeAbandonedDrafts();
      launch(plan);
    } catch (IOException e) {
      end("none: " + e);
      cleanUp(List.of());
    }
  }

  private void launch(StackPlan plan) throws IOException {
    long start = System.nanoTime();
    AotCaches caches = programs.caches().draft();
    draft = caches;
    List<String> command = new ArrayList<>(List.of("nice", "-n", "19"));
    command.addAll(
        CliJvm.command(
            programs,
            HEAP_MIB,
            cliOptions(caches, StackFolder.of(folder.training())),
            List.of(
                "train",
                "--data-dir",
                folder.training().toString(),
                "--programs",
                programs.folder().toString(),
                "--output",
                caches.folder().toString(),
                "--without=" + without(plan))));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.root().toFile())
            .redirectErrorStream(true)
            .redirectOutput(folder.log(LOG).toFile());
    // Whoever may call the servers of the stack, those that are trained are the trainer's alone.
    builder.environment().put("AUTH", "off");
    Process process = builder.start();
    // Its input stays open: by its end the trainer knows that this process is gone.
    trainer = process;
    state = "training";
    events.accept(
        "training ahead-of-time caches in the background, at the lowest priority, for later starts");
    var _ = process.onExit().thenAccept(ended -> ended(ended.exitValue(), caches, plan, start));
  }

  /** All that are JVMs: ours, and the engines. */
  private static List<String> trained(StackPlan plan) {
    return Stream.concat(
            Programs.NAMES.stream(),
            plan.engines().stream().filter(Engine::isJvm).map(Engine::label))
        .toList();
  }

  private static String without(StackPlan plan) {
    return Arrays.stream(Feature.values())
        .filter(feature -> !plan.features().contains(feature))
        .map(Feature::label)
        .collect(Collectors.joining(","));
  }

  private static List<String> cliOptions(AotCaches caches, StackFolder training) {
    List<String> options = new ArrayList<>(caches.trainingOptions(Programs.CLI));
    // By it the next supervisor finds the trainer, where this one is killed.
    options.add(Leftovers.mark(training));
    // A command uses few of the classes that all commands use: to link all takes it longer.
    options.add("-XX:-AOTClassLinking");
    return options;
  }

  private synchronized void ended(int code, AotCaches caches, StackPlan plan, long start) {
    if (closed) {
      return;
    }
    try {
      if (code == 0) {
        long bytes = programs.caches().publish(caches, trained(plan));
        draft = null;
        state = "trained";
        events.accept(
            "ahead-of-time caches trained (%s, %d MB); what starts from now on uses them"
                .formatted(RunningStack.secondsSince(start), bytes / 1_000_000));
      } else {
        end("none: training ended with code " + code + ", see " + folder.log(LOG));
      }
    } catch (IOException e) {
      end("none: " + e.getMessage());
    }
    cleanUp(List.of());
  }

  private void end(String why) {
    state = why;
    events.accept("no ahead-of-time caches" + why.substring("none".length()));
  }

  private void cleanUp(List<ProcessHandle> running) {
    try {
      kill(running);
      endLeftOver(folder);
      if (draft != null) {
        FileTrees.delete(draft.folder());
        draft = null;
      }
    } catch (IOException | RuntimeException e) {
      events.accept("what training left was not removed: " + e);
    }
  }

  /** Ends it at once if it is under way; the caches that it would have made are not made. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    if (trainer != null && draft != null) {
      cleanUp(Stream.concat(Stream.of(trainer.toHandle()), trainer.descendants()).toList());
      events.accept("training of ahead-of-time caches given up; the next up begins anew");
    }
  }

  /**
   * Ends what a trainer that was killed left running, and removes its files.
   *
   * @throws IOException if processes do not end or files cannot be removed
   */
  static void endLeftOver(StackFolder folder) throws IOException {
    Optional<StackFolder> training = StackFolder.existing(folder.training());
    if (training.isEmpty()) {
      return;
    }
    // A server that is asked to end would write its cache first.
    List<ProcessHandle> servers =
        Leftovers.find(training.get()).stream()
            .flatMap(server -> Stream.concat(Stream.of(server), server.descendants()))
            .toList();
    kill(servers);
    Engines.stopLeftOvers(training.get());
    FileTrees.delete(training.get().root());
  }

  /** Kills those that would else write caches; the other engines are stopped as they should be. */
  private static void kill(List<ProcessHandle> processes) throws IOException {
    List<ProcessHandle> jvms = processes.stream().filter(Training::isJvm).toList();
    jvms.forEach(ProcessHandle::destroyForcibly);
    if (!Processes.awaitEnd(jvms, KILL_MAX)) {
      throw new IOException("processes do not end: " + jvms);
    }
  }

  private static boolean isJvm(ProcessHandle process) {
    return process.info().command().filter(command -> command.endsWith("/java")).isPresent();
  }

  /**
   * Ends what this process, a trainer, has started, and this process itself, at once: asked to end,
   * or ending by themselves, its JVMs would write their caches first.
   */
  public static void endTrainer() throws IOException {
    ProcessHandle self = ProcessHandle.current();
    for (ProcessHandle each : self.descendants().toList()) {
      if (isJvm(each)) {
        each.destroyForcibly();
      } else {
        each.destroy();
      }
    }
    new ProcessBuilder("kill", "-KILL", Long.toString(self.pid())).start();
  }
}
