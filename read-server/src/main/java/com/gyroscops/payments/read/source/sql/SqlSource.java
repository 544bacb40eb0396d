package com.gyroscops.payments.read.source.sql;

import com.gyroscops.payments.read.source.Analysis;
import com.gyroscops.payments.read.source.Answer;
import com.gyroscops.payments.read.source.Capability;
import com.gyroscops.payments.read.source.Completion;
import com.gyroscops.payments.read.source.Groups;
import com.gyroscops.payments.read.source.PaymentSearch;
import com.gyroscops.payments.read.source.SearchPage;
import com.gyroscops.payments.read.source.SourcePosition;
import com.gyroscops.payments.read.source.SourceUnavailableException;
import com.gyroscops.payments.read.source.Totals;
import com.gyroscops.payments.read.source.TotalsSpan;
import com.gyroscops.payments.read.source.WrittenSource;
import com.gyroscops.payments.v1.Payment;
import com.gyroscops.payments.v1.PaymentEvent;
import com.gyroscops.payments.v1.ReadSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.sql.DataSource;

/** Payments in PostgreSQL: everything that can be asked, complete. */
public final class SqlSource extends WrittenSource implements AutoCloseable {

  /** Key of this source's checkpoint and parked events. */
  static final String NAME = "sql";

  private final DataSource dataSource;
  private final SqlReads reads;
  private final SqlApply writes;
  private final SqlQueries queries = new SqlQueries(NAME);
  private final SqlTotals totals = new SqlTotals(NAME);
  private final SqlAnalytics analytics = new SqlAnalytics(NAME);

  /**
   * The source in one database.
   *
   * @param dataSource a pool with more than {@link SqlReads#CONNECTIONS_MAX} connections to the
   *     read database, which is migrated already
   */
  public SqlSource(DataSource dataSource) {
    SqlApply apply = new SqlApply(dataSource, NAME);
    super(apply);
    writes = apply;
    this.dataSource = dataSource;
    reads = new SqlReads(dataSource);
  }

  @Override
  public ReadSource id() {
    return ReadSource.READ_SOURCE_SQL;
  }

  @Override
  public Set<Capability> capabilities() {
    return EnumSet.complementOf(EnumSet.of(Capability.ANALYZE_APPROXIMATELY));
  }

  @Override
  public Answer<List<Payment>> find(String organizationId, List<String> paymentIds) {
    return reads.answer(queries.find(organizationId, paymentIds), SqlQueries::readPayments);
  }

  @Override
  public Answer<SearchPage> search(PaymentSearch search) {
    return reads.answer(
        queries.search(search), rows -> SqlQueries.readPage(rows, search.countMax() > 0));
  }

  @Override
  public Answer<Totals> aggregate(TotalsSpan span) {
    return reads.answer(totals.statement(span), SqlTotals::read);
  }

  @Override
  public Answer<Groups> analyze(Analysis analysis) {
    return reads.answer(analytics.statement(analysis), SqlAnalytics::read);
  }

  @Override
  public Answer<Completion.Values> suggest(Completion completion) {
    return reads.answer(queries.suggest(completion), SqlQueries::readValues);
  }

  @Override
  public Answer<List<PaymentEvent>> events(
      String organizationId, Optional<String> paymentId, long afterPosition, int limit) {
    return reads.answer(
        queries.events(organizationId, paymentId, afterPosition, limit), SqlQueries::readEvents);
  }

  @Override
  public Answer<List<PaymentEvent>> history(
      String organizationId, String paymentId, long afterVersion, int limit) {
    return reads.answer(
        queries.history(organizationId, paymentId, afterVersion, limit), SqlQueries::readEvents);
  }

  @Override
  public Answer<List<PaymentEvent>> timeline(
      String organizationId, String correlationId, long afterPosition, int limit) {
    return reads.answer(
        queries.timeline(organizationId, correlationId, afterPosition, limit),
        SqlQueries::readEvents);
  }

  @Override
  public SourcePosition position() throws SourceUnavailableException {
    try (Connection connection = dataSource.getConnection()) {
      return positionOn(connection);
    } catch (SQLException e) {
      throw SqlFailures.unavailable(e);
    }
  }

  static SourcePosition positionOn(Connection connection) throws SQLException {
    Sql sql =
        new Sql("select " + SqlCheckpoint.COLUMNS + " from checkpoints c where c.source = ?", NAME);
    return SqlCheckpoint.query(connection, sql).orElse(SourcePosition.NOWHERE);
  }

  /**
   * Takes the words of what this replica has applied into their index. Until then, they are found
   * all the same, but each search reads all of those pending. Blocks meanwhile, holds up nothing.
   *
   * @return pages of pending words that were worked off
   */
  public long indexWords() throws SourceUnavailableException {
    return writes.indexWords();
  }

  @Override
  public void close() {
    reads.close();
  }
}
