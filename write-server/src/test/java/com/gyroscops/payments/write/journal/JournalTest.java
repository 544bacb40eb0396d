package com.gyroscops.payments.write.journal;

import static com.gyroscops.payments.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.gyroscops.payments.platform.journal.Expectation;
import com.gyroscops.payments.platform.journal.JournalVerifier;
import com.gyroscops.payments.platform.journal.Segment;
import com.gyroscops.payments.platform.journal.Verification;
import com.gyroscops.payments.write.eventstore.memory.MemoryEventStore;
import com.gyroscops.payments.write.outbox.OutboxTail;
import com.gyroscops.payments.write.outbox.SinkLease;
import com.gyroscops.payments.write.outbox.SinkRunner;
import com.gyroscops.payments.write.outbox.SinkStatus;
import com.gyroscops.payments.write.outbox.SinkStatus.State;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who keeps the journal, and what they do when they cannot. */
class JournalTest {

  @TempDir Path folder;

  private final TestLease lease = new TestLease();
  private final List<AutoCloseable> open = new ArrayList<>();

  /** A lease that ends when it is told to. */
  private static final class TestLease implements SinkLease {

    private String holder = "";
    private long fence;
    private long position;

    @Override
    public synchronized OptionalLong take(String taker) {
      if (!holder.isEmpty() && !holder.equals(taker)) {
        return OptionalLong.empty();
      }
      holder = taker;
      return OptionalLong.of(++fence);
    }

    @Override
    public synchronized boolean renew(String of, long ofFence, long at) {
      boolean held = holder.equals(of) && fence == ofFence;
      position = held ? at : position;
      return held;
    }

    @Override
    public synchronized void release(String of, long ofFence) {
      if (holder.equals(of) && fence == ofFence) {
        holder = "";
      }
    }

    @Override
    public synchronized long position() {
      return position;
    }

    @Override
    public synchronized OptionalLong positionOfAnother(String than) {
      return holder.isEmpty() || holder.equals(than)
          ? OptionalLong.empty()
          : OptionalLong.of(position);
    }

    /** As if its time had passed. */
    synchronized void expire() {
      holder = "";
    }

    /** Another server has it and has come to there. */
    synchronized void keep(String by, long at) {
      give(by);
      position = at;
    }

