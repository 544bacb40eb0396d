package com.gyroscops.payments.write.journal;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A file that grows at its end. The port to the file system. Not for concurrent use. */
interface SegmentFile extends Closeable {

  /** Opens segments. */
  @FunctionalInterface
  interface Opener {

    /**
     * Opens a file to write behind what it has.
     *
     * @param fresh whether it must be made, and must not be there
     */
    SegmentFile open(Path file, boolean fresh) throws IOException;
  }

  /** Appends all of these bytes; on failure, any number of them may have been appended. */
  void write(ByteBuffer bytes) throws IOException;

  /** Returns once all that was written is on disk. */
  void sync() throws IOException;

  /** Cuts what is behind this length. */
  void truncate(long length) throws IOException;

  /** Files of the operating system. */
  static SegmentFile onDisk(Path file, boolean fresh) throws IOException {
    FileChannel channel =
        fresh
            ? FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)
            : FileChannel.open(file, StandardOpenOption.WRITE);
    try {
      channel.position(channel.size());
    } catch (IOException e) {
      channel.close();
      throw e;
    }
    return new SegmentFile() {
      @Override
      public void write(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
      }

      @Override
      public void sync() throws IOException {
        // The length is synchronized with the data; times need not be.
        channel.force(false);
      }

      @Override
      public void truncate(long length) throws IOException {
        channel.truncate(length);
      }

      @Override
      public void close() throws IOException {
        channel.close();
      }
    };
  }
}
