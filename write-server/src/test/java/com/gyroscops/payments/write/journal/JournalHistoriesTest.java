package com.gyroscops.payments.write.journal;

import static com.gyroscops.payments.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.gyroscops.payments.platform.journal.Expectation;
import com.gyroscops.payments.platform.journal.JournalVerifier;
import com.gyroscops.payments.platform.journal.Segment;
import com.gyroscops.payments.platform.journal.SegmentHeader;
import com.gyroscops.payments.platform.journal.Verification;
import com.gyroscops.payments.platform.journal.Verification.History;
import com.gyroscops.payments.platform.relay.HistoryDivergedException;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.write.eventstore.Chain;
import com.gyroscops.payments.write.eventstore.EventStore;
import com.gyroscops.payments.write.eventstore.StoreUnavailableException;
import com.gyroscops.payments.write.eventstore.memory.MemoryEventStore;
import com.gyroscops.payments.write.outbox.OutboxTail;
import com.gyroscops.payments.write.outbox.SinkLease;
import com.gyroscops.payments.write.outbox.SinkRunner;
import com.gyroscops.payments.write.outbox.SinkStatus;
import com.gyroscops.payments.write.outbox.SinkStatus.State;
import com.gyroscops.payments.write.outbox.StoreLog;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of a journal when its log goes on in another history. */
class JournalHistoriesTest {

  private static final long SEGMENT_BYTES = 1024 * 1024;
  private static final String FIRST = TestLog.EPOCH;
  private static final String SECOND = "epoch-2";
  private static final String THIRD = "epoch-3";

  @TempDir Path folder;

  private JournalFolder open(Path of, EventStore store) throws Exception {
    return JournalFolder.open(
        of, SEGMENT_BYTES, SegmentFile::onDisk, new StoreLog(Journal.NAME, store));
  }

  private void keep(Path of, EventStore store) throws Exception {
    try (JournalFolder journal = open(of, store)) {
      append(journal, store);
    }
  }

  private void keep(EventStore store) throws Exception {
    keep(folder, store);
  }

  private static void append(JournalFolder journal, EventStore store) throws IOException {
    List<PaymentEvent> events =
        store.read(journal.position(), Integer.MAX_VALUE, Integer.MAX_VALUE).events();
    journal.apply(events);
  }

  private static MemoryEventStore continuing(
      MemoryEventStore before, String epoch, long sharedPosition, int more) {
    MemoryEventStore store = MemoryEventStore.continuing(before, epoch, sharedPosition);
    TestLog.append(store, more);
    return store;
  }

  private static Verification verify(Path of, Expectation expectation) throws Exception {
    return new JournalVerifier(of, expectation, _ -> {}).verify(1);
  }

  private Verification whole(long position) throws Exception {
    Verification verified = verify(folder, Expectation.NONE);
    assertThat(verified.fault()).isNull();
    assertThat(verified.lastPosition()).isEqualTo(position);
    return verified;
  }

  private Map<String, String> contents() throws IOException {
    Map<String, String> contents = new TreeMap<>();
    for (Segment segment : Segment.all(folder)) {
      contents.put(segment.name(), Files.readString(segment.file()));
    }
    return contents;
  }

  private void assertRefused(EventStore store, String... said) throws Exception {
    Map<String, String> before = contents();
    assertThatThrownBy(() -> open(folder, store))
        .isInstanceOf(HistoryDivergedException.class)
        .hasMessageContainingAll(said)
        .hasMessageContaining("JOURNAL_FOLDER");
    assertThat(contents()).isEqualTo(before);
    assertThat(FolderLock.take(folder)).isPresent().get().satisfies(FolderLock::close);
  }

  @Test
  void aHistoryThatLostNothingOfTheJournalIsGoneOnWith(@TempDir Path later) throws Exception {
    MemoryEventStore before = TestLog.of(7);
    keep(before);
    String hash = whole(7).lastHash();
    Map<String, String> written = contents();

    // It shares all; the one after that as much as the journal has, and less than its log had.
    MemoryEventStore second = continuing(before, SECOND, 7, 3);
    keep(second);
    MemoryEventStore third = continuing(continuing(second, "unseen", 10, 5), THIRD, 10, 4);
    keep(third);

    Verification verified = verify(folder, new Expectation(7, hash));
    assertThat(verified.fault()).isNull();
    assertThat(verified.lastPosition()).isEqualTo(14);
    assertThat(verified.origin()).isEqualTo(FIRST);
    assertThat(verified.histories())
        .containsExactly(new History(FIRST, 1), new History(SECOND, 8), new History(THIRD, 11));
    assertThat(contents()).containsAllEntriesOf(written).hasSize(3);

    // Within a history, its segment is continued.
    TestLog.append(third, 1);
    keep(third);
    assertThat(whole(15).histories()).hasSize(3);
    assertThat(Segment.all(folder)).hasSize(3);

    // One that is begun only now is of the same hashes.
    keep(later, third);
    assertThat(verify(later, new Expectation(7, hash)).fault()).isNull();
    assertThat(verify(later, Expectation.NONE).lastHash()).isEqualTo(whole(15).lastHash());
    assertThat(verify(later, Expectation.NONE).histories()).containsExactly(new History(THIRD, 1));
  }

