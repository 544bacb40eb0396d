package com.gyroscops.payments.read.source.memory;

import java.io.IOException;
import java.util.Collection;
import org.apache.lucene.index.IndexReaderContext;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.search.Collector;
import org.apache.lucene.search.CollectorManager;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.ScorerSupplier;
import org.apache.lucene.search.Weight;

/**
 * Runs queries over one view for one call, and stops, within a few thousand documents, when that
 * ends. For one thread.
 */
final class Matches {

  private final IndexSearcher searcher;
  private final CallEnd end = new CallEnd();

  Matches(View view) {
    IndexReaderContext context = view.reader().getContext();
    searcher = new IndexSearcher(context);
    // Views live for milliseconds; what a cache learns of one is of no use to the next.
    searcher.setQueryCache(null);
    searcher.setTimeout(end);
  }

  CallEnd end() {
    return end;
  }

  /**
   * Gives all matches to a collector.
   *
   * @throws CallEnd.Reached the call has ended
   */
  void collect(Query query, Collector collector) throws IOException {
    end.check();
    searcher.search(query, new One(collector));
    if (searcher.timedOut()) {
      throw new CallEnd.Reached();
    }
  }

  /** One collector for all segments, which one thread reads. */
  private record One(Collector collector) implements CollectorManager<Collector, Collector> {
    @Override
    public Collector newCollector() {
      return collector;
    }

    @Override
    public Collector reduce(Collection<Collector> collectors) {
      return collector;
    }
  }

  /** About how many documents a query has to look at. */
  long cost(Query query) throws IOException {
    Weight weight = searcher.createWeight(searcher.rewrite(query), ScoreMode.COMPLETE_NO_SCORES, 1);
    long cost = 0;
    for (LeafReaderContext leaf : searcher.getLeafContexts()) {
      ScorerSupplier supplier = weight.scorerSupplier(leaf);
      cost += supplier == null ? 0 : supplier.cost();
    }
    return cost;
  }
}
