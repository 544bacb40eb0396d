package com.gyroscops.payments.read.api;

import static com.gyroscops.payments.read.api.ApiErrors.assertFails;
import static com.gyroscops.payments.testing.Eventually.eventually;
import static io.grpc.health.v1.HealthCheckResponse.ServingStatus.NOT_SERVING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.gyroscops.payments.contract.ApiError;
import com.gyroscops.payments.read.ReadDatabase;
import com.gyroscops.payments.read.ReplicaTest;
import com.gyroscops.payments.read.RunningReplica;
import com.gyroscops.payments.stack.engine.LocalPostgres;
import com.gyroscops.payments.testing.Seed;
import com.gyroscops.payments.v1.GetPaymentRequest;
import com.gyroscops.payments.v1.QueryServiceGrpc;
import com.gyroscops.payments.v1.ReadOptions;
import com.gyroscops.payments.v1.ReadSource;
import com.gyroscops.payments.v1.ReadStrategy;
import com.gyroscops.payments.v1.SearchPaymentsRequest;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.stub.StreamObserver;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OperationsTest extends ReplicaTest {

  private static final ReadOptions DATABASE_FIRST =
      ReadOptions.newBuilder().setStrategy(ReadStrategy.READ_STRATEGY_DATABASE_FIRST).build();

  private static final String SERVICE = QueryServiceGrpc.SERVICE_NAME;

  /** So that nothing but a cancellation ends a statement. */
  private static final Map<String, Object> NO_STATEMENT_TIMEOUT =
      Map.of("datasources.read.data-source-properties.options", "-c statement_timeout=0");

  private Connection connect() throws Exception {
    return DriverManager.getConnection(
        ReadDatabase.shared().jdbcUrl(database), ReadDatabase.shared().user(), "");
  }

  /** Asked of the database, not of a cache. */
  private static GetPaymentRequest p1() {
    return GetPaymentRequest.newBuilder()
        .setOrganizationId("acme")
        .setPaymentId("p1")
        .setReadOptions(DATABASE_FIRST)
        .build();
  }

  /** What the log cannot answer in the database's stead. */
  private static SearchPaymentsRequest search() {
    return SearchPaymentsRequest.newBuilder()
        .setOrganizationId("acme")
        .setReadOptions(DATABASE_FIRST)
        .build();
  }

  private static long blockedQueries(Connection connection) throws Exception {
    try (Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "select count(*) from pg_stat_activity where datname = current_database()"
                    + " and state = 'active' and wait_event_type = 'Lock'")) {
      rows.next();
      return rows.getLong(1);
    }
  }

  @Test
  void aDeadlineStopsTheStatementInTheDatabase() throws Exception {
    try (RunningReplica replica = starting(NO_STATEMENT_TIMEOUT);
        Connection blocker = connect();
        Connection observer = connect()) {
      eventually("it serves", replica::isServing);
      blocker.setAutoCommit(false);
      blocker.createStatement().execute("lock table payments in access exclusive mode");
      List<CompletableFuture<Status.Code>> outcomes = new ArrayList<>();
      outcomes.add(searchWithin(replica, 2));
      eventually(
          "the statement waits for the lock",
          () -> {
            if (outcomes.getLast().isDone()) {
              // Over before it was seen to wait.
              assertThat(outcomes.getLast().get()).isEqualTo(Code.DEADLINE_EXCEEDED);
              outcomes.add(searchWithin(replica, 2));
            }
            return blockedQueries(observer) == 1;
          });
      assertThat(outcomes.getLast().get(60, TimeUnit.SECONDS)).isEqualTo(Code.DEADLINE_EXCEEDED);
      eventually("the statement is gone", () -> blockedQueries(observer) == 0);
      blocker.rollback();
      assertThat(replica.queries().getPayment(p1()).getPayment().getVersion()).isEqualTo(1);
    }
  }

  /** How a search ends that has so many seconds. */
  private static CompletableFuture<Status.Code> searchWithin(RunningReplica replica, int seconds) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            replica.queries().withDeadlineAfter(seconds, TimeUnit.SECONDS).searchPayments(search());
            return Code.OK;
          } catch (StatusRuntimeException e) {
            return e.getStatus().getCode();
          }
        },
        Thread::startVirtualThread);
  }

  @Test
  void aCallersCancellationStopsTheStatementInTheDatabase() throws Exception {
    try (RunningReplica replica = starting(NO_STATEMENT_TIMEOUT);
        Connection blocker = connect();
        Connection observer = connect()) {
      eventually("it serves", replica::isServing);
      blocker.setAutoCommit(false);
      blocker.createStatement().execute("lock table payments in access exclusive mode");
      Context.CancellableContext call = Context.current().withCancellation();
      CompletableFuture<Status.Code> outcome = new CompletableFuture<>();
      Thread.ofVirtual()
          .start(
              call.wrap(() -> {
                try {
                  replica.patientQueries().searchPayments(search());
                  outcome.complete(Code.OK);
                } catch (StatusRuntimeException e) {
                  outcome.complete(e.getStatus().getCode());
                }
              }));
      eventually("the statement waits for the lock", () -> blockedQueries(observer) == 1);
      call.cancel(new CancellationException("the caller has gone"));
      assertThat(outcome.get(60, TimeUnit.SECONDS)).isEqualTo(Code.CANCELLED);
      eventually("the statement is gone", () -> blockedQueries(observer) == 0);
      blocker.rollback();
    }
  }

  @Test
  void manyQueriesThatWaitForTheDatabaseDoNotHoldUpTheProjection() throws Exception {
    try (RunningReplica replica = starting(Map.of());
        Connection blocker = connect();
        Connection observer = connect()) {
      eventually("it serves", replica::isServing);
      blocker.setAutoCommit(false);
      // Queries for history wait; the projector gets on as far as it needs no history either.
      blocker.createStatement().execute("lock table parked_events in access exclusive mode");
      Context.CancellableContext callers = Context.current().withCancellation();
      List<CompletableFuture<Void>> calls = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        calls.add(
            CompletableFuture.runAsync(
                callers.wrap(() -> {
                  assertThatThrownBy(() -> replica.patientQueries().searchPayments(search()))
                      .isInstanceOf(StatusRuntimeException.class);
                }),
                Thread::startVirtualThread));
      }
      eventually("all connections for queries wait", () -> blockedQueries(observer) == 12);
      log.create("acme", "p2");
      feed.publish();
      eventually("the projector has applied it", () -> feed.acknowledged() == 2);
      // Nobody was answered: the lock is still there.
      callers.cancel(new CancellationException("seen enough"));
      CompletableFuture.allOf(calls.toArray(CompletableFuture[]::new)).get(60, TimeUnit.SECONDS);
      blocker.rollback();
    }
  }

  @Test
  void healthIsToldForTheServerAndForEachServiceByGrpcAndByHttp() throws Exception {
    try (RunningReplica replica = starting(Map.of())) {
      eventually("it serves", replica::isServing);
      assertThat(replica.health(SERVICE)).isEqualTo(ServingStatus.SERVING);
      assertThatThrownBy(() -> replica.health("no.such.Service"))
          .isInstanceOf(StatusRuntimeException.class);
      awaitStatus(replica, "/health", 200);
      awaitStatus(replica, "/health/readiness", 200);
      assertThat(replica.get("/health/liveness").statusCode()).isEqualTo(200);
      replica.queries().getPayment(p1());
      for (String metric :
          List.of(
              "payments_source_events_behind\\{source=\"sql\"\\} 0\\.0",
              "payments_source_oldest_unapplied_age_seconds\\{source=\"sql\"\\} 0\\.0",
              "payments_source_position\\{source=\"sql\"\\} 1\\.0",
              "payments_source_lease_held\\{source=\"sql\"\\} 1\\.0",
              "payments_queries_seconds_count\\{cache=\"[a-z0-9]+\",method=\"GetPayment\",outcome=\"OK\",source=\"sql\"\\}"
                  + " [1-9]")) {
        Pattern line = Pattern.compile(metric);
        eventually(metric, () -> line.matcher(replica.get("/prometheus").body()).find());
      }
    }
  }

  /** What HTTP says is a moment older or newer than what gRPC does. */
  private static void awaitStatus(RunningReplica replica, String path, int status) {
    eventually(path + " is " + status, () -> replica.get(path).statusCode() == status);
  }

  @Test
  void aServerWithoutAFeedStartsAndServesWhatItHas() throws Exception {
    try (RunningReplica replica = starting(Map.of())) {
      eventually("it serves", replica::isServing);
    }
    feed.down(true);
    try (RunningReplica replica = starting(Map.of())) {
      eventually("it serves", replica::isServing);
      assertThat(replica.queries().getPayment(p1()).getPayment().getVersion()).isEqualTo(1);
    }
  }

  @Test
  void aServerWithoutALogIsNotReadyUntilItHasOne() throws Exception {
    feed.down(true);
    try (RunningReplica replica = starting(Map.of())) {
      assertThat(replica.health(SERVICE)).isEqualTo(NOT_SERVING);
      awaitStatus(replica, "/health/readiness", 503);
      assertThat(replica.get("/health/liveness").statusCode()).isEqualTo(200);
      ApiError error =
          assertFails(
              Code.UNAVAILABLE,
              "SOURCE_UNAVAILABLE",
              () -> replica.queries().searchPayments(search()));
      assertThat(error.retryAfter()).isNotNull();
      feed.down(false);
      eventually("it serves", replica::isServing);
      awaitStatus(replica, "/health/readiness", 200);
    }
  }

  @Test
  void aDatabaseThatGoesAwayMakesTheServerUnreadyAndItRecoversByItself(@TempDir Path folder)
      throws Exception {
    LocalPostgres postgres = LocalPostgres.start(folder.resolve("data"), 0);
    int port = postgres.port();
    log.random(Seed.random(1), 500);
    feed.publish();
    RunningReplica replica =
        RunningReplica.start(
            ReadDatabase.settings(postgres, ReadDatabase.newDatabase(postgres)), feed, Map.of());
    try {
      eventually("it serves", replica::isServing);
      assertThat(postgres.postmaster().destroyForcibly()).isTrue();
      ApiError error =
          assertFails(
              Code.UNAVAILABLE,
              "SOURCE_UNAVAILABLE",
              () -> {
                // The first calls may still be answered.
                for (int i = 0; i < 1_000; i++) {
                  replica.queries().searchPayments(search());
                }
              });
      assertThat(error.retryAfter()).isNotNull();
      // A single payment comes from the log meanwhile.
      eventually(
          "the log answers",
          () ->
              replica.queries().getPayment(p1()).getRead().getSource()
                  == ReadSource.READ_SOURCE_LOG);
      eventually("it says so", () -> !replica.isServing());
      eventually("for the service, too", () -> replica.health(SERVICE) == NOT_SERVING);
      awaitStatus(replica, "/health/readiness", 503);
      assertThat(replica.get("/health/liveness").statusCode()).isEqualTo(200);
      postgres.close();
      log.random(Seed.random(2), 100);
      feed.publish();
      postgres = LocalPostgres.start(folder.resolve("data"), port);
      eventually("it serves again", replica::isServing);
      awaitStatus(replica, "/health/readiness", 200);
      eventually("it has caught up", () -> feed.acknowledged() == log.head());
      assertThat(replica.queries().getPayment(p1()).getPayment().getPaymentId()).isEqualTo("p1");
    } finally {
      replica.close();
      postgres.close();
    }
  }

  @Test
  void aServerStartsWithoutItsDatabaseAndServesAsSoonAsThatIsThere(@TempDir Path folder)
      throws Exception {
    LocalPostgres postgres = LocalPostgres.start(folder.resolve("data"), 0);
    int port = postgres.port();
    Map<String, Object> absent =
        ReadDatabase.settings(postgres, ReadDatabase.newDatabase(postgres));
    postgres.close();
    try (RunningReplica replica = RunningReplica.start(absent, feed, Map.of())) {
      assertThat(replica.isServing()).isFalse();
      assertThat(replica.get("/health/liveness").statusCode()).isEqualTo(200);
      eventually(
          "it says why",
          () ->
              replica
                  .get("/health/readiness")
                  .body()
                  .contains("\"sql\":\"the store does not answer\""));
      assertThat(replica.queries().getPayment(p1()).getRead().getSource())
          .isEqualTo(ReadSource.READ_SOURCE_LOG);
      assertFails(
          Code.UNAVAILABLE, "SOURCE_UNAVAILABLE", () -> replica.queries().searchPayments(search()));
      postgres = LocalPostgres.start(folder.resolve("data"), port);
      eventually("it serves", replica::isServing);
      eventually(
          "the source answers",
          () -> {
            try {
              return replica.queries().searchPayments(search()).getPaymentsCount() == 1;
            } catch (StatusRuntimeException e) {
              // Until it has tried again whether that is so.
              assertThat(e.getStatus().getCode()).isEqualTo(Code.UNAVAILABLE);
              return false;
            }
          });
    } finally {
      postgres.close();
    }
  }

  @Test
  void drainingSaysNotServingWhileCallsAreStillAnsweredAndGivesTheLeaseUp() throws Exception {
    try (RunningReplica replica = starting(Map.of("read-server.drain-notice", "60s"))) {
      eventually("it serves", replica::isServing);
      replica.queries().getPayment(p1());
      Thread stopping = Thread.ofPlatform().start(replica::stop);
      eventually("it says so", () -> !replica.isServing());
      // In the notice period calls are answered as ever.
      assertThat(replica.queries().getPayment(p1()).getPayment().getVersion()).isEqualTo(1);
      eventually("another could take the lease", this::isLeaseFree);
      assertThat(stopping.isAlive()).isTrue();
      // Ends the notice.
      stopping.interrupt();
      stopping.join();
      assertThatThrownBy(() -> replica.queries().getPayment(p1()))
          .isInstanceOf(StatusRuntimeException.class);
    }
  }

  private boolean isLeaseFree() throws Exception {
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("select expires_at <= now() from leases")) {
      return rows.next() && rows.getBoolean(1);
    }
  }

  @Test
  void reflectionNamesTheServicesInBothOfItsVersions() throws Exception {
    try (RunningReplica replica = starting(Map.of())) {
      BlockingQueue<String> v1 = new LinkedBlockingQueue<>();
      var request =
          io.grpc.reflection.v1.ServerReflectionGrpc.newStub(replica.channel())
              .serverReflectionInfo(
                  collector((io.grpc.reflection.v1.ServerReflectionResponse it) ->
                      it.getListServicesResponse()
                          .getServiceList()
                          .forEach(service -> v1.add(service.getName()))));
      request.onNext(
          io.grpc.reflection.v1.ServerReflectionRequest.newBuilder().setListServices("").build());
      request.onCompleted();
      BlockingQueue<String> v1alpha = new LinkedBlockingQueue<>();
      var older =
          io.grpc.reflection.v1alpha.ServerReflectionGrpc.newStub(replica.channel())
              .serverReflectionInfo(
                  collector((io.grpc.reflection.v1alpha.ServerReflectionResponse it) ->
                      it.getListServicesResponse()
                          .getServiceList()
                          .forEach(service -> v1alpha.add(service.getName()))));
      older.onNext(
          io.grpc.reflection.v1alpha.ServerReflectionRequest.newBuilder()
              .setListServices("")
              .build());
      older.onCompleted();
      eventually("v1 names it", () -> v1.contains(SERVICE));
      eventually("v1alpha names it", () -> v1alpha.contains(SERVICE));
      assertThat(v1).contains("grpc.health.v1.Health");
    }
  }

  private static <T> StreamObserver<T> collector(java.util.function.Consumer<T> each) {
    return new StreamObserver<>() {
      @Override
      public void onNext(T value) {
        each.accept(value);
      }

      @Override
      public void onError(Throwable failure) {
        throw new AssertionError(failure);
      }

      @Override
      public void onCompleted() {}
    };
  }
}
