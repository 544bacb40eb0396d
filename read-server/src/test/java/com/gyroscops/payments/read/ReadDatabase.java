package com.gyroscops.payments.read;

import com.gyroscops.payments.read.app.ReadVariables;
import com.gyroscops.payments.read.projection.LeaseRepository;
import com.gyroscops.payments.read.source.sql.SqlSource;
import com.gyroscops.payments.stack.engine.LocalPostgres;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.HikariPoolMXBean;
import io.micronaut.context.ApplicationContext;
import io.micronaut.data.connection.jdbc.advice.DelegatingDataSource;
import io.micronaut.inject.qualifiers.Qualifiers;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;

/**
 * A migrated read database of its own on a PostgreSQL that the tests of this JVM share. The schema
 * is migrated once, each database is a copy. Pools and repositories outlive the tests, which have
 * them one after the other: each finds its database new.
 */
public final class ReadDatabase implements AutoCloseable {

  private static final String TEMPLATE = "read_template";
  private static final AtomicInteger DATABASES = new AtomicInteger();

  /** What tests that ended left to those to come. */
  private static final Queue<ReadDatabase> IDLE = new ConcurrentLinkedQueue<>();

  private static final class Shared {
    private static final LocalPostgres POSTGRES = start();

    private static LocalPostgres start() {
      try {
        LocalPostgres postgres = LocalPostgres.temporary();
        postgres.createDatabase(TEMPLATE);
        Flyway.configure()
            .dataSource(postgres.jdbcUrl(TEMPLATE), postgres.user(), "")
            .locations("classpath:db/read/migration")
            .load()
            .migrate();
        return postgres;
      } catch (IOException | SQLException e) {
        throw new IllegalStateException("PostgreSQL does not start", e);
      }
    }
  }

  private final LocalPostgres postgres;
  private final String name;
  private final ApplicationContext context;
  private final List<HikariPoolMXBean> pools;
  private final boolean reusable;
  private final AtomicBoolean closed = new AtomicBoolean();

  private ReadDatabase(
      LocalPostgres postgres, String name, ApplicationContext context, boolean reusable)
      throws SQLException {
    this.postgres = postgres;
    this.name = name;
    this.context = context;
    this.pools = pools(context);
    this.reusable = reusable;
  }

  public static ReadDatabase fresh() throws SQLException {
    ReadDatabase idle = IDLE.poll();
    if (idle == null) {
      String name = newDatabase(Shared.POSTGRES);
      return new ReadDatabase(Shared.POSTGRES, name, context(Shared.POSTGRES, name), true);
    }
    idle.postgres.copyDatabase(TEMPLATE, idle.name);
    for (HikariPoolMXBean pool : idle.pools) {
      // Of those that were made while it closed, none works any more.
      pool.softEvictConnections();
      pool.resumePool();
    }
    return new ReadDatabase(idle.postgres, idle.name, idle.context, true);
  }

  /** On a PostgreSQL of the test's own, which it may kill. */
  public static ReadDatabase on(LocalPostgres postgres) throws SQLException {
    String name = newDatabase(postgres);
    return new ReadDatabase(postgres, name, context(postgres, name), false);
  }

  private static ApplicationContext context(LocalPostgres postgres, String name) {
    Map<String, Object> settings = settings(postgres, name);
    settings.put("flyway.datasources.read.enabled", true);
    // Between tests nobody connects, neither a pool by itself nor what is done from time to time.
    settings.put("datasources.read.minimum-idle", 0);
    settings.put("datasources.read.allow-pool-suspension", true);
    settings.put("datasources.reports.allow-pool-suspension", true);
    return ApplicationContext.run(settings);
  }

  public static LocalPostgres shared() {
    return Shared.POSTGRES;
  }

  /** A migrated database on the shared PostgreSQL, an empty one on any other. */
  public static String newDatabase(LocalPostgres postgres) throws SQLException {
    if (!postgres.equals(Shared.POSTGRES)) {
      return emptyDatabase(postgres);
    }
    String name = newName();
    postgres.copyDatabase(TEMPLATE, name);
    return name;
  }

