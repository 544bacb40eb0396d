package com.gyroscops.payments.write.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.protobuf.UnknownFieldSet;
import com.gyroscops.payments.platform.journal.Expectation;
import com.gyroscops.payments.platform.journal.JournalDamagedException;
import com.gyroscops.payments.platform.journal.JournalVerifier;
import com.gyroscops.payments.platform.journal.Segment;
import com.gyroscops.payments.platform.journal.Verification;
import com.gyroscops.payments.platform.relay.HistoryDivergedException;
import com.gyroscops.payments.stack.process.ServerJvm;
import com.gyroscops.payments.testing.Seed;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.write.eventstore.EventStore;
import com.gyroscops.payments.write.eventstore.memory.MemoryEventStore;
import com.gyroscops.payments.write.outbox.StoreLog;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a journal's folder holds after everything that may happen to its writer. */
class JournalFolderTest {

  private static final long SEGMENT_BYTES = 4_096;

  @TempDir Path folder;

  private JournalFolder open(EventStore store) throws Exception {
    return JournalFolder.open(
        folder, SEGMENT_BYTES, SegmentFile::onDisk, new StoreLog(Journal.NAME, store));
  }

  private void keep(EventStore store) throws Exception {
    try (JournalFolder journal = open(store)) {
      journal.apply(store.read(journal.position(), Integer.MAX_VALUE, Integer.MAX_VALUE).events());
    }
  }

  private Verification verify() throws Exception {
    return new JournalVerifier(folder, Expectation.NONE, _ -> {}).verify(1);
  }

  private void assertWhole(long position) throws Exception {
    Verification verified = verify();
    assertThat(verified.fault()).isNull();
    assertThat(verified.lastPosition()).isEqualTo(position);
  }

  private Map<String, String> contents() throws IOException {
    Map<String, String> contents = new TreeMap<>();
    for (Segment segment : Segment.all(folder)) {
      contents.put(segment.name(), Files.readString(segment.file()));
    }
    return contents;
  }

  @Test
  void segmentsEndAtTheirSizeAndAreNamedByWhatTheyBeginWith() throws Exception {
    keep(TestLog.of(50));
    assertWhole(50);
    List<Segment> segments = Segment.all(folder);
    assertThat(segments).hasSizeGreaterThan(5);
    assertThat(segments.getFirst().name()).isEqualTo("journal-00000000000000000001.jsonl");
    for (Segment segment : segments) {
      assertThat(Files.size(segment.file())).isLessThanOrEqualTo(SEGMENT_BYTES);
      assertThat(Files.readAllLines(segment.file()).get(1))
          .startsWith("{\"position\":" + segment.firstPosition() + ",");
    }
  }

  @Test
  void howEventsCameInBatchesDoesNotShow(@TempDir Path other) throws Exception {
    MemoryEventStore store = TestLog.of(60);
    keep(store);
    Random random = Seed.random(5);
    while (Segment.all(other).isEmpty()
        || new JournalVerifier(other, Expectation.NONE, _ -> {}).verify(1).lastPosition() < 60) {
      try (JournalFolder journal =
          JournalFolder.open(
              other, SEGMENT_BYTES, SegmentFile::onDisk, new StoreLog(Journal.NAME, store))) {
        for (int i = 0; i < 2; i++) {
          journal.apply(store.read(journal.position(), 1 + random.nextInt(7), 1_000_000).events());
        }
      }
    }
    assertThat(Segment.all(other)).hasSameSizeAs(Segment.all(folder));
    for (Segment segment : Segment.all(folder)) {
      assertThat(other.resolve(segment.name())).hasSameBinaryContentAs(segment.file());
    }
  }

