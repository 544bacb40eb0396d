package com.gyroscops.payments.read.source.memory;

import com.gyroscops.payments.read.source.Completion;
import com.gyroscops.payments.read.source.TextQuery;
import com.gyroscops.payments.read.source.memory.Keys.Kind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;
import org.apache.lucene.index.DocValues;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.MultiBits;
import org.apache.lucene.index.MultiTerms;
import org.apache.lucene.index.PostingsEnum;
import org.apache.lucene.index.SortedDocValues;
import org.apache.lucene.index.Terms;
import org.apache.lucene.index.TermsEnum;
import org.apache.lucene.search.BooleanClause.Occur;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.SimpleCollector;
import org.apache.lucene.util.Bits;
import org.apache.lucene.util.BytesRef;
import org.apache.lucene.util.BytesRefBuilder;
import org.apache.lucene.util.StringHelper;

/**
 * Values that complete a beginning, over one view, with exact counts. Values come in order and the
 * best ones are kept, so it takes little memory however many there are.
 */
final class Suggestions {

  /** Documents between two looks at the call. */
  private static final int CHECK_EVERY = 4_096;

  private final View view;
  private final Completion completion;
  private final Matches matches;
  // The worst first. Values arrive in ascending order, so of equals the newest is the worst.
  private final PriorityQueue<Counted> worstFirst =
      new PriorityQueue<>(
          Comparator.comparingLong(Counted::payments)
              .thenComparing(Counted::number, Comparator.reverseOrder()));
  private int offered;

  private record Counted(String value, long payments, int number) {}

  private Suggestions(View view, Completion completion) {
    this.view = view;
    this.completion = completion;
    matches = new Matches(view);
  }

  static Completion.Values values(View view, Completion completion) throws IOException {
    Suggestions run = new Suggestions(view, completion);
    Optional<Filters> filters = Filters.of(view.index(), completion.organizationId());
    if (filters.isPresent()) {
      int organization = filters.get().organization();
      switch (completion.field()) {
        case DESCRIPTION -> run.descriptions(filters.get());
        case USER -> run.terms(organization, Kind.LIVE_USER);
        case MERCHANT_REFERENCE -> run.terms(organization, Kind.LIVE_MERCHANT_REFERENCE);
        case PROVIDER_REFERENCE -> run.terms(organization, Kind.LIVE_PROVIDER_REFERENCE);
      }
    }
    return run.best();
  }

  private Completion.Values best() {
    List<Counted> best = new ArrayList<>(worstFirst);
    best.sort(worstFirst.comparator().reversed());
    return new Completion.Values(
        best.stream().map(it -> new Completion.Value(it.value, it.payments)).toList());
  }

  /** The least count that a value needs to be among the best so far. */
  private long needed() {
    return worstFirst.size() < completion.limit() ? 1 : worstFirst.element().payments + 1;
  }

  private void offer(BytesRef value, long payments) {
    if (payments >= needed()) {
      worstFirst.add(new Counted(value.utf8ToString(), payments, offered++));
      if (worstFirst.size() > completion.limit()) {
        worstFirst.remove();
      }
    }
  }

  private void terms(int organization, Kind kind) throws IOException {
    Terms terms = MultiTerms.getTerms(view.reader(), Keys.TERMS);
    if (terms == null) {
      return;
    }
    BytesRef beginning = Keys.term(organization, kind, completion.text());
    int prefix = Keys.term(organization, kind, "").length;
    Bits live = MultiBits.getLiveDocs(view.reader());
    TermsEnum term = terms.iterator();
    if (term.seekCeil(beginning) == TermsEnum.SeekStatus.END) {
      return;
    }
    PostingsEnum postings = null;
    int seen = 0;
    for (BytesRef found = term.term();
        found != null && StringHelper.startsWith(found, beginning);
        found = term.next()) {
      if (seen++ % CHECK_EVERY == 0) {
        matches.end().check();
      }
      // Replaced documents are still among them, so there are no more than that.
      if (term.docFreq() >= needed()) {
        BytesRef value = new BytesRef(found.bytes, found.offset + prefix, found.length - prefix);
        postings = term.postings(postings, PostingsEnum.NONE);
        offer(value, live == null ? term.docFreq() : count(postings, live));
      }
    }
  }

