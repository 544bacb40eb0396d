package com.gyroscops.payments.write.journal;

import java.io.IOException;
import java.nio.ByteBuffer;

/** A segment that hands everything on to another one, but for what a subclass does otherwise. */
class ForwardingSegmentFile implements SegmentFile {

  private final SegmentFile file;

  ForwardingSegmentFile(SegmentFile file) {
    this.file = file;
  }

  @Override
  public void write(ByteBuffer bytes) throws IOException {
    file.write(bytes);
  }

  @Override
  public void sync() throws IOException {
    file.sync();
  }

  @Override
  public void truncate(long length) throws IOException {
    file.truncate(length);
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