  @Test
  void aTailTornAtAnyByteIsCutAndWrittenAgain() throws Exception {
    MemoryEventStore store = TestLog.of(20);
    keep(store);
    Map<String, String> whole = contents();
    Path last = Segment.all(folder).getLast().file();
    byte[] bytes = Files.readAllBytes(last);
    List<String> lines = Files.readAllLines(last);
    assertThat(lines).hasSizeGreaterThan(2);
    int lastLine = bytes.length - lines.getLast().length() - 1;
    for (int length = lastLine; length < bytes.length; length++) {
      Files.write(last, Arrays.copyOf(bytes, length));
      try (JournalFolder journal = open(store)) {
        assertThat(journal.position()).isEqualTo(19);
        assertThat(Files.size(last)).isEqualTo(lastLine);
        journal.apply(store.read(19, 1, 1).events());
        assertThat(journal.position()).isEqualTo(20);
      }
      assertThat(contents()).isEqualTo(whole);
    }
  }

  @Test
  void aLastLineThatDoesNotVerifyIsCutAndWrittenAgain() throws Exception {
    MemoryEventStore store = TestLog.of(20);
    keep(store);
    Map<String, String> whole = contents();
    Path last = Segment.all(folder).getLast().file();
    byte[] bytes = Files.readAllBytes(last);
    for (int back = 1; back < 300; back += 7) {
      byte[] changed = bytes.clone();
      changed[bytes.length - back] ^= 1;
      Files.write(last, changed);
      keep(store);
      assertThat(contents()).isEqualTo(whole);
    }
  }

  @Test
  void aSegmentThatHadOnlyBegunIsMadeAnew() throws Exception {
    MemoryEventStore store = TestLog.of(20);
    keep(store);
    Map<String, String> whole = contents();
    Segment last = Segment.all(folder).getLast();
    byte[] bytes = Files.readAllBytes(last.file());
    int header = Files.readAllLines(last.file()).getFirst().length() + 1;
    for (int length = 0; length <= header; length++) {
      Files.write(last.file(), Arrays.copyOf(bytes, length));
      try (JournalFolder journal = open(store)) {
        assertThat(journal.position()).isEqualTo(last.firstPosition() - 1);
        journal.apply(store.read(journal.position(), 100, 1_000_000).events());
      }
      assertThat(contents()).isEqualTo(whole);
    }
  }

  @Test
  void theVeryFirstSegmentTooIsMadeAnew() throws Exception {
    Files.write(Segment.in(folder, 1).file(), new byte[] {'{', '"'});
    keep(TestLog.of(3));
    assertWhole(3);
  }

  @Test
  void anythingElseThatIsWrongIsRefusedAndLeftAsItIs() throws Exception {
    MemoryEventStore store = TestLog.of(50);
    keep(store);
    List<Segment> segments = Segment.all(folder);
    Path last = segments.getLast().file();
    byte[] bytes = Files.readAllBytes(last);
    assertThat(Files.readAllLines(last)).hasSizeGreaterThan(2);

    // Not the last line.
    byte[] changed = bytes.clone();
    changed[bytes.length / 3] ^= 1;
    Files.write(last, changed);
    assertRefused(store);
    Files.write(last, bytes);

    // A segment in the middle.
    Path middle = segments.get(2).file();
    byte[] middleBytes = Files.readAllBytes(middle);
    Files.delete(middle);
    assertRefused(store);

    // Its last line, which is torn there for no good reason.
    Files.write(middle, Arrays.copyOf(middleBytes, middleBytes.length - 5));
    assertRefused(store);
    Files.write(middle, middleBytes);
    keep(store);
    assertWhole(50);

    // The first one.
    Files.delete(segments.getFirst().file());
    assertRefused(store);
  }

  private void assertRefused(EventStore store) throws Exception {
    Map<String, String> before = contents();
    assertThatThrownBy(() -> open(store)).isInstanceOf(JournalDamagedException.class);
    assertThat(contents()).isEqualTo(before);
  }

