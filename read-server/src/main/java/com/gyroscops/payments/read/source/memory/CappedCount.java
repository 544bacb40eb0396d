package com.gyroscops.payments.read.source.memory;

import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.search.CollectionTerminatedException;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.SimpleCollector;

/** Counts matches up to a number and looks at no more. */
final class CappedCount extends SimpleCollector {

  private final int max;
  private int count;

  CappedCount(int max) {
    this.max = max;
  }

  int count() {
    return count;
  }

  @Override
  protected void doSetNextReader(LeafReaderContext context) {
    if (count >= max) {
      throw new CollectionTerminatedException();
    }
  }

  @Override
  public void collect(int doc) {
    if (++count >= max) {
      throw new CollectionTerminatedException();
    }
  }

  @Override
  public ScoreMode scoreMode() {
    return ScoreMode.COMPLETE_NO_SCORES;
  }
}
