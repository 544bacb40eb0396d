package com.gyroscops.payments.read.source.search;

import static com.gyroscops.payments.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.gyroscops.payments.read.ProjectionTest;
import com.gyroscops.payments.read.SampleLog;
import com.gyroscops.payments.read.feed.FeedClient;
import com.gyroscops.payments.read.feed.HeadTracker;
import com.gyroscops.payments.read.projection.ProjectionMeters;
import com.gyroscops.payments.read.projection.Projector;
import com.gyroscops.payments.read.source.Answer;
import com.gyroscops.payments.read.source.Filter;
import com.gyroscops.payments.read.source.Model;
import com.gyroscops.payments.read.source.NumberField;
import com.gyroscops.payments.read.source.PaymentSearch;
import com.gyroscops.payments.read.source.PositionTracker;
import com.gyroscops.payments.read.source.SearchPage;
import com.gyroscops.payments.read.source.SourceUnavailableException;
import com.gyroscops.payments.stack.engine.LocalOpenSearch;
import com.gyroscops.payments.stack.process.Processes;
import com.gyroscops.payments.testing.Seed;
import io.grpc.Context;
import io.grpc.Deadline;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The source with its projector while the engine's process, or what it holds, is taken away. */
@Tag("engines")
class SearchFailureTest extends ProjectionTest {

  @TempDir private static Path folder;

  private final String prefix = SearchEngines.newPrefix();
  private final PositionTracker searchable = new PositionTracker();

  private SearchSource source(URI engine) {
    return opened.open(
        new SearchSource(engine, "", "", prefix, SearchSource.REFRESH_EVERY, searchable::publish));
  }

  private Projector project(SearchSource source, String replica) {
    FeedClient client = opened.open(FeedClient.to(List.of(feed.target())));
    PositionTracker indexed = new PositionTracker();
    HeadTracker heads = new HeadTracker(client, System::nanoTime);
    Projector projector =
        opened.open(
            Projector.leased(
                source,
                "search",
                client,
                database.leases(),
                replica,
                indexed,
                indexed,
                new ProjectionMeters(new SimpleMeterRegistry(), "search", indexed, heads)));
    projector.start();
    return projector;
  }

  /** For an engine that has just started, or makes an index. */
  private static final Duration ENGINE_MAX = Duration.ofMinutes(2);

  private void append(long seed, int events) {
    log.random(Seed.random(seed), events);
    feed.publish();
  }

  private void awaitSearchable() throws Exception {
    eventually(
        "searches see all " + log.head(),
        ENGINE_MAX,
        () -> searchable.latest().position() == log.head());
  }

  /** A source that a projector has filled with that many events, and keeps up to date. */
  private SearchSource filled(URI engine, long seed, int events) throws Exception {
    SearchSource source = source(engine);
    append(seed, events);
    project(source, "a");
    awaitSearchable();
    return source;
  }

  private static PaymentSearch all(String organization) {
    return new PaymentSearch(
        Filter.all(organization), NumberField.UPDATE_TIME, false, null, 2_000, 0);
  }

  private void assertHoldsTheLog(SearchSource source) {
    for (String organization : List.of("org-0", "org-1", "org-2")) {
      Answer<SearchPage> answer = source.search(all(organization));
      assertThat(answer).isInstanceOf(Answer.Data.class);
      Answer.Data<SearchPage> data = (Answer.Data<SearchPage>) answer;
      assertThat(data.at().position()).isEqualTo(log.head());
      assertThat(data.value().payments())
          .isEqualTo(Model.search(log.payments(), all(organization)));
    }
  }

  private static boolean standsAt(SearchSource source, long position) {
    try {
      return source.position().position() == position;
    } catch (SourceUnavailableException _) {
      // While one generation takes another's place.
      return false;
    }
  }

  private static void kill(LocalOpenSearch engine) throws Exception {
    assertThat(engine.process().destroyForcibly()).isTrue();
    engine.process().onExit().get(60, TimeUnit.SECONDS);
  }

