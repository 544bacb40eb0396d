package com.gyroscops.payments.read.source.memory;

import com.gyroscops.payments.read.source.PaymentSearch;
import com.gyroscops.payments.v1.Payment;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import org.apache.lucene.index.BinaryDocValues;
import org.apache.lucene.index.DocValues;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.NumericDocValues;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.SimpleCollector;
import org.apache.lucene.util.BytesRef;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the first payments in a search's order, by value and then by the bytes of the id. An id is
 * read only where it decides.
 */
final class TopPayments extends SimpleCollector {

  private record Hit(long value, BytesRef paymentId, LeafReader leaf, int doc) {}

  private final String field;
  private final int limit;
  private final int sign;
  private final @Nullable Hit after;
  private final PriorityQueue<Hit> lastFirst;
  private LeafReader leaf;
  private NumericDocValues values;
  private BinaryDocValues ids;

  TopPayments(PaymentSearch search, String field, LeafReader anyLeaf) throws IOException {
    this.field = field;
    limit = search.limit();
    sign = search.ascending() ? 1 : -1;
    PaymentSearch.Key key = search.after();
    after =
        key == null ? null : new Hit(key.sortValue(), new BytesRef(key.paymentId()), anyLeaf, -1);
    lastFirst = new PriorityQueue<>((a, b) -> compare(b, a));
    leaf = anyLeaf;
    values = DocValues.emptyNumeric();
    ids = DocValues.emptyBinary();
  }

  private int compare(Hit a, Hit b) {
    int byValue = Long.compare(a.value, b.value);
    return sign * (byValue != 0 ? byValue : a.paymentId.compareTo(b.paymentId));
  }

  @Override
  protected void doSetNextReader(LeafReaderContext context) throws IOException {
    leaf = context.reader();
    values = DocValues.getNumeric(leaf, field);
    ids = DocValues.getBinary(leaf, Keys.PAYMENT_ID);
  }

  @Override
  public void collect(int doc) throws IOException {
    if (!values.advanceExact(doc)) {
      throw new IllegalStateException("a document without " + field);
    }
    long value = values.longValue();
    if (isFull() && sign * Long.compare(value, lastFirst.element().value) > 0) {
      return;
    }
    if (after != null && sign * Long.compare(value, after.value) < 0) {
      return;
    }
    if (!ids.advanceExact(doc)) {
      throw new IllegalStateException("a document without " + Keys.PAYMENT_ID);
    }
    Hit hit = new Hit(value, BytesRef.deepCopyOf(ids.binaryValue()), leaf, doc);
    if (after != null && compare(hit, after) <= 0) {
      return;
    }
    lastFirst.add(hit);
    if (lastFirst.size() > limit) {
      lastFirst.remove();
    }
  }

  /** Whether there are as many as wanted. */
  boolean isFull() {
    return lastFirst.size() == limit;
  }

  @Override
  public ScoreMode scoreMode() {
    return ScoreMode.COMPLETE_NO_SCORES;
  }

  /** The payments, in order. */
  List<Payment> payments() throws IOException {
    List<Hit> hits = new ArrayList<>(lastFirst);
    hits.sort(this::compare);
    List<Payment> payments = new ArrayList<>(hits.size());
    for (Hit hit : hits) {
      payments.add(PaymentIndex.payment(hit.leaf, hit.doc));
    }
    return payments;
  }
}
