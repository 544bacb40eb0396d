package com.gyroscops.payments.read.projection;

import static com.gyroscops.payments.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.gyroscops.payments.internal.v1.SubscribeStart;
import com.gyroscops.payments.read.ProjectionTest;
import com.gyroscops.payments.read.SampleLog;
import com.gyroscops.payments.read.feed.FeedClient;
import com.gyroscops.payments.read.feed.HeadTracker;
import com.gyroscops.payments.read.source.Answer;
import com.gyroscops.payments.read.source.Filter;
import com.gyroscops.payments.read.source.Model;
import com.gyroscops.payments.read.source.PaymentSource;
import com.gyroscops.payments.read.source.PositionTracker;
import com.gyroscops.payments.read.source.SourcePosition;
import com.gyroscops.payments.read.source.SourceUnavailableException;
import com.gyroscops.payments.read.source.TotalsSpan;
import com.gyroscops.payments.read.source.memory.MemorySource;
import com.gyroscops.payments.read.source.sql.SqlSnapshots;
import com.gyroscops.payments.testing.Seed;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentEvent;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The memory source, filled from a real sql source and kept in step by a projector of its own. */
class MemoryProjectionTest extends ProjectionTest {

  private static final TotalsSpan EVERYTHING =
      new TotalsSpan(Optional.empty(), Filter.Span.OPEN, Set.of());

  @TempDir private Path folder;

  @AfterEach
  void assertThatNothingIsLeft() throws Exception {
    opened.close();
    assertThat(isEmpty()).as("the files of a closed source are gone").isTrue();
  }

  private boolean isEmpty() throws IOException {
    try (Stream<Path> left = Files.list(folder)) {
      return left.findAny().isEmpty();
    }
  }

  private MemorySource memory(int paymentsMax) {
    return opened.open(
        new MemorySource(new SqlSnapshots(database.dataSource()), folder, paymentsMax));
  }

  private Projector project(PaymentSource source, String name) {
    FeedClient client = opened.open(FeedClient.to(List.of(feed.target())));
    PositionTracker known = new PositionTracker();
    HeadTracker heads = new HeadTracker(client, System::nanoTime);
    ProjectionMeters meters = new ProjectionMeters(new SimpleMeterRegistry(), name, known, heads);
    Projector projector =
        opened.open(
            name.equals("sql")
                ? Projector.leased(
                    source, name, client, database.leases(), "a", known, known, meters)
                : Projector.own(source, name, client, "a", known, meters));
    projector.start();
    return projector;
  }

  /** Fills the SQL source, which replicas fill their memory from, with all events so far. */
  private PaymentSource fillSql() throws Exception {
    PaymentSource sql = database.source();
    project(sql, "sql");
    awaitApplied(sql);
    return sql;
  }

  private void awaitApplied(PaymentSource source) throws Exception {
    eventually(
        "all " + log.head() + " events are applied",
        () -> source.position().position() == log.head());
  }

  private static void assertEqualsLog(PaymentSource source, SampleLog log) {
    assertThat(source.aggregate(EVERYTHING))
        .isEqualTo(new Answer.Data<>(Model.totals(log.payments(), EVERYTHING), positionOf(source)));
    for (Payment payment : log.payments()) {
      assertThat(source.find(payment.getOrganizationId(), List.of(payment.getPaymentId())))
          .isEqualTo(new Answer.Data<>(List.of(payment), positionOf(source)));
    }
  }

