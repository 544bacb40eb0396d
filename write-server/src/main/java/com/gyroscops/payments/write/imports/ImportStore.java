package com.gyroscops.payments.write.imports;

import com.gyroscops.payments.platform.page.Listed;
import com.gyroscops.payments.platform.page.PageKey;
import com.gyroscops.payments.v1.Import;
import com.gyroscops.payments.v1.ImportRejection;
import com.gyroscops.payments.v1.UploadImportRequest;
import com.gyroscops.payments.write.eventstore.StoreUnavailableException;
import com.gyroscops.payments.write.payment.PaymentKey;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where imports are kept. All methods block, may be called from several threads and servers, and
 * throw {@link StoreUnavailableException} when the store does not answer.
 */
public interface ImportStore {

  /** What became of an upload. */
  enum Upload {
    /** The chunk is kept from now on. */
    KEPT,
    /** It was kept already. */
    REPEATED,
    /** Another chunk of that number is kept. */
    DIFFERENT,
    /** The import has another owner, or another caller made it. */
    OF_ANOTHER,
    /** The import was started or has ended. */
    STARTED
  }

  /**
   * Keeps a chunk, and makes the import if there is none.
   *
   * @param actor who uploads it; empty: not authenticated
   */
  Upload upload(UploadImportRequest chunk, String actor, String traceparent);

  /** What became of a start. */
  enum Start {
    /** It is started. */
    STARTED,
    /** It had been, with as many chunks. */
    REPEATED,
    /** Not just these chunks are there. */
    INCOMPLETE,
    /** It was cancelled, or started with another number of chunks. */
    TOO_LATE,
    /** There is no such import. */
    UNKNOWN
  }

  /**
   * Starts an import.
   *
   * @param startWithin after this long {@link #due} names it
   */
  Start start(String importId, int chunks, Duration startWithin);

  /** An import as it is now. */
  Optional<Import> find(String importId);

  /**
   * Imports, newest first.
   *
   * @param owner of all of them; null: of any
   * @param states numbers of the states that they are to be in
   * @param after where to begin
   */
  List<Listed<Import>> list(@Nullable String owner, List<Integer> states, PageKey after, int max);

  /**
   * A chunk to execute.
   *
   * @param traceparent of the call that uploaded the import's first chunk; may be empty
   * @param actor who uploaded the import; empty: not authenticated
   */
  record Chunk(UploadImportRequest rows, String traceparent, String actor) {}

  /** The first chunk without a result, if the import is under way. */
  Optional<Chunk> next(String importId);

  /**
   * What became of a chunk's rows. {@code accepted} and {@code rejections} are all of them.
   *
   * @param replayed of them, those whose request was known
   * @param notStored of the rejections, those of reason COMMAND_NOT_STORED
   */
  record Result(int accepted, List<ImportRejection> rejections, int replayed, int notStored) {
    public Result {
      rejections = List.copyOf(rejections);
    }
  }

  /** Payments of which a row was not stored, in a chunk that has its result. */
  Set<PaymentKey> notStored(String importId);

  /**
   * Stores a chunk's result unless it has one, and ends the import if it was the last; without
   * effect on an import that has ended.
   *
   * @return whether chunks are left to execute
   */
  boolean executed(String importId, int chunk, Result result);

  /** Ends an import by cancellation, unless it has ended; as it is then. */
  Optional<Import> cancel(String importId);

  /**
   * Rejections of some chunks.
   *
   * @param nextChunk where to read on; empty: there are no more
   */
  record Rejections(List<ImportRejection> rejections, Optional<Integer> nextChunk) {
    public Rejections {
      rejections = List.copyOf(rejections);
    }
  }

  /** Rejections from a chunk on, of so many chunks at most. Empty: there is no such import. */
  Optional<Rejections> rejections(String importId, int fromChunk, int chunksMax);

  /**
   * Imports whose workflow may need to be started, the longest waiting first. They are due again
   * after {@code again}; several servers that ask get different ones.
   */
  List<String> due(int max, Duration again);

  /** How many are being uploaded or are under way; counts no further than {@code countMax}. */
  int open(int countMax);

  /** Removes imports that ended, or were made and never started, longer ago than that. */
  int removeOld(Duration before);
}