  @Test
  void anEngineThatIsKilledCatchesUpFromItsCheckpointOnceItIsBack() throws Exception {
    Path data = folder.resolve("killed");
    Path output = folder.resolve("killed.log");
    LocalOpenSearch engine = LocalOpenSearch.start(data, 0, output);
    int port = engine.port();
    try {
      SearchSource source = filled(engine.url(), 1, 2_000);
      // A crash may take what was written since the disk was last waited for.
      SearchEngines.ask(engine.url(), "POST", "/" + prefix + "-payments/_flush", "");
      for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 20; i++) {
          append(100L * round + i, 20);
        }
        kill(engine);
        assertThat(source.search(all("org-1"))).isInstanceOf(Answer.Unavailable.class);
        assertThatThrownBy(source::position).isInstanceOf(SourceUnavailableException.class);
        append(1_000 + round, 100);
        engine.close();
        int started = feed.starts().size();
        engine = LocalOpenSearch.start(data, port, output);
        eventually("it is projected again", ENGINE_MAX, () -> feed.starts().size() > started);
        awaitSearchable();
        assertHoldsTheLog(source);
        // Not from the beginning.
        assertThat(feed.starts().getLast().getPosition()).isGreaterThanOrEqualTo(2_000);
      }
    } finally {
      opened.close();
      engine.close();
    }
  }

  @Test
  void whatAnEngineLostInACrashItIsGivenAgain() throws Exception {
    Path data = folder.resolve("lost");
    Path output = folder.resolve("lost.log");
    LocalOpenSearch engine = LocalOpenSearch.start(data, 0, output);
    int port = engine.port();
    try {
      SearchSource source = filled(engine.url(), 1, 500);
      String index = "/" + prefix + "-payments-1";
      SearchEngines.ask(engine.url(), "POST", index + "/_flush", "");
      SearchEngines.ask(
          engine.url(),
          "PUT",
          index + "/_settings",
          "{\"index.translog.sync_interval\": \"600s\"}");
      for (int i = 0; i < 20; i++) {
        append(100L + i, 20);
      }
      awaitSearchable();
      assertHoldsTheLog(source);
      kill(engine);
      engine.close();
      int started = feed.starts().size();
      engine = LocalOpenSearch.start(data, port, output);
      eventually("it is projected again", ENGINE_MAX, () -> feed.starts().size() > started);
      assertThat(feed.starts().get(started).getPosition()).isEqualTo(500);
      eventually("it stands where it stood", ENGINE_MAX, () -> standsAt(source, log.head()));
      assertHoldsTheLog(source);
    } finally {
      opened.close();
      engine.close();
    }
  }

  @Test
  void anEngineThatHangsIsUnavailableAndCallsThatEndAreLetGo() throws Exception {
    Path data = folder.resolve("paused");
    try (LocalOpenSearch engine = LocalOpenSearch.start(data, 0, folder.resolve("paused.log"));
        ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
        ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      SearchSource source = filled(engine.url(), 2, 300);
      Processes.pause(engine.process());
      try {
        Context.CancellableContext late =
            Context.current().withDeadline(Deadline.after(300, TimeUnit.MILLISECONDS), timer);
        assertThat(late.call(() -> source.search(all("org-1")))).isInstanceOf(Answer.Stopped.class);
        Context.CancellableContext canceled = Context.current().withCancellation();
        CompletableFuture<Answer<SearchPage>> answer =
            CompletableFuture.supplyAsync(() -> inContext(canceled, source), callers);
        canceled.cancel(null);
        assertThat(answer.get(60, TimeUnit.SECONDS)).isInstanceOf(Answer.Stopped.class);
        // More of them than there are connections.
        for (int i = 0; i < 2 * EngineConnection.CONNECTIONS_MAX; i++) {
          Context.CancellableContext brief =
              Context.current().withDeadline(Deadline.after(20, TimeUnit.MILLISECONDS), timer);
          assertThat(brief.call(() -> source.search(all("org-1"))))
              .isInstanceOf(Answer.Stopped.class);
        }
        assertThat(source.search(all("org-1"))).isInstanceOf(Answer.Unavailable.class);
        append(3, 50);
      } finally {
        Processes.resume(engine.process());
      }
      awaitSearchable();
      assertHoldsTheLog(source);
      opened.close();
    }
  }

  @Test
  void aCallThatEndsClosesTheConnectionItWaitsOn() throws Exception {
    Duration deadline = Duration.ofMillis(500);
    // Longer, until the question has come before the call ends.
    while (!endsWhileItWaits(deadline)) {
      deadline = deadline.multipliedBy(2);
      assertThat(deadline).isLessThan(Duration.ofMinutes(2));
    }
  }

  /** Whether the call had asked when its deadline came; what happens then is asserted. */
  private boolean endsWhileItWaits(Duration deadline) throws Exception {
    try (ServerSocket silent = silent();
        ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
        ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      SearchSource source = source(URI.create("http://127.0.0.1:" + silent.getLocalPort()));
      Context.CancellableContext brief =
          Context.current()
              .withDeadline(Deadline.after(deadline.toNanos(), TimeUnit.NANOSECONDS), timer);
      CompletableFuture<Answer<SearchPage>> answer =
          CompletableFuture.supplyAsync(() -> inContext(brief, source), callers);
      try (Socket connection = silent.accept()) {
        connection.setSoTimeout(SOCKET_MILLIS_MAX);
        if (connection.getInputStream().read() < 0 || answer.isDone()) {
          return false;
        }
        assertThat(answer.get(60, TimeUnit.SECONDS)).isInstanceOf(Answer.Stopped.class);
        assertThat(isEnded(connection)).isTrue();
        return true;
      } catch (SocketException | SocketTimeoutException _) {
        // It ended before it had asked.
        return false;
      }
    }
  }

  private static final int SOCKET_MILLIS_MAX = 30_000;

  /** Listens and says nothing. */
  private static ServerSocket silent() throws IOException {
    ServerSocket socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    socket.setSoTimeout(SOCKET_MILLIS_MAX);
    return socket;
  }

  @Test
  void noConnectionIsLeftBehindWheneverTheCallEnds() throws Exception {
    int connections = 0;
    for (int i = 0; i < 200; i++) {
      Duration until = Duration.ofNanos(i * 50_000L);
      try (ServerSocket silent = silent();
          ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor()) {
        SearchSource source = source(URI.create("http://127.0.0.1:" + silent.getLocalPort()));
        Context.CancellableContext brief =
            Context.current()
                .withDeadline(Deadline.after(until.toNanos(), TimeUnit.NANOSECONDS), timer);
        assertThat(brief.call(() -> source.search(all("org-1"))))
            .isInstanceOf(Answer.Stopped.class);
        try (Socket connection = silent.accept()) {
          connections++;
          connection.setSoTimeout(SOCKET_MILLIS_MAX);
          assertThat(isEnded(connection)).as("after %s", until).isTrue();
        } catch (SocketTimeoutException _) {
          // Where the machine stands still, the client gives up before it connects.
        }
      }
      opened.close();
    }
    assertThat(connections).isGreaterThan(150);
  }

  /** Reads until the connection ends, in whichever way. */
  private static boolean isEnded(Socket connection) throws IOException {
    try {
      connection.getInputStream().readAllBytes();
      return true;
    } catch (SocketTimeoutException _) {
      return false;
    } catch (SocketException _) {
      // Reset.
      return true;
    }
  }

  private static Answer<SearchPage> inContext(Context context, SearchSource source) {
    Context before = context.attach();
    try {
      return source.search(all("org-1"));
    } finally {
      context.detach(before);
    }
  }

  @Test
  void anIndexDeletedWhileNothingHappensIsFilledAnew() throws Exception {
    URI engine = SearchEngines.shared();
    SearchSource source = filled(engine, 4, 1_000);
    feed.hold(true);
    SearchEngines.ask(engine, "DELETE", "/" + prefix + "-payments-1", "");
    assertThat(source.search(all("org-1"))).isInstanceOf(Answer.NotReady.class);
    feed.hold(false);
    eventually("it is there again", ENGINE_MAX, () -> standsAt(source, log.head()));
    assertHoldsTheLog(source);
  }

  @Test
  void anAliasRemovedWhileNothingHappensIsFilledAnew() throws Exception {
    URI engine = SearchEngines.shared();
    SearchSource source = filled(engine, 5, 500);
    SearchEngines.ask(
        engine, "DELETE", "/" + prefix + "-payments-1/_alias/" + prefix + "-payments", "");
    eventually("it is there again", ENGINE_MAX, () -> standsAt(source, log.head()));
    assertHoldsTheLog(source);
  }

  @Test
  void anotherHistoryIsTakenUpInANewGeneration() throws Exception {
    URI engine = SearchEngines.shared();
    SearchSource source = filled(engine, 6, 700);
    SampleLog other = new SampleLog("payments", "epoch-2").random(Seed.random(7), 300);
    feed.replaceLog(other);
    eventually(
        "the other history is searchable",
        ENGINE_MAX,
        () -> searchable.latest().isIn("payments", "epoch-2") && standsAt(source, 300));
    for (String organization : List.of("org-0", "org-1", "org-2")) {
      Answer.Data<SearchPage> data = (Answer.Data<SearchPage>) source.search(all(organization));
      assertThat(data.value().payments())
          .isEqualTo(Model.search(other.payments(), all(organization)));
    }
    assertThat(SearchEngines.names(engine, prefix))
        .containsExactly(
            prefix + "-payments", prefix + "-payments-2", prefix + "-payments-2-write");
  }

  @Test
  void theProjectionGoesToAnotherReplicaAndBothSeeIt() throws Exception {
    URI engine = SearchEngines.shared();
    SearchSource first = source(engine);
    SearchSource second = source(engine);
    append(8, 300);
    Projector projector = project(first, "first");
    awaitSearchable();
    project(second, "second");
    projector.close();
    append(9, 300);
    awaitSearchable();
    assertHoldsTheLog(first);
    assertHoldsTheLog(second);
  }

  @Test
  void nothingListeningIsUnavailable() {
    SearchSource source = source(URI.create("http://127.0.0.1:1"));
    assertThat(source.search(all("org-1"))).isInstanceOf(Answer.Unavailable.class);
    assertThatThrownBy(() -> source.takeOver(1)).isInstanceOf(SourceUnavailableException.class);
  }
}