  public static String emptyDatabase(LocalPostgres postgres) throws SQLException {
    String name = newName();
    postgres.createDatabase(name);
    return name;
  }

  private static String newName() {
    return "read_" + DATABASES.incrementAndGet();
  }

  /** What a server's environment would say, for servers on any free ports. */
  public static Map<String, Object> settings(LocalPostgres postgres, String name) {
    Map<String, Object> settings = new HashMap<>(ReadVariables.all().defaults());
    settings.put("datasources.read.url", postgres.jdbcUrl(name));
    settings.put("datasources.read.username", postgres.user());
    settings.put("datasources.read.password", "");
    settings.put("micronaut.server.host", "127.0.0.1");
    settings.put("micronaut.server.port", -1);
    settings.put("grpc.server.host", "127.0.0.1");
    settings.put("grpc.server.port", 0);
    settings.put("read-server.feed-targets", "127.0.0.1:1");
    settings.put("read-server.page-token-secret", "a secret of the tests");
    settings.put("read-server.drain-notice", "0s");
    settings.put("read-server.internal-grpc-port", 0);
    // Tests that want the memory source say so.
    settings.put("memory.payments-max", 0);
    return settings;
  }

  private static List<HikariPoolMXBean> pools(ApplicationContext context) throws SQLException {
    List<HikariPoolMXBean> pools = new ArrayList<>();
    for (DataSource each : context.getBeansOfType(DataSource.class)) {
      DataSource pool = DelegatingDataSource.unwrapDataSource(each);
      pools.add(pool.unwrap(HikariDataSource.class).getHikariPoolMXBean());
    }
    return pools;
  }

  public DataSource dataSource() {
    return DelegatingDataSource.unwrapDataSource(
        context.getBean(DataSource.class, Qualifiers.byName("read")));
  }

  public SqlSource source() {
    return new SqlSource(dataSource());
  }

  public LeaseRepository leases() {
    return context.getBean(LeaseRepository.class);
  }

  public Connection connect() throws SQLException {
    return DriverManager.getConnection(postgres.jdbcUrl(name), postgres.user(), "");
  }

  public void execute(String sql) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** All rows, each as its columns' text joined by a bar. */
  public List<String> rows(String sql) throws SQLException {
    List<String> rows = new ArrayList<>();
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      while (result.next()) {
        List<String> columns = new ArrayList<>();
        for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
          columns.add(String.valueOf(result.getString(i)));
        }
        rows.add(String.join("|", columns));
      }
    }
    return rows;
  }

  public long number(String sql) throws SQLException {
    return Long.parseLong(rows(sql).getFirst());
  }

  /** Rollups that differ from what payments and events add up to. */
  public List<String> wrongRollups() throws SQLException {
    List<String> wrong =
        new ArrayList<>(
            rows(
                """
                select * from (
                  select organization_id, effective_at / 900000000 * 900000000 as bucket_at, currency,
                         status, count(*) as n, sum(amount) as amount
                  from payments group by 1, 2, 3, 4) p
                full join (select * from payment_rollups where payment_count <> 0) r
                  using (organization_id, bucket_at, currency, status)
                where p.n is distinct from r.payment_count or p.amount is distinct from r.amount
                """));
    wrong.addAll(
        rows(
            """
            select * from (
              select organization_id, refund_at / 900000000 * 900000000 as bucket_at,
                     refund_currency as currency, count(*) as n, sum(refund_amount) as amount
              from payment_events where refund_at is not null group by 1, 2, 3) p
            full join refund_rollups r using (organization_id, bucket_at, currency)
            where p.n is distinct from r.refund_count or p.amount is distinct from r.amount
            """));
    return wrong;
  }

  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    if (reusable) {
      for (HikariPoolMXBean pool : pools) {
        pool.suspendPool();
        pool.softEvictConnections();
      }
      IDLE.add(this);
    } else {
      context.close();
    }
  }
}
