package com.gyroscops.payments.write.outbox.postgres;

import com.gyroscops.payments.platform.jdbc.LeaseSql;
import com.gyroscops.payments.write.outbox.SinkLease;
import io.micronaut.data.annotation.Query;
import io.micronaut.data.jdbc.annotation.JdbcRepository;
import io.micronaut.data.model.query.builder.sql.Dialect;
import io.micronaut.data.repository.GenericRepository;
import java.util.List;

/**
 * Leases of sinks in the write database, one for each sink. Time is the database's own: servers'
 * clocks do not matter.
 */
@JdbcRepository(dialect = Dialect.POSTGRES)
public interface SinkLeases extends GenericRepository<SinkLeaseRow, String> {

  /** Takes the lease if it is free, expired, or the holder's own; the new fence, or nothing. */
  @Query(value = LeaseSql.TAKE_FROM + "sink_leases" + LeaseSql.TAKE, readOnly = false)
  List<Long> take(String name, String holder, long millis);

  /** Extends the lease; 0: it is another's. */
  @Query("update sink_leases" + LeaseSql.EXTEND + ", position = :position" + LeaseSql.IF_HELD)
  long extend(String name, String holder, long fence, long position, long millis);

  /** Lets others take the lease at once; 0: it is another's. */
  @Query("update sink_leases" + LeaseSql.EXPIRE + LeaseSql.IF_HELD)
  long expire(String name, String holder, long fence);

  /** Up to where the sink is durable; nothing: none has kept it. */
  @Query("select position from sink_leases where name = :name")
  List<Long> positions(String name);

  /** The same, while another has the lease. */
  @Query(
      """
      select position from sink_leases
      where name = :name and holder <> :holder and expires_at > clock_timestamp()
      """)
  List<Long> positionsOfAnother(String name, String holder);

  /**
   * The lease of a sink.
   *
   * @param sink its name
   */
  default SinkLease of(String sink) {
    return new PostgresSinkLease(this, sink);
  }
}
