package com.gyroscops.payments.cli.deploy;

import static com.gyroscops.payments.cli.deploy.Server.READ;
import static com.gyroscops.payments.cli.deploy.Server.WRITE;
import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.cli.client.Clients;
import com.gyroscops.payments.cli.deploy.Server.Running;
import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.platform.journal.Expectation;
import com.gyroscops.payments.platform.journal.Fault;
import com.gyroscops.payments.platform.journal.JournalVerifier;
import com.gyroscops.payments.platform.journal.Verification;
import com.gyroscops.payments.stack.engine.LocalPostgres;
import com.gyroscops.payments.stack.engine.LocalRedis;
import com.gyroscops.payments.stack.engine.LocalStandby;
import com.gyroscops.payments.stack.process.FreePorts;
import com.gyroscops.payments.testing.Eventually;
import com.gyroscops.payments.v1.Amount;
import com.gyroscops.payments.v1.CommandContext;
import com.gyroscops.payments.v1.CommandServiceGrpc;
import com.gyroscops.payments.v1.Consistency;
import com.gyroscops.payments.v1.CreatePaymentRequest;
import com.gyroscops.payments.v1.GetPaymentRequest;
import com.gyroscops.payments.v1.GetPaymentResponse;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.v1.QueryServiceGrpc;
import com.gyroscops.payments.v1.ReadOptions;
import com.gyroscops.payments.v1.ReadSource;
import com.gyroscops.payments.v1.WatchPaymentsRequest;
import com.gyroscops.payments.v1.WatchPaymentsResponse;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.core.ConditionTimeoutException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * The write database fails over under load to standbys of its own, one after the other, while the
 * servers go on: without loss where it was stopped well, without loss where commits wait for the
 * standby and it is killed, with loss where they do not. About 60 s.
 *
 * <p>Invariants: what was acknowledged is in the log, but for what the third one loses; every
 * source, watch and journal holds what one history of the log holds, and nothing of another.
 */
