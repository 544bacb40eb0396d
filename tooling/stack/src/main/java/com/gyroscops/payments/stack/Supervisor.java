package com.gyroscops.payments.stack;

import com.google.gson.JsonParseException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * The process that owns a stack: it starts, watches and stops the others and takes orders on a
 * loopback port. One for each folder, by a lock that ends with the process. It starts again what
 * dies, by {@link Restarter}, unless the order was not to; {@code up} repairs at once.
 *
 * <p>Killed itself, it leaves the others running. The next one ends what is left, by the proofs of
 * {@link Leftovers}, and starts anew: every process of a stack has one living owner.
 */
public final class Supervisor {

  /** Longest start of a server, on a busy machine. */
  private static final Duration READY_MAX = Duration.ofMinutes(2);

  private static final Duration DRAIN_MAX = Duration.ofSeconds(30);
  private static final Duration ENGINE_STOP_MAX = Duration.ofSeconds(60);

  private final StackFolder folder;
  private final ServerSocket control;
  private final String token = StackFolder.randomText();
  private final RunningStack stack;
  private final Training training;
  private final List<Consumer<String>> followers = new CopyOnWriteArrayList<>();
  private final CountDownLatch ended = new CountDownLatch(1);
  private final AtomicBoolean stopped = new AtomicBoolean();

  private Supervisor(StackFolder folder, Programs programs, ServerSocket control) {
    this.folder = folder;
    this.control = control;
    this.stack =
        new RunningStack(
            folder,
            programs,
            new StackJvm(programs.caches()::options, READY_MAX, DRAIN_MAX, ENGINE_STOP_MAX),
            this::tell,
            this::writeState);
    this.training = new Training(folder, programs, this::tell);
  }

  /**
   * Runs until ordered down or asked to end by a signal.
   *
   * @return exit code: 3 if another supervisor owns the folder
   */
  public static int run(StackFolder folder, Path programs) throws IOException {
    Session.leaveTerminal();
    try (FileChannel lockFile =
        FileChannel.open(
            folder.supervisorLock(), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      FileLock lock = lockFile.tryLock();
      if (lock == null) {
        log("another supervisor owns " + folder.root());
        return 3;
      }
      List<ProcessHandle> leftovers = Leftovers.find(folder);
      if (!leftovers.isEmpty()) {
        log("ending servers left by a supervisor that died: " + leftovers);
        Leftovers.end(leftovers);
      }
      if (Engines.stopLeftOvers(folder)) {
        log("stopped engines left by a supervisor that died");
      }
      Training.endLeftOver(folder);
      Programs copies = new Programs(programs);
      try (FileChannel _ = copies.use();
          ServerSocket control = new ServerSocket(0, 16, InetAddress.getLoopbackAddress())) {
        copies.removeOthers();
        return new Supervisor(folder, copies, control).serve();
      }
    }
  }

  private int serve() throws IOException {
    Thread hook = new Thread(() -> stop(Supervisor::log), "supervisor-stop");
    Runtime.getRuntime().addShutdownHook(hook);
    writeState();
    log("ready for orders on port " + control.getLocalPort());
    Thread.ofVirtual().name("orders").start(this::takeOrders);
    try {
      ended.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      stop(Supervisor::log);
    }
    return 0;
  }

  private void takeOrders() {
    while (!control.isClosed()) {
      try {
        Socket client = control.accept();
        Thread.ofVirtual().name("order").start(() -> take(client));
      } catch (IOException e) {
        if (!control.isClosed()) {
          log("orders cannot be taken: " + e);
        }
      }
    }
  }

  private void take(Socket client) {
    try (client;
        BufferedReader in =
            new BufferedReader(
                new java.io.InputStreamReader(client.getInputStream(), StandardCharsets.UTF_8));
        PrintWriter out = new PrintWriter(client.getOutputStream(), true, StandardCharsets.UTF_8)) {
      String line = in.readLine();
      Order order = line == null ? null : StackFolder.JSON.fromJson(line, Order.class);
      if (order != null && sameText(token, order.token())) {
        obey(order, notice -> out.println(StackFolder.JSON.toJson(notice)), in);
      }
    } catch (IOException | UncheckedIOException | JsonParseException e) {
      log("an order failed: " + e);
    }
  }

  private void obey(Order order, Consumer<Notice> answer, BufferedReader in) throws IOException {
    Consumer<String> progress =
        text -> {
          log(text);
          answer.accept(Notice.progress(text));
        };
    switch (order.action()) {
      case UP -> up(order, progress, answer);
      case DOWN -> {
        stop(progress);
        answer.accept(new Notice(true, false, "", stack.view(training.state())));
        ended.countDown();
      }
      case VIEW -> answer.accept(new Notice(true, false, "", stack.view(training.state())));
      case FOLLOW -> {
        Consumer<String> follower = text -> answer.accept(Notice.progress(text));
        followers.add(follower);
        try {
          in.read(); // Nothing more is sent: returns when the client goes.
        } finally {
          followers.remove(follower);
        }
      }
    }
  }

  private void up(Order order, Consumer<String> progress, Consumer<Notice> answer) {
    boolean fresh = stack.isFresh();
    try {
      stack.bringUp(order, progress);
      writeState();
      training.begin(stack.plan());
      answer.accept(new Notice(true, false, "", stack.view(training.state())));
    } catch (StartFailedException e) {
      log(String.valueOf(e.getMessage()));
      if (fresh) {
        stop(progress);
      }
      answer.accept(new Notice(true, true, String.valueOf(e.getMessage()), null));
      if (fresh) {
        ended.countDown();
      }
    }
  }

  private void stop(Consumer<String> progress) {
    try {
      training.close();
    } finally {
      stack.stop(progress);
    }
    if (stopped.compareAndSet(false, true)) {
      try {
        control.close();
        folder.forgetState();
      } catch (IOException e) {
        log("the state file stays behind: " + e);
      }
      followers.forEach(follower -> follower.accept("stopped"));
      log("stopped");
    }
  }

  private synchronized void writeState() {
    try {
      folder.write(
          new StackState(
              StackState.Ran.of("supervisor", ProcessHandle.current()),
              control.getLocalPort(),
              token,
              stack.plan(),
              stack.processes()));
    } catch (IOException e) {
      throw new UncheckedIOException("the state file cannot be written", e);
    }
  }

  private void tell(String event) {
    log(event);
    followers.forEach(follower -> follower.accept(event));
  }

  private static boolean sameText(String a, String b) {
    return MessageDigest.isEqual(
        a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));
  }

  private static void log(String text) {
    System.out.println(
        LocalTime.now(ZoneId.systemDefault()).truncatedTo(ChronoUnit.MILLIS) + " " + text);
  }
}
