package com.gyroscops.payments.write.api;

import static com.gyroscops.payments.testing.Eventually.eventually;
import static com.gyroscops.payments.write.api.Requests.createPayments;
import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.internal.v1.Ancestor;
import com.gyroscops.payments.internal.v1.EventBatch;
import com.gyroscops.payments.internal.v1.EventFeedServiceGrpc.EventFeedServiceStub;
import com.gyroscops.payments.internal.v1.GetHeadRequest;
import com.gyroscops.payments.internal.v1.SubscribeAck;
import com.gyroscops.payments.internal.v1.SubscribeRequest;
import com.gyroscops.payments.internal.v1.SubscribeResponse;
import com.gyroscops.payments.internal.v1.SubscribeStart;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.write.app.ScheduledMaintenance;
import com.gyroscops.payments.write.eventstore.postgres.TestDatabase;
import com.gyroscops.payments.write.outbox.EventRelay;
import com.zaxxer.hikari.HikariDataSource;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The relay as a subscriber sees it, on real servers and a real database. */
class EventFeedTest {

  /** On each of two servers; fewer than a server takes. */
  private static final int AT_HEAD_SUBSCRIBERS = 25;

  private HikariDataSource pool;
  private TestServer server;
  private final List<AutoCloseable> open = new ArrayList<>();

  @BeforeEach
  void start() {
    pool = TestDatabase.open();
    open.add(pool);
    server = server();
  }

  @AfterEach
  void stop() throws Exception {
    for (AutoCloseable closeable : open.reversed()) {
      closeable.close();
    }
  }

  private TestServer server() {
    TestServer started = new TestServer(pool.getJdbcUrl(), Map.of());
    open.add(started);
    return started;
  }

  private Subscriber subscribe(TestServer on, long position, String epoch, String eventId) {
    return subscribe(on, "test", position, epoch, eventId, Long.MAX_VALUE);
  }

  private Subscriber subscribe(
      TestServer on, String name, long position, String epoch, String eventId, long batchesMax) {
    return subscribe(
        on,
        SubscribeStart.newBuilder()
            .setSubscriber(name)
            .setSource("sql")
            .setPosition(position)
            .setEpoch(epoch)
            .setEventId(eventId),
        batchesMax);
  }

  private Subscriber subscribeAtHead(TestServer on, SubscribeStart.Builder start) {
    return subscribe(
        on, start.setSubscriber("test").setSource("watch").setAtHead(true), Long.MAX_VALUE);
  }

  private Subscriber subscribeGathering(int millis) {
    return subscribe(
        server,
        SubscribeStart.newBuilder()
            .setSubscriber("test")
            .setSource("memory")
            .setGatherMillis(millis),
        Long.MAX_VALUE);
  }

  private Subscriber subscribe(TestServer on, SubscribeStart.Builder start, long batchesMax) {
    Subscriber subscriber = new Subscriber(batchesMax);
    subscriber.start(on.asyncFeed(), start.build());
    open.add(subscriber);
    return subscriber;
  }

  private static List<Long> positions(List<PaymentEvent> events) {
    return events.stream().map(PaymentEvent::getPosition).toList();
  }

  private static List<Long> range(long first, long last) {
    return LongStream.rangeClosed(first, last).boxed().toList();
  }

  @Test
  void aSubscriberGetsTheLogFromItsPositionAndThenWhatIsCommitted() throws Exception {
    createPayments(server, 5);
    Subscriber first = subscribe(server, 0, "", "");
    EventBatch hello = first.next();
    assertThat(hello.getEventsList()).isEmpty();
    assertThat(hello.getHead()).isEqualTo(5);
    List<PaymentEvent> events = first.events(5);
    createPayments(server, 3);
    assertThat(positions(first.events(3))).isEqualTo(range(6, 8));
    PaymentEvent third = events.get(2);
    Subscriber later = subscribe(server, 3, hello.getEpoch(), third.getEventId());
    assertThat(positions(later.events(5))).isEqualTo(range(4, 8));
  }