    synchronized void give(String to) {
      holder = to;
      fence++;
    }
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable one : open.reversed()) {
      one.close();
    }
  }

  private OutboxTail tail(MemoryEventStore store) {
    OutboxTail tail = new OutboxTail(store);
    open.add(tail);
    return tail;
  }

  private SinkRunner journal(
      String name, MemoryEventStore store, OutboxTail tail, Path at, SegmentFile.Opener files) {
    return journal(name, store, tail, at, files, Duration.ofSeconds(1));
  }

  private SinkRunner journal(
      String name,
      MemoryEventStore store,
      OutboxTail tail,
      Path at,
      SegmentFile.Opener files,
      Duration retry) {
    SinkRunner journal =
        new SinkRunner(new Journal(at, 8_192, files), 10, store, tail, lease, name, retry);
    open.add(journal);
    return journal;
  }

  private SinkRunner journal(String name, MemoryEventStore store, OutboxTail tail) {
    return journal(name, store, tail, folder, SegmentFile::onDisk);
  }

  private static void await(BooleanSupplier condition) {
    eventually("in time", condition::getAsBoolean);
  }

  /** As it was found: it tries again soon. */
  private static SinkStatus awaitStopped(SinkRunner journal) {
    List<SinkStatus> found = new ArrayList<>();
    await(() -> {
      found.add(journal.status());
      return found.getLast().state() == State.STOPPED;
    });
    return found.getLast();
  }

  private static void awaitPosition(SinkRunner journal, long position) throws InterruptedException {
    await(
        () -> journal.status().state() == State.KEEPING && journal.status().position() == position);
  }

  private static Verification verify(Path of) throws Exception {
    return new JournalVerifier(of, Expectation.NONE, _ -> {}).verify(1);
  }

  @Test
  void itWritesWhatThereIsAndFollowsWhatComes() throws Exception {
    MemoryEventStore store = TestLog.of(100);
    OutboxTail tail = tail(store);
    SinkRunner journal = journal("one", store, tail);
    awaitPosition(journal, 100);
    for (int i = 0; i < 20; i++) {
      tail.committed(TestLog.EPOCH, TestLog.append(store, 5));
    }
    awaitPosition(journal, 200);
    Verification verified = verify(folder);
    assertThat(verified.fault()).isNull();
    assertThat(verified.lastPosition()).isEqualTo(200);
    assertThat(journal.status().details()).containsEntry("hash", verified.lastHash());
    assertThat(journal.eventsBehind()).isZero();
  }

  @Test
  void oneKeepsItAndTheOtherGoesOnOnceThatIsGone() throws Exception {
    MemoryEventStore store = TestLog.of(10);
    OutboxTail tail = tail(store);
    SinkRunner one = journal("one", store, tail);
    awaitPosition(one, 10);
    SinkRunner two = journal("two", store, tail);
    tail.committed(TestLog.EPOCH, TestLog.append(store, 10));
    awaitPosition(one, 20);
    await(() -> two.status().position() == 20);
    assertThat(two.status().state()).isEqualTo(State.WAITING);
    one.close();
    awaitPosition(two, 20);
    tail.committed(TestLog.EPOCH, TestLog.append(store, 10));
    awaitPosition(two, 30);
    assertThat(verify(folder).fault()).isNull();
    assertThat(verify(folder).lastPosition()).isEqualTo(30);
  }

  @Test
  void whoHasTheLeaseButNotTheFolderWritesNothing() throws Exception {
    MemoryEventStore store = TestLog.of(10);
    OutboxTail tail = tail(store);
    // As one that was paused: its lease is over, but it has the folder.
    Runnable unlock = lock();
    SinkRunner two = journal("two", store, tail);
    assertThat(awaitStopped(two).reason()).contains("locked");
    assertThat(Segment.all(folder)).isEmpty();
    unlock.run();
    awaitPosition(two, 10);
  }

  private boolean isUnlocked() {
    try {
      Optional<FolderLock> lock = FolderLock.take(folder);
      if (lock.isPresent()) {
        lock.get().close();
      }
      return lock.isPresent();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private Runnable lock() throws IOException {
    FolderLock lock = FolderLock.take(folder).orElseThrow();
    return () -> {
      try {
        lock.close();
      } catch (IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
    };
  }

  @Test
  void whoLostTheLeaseStopsWriting() throws Exception {
    MemoryEventStore store = TestLog.of(10);
    OutboxTail tail = tail(store);
    SinkRunner one = journal("one", store, tail);
    awaitPosition(one, 10);
    lease.give("another");
    await(() -> one.status().state() == State.WAITING);
    tail.committed(TestLog.EPOCH, TestLog.append(store, 10));
    await(this::isUnlocked);
    assertThat(verify(folder).lastPosition()).isEqualTo(10);
    lease.expire();
    awaitPosition(one, 20);
  }

  @Test
  void eachFolderIsAWholeJournal(@TempDir Path other) throws Exception {
    MemoryEventStore store = TestLog.of(10);
    OutboxTail tail = tail(store);
    SinkRunner one = journal("one", store, tail);
    awaitPosition(one, 10);
    SinkRunner two = journal("two", store, tail, other, SegmentFile::onDisk);
    one.close();
    tail.committed(TestLog.EPOCH, TestLog.append(store, 10));
    awaitPosition(two, 20);
    assertThat(verify(other).fault()).isNull();
    assertThat(verify(other).lastPosition()).isEqualTo(20);
    assertThat(verify(folder).lastPosition()).isEqualTo(10);
  }

  @Test
  void aFullDiskStopsItAndItCatchesUpOnceThereIsRoom() throws Exception {
    MemoryEventStore store = TestLog.of(10);
    OutboxTail tail = tail(store);
    AtomicBoolean full = new AtomicBoolean();
    SinkRunner journal =
        journal("one", store, tail, folder, (path, fresh) -> new FullDisk(path, fresh, full));
    awaitPosition(journal, 10);
    full.set(true);
    tail.committed(TestLog.EPOCH, TestLog.append(store, 15));
    SinkStatus stopped = awaitStopped(journal);
    assertThat(stopped.reason()).contains("No space left on device");
    assertThat(stopped.position()).isEqualTo(10);
    assertThat(journal.eventsBehind()).isEqualTo(15);
    assertThat(journal.isTooFarBehind()).isTrue();
    full.set(false);
    awaitPosition(journal, 25);
    assertThat(journal.isTooFarBehind()).isFalse();
    assertThat(verify(folder).fault()).isNull();
    assertThat(verify(folder).lastPosition()).isEqualTo(25);
  }

  @Test
  void anotherServersDiskGoesOnWhereOnesOwnIsFull(@TempDir Path other) throws Exception {
    MemoryEventStore store = TestLog.of(10);
    OutboxTail tail = tail(store);
    AtomicBoolean full = new AtomicBoolean();
    SinkRunner one =
        journal("one", store, tail, folder, (path, fresh) -> new FullDisk(path, fresh, full));
    awaitPosition(one, 10);
    SinkRunner two = journal("two", store, tail, other, SegmentFile::onDisk);
    full.set(true);
    tail.committed(TestLog.EPOCH, TestLog.append(store, 10));
    awaitPosition(two, 20);
  }

  @Test
  void aServerWhoseDiskIsFullKnowsThatAnotherKeepsTheJournalBeforeItTriesAgain() throws Exception {
    MemoryEventStore store = TestLog.of(10);
    OutboxTail tail = tail(store);
    AtomicBoolean full = new AtomicBoolean(true);
    SinkRunner one =
        journal(
            "one",
            store,
            tail,
            folder,
            (path, fresh) -> new FullDisk(path, fresh, full),
            Duration.ofHours(1));
    await(() -> one.status().state() == State.STOPPED);
    tail.committed(TestLog.EPOCH, TestLog.append(store, 10));
    await(one::isTooFarBehind);

    lease.keep("another", 15);

    await(() -> !one.isTooFarBehind());
    assertThat(one.status().state()).isEqualTo(State.STOPPED);
    assertThat(one.eventsBehind()).isEqualTo(5);
    lease.expire();
    await(one::isTooFarBehind);
  }

  @Test
  void aServerWhoseDiskStandsStillKnowsThatAnotherKeepsTheJournal() throws Exception {
    MemoryEventStore store = TestLog.of(10);
    OutboxTail tail = tail(store);
    CountDownLatch still = new CountDownLatch(1);
    open.add(still::countDown);
    AtomicBoolean stands = new AtomicBoolean();
    SinkRunner one =
        journal(
            "one", store, tail, folder, (path, fresh) -> new StillDisk(path, fresh, stands, still));
    awaitPosition(one, 10);
    stands.set(true);
    tail.committed(TestLog.EPOCH, TestLog.append(store, 15));
    await(one::isTooFarBehind);
    lease.keep("another", 25);
    await(() -> !one.isTooFarBehind());
    assertThat(one.status().position()).isEqualTo(10);
    // Only once it goes on: whoever closes it would wait for it.
    still.countDown();
  }

  /** Stands still at the next write, until it is let go on. */
  private static final class StillDisk extends ForwardingSegmentFile {

    private final AtomicBoolean stands;
    private final CountDownLatch still;

    StillDisk(Path path, boolean fresh, AtomicBoolean stands, CountDownLatch still)
        throws IOException {
      super(SegmentFile.onDisk(path, fresh));
      this.stands = stands;
      this.still = still;
    }

    @Override
    public void write(ByteBuffer bytes) throws IOException {
      if (stands.get()) {
        try {
          still.await();
        } catch (InterruptedException e) {
          throw new IOException(e);
        }
      }
      super.write(bytes);
    }
  }

  /** Writes half of what it is given while it is full. */
  private static final class FullDisk extends ForwardingSegmentFile {

    private final AtomicBoolean full;

    FullDisk(Path path, boolean fresh, AtomicBoolean full) throws IOException {
      super(SegmentFile.onDisk(path, fresh));
      this.full = full;
    }

    @Override
    public void write(ByteBuffer bytes) throws IOException {
      if (full.get()) {
        super.write(bytes.slice(bytes.position(), bytes.remaining() / 2));
        throw new IOException("No space left on device");
      }
      super.write(bytes);
    }
  }

  @Test
  void anotherHistoryIsNeverAppended() throws Exception {
    MemoryEventStore first = TestLog.of(10);
    SinkRunner one = journal("one", first, tail(first));
    awaitPosition(one, 10);
    one.close();
    MemoryEventStore second = TestLog.of(30);
    SinkRunner two = journal("two", second, tail(second));
    assertThat(awaitStopped(two).reason()).contains("at position 10");
    assertThat(verify(folder).lastPosition()).isEqualTo(10);
  }

  /**
   * Its position is one of what was lost: the log need not pass that for the journal to be behind.
   */
  @Test
  void aJournalThatHoldsWhatWasLostIsBehindByAllOfTheLog() throws Exception {
    MemoryEventStore first = TestLog.of(60);
    SinkRunner one = journal("one", first, tail(first));
    awaitPosition(one, 60);
    one.close();
    MemoryEventStore promoted = MemoryEventStore.continuing(first, "epoch-2", 10);
    SinkRunner two = journal("two", promoted, tail(promoted));
    assertThat(awaitStopped(two).position()).isLessThanOrEqualTo(60);
    await(() -> two.eventsBehind() == 10);
    TestLog.append(promoted, 1);
    await(two::isTooFarBehind);
  }
}