  @Test
  void aSegmentEndsWithItsHistoryThoughNothingIsToBeWrittenAtOnce() throws Exception {
    MemoryEventStore before = TestLog.of(7);
    keep(before);
    Map<String, String> written = contents();
    MemoryEventStore second = continuing(before, SECOND, 7, 0);
    keep(second);
    assertThat(contents()).isEqualTo(written);
    // The line is the second history's, so the second history's segment has it.
    TestLog.append(second, 1);
    keep(second);
    assertThat(whole(8).histories()).containsExactly(new History(FIRST, 1), new History(SECOND, 8));
  }

  @Test
  void aJournalThatHoldsLostLinesIsLeftAsItIs() throws Exception {
    MemoryEventStore before = TestLog.of(10);
    keep(before);
    for (int more : new int[] {0, 1, 2, 30}) {
      assertRefused(
          continuing(before, SECOND, 9, more), "position 10", FIRST, "9 are in the log", SECOND);
    }
    // Nor does a history after that bring it back.
    assertRefused(
        continuing(continuing(before, SECOND, 9, 5), THIRD, 14, 5), "9 are in the log", THIRD);
    keep(continuing(before, SECOND, 10, 5));
    whole(15);
  }

  @Test
  void aLostEventThatWasStoredAgainBehindOthersIsNotTheLogsLine() throws Exception {
    Chain again = TestLog.creation("again", UUID.randomUUID().toString());
    MemoryEventStore before = TestLog.of(9);
    MemoryEventStore second = MemoryEventStore.continuing(before, SECOND, 8);
    TestLog.append(second, 1);
    for (MemoryEventStore store : List.of(before, second)) {
      var _ = store.append(EventStore.ANY_EPOCH, List.of(again));
    }
    assertThat(second.read(9, 1, 1).events()).isEqualTo(before.read(9, 1, 1).events());
    keep(before);
    assertRefused(second, "position 10", "8 are in the log");
  }

  @Test
  void aJournalOfAHistoryThatTheLogDidNotComeFromIsLeftAsItIs() throws Exception {
    MemoryEventStore before = TestLog.of(10);
    keep(before);
    // Two standbys were promoted, one after the other.
    keep(continuing(before, SECOND, 10, 2));
    assertRefused(continuing(before, THIRD, 10, 5), "position 12", SECOND, THIRD, "none that");
    // Nor is a log its own later history: such as a primary that was left behind.
    assertRefused(before, "position 12", SECOND, FIRST);
  }

  @Test
  void aSegmentThatHadOnlyBegunInAHistoryThatWasLostIsNotInTheWay() throws Exception {
    MemoryEventStore before = TestLog.of(10);
    keep(before);
    String hash = whole(10).lastHash();
    Files.write(
        Segment.in(folder, 11).file(), new SegmentHeader("main", FIRST, SECOND, 11, hash).line());
    keep(continuing(before, THIRD, 10, 5));
    assertThat(whole(15).histories())
        .containsExactly(new History(FIRST, 1), new History(THIRD, 11));
  }

