package com.gyroscops.payments.write.journal;

import com.gyroscops.payments.platform.journal.JournalDamagedException;
import com.gyroscops.payments.platform.journal.JournalEnd;
import com.gyroscops.payments.platform.journal.JournalEnd.Tail;
import com.gyroscops.payments.platform.journal.JournalEntry;
import com.gyroscops.payments.platform.journal.Segment;
import com.gyroscops.payments.platform.journal.SegmentHeader;
import com.gyroscops.payments.platform.relay.HistoryDivergedException;
import com.gyroscops.payments.platform.relay.Sink;
import com.gyroscops.payments.platform.relay.SinkLog;
import com.gyroscops.payments.v1.PaymentEvent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A journal's folder, locked, to be continued. Not for concurrent use, and of no use once it has
 * thrown: opened again it repairs what a failure left.
 *
 * <p>The order of writes keeps what the verifier relies on: a segment is on disk before the next
 * one is made, so that only the very last line of a journal can be torn.
 *
 * <p><b>Invariant:</b> each line is in a segment whose header names a history that holds it. What
 * is appended is of the history that the log had when this was opened, whose epoch a segment of its
 * own names; it follows on a line that this history was found to hold. So where a log goes on in
 * another history without loss, the chain does, too, and lines that were lost are never followed.
 */
final class JournalFolder implements Sink.Session {

  /** Bytes that are gathered before they are written: more than a system call is worth. */
  private static final int GATHERED_BYTES = 1024 * 1024;

  private final Path folder;
  private final long segmentBytesMax;
  private final SegmentFile.Opener files;
  private final FolderLock lock;
  private final SinkLog.Present log;
  private final ByteBuffer gathered =
      ByteBuffer.allocate(GATHERED_BYTES + JournalEntry.LINE_BYTES_MAX);

  private @Nullable SegmentFile segment;

  /** The history that the segment's header names. */
  private String epoch;

  /** Bytes of the segment, with what is gathered; and of these, what is on disk. */
  private long length;

  private long lengthOnDisk;

  /** Of the segment's first entry. */
  private long firstPosition;

  /** Of the newest entry that is gathered. */
  private long lastPosition;

  private String lastHash;
  private String lastEventId = "";

  /** Of the newest entry that is on disk. */
  private long position;

  private String hash;
  private String eventId = "";

  private JournalFolder(
      Path folder,
      long segmentBytesMax,
      SegmentFile.Opener files,
      FolderLock lock,
      SinkLog.Present log) {
    this.folder = folder;
    this.segmentBytesMax = segmentBytesMax;
    this.files = files;
    this.lock = lock;
    this.log = log;
    this.epoch = log.lineage().epoch();
    this.hash = SegmentHeader.firstPrev(log.logId(), log.lineage().origin());
    this.lastHash = hash;
  }

  /**
   * Locks the folder, making it if it is not there, finds the journal's end, cuts what is torn
   * behind it, and compares it with the log.
   *
   * @param segmentBytesMax size at which a segment ends; one line may alone be larger
   * @throws FolderInUseException if another process has it
   * @throws JournalDamagedException if the journal is not what was written: nothing is changed
   * @throws HistoryDivergedException if it is not this log's, or holds what the log has lost:
   *     nothing is changed
   */
  static JournalFolder open(
      Path folder, long segmentBytesMax, SegmentFile.Opener files, SinkLog log)
      throws IOException, FolderInUseException, JournalDamagedException, HistoryDivergedException {
    Files.createDirectories(folder);
    FolderLock lock = FolderLock.take(folder).orElseThrow(() -> new FolderInUseException(folder));
    @Nullable JournalFolder opened = null;
    try {
      JournalEnd end = JournalEnd.find(folder);
      // Read after the journal's end, so that it is not behind it.
      SinkLog.Present present = requireSameHistory(end.tail(), log);
      JournalFolder resuming = new JournalFolder(folder, segmentBytesMax, files, lock, present);
      resuming.resume(end);
      opened = resuming;
      return resuming;
    } finally {
      if (opened == null) {
        lock.close();
      }
    }
  }

