package com.gyroscops.payments.read.app;

import com.gyroscops.payments.read.source.SourceUnavailableException;
import com.gyroscops.payments.read.source.sql.SqlSource;
import io.micronaut.context.annotation.Context;
import io.micronaut.scheduling.annotation.Scheduled;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is done for the SQL source from time to time. */
@Context // At once, not by its first task.
final class ScheduledSqlMaintenance {

  private static final Logger LOG = LoggerFactory.getLogger(ScheduledSqlMaintenance.class);

  private final SqlSource source;

  ScheduledSqlMaintenance(SqlSource source) {
    this.source = source;
  }

  @Scheduled(fixedDelay = "250ms", initialDelay = "1s")
  void indexWords() {
    try {
      source.indexWords();
    } catch (SourceUnavailableException e) {
      // The projector says when the database is away; until then text is found somewhat slower.
      LOG.debug("words stay pending: {}", e.getMessage());
    }
  }
}