@Order(Order.DEFAULT + 5)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class FailoverIT {

  private static final String ORGANIZATION = "acme";
  private static final String DATABASE = "payments_write";
  private static final Duration CALL_MAX = Duration.ofSeconds(2);
  private static final Duration QUERY_MAX = Duration.ofSeconds(20);
  private static final Duration EVENTUALLY_MAX = Duration.ofMinutes(3);
  private static final Duration PAUSE = Duration.ofMillis(20);

  /** Half as long as watches wait for the feed before they are cut. */
  private static final Duration WATCHES_WAIT_MIN = Duration.ofSeconds(5);

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  static Path folder;

  private static final Deque<AutoCloseable> open = new ArrayDeque<>();
  private static final AtomicInteger numbers = new AtomicInteger();

  /** Tokens of what was acknowledged, by payment, in the order of acknowledgement. */
  private static final SequencedMap<String, String> acknowledged = new LinkedHashMap<>();

  private static int[] ports = {};
  private static LocalPostgres primary;
  private static LocalPostgres standby;
  private static LocalPostgres reads;
  private static ManagedChannel commands;
  private static ManagedChannel queries;
  private static Running readServer;
  private static Running writeServer;

  @BeforeAll
  static void start() throws Exception {
    ports = new int[] {FreePorts.next(), FreePorts.next()};
    primary = opened(LocalPostgres.start(folder.resolve("one"), ports[0]));
    primary.createDatabase(DATABASE);
    standby = opened(LocalStandby.start(primary, "two", folder.resolve("two"), ports[1]));
    reads = opened(LocalPostgres.temporary());
    reads.createDatabase("payments_read");
    LocalRedis redis = opened(LocalRedis.temporary());
    Map<String, String> write = new HashMap<>(WRITE.freePorts());
    write.put("INSTANCE_ID", "write-server-0");
    write.put(
        "WRITE_DATABASE_URL",
        "jdbc:postgresql://127.0.0.1:%d,127.0.0.1:%d/%s?targetServerType=primary"
            .formatted(ports[0], ports[1], DATABASE));
    write.put("WRITE_DATABASE_USER", primary.user());
    write.put("WRITE_DATABASE_PASSWORD", "");
    write.put("JOURNAL_FOLDER", folder.resolve("journal").toString());
    writeServer = opened(WRITE.start(write));
    Map<String, String> read = new HashMap<>(READ.freePorts());
    read.put("INSTANCE_ID", "read-server-0");
    read.put("READ_DATABASE_URL", reads.jdbcUrl("payments_read"));
    read.put("READ_DATABASE_USER", reads.user());
    read.put("READ_DATABASE_PASSWORD", "");
    read.put("FEED_TARGETS", "127.0.0.1:" + write.get("INTERNAL_GRPC_PORT"));
    read.put("PAGE_TOKEN_SECRET", "a key of sixteen bytes or more");
    read.put("MEMORY_FOLDER", folder.resolve("memory").toString());
    read.put("REDIS_URI", redis.uri());
    readServer = opened(READ.start(read));
    commands = channel(write);
    queries = channel(read);
    // One and the same, so that none that was given up is carried out later.
    assertThat(create(EVENTUALLY_MAX)).as("commands are taken").isPresent();
    awaitEqualSources();
  }

  private static <T extends AutoCloseable> T opened(T one) {
    open.push(one);
    return one;
  }

  private static ManagedChannel channel(Map<String, String> environment) {
    ManagedChannel channel = Clients.failingFast("127.0.0.1:" + environment.get("GRPC_PORT"));
    opened(channel::shutdownNow);
    return channel;
  }

  @AfterAll
  static void stop() throws Exception {
    for (AutoCloseable one : open) {
      one.close();
    }
  }

  private static void eventually(String what, Callable<Boolean> condition) throws Exception {
    try {
      Eventually.eventually(what, EVENTUALLY_MAX, PAUSE, condition);
    } catch (ConditionTimeoutException e) {
      throw new AssertionError(
          "not so: %s%n%s%n%s"
              .formatted(what, tail(writeServer.output()), tail(readServer.output())),
          e);
    }
  }

  private static String tail(String text) {
    return text.substring(Math.max(0, text.length() - 8_000));
  }

  /** A new payment; its id, if that was acknowledged, at once or when it is sent again. */
  private static Optional<String> create(Duration patience) {
    String id = "p-" + numbers.incrementAndGet();
    CreatePaymentRequest request =
        CreatePaymentRequest.newBuilder()
            .setOrganizationId(ORGANIZATION)
            .setContext(CommandContext.newBuilder().setRequestId(id))
            .setPaymentId(id)
            .setAmount(Amount.newBuilder().setMinorUnits(100).setCurrencyCode("EUR"))
            .build();
    long end = System.nanoTime() + patience.toNanos();
    while (true) {
      try {
        String token =
            CommandServiceGrpc.newBlockingStub(commands)
                .withDeadlineAfter(CALL_MAX.toMillis(), TimeUnit.MILLISECONDS)
                .createPayment(request)
                .getReceipt()
                .getConsistencyToken();
        synchronized (acknowledged) {
          acknowledged.put(id, token);
        }
        return Optional.of(id);
      } catch (StatusRuntimeException e) {
        assertThat(e.getStatus().getCode())
            .as(e.getMessage())
            .isIn(Status.Code.UNAVAILABLE, Status.Code.DEADLINE_EXCEEDED);
        if (System.nanoTime() >= end) {
          return Optional.empty();
        }
        LockSupport.parkNanos(PAUSE.toNanos());
      }
    }
  }

  private static GetPaymentResponse get(String id, Consistency consistency, ReadSource source) {
    return QueryServiceGrpc.newBlockingStub(queries)
        .withDeadlineAfter(QUERY_MAX.toMillis(), TimeUnit.MILLISECONDS)
        .getPayment(
            GetPaymentRequest.newBuilder()
                .setOrganizationId(ORGANIZATION)
                .setPaymentId(id)
                .setReadOptions(
                    ReadOptions.newBuilder().setConsistency(consistency).setSource(source))
                .build());
  }

  /** What becomes of a query; asked again for as long as it cannot be told. */
  private static String reason(String id, Consistency consistency) throws Exception {
    List<String> reasons = new ArrayList<>();
    eventually(
        "it can be told of " + id,
        () -> {
          try {
            get(id, consistency, ReadSource.READ_SOURCE_UNSPECIFIED);
            return reasons.add("OK");
          } catch (StatusRuntimeException e) {
            Status.Code code = e.getStatus().getCode();
            return code != Status.Code.UNAVAILABLE
                && code != Status.Code.DEADLINE_EXCEEDED
                && reasons.add(
                    ApiError.from(e).map(ApiError::reason).orElse(String.valueOf(e.getMessage())));
          }
        });
    return reasons.getLast();
  }

  private static Consistency atLeast(String token) {
    return Consistency.newBuilder().setAtLeastAsFresh(token).build();
  }

  private static List<String> rows(LocalPostgres of, String database, String sql) throws Exception {
    List<String> rows = new ArrayList<>();
    try (Connection connection = DriverManager.getConnection(of.jdbcUrl(database), of.user(), "");
        Statement statement = connection.createStatement();
        ResultSet found = statement.executeQuery(sql)) {
      while (found.next()) {
        rows.add(found.getString(1));
      }
    }
    return rows;
  }

  /** Events of the log, each by position and id. */
  private static List<String> log() throws Exception {
    return rows(
        primary, DATABASE, "select position || ' ' || event_id from events order by position");
  }

  /** The sql source has exactly the log's events, and the others stand where it stands. */
  private static void awaitEqualSources() throws Exception {
    eventually(
        "the sql source equals the log",
        () ->
            log().size()
                == Long.parseLong(
                    rows(reads, "payments_read", "select position from checkpoints").getFirst()));
    List<String> log = log();
    assertThat(
            rows(
                reads,
                "payments_read",
                "select payment_id from payments order by payment_id collate \"C\""))
        .isEqualTo(
            rows(
                primary,
                DATABASE,
                "select payment_id from payments order by payment_id collate \"C\""));
    assertThat(rows(reads, "payments_read", "select count(*)::text from payment_events"))
        .containsExactly(Integer.toString(log.size()));
    String newest =
        rows(primary, DATABASE, "select payment_id from payments order by last_position desc")
            .getFirst();
    for (ReadSource source :
        List.of(
            ReadSource.READ_SOURCE_SQL,
            ReadSource.READ_SOURCE_MEMORY,
            ReadSource.READ_SOURCE_REDIS)) {
      eventually(
          source + " has the newest payment",
          () -> {
            try {
              return get(newest, Consistency.newBuilder().setFullyConsistent(true).build(), source)
                  .hasPayment();
            } catch (StatusRuntimeException e) {
              return false;
            }
          });
    }
  }

  private static void assertAllThere(Iterable<String> ids) throws Exception {
    assertThat(rows(primary, DATABASE, "select payment_id from payments")).containsAll(ids);
  }

  private static List<String> copyOfAcknowledged() {
    synchronized (acknowledged) {
      return List.copyOf(acknowledged.keySet());
    }
  }

  private static String newestToken() {
    synchronized (acknowledged) {
      return acknowledged.sequencedValues().getLast();
    }
  }

  private static Verification verifiedJournal() throws Exception {
    return new JournalVerifier(folder.resolve("journal"), Expectation.NONE, _ -> {}).verify(1);
  }

  private static void awaitJournal() throws Exception {
    int events = log().size();
    eventually(
        "the journal has the log",
        () -> {
          Verification verified = verifiedJournal();
          Fault fault = verified.fault();
          // A line that is being written looks like one that was torn.
          assertThat(fault == null || fault.kind() == Fault.Kind.TORN_TAIL)
              .as("%s", fault)
              .isTrue();
          return fault == null && verified.lastPosition() == events;
        });
  }

  private static void joined(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  /** Creates payments until it is closed. */
  private static final class Load implements AutoCloseable {
    private final Thread thread;
    private volatile boolean closing;
    private volatile @Nullable Throwable failure;

    Load() {
      thread = Thread.ofPlatform().start(this::run);
    }

    private void run() {
      try {
        while (!closing) {
          var _ = create(EVENTUALLY_MAX);
        }
      } catch (RuntimeException | AssertionError e) {
        failure = e;
      }
    }

    void proceeds(int payments) throws Exception {
      int before = copyOfAcknowledged().size();
      eventually(
          payments + " more are acknowledged",
          () -> failure != null || copyOfAcknowledged().size() >= before + payments);
      assertThat(failure).isNull();
    }

    @Override
    public void close() {
      closing = true;
      joined(thread);
      assertThat(failure).isNull();
    }
  }

  /** A watch, which goes on from its newest token where it is told to. */
  private static final class Watch implements AutoCloseable {
    private final ConcurrentLinkedQueue<PaymentEvent> events = new ConcurrentLinkedQueue<>();
    private final ManagedChannel channel = Clients.failingFast(queries.authority());
    private final AtomicInteger resumed = new AtomicInteger();
    private final Thread thread;
    private volatile boolean begun;
    private volatile String token = "";
    private volatile String end = "";

    Watch() {
      thread = Thread.ofPlatform().start(this::run);
    }

    private void run() {
      while (end.isEmpty()) {
        String reason = watch();
        if (reason.equals("FEED_UNAVAILABLE")) {
          resumed.incrementAndGet();
        } else {
          end = reason;
        }
      }
    }

    private String watch() {
      try {
        Iterator<WatchPaymentsResponse> responses =
            QueryServiceGrpc.newBlockingStub(channel)
                .watchPayments(
                    WatchPaymentsRequest.newBuilder()
                        .setOrganizationId(ORGANIZATION)
                        .setResumeToken(token)
                        .build());
        while (responses.hasNext()) {
          WatchPaymentsResponse response = responses.next();
          events.addAll(response.getEventsList());
          token = response.getResumeToken();
          begun = true;
        }
        return "it ended well";
      } catch (StatusRuntimeException e) {
        return ApiError.from(e).map(ApiError::reason).orElse(String.valueOf(e.getMessage()));
      }
    }

    void begins() throws Exception {
      eventually("it watches", () -> begun);
    }

    /**
     * What it was sent is a stretch of the log without gaps, up to its end.
     *
     * @param cutNever whether it was never to go on from a token
     */
    void isOfTheLog(boolean cutNever) throws Exception {
      List<String> log = log();
      eventually(
          "it is sent the newest event",
          () -> events.stream().anyMatch(it -> it.getPosition() == log.size()));
      long first = events.element().getPosition();
      assertThat(events.stream().map(it -> it.getPosition() + " " + it.getEventId()))
          .isEqualTo(log.subList((int) first - 1, log.size()));
      assertThat(end).isEmpty();
      if (cutNever) {
        assertThat(resumed).as("how often it was cut").hasValue(0);
      }
    }

    @Override
    public void close() {
      channel.shutdownNow();
      joined(thread);
    }
  }

  /** Has the former primary's place taken by a standby of the present one. */
  private static void exchange() {
    LocalPostgres former = primary;
    primary = standby;
    standby = former;
  }

  private static long historiesOfTheSqlSource() throws Exception {
    return Long.parseLong(
        rows(
                reads,
                "payments_read",
                "select cardinality(string_to_array(ancestors, ','))::text from checkpoints")
            .getFirst());
  }

  @Test
  @Order(1)
  void aSwitchoverWithoutLossEmptiesNothingAndEndsNoWatch() throws Exception {
    String oldest = copyOfAcknowledged().getFirst();
    String rowOfOldest = "select xmin::text from payments where payment_id = '" + oldest + "'";
    List<String> rowsBefore = rows(reads, "payments_read", rowOfOldest);
    assertThat(rowsBefore).hasSize(1);
    String token = newestToken();
    long histories = historiesOfTheSqlSource();
    try (Watch watch = new Watch()) {
      watch.begins();
      long silenceNanos;
      try (Load load = new Load()) {
        load.proceeds(20);
        int port = primary.port();
        LocalStandby.awaitCaughtUp(primary, "two");
        long start = System.nanoTime();
        primary.close();
        LocalStandby.promote(standby);
        exchange();
        load.proceeds(1);
        silenceNanos = System.nanoTime() - start;
        load.proceeds(20);
        assertThat(port).isNotEqualTo(primary.port());
      }
      System.out.printf("switched over in %d ms%n", silenceNanos / 1_000_000);
      watch.isOfTheLog(silenceNanos < WATCHES_WAIT_MIN.toNanos());
    }
    assertAllThere(copyOfAcknowledged());
    awaitEqualSources();
    eventually("the sql source knows it", () -> historiesOfTheSqlSource() > histories);
    assertThat(rows(reads, "payments_read", rowOfOldest))
        .as("the sql source was not emptied")
        .isEqualTo(rowsBefore);
    assertThat(reason(oldest, atLeast(token))).isEqualTo("OK");
    assertThat(readServer.output()).doesNotContain("starts over").doesNotContain("counts no more");
    awaitJournal();
  }

  @Test
  @Order(2)
  void aPrimaryThatIsKilledLosesNothingThatItsSynchronousStandbyWasToHave() throws Exception {
    // The former primary was stopped well, so it can follow the one that took its place.
    LocalStandby.follow(folder.resolve("one"), primary, "one");
    standby = opened(LocalPostgres.start(folder.resolve("one"), ports[0]));
    LocalStandby.awaitCaughtUp(primary, "one");
    LocalStandby.requireForCommits(primary, "one");
    long silenceNanos;
    try (Load load = new Load()) {
      load.proceeds(50);
      primary.kill();
      long killed = System.nanoTime();
      LocalStandby.promote(standby);
      exchange();
      LocalStandby.requireNoneForCommits(primary);
      load.proceeds(1);
      silenceNanos = System.nanoTime() - killed;
      load.proceeds(20);
    }
    System.out.printf("writing again %d ms after the kill%n", silenceNanos / 1_000_000);
    assertAllThere(copyOfAcknowledged());
    awaitEqualSources();
    awaitJournal();
  }

  @Test
  @Order(3)
  void whatAnAsynchronousStandbyDidNotGetIsLostEverywhereAndNothingIsSpliced() throws Exception {
    standby = opened(LocalStandby.start(primary, "three", folder.resolve("three"), ports[1]));
    String shared = newestToken();
    List<String> kept = copyOfAcknowledged();
    standby.kill();
    List<String> lost = new ArrayList<>();
    String lostToken;
    try (Watch watch = new Watch()) {
      watch.begins();
      for (int i = 0; i < 30; i++) {
        lost.add(create(EVENTUALLY_MAX).orElseThrow());
      }
      lostToken = newestToken();
      awaitEqualSources();
      awaitJournal();
      // Caches, too.
      assertThat(reason(lost.getFirst(), Consistency.getDefaultInstance())).isEqualTo("OK");
      primary.kill();
      standby = opened(LocalPostgres.start(folder.resolve("three"), ports[1]));
      LocalStandby.promote(standby);
      exchange();
      // More than was lost, at once: the head does not go back for whoever looks a little later.
      for (int i = 0; i < 60; i++) {
        kept = new ArrayList<>(kept);
        kept.add(create(EVENTUALLY_MAX).orElseThrow());
      }
      awaitEqualSources();
      eventually("the watch is told", () -> watch.end.equals("TOKEN_EPOCH_LOST"));
    }
    assertAllThere(kept);
    assertThat(rows(primary, DATABASE, "select payment_id from payments"))
        .doesNotContainAnyElementsOf(lost);
    for (String payment : lost) {
      eventually(
          "caches forget " + payment,
          () -> reason(payment, Consistency.getDefaultInstance()).equals("PAYMENT_NOT_FOUND"));
    }
    assertThat(reason(lost.getFirst(), atLeast(lostToken))).isEqualTo("TOKEN_EPOCH_LOST");
    assertThat(reason(kept.getFirst(), atLeast(shared))).isEqualTo("OK");
    eventually(
        "the journal has stopped", () -> writeServer.output().contains("the journal has stopped"));
    Verification verified = verifiedJournal();
    assertThat(verified.fault()).isNull();
    assertThat(verified.lastPosition()).as("with what was lost").isGreaterThan(0);
  }
}
