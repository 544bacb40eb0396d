package com.gyroscops.payments.write.journal;

import com.gyroscops.payments.write.journal.JournalStatus.State;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;

/** The journal's figures. */
public final class JournalMeters {

  private final MeterRegistry registry;
  private final Timer fsync;

  public JournalMeters(MeterRegistry registry) {
    this.registry = registry;
    this.fsync = registry.timer("payments.journal.fsync");
  }

  void watch(Journal journal) {
    registry.gauge("payments.journal.position", journal, of -> of.status().position());
    registry.gauge("payments.journal.events.behind", journal, Journal::eventsBehind);
    registry.gauge("payments.journal.owner", journal, of -> is(of, State.KEEPING));
    registry.gauge("payments.journal.stopped", journal, of -> is(of, State.STOPPED));
  }

  private static int is(Journal journal, State state) {
    return journal.status().state() == state ? 1 : 0;
  }

  /** The same files, with the time that each sync takes measured. */
  SegmentFile.Opener timed(SegmentFile.Opener files) {
    return (path, fresh) -> {
      SegmentFile file = files.open(path, fresh);
      return new SegmentFile() {
        @Override
        public void write(ByteBuffer bytes) throws IOException {
          file.write(bytes);
        }

        @Override
        public void sync() throws IOException {
          long start = System.nanoTime();
          file.sync();
          fsync.record(System.nanoTime() - start, TimeUnit.NANOSECONDS);
        }

        @Override
        public void truncate(long length) throws IOException {
          file.truncate(length);
        }

        @Override
        public void close() throws IOException {
          file.close();
        }
      };
    };
  }
}
