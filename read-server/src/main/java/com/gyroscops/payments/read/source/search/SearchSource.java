package com.gyroscops.payments.read.source.search;

import com.gyroscops.payments.contract.Lineage;
import com.gyroscops.payments.read.source.Analysis;
import com.gyroscops.payments.read.source.Answer;
import com.gyroscops.payments.read.source.ApplyOutcome;
import com.gyroscops.payments.read.source.Capability;
import com.gyroscops.payments.read.source.Completion;
import com.gyroscops.payments.read.source.Groups;
import com.gyroscops.payments.read.source.PaymentSearch;
import com.gyroscops.payments.read.source.PaymentSource;
import com.gyroscops.payments.read.source.SearchPage;
import com.gyroscops.payments.read.source.SourcePosition;
import com.gyroscops.payments.read.source.SourceUnavailableException;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.v1.ReadSource;
import java.net.URI;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Payments in a search engine: searches, suggestions, and analytics that need not be exact.
 *
 * <p>It stands in two places. What was applied is written when {@link #apply} returns, and its
 * outcome says so; searches see it a little later, and {@link #position} and all answers say where
 * they stand.
 */
public final class SearchSource implements PaymentSource, AutoCloseable {

  /**
   * Least time between refreshes while events come, and between runs of events: each makes a small
   * segment or a request of its own and costs some milliseconds, whatever is new; searches lag by
   * as much.
   */
  public static final Duration REFRESH_EVERY = Duration.ofMillis(200);

  private final Duration refreshEvery;
  private final EngineConnection engine;
  private final EngineReads reads;
  private final EngineWrites writes;
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
    this.refreshEvery = refreshEvery;
    String alias = prefix + "-payments";
    engine = new EngineConnection(url, user, password);
    reads = new EngineReads(engine, alias);
    writes = new EngineWrites(engine, alias, refreshEvery, searchable);
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
        Questions.search(search),
        response -> Questions.readPage(search, response));
  }

  @Override
  public Answer<Completion.Values> suggest(Completion completion) {
    return reads.answer(
        completion.organizationId(), Questions.completion(completion), Questions::readValues);
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
  public Optional<SourcePosition> takeOver(long fence) throws SourceUnavailableException {
    return writes.takeOver(fence);
  }

  @Override
  public Optional<SourcePosition> startOver(long fence) throws SourceUnavailableException {
    return writes.startOver(fence);
  }

  @Override
  public Optional<SourcePosition> begin(
      long fence, String logId, Lineage lineage, long readyPosition)
      throws SourceUnavailableException {
    return writes.begin(fence, SourcePosition.start(logId, lineage, readyPosition));
  }

  @Override
  public Optional<SourcePosition> continueIn(
      long fence, SourcePosition at, Lineage lineage, long head) throws SourceUnavailableException {
    return writes.continueIn(fence, at, lineage, head);
  }

  @Override
  public Duration runEvery() {
    return refreshEvery;
  }

  @Override
  public ApplyOutcome apply(long fence, SourcePosition at, List<PaymentEvent> events)
      throws SourceUnavailableException {
    return writes.apply(fence, at, events);
  }

  @Override
  public Optional<SourcePosition> retryParked(long fence) throws SourceUnavailableException {
    return writes.retryParked(fence);
  }

  @Override
  public void close() {
    writes.close();
    engine.close();
  }
}
