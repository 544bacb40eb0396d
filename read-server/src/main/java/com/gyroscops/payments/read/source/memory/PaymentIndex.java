package com.gyroscops.payments.read.source.memory;

import com.google.common.hash.BloomFilter;
import com.google.common.hash.Funnels;
import com.gyroscops.payments.read.source.PaymentKey;
import com.gyroscops.payments.v1.Payment;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeMap;
import org.apache.lucene.index.BinaryDocValues;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.PostingsEnum;
import org.apache.lucene.index.Term;
import org.apache.lucene.index.Terms;
import org.apache.lucene.index.TermsEnum;
import org.apache.lucene.index.TieredMergePolicy;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.MMapDirectory;
import org.apache.lucene.store.NRTCachingDirectory;
import org.apache.lucene.util.Bits;
import org.apache.lucene.util.BytesRef;
import org.apache.lucene.util.IOUtils;

/**
 * The Lucene index with all that belongs to it: numbers of organizations and currencies, rollups, a
 * filter of known payments. It is never committed: nobody reads it after this process.
 *
 * <p>Changes come from one thread and are seen in the next {@link #refreshed} reader; {@link
 * #merge} may run meanwhile. Rollups are guarded by {@link MemorySource}.
 */
final class PaymentIndex implements AutoCloseable {

  /** Documents that wait in the heap to be flushed, in MiB: a segment of about 30,000 payments. */
  private static final double BUFFER_MIB = 32;

  /** Small new segments are kept in the heap: they are merged away before they would be written. */
  private static final double CACHED_SEGMENT_MIB = 2;

  /** All of these together. */
  private static final double CACHED_MIB = 24;

  /**
   * Segments below this size are merged as if they were of it. Small, since a refresh makes
   * segments of a few KiB: else each of them would be merged with far larger ones.
   */
  private static final double FLOOR_MIB = 0.25;

  /** Of look-ups of what is not there, the part that goes through all segments in vain. */
  private static final double USELESS_LOOKUPS = 0.02;

  /** Payments that the filter is made for at most; with more, that part grows. */
  private static final int FILTERED_MAX = 16_000_000;

  /** How often the index's files are counted anew if some are merged away meanwhile. */
  private static final int COUNTS_MAX = 10;

  private final Path folder;
  private final Directory directory;
  private final IndexWriter writer;
  private final Ordinals organizations = new Ordinals();
  private final Ordinals currencies = new Ordinals();
  private final Documents documents = new Documents(organizations, currencies);
  private final Rollups rollups = new Rollups(organizations, currencies);

  /**
   * What was ever added: most payments that a run of events changes are new, and to find that out
   * from the index itself takes a look into each of its segments.
   */
  private final BloomFilter<byte[]> identities;

  /**
   * A new index.
   *
   * @param folder empty, or not there; deleted in the end
   * @param paymentsMax most payments that it will hold
   */
  PaymentIndex(Path folder, int paymentsMax) throws IOException {
    this.folder = folder;
    identities =
        BloomFilter.create(
            Funnels.byteArrayFunnel(), Math.min(paymentsMax, FILTERED_MAX), USELESS_LOOKUPS);
    directory = new NRTCachingDirectory(new MMapDirectory(folder), CACHED_SEGMENT_MIB, CACHED_MIB);
    TieredMergePolicy merges = new TieredMergePolicy();
    merges.setFloorSegmentMB(FLOOR_MIB);
    IndexWriterConfig config =
        new IndexWriterConfig()
            .setOpenMode(IndexWriterConfig.OpenMode.CREATE)
            .setCommitOnClose(false)
            .setRAMBufferSizeMB(BUFFER_MIB)
            .setMergePolicy(merges);
    try {
      writer = new IndexWriter(directory, config);
    } catch (IOException | RuntimeException e) {
      IOUtils.closeWhileHandlingException(directory);
      throw e;
    }
  }

  Ordinals organizations() {
    return organizations;
  }

  Ordinals currencies() {
    return currencies;
  }

  Rollups rollups() {
    return rollups;
  }

  /** Adds a payment of which there is no version yet. */
  void add(Payment payment) throws IOException {
    identities.put(documents.identity(payment).bytes);
    writer.addDocument(documents.of(payment));
  }