  @Test
  void aJournalOfFormat1IsContinuedWithTheHashesThatItWouldHaveHad(@TempDir Path other)
      throws Exception {
    MemoryEventStore store = TestLog.of(5);
    keep(store);
    Path file = Segment.in(folder, 1).file();
    List<String> lines = new ArrayList<>(Files.readAllLines(file));
    lines.set(
        0,
        "{\"format\":1,\"log_id\":\"main\",\"epoch\":\"epoch-1\",\"first_position\":1,"
            + "\"prev\":\"d602a0d0c0d3863b026d151a25cb77e13cbdddbfbe1785c4eaa86464fc724b47\","
            + "\"hash\":\"b29a2ba1cb8b14ea5a02a77bc45d7ad0647ad06a9abd15e63cfc05962857af80\"}");
    Files.write(file, lines);
    TestLog.append(store, 5);
    keep(store);
    assertThat(Segment.all(folder)).hasSize(1);
    MemoryEventStore later = continuing(store, SECOND, 10, 5);
    keep(later);
    keep(other, later);
    assertThat(whole(15).histories())
        .containsExactly(new History(FIRST, 1), new History(SECOND, 11));
    assertThat(Files.readAllLines(file).getFirst()).isEqualTo(lines.getFirst());
    assertThat(verify(other, new Expectation(15, whole(15).lastHash())).fault()).isNull();
  }

  @Test
  void whatIsNewestOnDiskIsToldByItsId() throws Exception {
    MemoryEventStore store = TestLog.of(3);
    List<PaymentEvent> events = store.read(0, 3, Integer.MAX_VALUE).events();
    try (JournalFolder journal = open(folder, store)) {
      assertThat(journal.eventId()).isEmpty();
      for (PaymentEvent event : events) {
        journal.apply(List.of(event));
        assertThat(journal.eventId()).isEqualTo(event.getEventId());
      }
    }
    try (JournalFolder journal = open(folder, store)) {
      assertThat(journal.eventId()).isEqualTo(events.getLast().getEventId());
    }
  }

  @Test
  void aHistoryThatChangesWhileItIsComparedIsComparedAgain() throws Exception {
    MemoryEventStore before = TestLog.of(10);
    keep(before);
    MemoryEventStore second = continuing(before, SECOND, 10, 5);
    assertThatThrownBy(
            () -> open(folder, store(method -> method.getName().equals("head") ? before : second)))
        .isInstanceOf(StoreUnavailableException.class);
    whole(10);
    keep(second);
    whole(15);
  }

  /** A store whose calls go to one that is chosen for each. */
  private static EventStore store(Function<Method, EventStore> chosen) {
    return (EventStore)
        Proxy.newProxyInstance(
            EventStore.class.getClassLoader(),
            new Class<?>[] {EventStore.class},
            (_, method, arguments) -> {
              try {
                return method.invoke(chosen.apply(method), arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  /** Nobody else wants it. */
  private static final class OwnLease implements SinkLease {
    @Override
    public OptionalLong take(String holder) {
      return OptionalLong.of(1);
    }

    @Override
    public boolean renew(String holder, long fence, long position) {
      return true;
    }

    @Override
    public void release(String holder, long fence) {}

    @Override
    public long position() {
      return 0;
    }

    @Override
    public OptionalLong positionOfAnother(String holder) {
      return OptionalLong.empty();
    }
  }

  private static void await(BooleanSupplier condition) {
    eventually("in time", condition::getAsBoolean);
  }

  private static void awaitPosition(SinkRunner journal, long position) throws InterruptedException {
    await(
        () -> journal.status().state() == State.KEEPING && journal.status().position() == position);
  }

  @Test
  void itsKeeperGoesOnAfterASwitchoverAndStopsWhereLinesWereLost() throws Exception {
    MemoryEventStore first = TestLog.of(10);
    AtomicReference<MemoryEventStore> log = new AtomicReference<>(first);
    EventStore store = store(_ -> log.get());
    try (OutboxTail tail = new OutboxTail(store);
        SinkRunner journal =
            new SinkRunner(
                new Journal(folder, SEGMENT_BYTES, SegmentFile::onDisk),
                10,
                store,
                tail,
                new OwnLease(),
                "one",
                Duration.ofSeconds(1))) {
      awaitPosition(journal, 10);

      MemoryEventStore second = MemoryEventStore.continuing(first, SECOND, 10);
      log.set(second);
      tail.wake();
      tail.committed(SECOND, TestLog.append(second, 10));
      awaitPosition(journal, 20);
      assertThat(whole(20).histories())
          .containsExactly(new History(FIRST, 1), new History(SECOND, 11));

      Map<String, String> written = contents();
      log.set(continuing(second, THIRD, 19, 30));
      tail.wake();
      List<SinkStatus> found = new ArrayList<>();
      await(() -> {
        found.add(journal.status());
        return found.getLast().state() == State.STOPPED;
      });
      assertThat(found.getLast().reason()).contains("19 are in the log");
      assertThat(found.getLast().position()).isEqualTo(20);
      assertThat(contents()).isEqualTo(written);
    }
  }
}