  private long count(PostingsEnum postings, Bits live) throws IOException {
    long count = 0;
    int seen = 0;
    for (int doc = postings.nextDoc();
        doc != DocIdSetIterator.NO_MORE_DOCS;
        doc = postings.nextDoc()) {
      if (live.get(doc)) {
        count++;
      }
      if (++seen % CHECK_EVERY == 0) {
        matches.end().check();
      }
    }
    return count;
  }

  private void descriptions(Filters filters) throws IOException {
    TextQuery typed = TextQuery.typed(completion.text());
    BooleanQuery.Builder query = new BooleanQuery.Builder().add(filters.live(), Occur.FILTER);
    for (String word : typed.words()) {
      query.add(filters.word(Kind.LIVE_DESCRIPTION_WORD, word), Occur.FILTER);
    }
    for (String prefix : typed.prefixes()) {
      query.add(filters.prefix(Kind.LIVE_DESCRIPTION_WORD, prefix), Occur.FILTER);
    }
    DescriptionCounts counts = new DescriptionCounts();
    matches.collect(query.build(), counts);
    merge(counts.leaves);
  }

  /** Adds up the counts of equal values of all segments, value by value in order. */
  private void merge(List<LeafCounts> leaves) throws IOException {
    PriorityQueue<LeafCounts> byValue = new PriorityQueue<>(Comparator.comparing(it -> it.value));
    for (LeafCounts leaf : leaves) {
      if (leaf.next()) {
        byValue.add(leaf);
      }
    }
    BytesRefBuilder value = new BytesRefBuilder();
    int seen = 0;
    while (!byValue.isEmpty()) {
      value.copyBytes(byValue.element().value);
      long payments = 0;
      while (!byValue.isEmpty() && byValue.element().value.equals(value.get())) {
        LeafCounts leaf = byValue.remove();
        payments += leaf.counts[leaf.ord];
        if (leaf.next()) {
          byValue.add(leaf);
        }
      }
      offer(value.get(), payments);
      if (seen++ % CHECK_EVERY == 0) {
        matches.end().check();
      }
    }
  }

  /** How many matches have each description, in one segment: 4 bytes for each there is. */
  private static final class LeafCounts {
    private final SortedDocValues descriptions;
    private int[] counts = {};
    private int ord = -1;
    private BytesRef value = new BytesRef();

    private LeafCounts(SortedDocValues descriptions) {
      this.descriptions = descriptions;
    }

    private void count(int doc) throws IOException {
      if (descriptions.advanceExact(doc)) {
        if (counts.length == 0) {
          counts = new int[descriptions.getValueCount()];
        }
        counts[descriptions.ordValue()]++;
      }
    }

    /** Goes to the next value that has any. */
    private boolean next() throws IOException {
      do {
        ord++;
      } while (ord < counts.length && counts[ord] == 0);
      if (ord >= counts.length) {
        return false;
      }
      value = descriptions.lookupOrd(ord);
      return true;
    }
  }

  private static final class DescriptionCounts extends SimpleCollector {
    private final List<LeafCounts> leaves = new ArrayList<>();

    @Override
    protected void doSetNextReader(LeafReaderContext context) throws IOException {
      leaves.add(new LeafCounts(DocValues.getSorted(context.reader(), Keys.DESCRIPTION)));
    }

    @Override
    public void collect(int doc) throws IOException {
      leaves.getLast().count(doc);
    }

    @Override
    public ScoreMode scoreMode() {
      return ScoreMode.COMPLETE_NO_SCORES;
    }
  }
}
