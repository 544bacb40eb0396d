package com.gyroscops.payments.platform.jdbc;

import com.zaxxer.hikari.HikariDataSource;
import io.micronaut.context.event.BeanCreatedEvent;
import io.micronaut.context.event.BeanCreatedEventListener;
import io.micronaut.core.order.Ordered;
import jakarta.inject.Singleton;
import javax.sql.DataSource;

/** Has every pool hand out connections to the primary alone, whoever uses it. */
@Singleton
final class PrimaryPools implements BeanCreatedEventListener<DataSource>, Ordered {

  @Override
  public DataSource onCreated(BeanCreatedEvent<DataSource> event) {
    return event.getBean() instanceof HikariDataSource pool
        ? new PrimaryDataSource(pool)
        : event.getBean();
  }

  /** Before Micronaut wraps it for its transactions. */
  @Override
  public int getOrder() {
    return HIGHEST_PRECEDENCE;
  }
}