  /** Puts a payment in the place of its older version. */
  void replace(Payment payment) throws IOException {
    writer.updateDocument(
        new Term(Keys.IDENTITY, documents.identity(payment)), documents.of(payment));
  }

  /** A reader that sees all changes so far. */
  DirectoryReader open() throws IOException {
    return DirectoryReader.open(writer);
  }

  /** A reader that sees all changes so far; may be the one given, held once more. */
  DirectoryReader refreshed(DirectoryReader reader) throws IOException {
    DirectoryReader newer = DirectoryReader.openIfChanged(reader, writer);
    if (newer == null) {
      reader.incRef();
      return reader;
    }
    return newer;
  }

  /**
   * Merges everything into one segment without replaced documents. That writes the whole index a
   * second time before the first can go, and a disk that is full ends the writer for good.
   *
   * @throws IOException also where there is no room for that, and as much again for what comes
   *     meanwhile; nothing is changed then
   */
  void merge() throws IOException {
    long bytes = bytes();
    long room = Files.getFileStore(folder).getUsableSpace();
    if (room < 2 * bytes) {
      throw new IOException("%d bytes are free where %d are needed".formatted(room, 2 * bytes));
    }
    writer.forceMerge(1);
  }

  /** Bytes of all files. One that another merge takes away may stand for a new one not yet seen. */
  private long bytes() throws IOException {
    for (int i = 1; ; i++) {
      try {
        long bytes = 0;
        for (String file : directory.listAll()) {
          bytes += directory.fileLength(file);
        }
        return bytes;
      } catch (NoSuchFileException | FileNotFoundException e) {
        if (i == COUNTS_MAX) {
          throw e;
        }
      }
    }
  }

  /** Those of the payments that a view holds. */
  static Map<PaymentKey, Payment> find(View view, Collection<PaymentKey> keys) throws IOException {
    Map<PaymentKey, Payment> found = new HashMap<>();
    // In the order of the index: what lies together in it is read once.
    NavigableMap<BytesRef, PaymentKey> wanted = new TreeMap<>();
    PaymentIndex index = view.index();
    for (PaymentKey key : keys) {
      index
          .organizations()
          .of(key.organizationId())
          .ifPresent(number -> {
            BytesRef identity = Keys.identity(number, key.paymentId());
            if (index.identities.mightContain(identity.bytes)) {
              wanted.put(identity, key);
            }
          });
    }
    // What changed last is asked for most, and lies in the last segments.
    List<LeafReaderContext> leaves = view.leaves();
    for (int i = leaves.size() - 1; i >= 0 && !wanted.isEmpty(); i--) {
      find(leaves.get(i).reader(), wanted, found);
    }
    return found;
  }

  private static void find(
      LeafReader leaf, NavigableMap<BytesRef, PaymentKey> wanted, Map<PaymentKey, Payment> found)
      throws IOException {
    Terms terms = leaf.terms(Keys.IDENTITY);
    if (terms == null) {
      return;
    }
    TermsEnum term = terms.iterator();
    Bits live = leaf.getLiveDocs();
    PostingsEnum postings = null;
    for (BytesRef identity : List.copyOf(wanted.keySet())) {
      if (term.seekExact(identity)) {
        postings = term.postings(postings, PostingsEnum.NONE);
        for (int doc = postings.nextDoc();
            doc != DocIdSetIterator.NO_MORE_DOCS;
            doc = postings.nextDoc()) {
          if (live == null || live.get(doc)) {
            found.put(Objects.requireNonNull(wanted.remove(identity)), payment(leaf, doc));
            break;
          }
        }
      }
    }
  }

  /** The payment in a document of a segment. */
  static Payment payment(LeafReader leaf, int doc) throws IOException {
    BinaryDocValues payments = leaf.getBinaryDocValues(Keys.PAYMENT);
    if (payments == null || !payments.advanceExact(doc)) {
      throw new IllegalStateException("a document without its payment");
    }
    return Documents.payment(payments.binaryValue());
  }

  /** Ends it and deletes its files; those that a view still needs when that is closed. */
  @Override
  public void close() throws IOException {
    try {
      writer.rollback();
    } finally {
      try {
        directory.close();
      } finally {
        IOUtils.rm(folder);
      }
    }
  }
}
