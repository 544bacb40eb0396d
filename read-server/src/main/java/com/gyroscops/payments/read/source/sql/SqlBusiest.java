package com.gyroscops.payments.read.source.sql;

import com.gyroscops.payments.read.source.SourceUnavailableException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;

/** Which organizations have had the most payments lately, by the newest rollups. */
public final class SqlBusiest {

  /**
   * Most rows looked at, the newest first, however many organizations and quarters of an hour there
   * are: a few tens of milliseconds.
   */
  private static final int ROLLUPS_MAX = 50_000;

  private final DataSource dataSource;

  public SqlBusiest(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  /** The busiest first. */
  public List<String> organizations(int limit) throws SourceUnavailableException {
    Sql sql =
        new Sql("select organization_id from (select organization_id, payment_count")
            .append(" from payment_rollups order by bucket_at desc limit ?) newest", ROLLUPS_MAX)
            .append(" group by organization_id order by sum(payment_count) desc, organization_id")
            .append(" limit ?", limit);
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement = sql.prepare(connection);
        ResultSet rows = statement.executeQuery()) {
      List<String> organizations = new ArrayList<>();
      while (rows.next()) {
        organizations.add(rows.getString(1));
      }
      return organizations;
    } catch (SQLException e) {
      throw SqlFailures.unavailable(e);
    }
  }
}
