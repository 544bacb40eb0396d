package com.gyroscops.payments.read.app;

import com.gyroscops.payments.read.projection.ProjectedSource;
import com.gyroscops.payments.read.projection.Projections;
import com.gyroscops.payments.read.source.memory.MemorySource;
import com.gyroscops.payments.read.source.sql.SqlSnapshots;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.Factory;
import io.micronaut.context.annotation.Requires;
import io.micronaut.data.connection.jdbc.advice.DelegatingDataSource;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import javax.sql.DataSource;

/** The memory source of a replica, filled from its sql source. */
@Factory
@Requires(property = "memory.payments-max", notEquals = "0")
final class MemoryWiring {

  @Bean(preDestroy = "close")
  @Singleton
  MemorySource memorySource(
      MemorySettings settings, @Named("read") DataSource dataSource, Migration migration) {
    return new MemorySource(
        // Micronaut's wrapper hands out a connection only within its own transactions.
        new SqlSnapshots(migration.gate(DelegatingDataSource.unwrapDataSource(dataSource))),
        settings.sharedFolder(),
        settings.paymentsMax());
  }

  @Singleton
  ProjectedSource memory(MemorySource source, Projections projections, MeterRegistry meters) {
    Gauge.builder("payments.memory.payments", source, MemorySource::payments)
        .description("Payments that the memory source holds, or has taken in while being filled")
        .register(meters);
    Gauge.builder("payments.memory.segments", source, MemorySource::segments)
        .description("Segments of the memory source's index")
        .register(meters);
    Gauge.builder("payments.memory.withdrawn", source, it -> it.isWithdrawn() ? 1 : 0)
        .description("Whether the memory source holds nothing because there are too many payments")
        .register(meters);
    return projections.own(source);
  }
}