  private static SourcePosition positionOf(PaymentSource source) {
    try {
      return source.position();
    } catch (SourceUnavailableException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void itIsFilledWhileEventsGoOnArrivingAndNothingIsSkippedOrDoubled() throws Exception {
    Random random = Seed.random(1);
    log.random(random, 5_000);
    feed.publish();
    fillSql();
    MemorySource memory = memory(100_000);
    project(memory, "memory");
    for (int i = 0; i < 100; i++) {
      log.random(random, 20);
      feed.publish();
    }
    awaitApplied(memory);
    assertEqualsLog(memory, log);
    assertThat(memory.payments()).isEqualTo(log.payments().size());
    // It was filled from the snapshot, not from the log's beginning.
    SubscribeStart start =
        feed.starts().stream()
            .filter(it -> it.getSource().equals("memory"))
            .findFirst()
            .orElseThrow();
    assertThat(start.getPosition()).isGreaterThanOrEqualTo(5_000);
    assertThat(start.getGatherMillis()).isEqualTo(memory.runEvery().toMillis()).isPositive();
  }

  @Test
  void itWaitsForASnapshotUntilTheSqlSourceHasOne() throws Exception {
    MemorySource memory = memory(100_000);
    assertThatThrownBy(() -> memory.takeOver(1)).isInstanceOf(SourceUnavailableException.class);
    project(memory, "memory");
    log.random(Seed.random(2), 500);
    feed.publish();
    assertThat(memory.find("org-1", List.of("p"))).isInstanceOf(Answer.NotReady.class);
    project(database.source(), "sql");
    awaitApplied(memory);
    assertEqualsLog(memory, log);
  }

  @Test
  void eventsDeliveredTwiceAndBrokenStreamsHaveNoEffect() throws Exception {
    Random random = Seed.random(3);
    feed.repeat(true);
    project(database.source(), "sql");
    MemorySource memory = memory(100_000);
    project(memory, "memory");
    for (int i = 0; i < 20; i++) {
      log.random(random, 100);
      feed.publish();
      if (i % 4 == 0) {
        awaitApplied(memory);
        feed.breakStreams();
      }
    }
    awaitApplied(memory);
    assertEqualsLog(memory, log);
  }

  @Test
  void moreEventsThanItMayHoldPaymentsForMakeItWithdrawForGood() throws Exception {
    project(database.source(), "sql");
    for (int i = 0; i < 50; i++) {
      log.create("acme", "p" + i);
    }
    feed.publish();
    MemorySource memory = memory(50);
    project(memory, "memory");
    awaitApplied(memory);
    assertThat(memory.capabilities()).isNotEmpty();
    log.update("acme", "p1", "no more payments than before");
    feed.publish();
    awaitApplied(memory);
    log.create("acme", "one more");
    feed.publish();
    eventually("it has withdrawn", memory::isWithdrawn);
    assertThat(memory.capabilities()).isEmpty();
    assertThat(memory.find("acme", List.of("p1"))).isInstanceOf(Answer.NotReady.class);
    eventually("its files are gone", this::isEmpty);
    assertThat(memory.payments()).isZero();
    assertThatThrownBy(() -> memory.takeOver(1)).isInstanceOf(SourceUnavailableException.class);
  }

  @Test
  void aSnapshotOfMorePaymentsThanItMayHoldMakesItWithdraw() throws Exception {
    PaymentSource sql = database.source();
    project(sql, "sql");
    for (int i = 0; i < 51; i++) {
      log.create("acme", "p" + i);
    }
    feed.publish();
    awaitApplied(sql);
    MemorySource memory = memory(50);
    assertThatThrownBy(() -> memory.takeOver(1)).isInstanceOf(SourceUnavailableException.class);
    assertThat(memory.isWithdrawn()).isTrue();
    assertThat(memory.capabilities()).isEmpty();
  }

  @Test
  void anotherHistoryIsTakenUpWhenTheSqlSourceHasIt() throws Exception {
    log.random(Seed.random(4), 700);
    feed.publish();
    PaymentSource sql = database.source();
    Projector first = project(sql, "sql");
    awaitApplied(sql);
    MemorySource memory = memory(100_000);
    project(memory, "memory");
    awaitApplied(memory);
    // The sql source stays behind in the old history.
    first.close();
    int before = starts();
    SampleLog other = new SampleLog("payments", "epoch-2").random(Seed.random(5), 400);
    feed.replaceLog(other);
    eventually("it has noticed", () -> memory.position().epoch().isEmpty());
    assertThatThrownBy(() -> memory.takeOver(1))
        .isInstanceOf(SourceUnavailableException.class)
        .hasMessageContaining("history");
    project(sql, "sql");
    eventually("it is filled anew", () -> memory.position().epoch().equals("epoch-2"));
    eventually("it is in step", () -> memory.position().position() == other.head());
    assertEqualsLog(memory, other);
    // One that learned of the end of the old history, and one that follows the new.
    assertThat(starts() - before).isLessThanOrEqualTo(3);
  }

  private int starts() {
    return (int) feed.starts().stream().filter(it -> it.getSource().equals("memory")).count();
  }

  @Test
  void whatTheSqlSourceHasParkedIsParkedHereToo() throws Exception {
    PaymentEvent first = log.create("acme", "p1");
    log.appendRaw(
        first.toBuilder()
            .setVersion(3)
            .setPayment(first.getPayment().toBuilder().setVersion(3))
            .build());
    log.create("other", "p1");
    feed.publish();
    PaymentSource sql = fillSql();
    MemorySource memory = memory(100_000);
    project(memory, "memory");
    awaitApplied(memory);
    assertThat(memory.position()).isEqualTo(sql.position());
    assertThat(memory.find("acme", List.of("p1"))).isInstanceOf(Answer.Incomplete.class);
    assertThat(memory.find("other", List.of("p1"))).isInstanceOf(Answer.Data.class);
  }
}
