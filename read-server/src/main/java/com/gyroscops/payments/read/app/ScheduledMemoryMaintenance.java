package com.gyroscops.payments.read.app;

import com.gyroscops.payments.read.source.SourceUnavailableException;
import com.gyroscops.payments.read.source.memory.MemorySource;
import io.micronaut.context.annotation.Context;
import io.micronaut.context.annotation.Requires;
import io.micronaut.scheduling.annotation.Scheduled;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is done for the memory source from time to time. */
@Context // At once, not by its first task.
@Requires(bean = MemorySource.class)
final class ScheduledMemoryMaintenance {

  private static final Logger LOG = LoggerFactory.getLogger(ScheduledMemoryMaintenance.class);

  private final MemorySource source;

  ScheduledMemoryMaintenance(MemorySource source) {
    this.source = source;
  }

  @Scheduled(fixedDelay = "1s", initialDelay = "5s")
  void merge() {
    try {
      source.mergeAtRest();
    } catch (SourceUnavailableException e) {
      // Searches take somewhat longer, that is all; an index is tried once.
      LOG.warn("the index stays as it is: {}", e.getMessage());
    }
  }
}
