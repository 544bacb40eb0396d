package com.gyroscops.payments.read.report;

import com.google.protobuf.ByteString;
import com.gyroscops.payments.v1.DownloadReportResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A report's file being read, piece by piece; it holds one piece in memory. Not for concurrent use,
 * except for {@link #close}.
 */
public final class ReportDownload implements AutoCloseable {

  /** Most bytes of a piece. */
  static final int PIECE_BYTES_MAX = 64 * 1024;

  private final ReportFolder folder;
  private final UUID report;
  private final List<Chunk> chunks;
  private final String sha256;
  private final Runnable onClose;
  private long position;
  private int number;
  private @Nullable FileChannel channel;
  private boolean finished;
  private boolean closed;

  /**
   * @param offset at most the end of the last chunk
   * @param onClose run once
   */
  ReportDownload(
      ReportFolder folder,
      UUID report,
      List<Chunk> chunks,
      String sha256,
      long offset,
      Runnable onClose) {
    this.folder = folder;
    this.report = report;
    this.chunks = List.copyOf(chunks);
    this.sha256 = sha256;
    this.position = offset;
    this.onClose = onClose;
  }

  /**
   * The next piece; the last one has the hash.
   *
   * @throws io.grpc.StatusRuntimeException DATA_LOSS {@code REPORT_FILE_LOST}
   */
  public synchronized DownloadReportResponse next() {
    if (closed || finished) {
      throw new IllegalStateException("nothing follows");
    }
    try {
      ByteBuffer piece = ByteBuffer.allocate(PIECE_BYTES_MAX);
      while (piece.hasRemaining() && number < chunks.size()) {
        read(piece, chunks.get(number));
      }
      finished = number == chunks.size();
      var response = DownloadReportResponse.newBuilder().setData(ByteString.copyFrom(piece.flip()));
      return (finished ? response.setSha256(sha256) : response).build();
    } catch (FileLostException _) {
      throw ReportErrors.fileLost().toException();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Fills the piece from a chunk, and goes on to the next where it ends. */
  private void read(ByteBuffer piece, Chunk chunk) throws IOException, FileLostException {
    if (position < chunk.end()) {
      FileChannel open = channel;
      if (open == null) {
        open = folder.open(report, chunk);
        channel = open;
      }
      int read = open.read(piece, position - chunk.offset());
      if (read < 0) {
        throw new FileLostException("chunk " + chunk.number() + " has become shorter");
      }
      position += read;
    }
    if (position >= chunk.end()) {
      closeChannel();
      number++;
    }
  }

  /** Whether nothing follows: the last piece was given out, or it was closed. */
  public synchronized boolean isFinished() {
    return finished || closed;
  }

  private void closeChannel() throws IOException {
    FileChannel open = channel;
    channel = null;
    if (open != null) {
      open.close();
    }
  }

  /** Without effect the second time. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      closeChannel();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      onClose.run();
    }
  }
}
