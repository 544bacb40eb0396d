package com.gyroscops.payments.read.source.memory;

import com.gyroscops.payments.read.source.PaymentKey;
import com.gyroscops.payments.read.source.SourcePosition;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.LeafReaderContext;

/**
 * One snapshot: the documents, the position they are of, and what is parked. Immutable, and
 * published as a whole; so an answer that reads from one view alone is of one snapshot.
 *
 * <p>Its files stay as long as someone {@linkplain #acquire holds} it.
 */
final class View implements AutoCloseable {

  private final PaymentIndex index;
  private final DirectoryReader reader;
  private final SourcePosition at;
  private final Map<PaymentKey, List<ParkedEvent>> parked;

  /** Takes over the caller's hold on the reader. */
  View(
      PaymentIndex index,
      DirectoryReader reader,
      SourcePosition at,
      Map<PaymentKey, List<ParkedEvent>> parked) {
    this.index = index;
    this.reader = reader;
    this.at = at;
    this.parked = parked;
  }

  /** Holds the view until {@link #close}; false: nobody held it any more, it is gone. */
  boolean acquire() {
    return reader.tryIncRef();
  }

  /** Lets go of it. */
  @Override
  public void close() {
    try {
      reader.decRef();
    } catch (IOException e) {
      throw new UncheckedIOException("a view cannot be closed", e);
    }
  }

  PaymentIndex index() {
    return index;
  }

  DirectoryReader reader() {
    return reader;
  }

  List<LeafReaderContext> leaves() {
    return reader.leaves();
  }

  SourcePosition at() {
    return at;
  }

  Map<PaymentKey, List<ParkedEvent>> parked() {
    return parked;
  }

  /** Whether events of an organization's payments are parked. */
  boolean hasParked(String organizationId) {
    return parked.keySet().stream().anyMatch(key -> key.organizationId().equals(organizationId));
  }
}
