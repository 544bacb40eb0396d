package com.gyroscops.payments.write.outbox.postgres;

import com.gyroscops.payments.write.eventstore.StoreUnavailableException;
import com.gyroscops.payments.write.outbox.SubscriberProgress;
import com.gyroscops.payments.write.outbox.SubscriberProgress.Claim;
import com.gyroscops.payments.write.outbox.SubscriberProgress.Heard;
import com.gyroscops.payments.write.outbox.SubscriberProgress.Standing;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;
import javax.sql.DataSource;

/** The table of subscribers' progress. Each call is one statement. For concurrent use. */
public final class PostgresProgress implements SubscriberProgress.Store {

  /** Where haste is called for. */
  static final String CHANNEL = "payments_progress";

  /** What is not lasting need not wait for the disk, and so does not make an append wait for it. */
  private static final String SAVE =
      """
      select save_progress(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? * interval '1 millisecond')
      from set_config('synchronous_commit',
        case when ? then current_setting('synchronous_commit') else 'off' end, true)
      """;

  private static final String STANDINGS =
      """
      select distinct on (source) source, epoch, visible_position, parked,
        live and updated_at > clock_timestamp() - ? * interval '1 millisecond'
      from subscriber_progress
      where source = any (?)
      order by source, updated_at > clock_timestamp() - ? * interval '1 millisecond' desc,
        fence desc, updated_at desc
      """;

  private static final String REMOVE_SILENT =
      "delete from subscribers s where exists (select from subscriber_progress p"
          + " where p.source = s.source and p.subscriber = s.subscriber"
          + " and p.updated_at < clock_timestamp() - ? * interval '1 millisecond')";

  private final DataSource dataSource;

  /**
   * @param dataSource bounds how long connecting and each statement may take
   */
  public PostgresProgress(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  @Override
  public void save(Collection<Heard> heard) {
    boolean lasting = heard.stream().anyMatch(Heard::lasting);
    inDatabase(
        SAVE,
        (connection, statement) -> {
          Columns columns = new Columns(connection, statement, heard);
          columns.set(1, "text", it -> it.subscriber().source());
          columns.set(2, "text", it -> it.subscriber().name());
          columns.setClaim(3, "bigint", Claim::fence);
          columns.setClaim(4, "bigint", Claim::session);
          columns.setClaim(5, "text", Claim::epoch);
          columns.setClaim(6, "bigint", Claim::position);
          columns.setClaim(7, "bigint", Claim::visible);
          columns.setClaim(8, "bigint", Claim::parked);
          columns.setClaim(9, "boolean", Claim::live);
          columns.set(10, "bigint", it -> it.age().toNanos() / 1_000);
          statement.setLong(11, SubscriberProgress.SILENCE_MAX.toMillis());
          statement.setBoolean(12, lasting);
          return statement.execute();
        });
  }

  /** An array for each column. */
  private record Columns(
      Connection connection, PreparedStatement statement, Collection<Heard> heard) {

    void set(int index, String type, Function<Heard, Object> value) throws SQLException {
      statement.setArray(
          index, connection.createArrayOf(type, heard.stream().map(value).toArray()));
    }

    void setClaim(int index, String type, Function<Claim, Object> value) throws SQLException {
      set(index, type, it -> value.apply(it.claim()));
    }
  }

  @Override
  public List<Standing> standings(Collection<String> sources) {
    return inDatabase(
        STANDINGS,
        (connection, statement) -> {
          statement.setLong(1, SubscriberProgress.SILENCE_MAX.toMillis());
          statement.setArray(2, connection.createArrayOf("text", sources.toArray()));
          statement.setLong(3, SubscriberProgress.FENCE_MEMORY.toMillis());
          List<Standing> standings = new ArrayList<>();
          try (ResultSet row = statement.executeQuery()) {
            while (row.next()) {
              standings.add(
                  new Standing(
                      row.getString(1),
                      row.getBoolean(5),
                      row.getString(2),
                      row.getLong(3),
                      row.getLong(4)));
            }
          }
          return standings;
        });
  }

  @Override
  public void callForHaste() {
    inDatabase(
        "select pg_notify(?, '')",
        (_, statement) -> {
          statement.setString(1, CHANNEL);
          return statement.execute();
        });
  }

  @Override
  public long removeSilent(Duration silentMax) {
    return inDatabase(
        REMOVE_SILENT,
        (_, statement) -> {
          statement.setLong(1, silentMax.toMillis());
          return statement.executeLargeUpdate();
        });
  }

  private interface Work<T> {
    T run(Connection connection, PreparedStatement statement) throws SQLException;
  }

  private <T> T inDatabase(String sql, Work<T> work) {
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement = connection.prepareStatement(sql)) {
      return work.run(connection, statement);
    } catch (SQLException e) {
      throw new StoreUnavailableException("subscribers' progress: " + e.getMessage(), e);
    }
  }
}
