package com.gyroscops.payments.read.source.search;

import com.gyroscops.payments.read.source.Analysis;
import com.gyroscops.payments.read.source.Answer;
import com.gyroscops.payments.read.source.Capability;
import com.gyroscops.payments.read.source.Completion;
import com.gyroscops.payments.read.source.Groups;
import com.gyroscops.payments.read.source.PaymentSearch;
import com.gyroscops.payments.read.source.SearchPage;
import com.gyroscops.payments.read.source.SourcePosition;
import com.gyroscops.payments.read.source.SourceUnavailableException;
import com.gyroscops.payments.read.source.WrittenSource;
import com.gyroscops.payments.v1.ReadSource;
import java.net.URI;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Payments in a search engine: searches, suggestions, and analytics that need not be exact.
 *
 * <p>It stands in two places. What was applied is written when {@link #apply} returns, and its
 * outcome says so; searches see it a little later, and {@link #position} and all answers say where
 * they stand.
 */
public final class SearchSource extends WrittenSource implements AutoCloseable {

  /**
   * Least time between refreshes while events come, and between runs of events: each makes a small
   * segment or a request of its own and costs some milliseconds, whatever is new; searches lag by
   * as much.
   */
  public static final Duration REFRESH_EVERY = Duration.ofMillis(200);

  private final Duration refreshEvery;
  private final EngineConnection engine;
  private final SearchIndexReader reads;
  private final SearchIndexWriter writes;
  private final Analytics analytics;

  /**
   * The source at one endpoint, which need not answer yet.
   *
   * @param url of the engine, http or https
   * @param user for HTTP basic authentication; empty: none
   * @param prefix of the names of indices and aliases: lower-case letters, digits and hyphens
   * @param refreshEvery least time between refreshes; zero: what is applied is searchable at once
   * @param searchable told where searches stand, whenever this source has moved that
   */
  public SearchSource(
      URI url,
      String user,
      String password,
      String prefix,
      Duration refreshEvery,
      Consumer<SourcePosition> searchable) {
    String alias = prefix + "-payments";
    EngineConnection connection = new EngineConnection(url, user, password);
    SearchIndexWriter index = new SearchIndexWriter(connection, alias, refreshEvery, searchable);
    super(index);
    writes = index;
    this.refreshEvery = refreshEvery;
    engine = connection;
    reads = new SearchIndexReader(engine, alias);
    analytics = new Analytics(reads);
  }

  @Override
  public ReadSource id() {
    return ReadSource.READ_SOURCE_SEARCH;
  }

  @Override
  public Set<Capability> capabilities() {
    return EnumSet.of(Capability.SEARCH, Capability.SUGGEST, Capability.ANALYZE_APPROXIMATELY);
  }

  @Override
  public Answer<SearchPage> search(PaymentSearch search) {
    return reads.answer(
        search.filter().organizationId(),
        SearchQueries.search(search),
        response -> SearchQueries.readPage(search, response));
  }

  @Override
  public Answer<Completion.Values> suggest(Completion completion) {
    return reads.answer(
        completion.organizationId(),
        SearchQueries.completion(completion),
        SearchQueries::readValues);
  }

  @Override
  public Answer<Groups> analyze(Analysis analysis) {
    return analytics.answer(analysis);
  }

  /** Where searches stand, which may be behind what is applied. */
  @Override
  public SourcePosition position() throws SourceUnavailableException {
    return reads.position();
  }

  @Override
  public Duration runEvery() {
    return refreshEvery;
  }

  @Override
  public void close() {
    writes.close();
    engine.close();
  }
}