  @Test
  void whatAnotherServerCommitsArrivesToo() throws Exception {
    TestServer other = server();
    Subscriber subscriber = subscribe(server, 0, "", "");
    assertThat(subscriber.next().getHead()).isZero();
    createPayments(other, 2);
    createPayments(server, 2);
    createPayments(other, 1);
    assertThat(positions(subscriber.events(5))).isEqualTo(range(1, 5));
  }

  @Test
  void eventsAreGatheredWhereTheSubscriberAsksForIt() throws Exception {
    Subscriber subscriber = subscribeGathering(1_000);
    assertThat(subscriber.next().getHead()).isZero();
    long began = System.nanoTime();
    createPayments(server, 40);
    int batches = 0;
    while (subscriber.received().size() < 40) {
      batches += subscriber.next().getEventsCount() > 0 ? 1 : 0;
    }
    long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - began);
    // The first event at once, what came in the second after it, and so on.
    assertThat(batches).isLessThanOrEqualTo(2 + Math.toIntExact(seconds));
    assertThat(subscriber.received()).isEqualTo(range(1, 40));
  }

  @Test
  void anIdleStreamStillSpeaks() throws Exception {
    Subscriber subscriber = subscribe(server, 0, "", "");
    for (int i = 0; i < 3; i++) {
      assertThat(subscriber.next().getEventsList()).isEmpty();
    }
  }

  @Test
  void aPositionOfAnotherHistoryIsRefused() throws Exception {
    createPayments(server, 3);
    Subscriber honest = subscribe(server, 0, "", "");
    String epoch = honest.next().getEpoch();
    List<PaymentEvent> events = honest.events(3);
    String second = events.get(1).getEventId();
    assertThat(subscribe(server, 2, "another-epoch", second).reason())
        .isEqualTo("HISTORY_DIVERGED");
    assertThat(subscribe(server, 2, epoch, events.get(0).getEventId()).reason())
        .isEqualTo("HISTORY_DIVERGED");
    assertThat(subscribe(server, 4, epoch, second).reason()).isEqualTo("HISTORY_DIVERGED");
    assertThat(positions(subscribe(server, 2, epoch, second).events(1))).containsExactly(3L);
  }

  @Test
  void aNewEpochEndsTheStreamsOfTheOldOne() throws Exception {
    createPayments(server, 1);
    Subscriber subscriber = subscribe(server, 0, "", "");
    String epoch = subscriber.next().getEpoch();
    String eventId = subscriber.events(1).getFirst().getEventId();
    execute("select new_epoch()");
    assertThat(subscriber.reason()).isEqualTo("STORE_UNAVAILABLE");
    EventBatch first = subscribe(server, 1, epoch, eventId).next();
    assertThat(first.getEpoch()).isNotEqualTo(epoch);
    assertThat(first.getAncestorsList())
        .containsExactly(Ancestor.newBuilder().setEpoch(epoch).setSharedPosition(1).build());
    assertThat(subscribe(server, 1, epoch, UUID.randomUUID().toString()).reason())
        .isEqualTo("HISTORY_DIVERGED");
  }

  /** As where the database was started anew, or another one took its place. */
  @Test
  void anotherServerIsAnotherHistoryThatSharesWhatItHas() throws Exception {
    createPayments(server, 3);
    Subscriber subscriber = subscribe(server, 0, "", "");
    String epoch = subscriber.next().getEpoch();
    List<PaymentEvent> events = subscriber.events(3);
    // At once, for the server looks at it all the time.
    execute(
        "do $$ begin update histories set incarnation = 'another server';"
            + " delete from events where position = 3;"
            + " update log_positions set position = 2; end $$");
    assertThat(subscriber.reason()).isEqualTo("STORE_UNAVAILABLE");
    createPayments(server, 2);
    EventBatch first = subscribe(server, 2, epoch, events.get(1).getEventId()).next();
    assertThat(first.getAncestorsList())
        .containsExactly(Ancestor.newBuilder().setEpoch(epoch).setSharedPosition(2).build());
    assertThat(subscribe(server, 3, epoch, events.get(2).getEventId()).reason())
        .isEqualTo("HISTORY_DIVERGED");
  }

  @Test
  void whoStartsAtTheHeadIsToldItsEvent() throws Exception {
    assertThat(subscribeAtHead(server, SubscribeStart.newBuilder()).next().getHeadEventId())
        .isEmpty();
    createPayments(server, 2);
    String newest = subscribe(server, 0, "", "").events(2).getLast().getEventId();
    assertThat(subscribeAtHead(server, SubscribeStart.newBuilder()).next().getHeadEventId())
        .isEqualTo(newest);
  }

  @Test
  void aLogThatFellBackEndsTheStreamsEvenIfNobodyToldOfIt() throws Exception {
    createPayments(server, 3);
    Subscriber subscriber = subscribe(server, 0, "", "");
    subscriber.events(3);
    execute("update log_positions set position = 1");
    execute("delete from events where position > 1");
    assertThat(subscriber.reason()).isEqualTo("STORE_UNAVAILABLE");
  }

  @Test
  void streamsThatEndLeaveRoomForOthers() throws Exception {
    createPayments(server, 1);
    for (int i = 0; i < EventRelay.SUBSCRIBERS_MAX + 5; i++) {
      Subscriber hasty = subscribe(server, 0, "", "");
      hasty.next();
      hasty.acknowledge(99);
      assertThat(hasty.reason()).isEqualTo("FIELD_INVALID");
    }
    subscribe(server, 0, "", "").events(1);
  }

  @Test
  void nothingBehindAGapIsHandedOut() throws Exception {
    createPayments(server, 6);
    TestServer fresh = server();
    execute("delete from events where position = 4");
    Subscriber subscriber = subscribe(fresh, 0, "", "");
    assertThat(subscriber.reason()).isEqualTo("LOG_NOT_DENSE");
    assertThat(subscriber.received()).doesNotContain(5L, 6L);
  }

  @Test
  void whoStartsAtTheHeadGetsWhatIsCommittedAfterIt() throws Exception {
    Subscriber fromNothing = subscribeAtHead(server, SubscribeStart.newBuilder());
    EventBatch empty = fromNothing.next();
    assertThat(empty.getEventsList()).isEmpty();
    assertThat(empty.getHead()).isZero();
    createPayments(server, 5);
    assertThat(positions(fromNothing.events(5))).isEqualTo(range(1, 5));
    // Another server, whose tail has yet to hear of what this one commits.
    TestServer other = server();
    createPayments(server, 1);
    Subscriber subscriber = subscribeAtHead(other, SubscribeStart.newBuilder());
    EventBatch hello = subscriber.next();
    assertThat(hello.getEventsList()).isEmpty();
    assertThat(hello.getHead()).isEqualTo(6);
    assertThat(hello.getEpoch()).isEqualTo(empty.getEpoch());
    createPayments(server, 2);
    createPayments(other, 1);
    assertThat(positions(subscriber.events(3))).isEqualTo(range(7, 9));
    subscriber.acknowledge(9);
    subscriber.acknowledge(10);
    assertThat(subscriber.reason()).isEqualTo("FIELD_INVALID");
  }

  /**
   * Invariant: the first batch's head is the log's at some moment after the request came, and every
   * event after it is sent, none before it and none twice.
   */
  @Test
  void whoStartsAtTheHeadMissesNothingAndGetsNothingTwiceWhileOthersAppend() throws Exception {
    List<TestServer> servers = List.of(server, server());
    AtomicBoolean appending = new AtomicBoolean(true);
    AtomicInteger acknowledged = new AtomicInteger();
    List<Future<?>> appends = new ArrayList<>();
    List<Long> heads = new ArrayList<>();
    List<Subscriber> subscribers = new ArrayList<>();
    try (ExecutorService writers = Executors.newVirtualThreadPerTaskExecutor()) {
      try {
        for (int i = 0; i < 8; i++) {
          TestServer writer = servers.get(i % servers.size());
          appends.add(
              writers.submit(() -> {
                while (appending.get()) {
                  createPayments(writer, 1);
                  acknowledged.incrementAndGet();
                }
              }));
        }
        for (int i = 0; i < 2 * AT_HEAD_SUBSCRIBERS; i++) {
          if (i == 2 * AT_HEAD_SUBSCRIBERS - 1) {
            eventually("there is more since", () -> acknowledged.get() > heads.getFirst());
          }
          int committed = acknowledged.get();
          Subscriber subscriber =
              subscribeAtHead(servers.get(i % servers.size()), SubscribeStart.newBuilder());
          EventBatch hello = subscriber.next();
          assertThat(hello.getEventsList()).isEmpty();
          assertThat(hello.getHead()).isGreaterThanOrEqualTo(committed);
          heads.add(hello.getHead());
          subscribers.add(subscriber);
        }
      } finally {
        appending.set(false);
      }
    }
    for (Future<?> append : appends) {
      append.get();
    }
    long end = server.feed().getHead(GetHeadRequest.getDefaultInstance()).getPosition();
    assertThat(heads.getLast()).isGreaterThan(heads.getFirst());
    // One more for each to end with, even for those that began at the end.
    createPayments(server, 1);
    for (int i = 0; i < subscribers.size(); i++) {
      int count = Math.toIntExact(end + 1 - heads.get(i));
      assertThat(positions(subscribers.get(i).events(count)))
          .as("head %d", heads.get(i))
          .isEqualTo(range(heads.get(i) + 1, end + 1));
    }
  }

  @Test
  void whoStartsAtTheHeadClaimsNoHistory() throws Exception {
    createPayments(server, 1);
    Map<String, SubscribeStart.Builder> claims =
        Map.of(
            "start.epoch", SubscribeStart.newBuilder().setEpoch("some-epoch"),
            "start.position", SubscribeStart.newBuilder().setPosition(1),
            "start.event_id", SubscribeStart.newBuilder().setEventId("some-event"));
    for (var claim : claims.entrySet()) {
      ApiError error = subscribeAtHead(server, claim.getValue()).error();
      assertThat(error.reason()).isEqualTo("FIELD_INVALID");
      assertThat(error.violations()).singleElement().extracting("field").isEqualTo(claim.getKey());
    }
  }

  @Test
  void aNewEpochEndsTheStreamsThatBeganAtTheHeadOfTheOldOne() throws Exception {
    createPayments(server, 1);
    Subscriber subscriber = subscribeAtHead(server, SubscribeStart.newBuilder());
    subscriber.next();
    execute("select new_epoch()");
    assertThat(subscriber.reason()).isEqualTo("STORE_UNAVAILABLE");
  }

  @Test
  void malformedMessagesAreRefused() throws Exception {
    assertThat(subscribe(server, -1, "", "").reason()).isEqualTo("FIELD_INVALID");
    assertThat(subscribe(server, "a b", 0, "", "", Long.MAX_VALUE).reason())
        .isEqualTo("FIELD_INVALID");
    assertThat(subscribeGathering(1_001).reason()).isEqualTo("FIELD_INVALID");
    Subscriber hasty = subscribe(server, 0, "", "");
    hasty.next();
    hasty.acknowledge(7);
    assertThat(hasty.reason()).isEqualTo("FIELD_INVALID");
  }

  @Test
  void progressIsKeptForEveryServerToSee() throws Exception {
    createPayments(server, 3);
    Subscriber subscriber = subscribe(server, "reader-1", 0, "", "", Long.MAX_VALUE);
    subscriber.events(3);
    subscriber.acknowledge(2);
    subscriber.acknowledge(3);
    eventually("it is kept", () -> keptPosition() == 3);
  }

  @Test
  void subscribersThatSaidNothingForADayAreForgotten() throws Exception {
    execute(
        "select save_progress(array[source], array[subscriber], array[0], array[0], array[''],"
            + " array[7], array[7], array[0], array[true], array[hours * 3600000000], interval '3"
            + " s') from (values ('sql', 'gone', 25), ('memory', 'gone', 720), ('sql', 'slow', 23),"
            + " ('sql', 'busy', 0)) as heard (source, subscriber, hours)");
    server.bean(ScheduledMaintenance.class).forgetSubscribers();
    try (var connection = pool.getConnection();
        var statement = connection.createStatement();
        var row =
            statement.executeQuery(
                "select string_agg(source || ' ' || subscriber, ', ' order by subscriber)"
                    + " from subscriber_progress")) {
      row.next();
      assertThat(row.getString(1)).isEqualTo("sql busy, sql slow");
    }
  }

  @Test
  void aSubscriberThatDoesNotReadHindersNobody() throws Exception {
    // Takes one batch and then nothing more; its window and the network fill up.
    Subscriber stuck = subscribe(server, "stuck", 0, "", "", 1);
    Subscriber eager = subscribe(server, "eager", 0, "", "", Long.MAX_VALUE);
    createPayments(server, 400);
    assertThat(positions(eager.events(400))).isEqualTo(range(1, 400));
    assertThat(stuck.received().size()).isLessThan(400);
    stuck.takeMore(Integer.MAX_VALUE);
    assertThat(positions(stuck.events(400))).isEqualTo(range(1, 400));
  }

  private long keptPosition() throws SQLException {
    try (var connection = pool.getConnection();
        var statement = connection.createStatement();
        var row =
            statement.executeQuery(
                "select position from subscriber_progress"
                    + " where source = 'sql' and subscriber = 'reader-1'")) {
      return row.next() ? row.getLong(1) : 0;
    }
  }

  private void execute(String sql) throws SQLException {
    try (var connection = pool.getConnection();
        var statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** A subscriber that takes batches as far as it is told to. */
  private static final class Subscriber
      implements ClientResponseObserver<SubscribeRequest, SubscribeResponse>, AutoCloseable {

    private final BlockingQueue<EventBatch> batches = new LinkedBlockingQueue<>();
    private final List<Long> received = new ArrayList<>();
    private final CompletableFuture<Throwable> failure = new CompletableFuture<>();
    private final long batchesMax;
    private @Nullable ClientCallStreamObserver<SubscribeRequest> requests;

    Subscriber(long batchesMax) {
      this.batchesMax = batchesMax;
    }

    void start(EventFeedServiceStub feed, SubscribeStart start) {
      feed.subscribe(this).onNext(SubscribeRequest.newBuilder().setStart(start).build());
    }

    void acknowledge(long position) {
      Objects.requireNonNull(requests)
          .onNext(
              SubscribeRequest.newBuilder()
                  .setAck(SubscribeAck.newBuilder().setPosition(position))
                  .build());
    }

    void takeMore(int count) {
      Objects.requireNonNull(requests).request(count);
    }

    EventBatch next() throws InterruptedException {
      return Objects.requireNonNull(batches.poll(60, TimeUnit.SECONDS), "no batch came");
    }

    List<PaymentEvent> events(int count) throws InterruptedException {
      List<PaymentEvent> events = new ArrayList<>();
      while (events.size() < count) {
        events.addAll(next().getEventsList());
      }
      return events;
    }

    synchronized List<Long> received() {
      return List.copyOf(received);
    }

    String reason() throws Exception {
      return error().reason();
    }

    ApiError error() throws Exception {
      return ApiError.from(failure.get(60, TimeUnit.SECONDS)).orElseThrow();
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<SubscribeRequest> stream) {
      requests = stream;
      if (batchesMax != Long.MAX_VALUE) {
        stream.disableAutoRequestWithInitial(Math.toIntExact(batchesMax));
      }
    }

    @Override
    public void onNext(SubscribeResponse response) {
      synchronized (this) {
        received.addAll(positions(response.getBatch().getEventsList()));
      }
      batches.add(response.getBatch());
    }

    @Override
    public void onError(Throwable error) {
      failure.complete(error);
    }

    @Override
    public void onCompleted() {}

    @Override
    public void close() {
      Objects.requireNonNull(requests).cancel("the test is over", null);
    }
  }
}