  @Test
  void aJournalOfAnotherHistoryIsRefusedAndLeftAsItIs() throws Exception {
    keep(TestLog.of(20));
    Map<String, String> before = contents();

    MemoryEventStore otherEpoch = new MemoryEventStore("epoch-2");
    TestLog.append(otherEpoch, 30);
    assertThatThrownBy(() -> open(otherEpoch))
        .isInstanceOf(HistoryDivergedException.class)
        .hasMessageContaining("epoch-1")
        .hasMessageContaining("epoch-2")
        .hasMessageContaining("JOURNAL_FOLDER");

    // Restored to an earlier time, and the new epoch forgotten.
    assertThatThrownBy(() -> open(TestLog.of(19)))
        .isInstanceOf(HistoryDivergedException.class)
        .hasMessageContaining("the log ends at 19");

    // Likewise, and gone on since.
    assertThatThrownBy(() -> open(TestLog.of(25)))
        .isInstanceOf(HistoryDivergedException.class)
        .hasMessageContaining("at position 20");

    assertThat(contents()).isEqualTo(before);
    assertThat(FolderLock.take(folder)).isPresent();
  }

  @Test
  void theSameEventIdWithOtherContentsIsAnotherHistory() throws Exception {
    String id = UUID.randomUUID().toString();
    MemoryEventStore one = new MemoryEventStore(TestLog.EPOCH);
    var _ = one.append(EventStore.ANY_EPOCH, List.of(TestLog.creation("a", id)));
    keep(one);
    MemoryEventStore other = new MemoryEventStore(TestLog.EPOCH);
    var _ = other.append(EventStore.ANY_EPOCH, List.of(TestLog.creation("b", id)));
    assertThatThrownBy(() -> open(other))
        .isInstanceOf(HistoryDivergedException.class)
        .hasMessageContaining("other contents");
  }

