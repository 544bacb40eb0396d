package com.gyroscops.payments.write.journal;

import com.gyroscops.payments.platform.journal.JournalDamagedException;
import com.gyroscops.payments.platform.relay.Sink;
import com.gyroscops.payments.platform.relay.SinkLog;
import com.gyroscops.payments.platform.relay.SinkRefusedException;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** The journal as a sink: a folder of files, of which the newest end is its checkpoint. */
public final class Journal implements Sink {

  /** Its name as a sink. */
  public static final String NAME = "journal";

  private final Path folder;
  private final long segmentBytesMax;
  private final SegmentFile.Opener files;

  /**
   * @param segmentBytesMax size at which a segment ends; one line may alone be larger
   * @param registry measures how long each sync takes
   */
  public Journal(Path folder, long segmentBytesMax, MeterRegistry registry) {
    this(
        folder,
        segmentBytesMax,
        timed(SegmentFile::onDisk, registry.timer("payments.journal.fsync")));
  }

  Journal(Path folder, long segmentBytesMax, SegmentFile.Opener files) {
    this.folder = folder;
    this.segmentBytesMax = segmentBytesMax;
    this.files = files;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Session open(SinkLog log) throws IOException, SinkRefusedException {
    try {
      return JournalFolder.open(folder, segmentBytesMax, files, log);
    } catch (JournalDamagedException e) {
      throw new SinkRefusedException(String.valueOf(e.getMessage()), e);
    }
  }

  @Override
  public String toString() {
    return NAME + " in " + folder;
  }

  /** The same files, with the time that each sync takes measured. */
  private static SegmentFile.Opener timed(SegmentFile.Opener files, Timer fsync) {
    return (path, fresh) ->
        new ForwardingSegmentFile(files.open(path, fresh)) {
          @Override
          public void sync() throws IOException {
            long start = System.nanoTime();
            super.sync();
            fsync.record(System.nanoTime() - start, TimeUnit.NANOSECONDS);
          }
        };
  }
}