  /**
   * Requires that the log's present history holds the journal's last line: then it holds those
   * before, each of which is chained to the next.
   */
  private static SinkLog.Present requireSameHistory(@Nullable Tail tail, SinkLog log)
      throws HistoryDivergedException {
    if (tail == null) {
      return log.holding(Optional.empty());
    }
    SegmentHeader header = tail.header();
    JournalEntry last = tail.last();
    try {
      SinkLog.Present present =
          log.holding(
              Optional.of(
                  new Sink.Checkpoint(
                      header.logId(),
                      header.origin(),
                      header.epoch(),
                      last.position(),
                      last.eventId())));
      if (!JournalEntry.of(present.last().orElseThrow(), last.prev()).entry().equals(last)) {
        throw new HistoryDivergedException(
            "at position %d journal and log have event %s, but with other contents"
                .formatted(last.position(), last.eventId()));
      }
      return present;
    } catch (HistoryDivergedException e) {
      throw new HistoryDivergedException(
          e.getMessage()
              + ": this journal is kept as it is; a new one begins in a new JOURNAL_FOLDER");
    }
  }

  private void resume(JournalEnd end) throws IOException {
    Path abandoned = end.abandoned();
    if (abandoned != null) {
      Files.delete(abandoned);
      syncFolder();
    }
    Tail tail = end.tail();
    if (tail == null) {
      return;
    }
    SegmentFile continued = files.open(tail.segment().file(), false);
    segment = continued;
    continued.truncate(tail.length());
    // What a killed process wrote may not be on disk yet.
    continued.sync();
    length = tail.length();
    lengthOnDisk = length;
    epoch = tail.header().epoch();
    firstPosition = tail.header().firstPosition();
    position = tail.last().position();
    hash = tail.last().hash();
    eventId = tail.last().eventId();
    lastPosition = position;
    lastHash = hash;
    lastEventId = eventId;
  }

  @Override
  public long position() {
    return position;
  }

  @Override
  public String eventId() {
    return eventId;
  }

  /** With the hash of the entry there. */
  @Override
  public Map<String, String> details() {
    return Map.of("hash", hash);
  }

  @Override
  public String epoch() {
    return log.lineage().epoch();
  }

  @Override
  public void apply(List<PaymentEvent> events) throws IOException {
    try {
      for (PaymentEvent event : events) {
        if (event.getPosition() != lastPosition + 1) {
          throw new IllegalArgumentException(
              "position " + event.getPosition() + " does not follow " + lastPosition);
        }
        JournalEntry.Written written = JournalEntry.of(event, lastHash);
        gather(written.line());
        lastPosition = written.entry().position();
        lastHash = written.entry().hash();
        lastEventId = written.entry().eventId();
      }
      sync();
    } catch (IllegalArgumentException e) {
      // What comes before an event that cannot be written is as good as any.
      sync();
      throw e;
    } catch (IOException e) {
      cutWhatIsNotOnDisk(e);
      throw e;
    }
  }

  private void gather(ByteBuffer line) throws IOException {
    int bytes = line.remaining();
    boolean isFull = length + bytes > segmentBytesMax && lastPosition >= firstPosition;
    if (segment == null || isFull || !epoch.equals(epoch())) {
      begin(
          new SegmentHeader(
              log.logId(), log.lineage().origin(), epoch(), lastPosition + 1, lastHash));
    }
    gathered.put(line);
    length += bytes;
    if (gathered.position() >= GATHERED_BYTES) {
      write();
    }
  }

  private void begin(SegmentHeader header) throws IOException {
    SegmentFile before = segment;
    if (before != null) {
      sync();
      segment = null;
      before.close();
    }
    byte[] line = header.line();
    SegmentFile begun = files.open(Segment.in(folder, header.firstPosition()).file(), true);
    segment = begun;
    lengthOnDisk = 0;
    begun.write(ByteBuffer.wrap(line));
    begun.sync();
    syncFolder();
    epoch = header.epoch();
    firstPosition = header.firstPosition();
    length = line.length;
    lengthOnDisk = length;
  }

  private void write() throws IOException {
    if (segment != null) {
      segment.write(gathered.flip());
      gathered.clear();
    }
  }

  private void sync() throws IOException {
    if (segment == null || length == lengthOnDisk) {
      return;
    }
    write();
    segment.sync();
    lengthOnDisk = length;
    position = lastPosition;
    hash = lastHash;
    eventId = lastEventId;
  }

  /** A sync that failed may have lost any of it, whatever reading the file back would show. */
  private void cutWhatIsNotOnDisk(IOException failure) {
    try {
      if (segment != null) {
        segment.truncate(lengthOnDisk);
      }
    } catch (IOException e) {
      // Whoever opens the journal next cuts what is not whole.
      failure.addSuppressed(e);
    }
  }

  private void syncFolder() throws IOException {
    try (FileChannel directory = FileChannel.open(folder, StandardOpenOption.READ)) {
      directory.force(true);
    }
  }

  @Override
  public void close() throws IOException {
    try (lock) {
      if (segment != null) {
        segment.close();
      }
    }
  }
}