  @Test
  void whatComesBeforeAnEventThatCannotBeWrittenIsWritten() throws Exception {
    MemoryEventStore store = TestLog.of(5);
    List<PaymentEvent> events = store.read(0, 10, 1_000_000).events();
    PaymentEvent unknown =
        events.get(3).toBuilder()
            .setUnknownFields(
                UnknownFieldSet.newBuilder()
                    .addField(99, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
                    .build())
            .build();
    try (JournalFolder journal = open(store)) {
      assertThatThrownBy(
              () -> journal.apply(List.of(events.get(0), events.get(1), events.get(2), unknown)))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertWhole(3);
  }

  /** A disk that takes so many bytes, and then fails in the middle of a write, or of a sync. */
  private static SegmentFile.Opener failing(int[] room, boolean canTruncate) {
    return (path, fresh) ->
        new ForwardingSegmentFile(SegmentFile.onDisk(path, fresh)) {
          @Override
          public void write(ByteBuffer bytes) throws IOException {
            if (bytes.remaining() > room[0]) {
              super.write(bytes.slice(bytes.position(), room[0]));
              room[0] = 0;
              throw new IOException("No space left on device");
            }
            room[0] -= bytes.remaining();
            super.write(bytes);
          }

          @Override
          public void sync() throws IOException {
            if (room[0]-- <= 0) {
              throw new IOException("Input/output error");
            }
            super.sync();
          }

          @Override
          public void truncate(long length) throws IOException {
            if (!canTruncate) {
              throw new IOException("Read-only file system");
            }
            super.truncate(length);
          }
        };
  }

  @Test
  void aDiskThatFailsAtAnyByteLeavesWhatTheNextAttemptRepairs() throws Exception {
    MemoryEventStore store = TestLog.of(25);
    List<PaymentEvent> events = store.read(0, 100, 1_000_000).events();
    for (boolean canTruncate : new boolean[] {true, false}) {
      for (int space = 0; space < 14_000; space += 61) {
        int[] room = {space};
        Throwable failure;
        try (JournalFolder journal =
            JournalFolder.open(
                folder,
                SEGMENT_BYTES,
                failing(room, canTruncate),
                new StoreLog(Journal.NAME, store))) {
          failure =
              catchThrowable(() -> {
                journal.apply(events.subList(0, 10));
                journal.apply(events.subList(10, 25));
              });
          long position = journal.position();
          assertThat(failure).isInstanceOf(IOException.class);
          assertThat(verify().lastPosition())
              .as("%d bytes", space)
              .isGreaterThanOrEqualTo(position);
        }
        keep(store);
        assertWhole(25);
        for (Segment segment : Segment.all(folder)) {
          Files.delete(segment.file());
        }
      }
    }
  }

  @Test
  void aFullFileSystemIsCaughtUpWithOnceThereIsRoom(@TempDir Path parent) throws Exception {
    Path mount = Files.createDirectory(parent.resolve("small"));
    Assumptions.assumeThat(
            run("mount", "-t", "tmpfs", "-o", "size=192k", "tmpfs", mount.toString()))
        .as("may mount")
        .isZero();
    try {
      MemoryEventStore store = TestLog.of(1_000);
      Path ballast = mount.resolve("ballast");
      Files.write(ballast, new byte[64 * 1024]);
      Path journalFolder = mount.resolve("journal");
      int failures = 0;
      long position = 0;
      for (int attempt = 0; attempt < 3; attempt++) {
        try (JournalFolder journal =
            JournalFolder.open(
                journalFolder, 32 * 1024, SegmentFile::onDisk, new StoreLog(Journal.NAME, store))) {
          while (journal.position() < 1_000) {
            position = journal.position();
            journal.apply(store.read(position, 20, 1_000_000).events());
          }
        } catch (IOException e) {
          failures++;
          assertThat(e).hasMessageContaining("No space left");
        }
        Verification verified =
            new JournalVerifier(journalFolder, Expectation.NONE, _ -> {}).verify(1);
        assertThat(verified.lastPosition()).isGreaterThanOrEqualTo(position).isGreaterThan(50);
      }
      assertThat(failures).isEqualTo(3);
      long full = position;

      Files.delete(ballast);
      try (JournalFolder journal =
          JournalFolder.open(
              journalFolder, 32 * 1024, SegmentFile::onDisk, new StoreLog(Journal.NAME, store))) {
        long head = full + 60;
        while (journal.position() < head) {
          journal.apply(
              store
                  .read(
                      journal.position(), (int) Math.min(20, head - journal.position()), 1_000_000)
                  .events());
        }
      }
      Verification verified =
          new JournalVerifier(journalFolder, Expectation.NONE, _ -> {}).verify(1);
      assertThat(verified.fault()).isNull();
      assertThat(verified.lastPosition()).isEqualTo(full + 60);
    } finally {
      assertThat(run("umount", mount.toString())).isZero();
    }
  }

  private static int run(String... command) throws IOException, InterruptedException {
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      return process.exitValue();
    } catch (IOException e) {
      // No such program here.
      return -1;
    }
  }

  @Test
  void aFolderIsOpenOnceInAProcess() throws Exception {
    MemoryEventStore store = TestLog.of(1);
    try (JournalFolder journal = open(store)) {
      assertThat(journal.position()).isZero();
      assertThatThrownBy(() -> open(store)).isInstanceOf(FolderInUseException.class);
      // The attempt must not have taken the lock from the one that has it.
      assertThat(lockFromAnotherProcess()).isEqualTo("IN USE");
    }
    assertThat(lockFromAnotherProcess()).isEqualTo("TAKEN");
    open(store).close();
  }

  private String lockFromAnotherProcess() throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                ServerJvm.java(),
                "-cp",
                System.getProperty("java.class.path"),
                OtherProcess.class.getName(),
                folder.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    process.getOutputStream().close();
    String said =
        new String(
            process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    assertThat(process.waitFor()).isZero();
    return said.strip();
  }

  /** Tries to lock a folder, says how that went, and ends. */
  static final class OtherProcess {
    private OtherProcess() {}

    public static void main(String[] arguments) throws IOException {
      System.out.println(FolderLock.take(Path.of(arguments[0])).isPresent() ? "TAKEN" : "IN USE");
    }
  }
}
