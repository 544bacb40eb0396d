package com.gyroscops.payments.read.projection;

import com.gyroscops.payments.platform.jdbc.LeaseSql;
import io.micronaut.data.annotation.Query;
import io.micronaut.data.jdbc.annotation.JdbcRepository;
import io.micronaut.data.model.query.builder.sql.Dialect;
import io.micronaut.data.repository.GenericRepository;
import java.util.List;

/** Leases in the read database. Time is the database's own, so replicas' clocks do not matter. */
@JdbcRepository(dialect = Dialect.POSTGRES, dataSource = "read")
public interface LeaseRepository extends GenericRepository<Lease, String> {

  /** Takes the lease if it is free, expired, or the holder's own; the new fence, or nothing. */
  @Query(value = LeaseSql.TAKE_FROM + "leases" + LeaseSql.TAKE, readOnly = false)
  List<Long> take(String name, String holder, long millis);

  /** Extends the lease; 0: it is another's. */
  @Query("update leases" + LeaseSql.EXTEND + LeaseSql.IF_HELD)
  long renew(String name, String holder, long fence, long millis);

  /** Lets others take the lease at once; 0: it is another's. */
  @Query("update leases" + LeaseSql.EXPIRE + LeaseSql.IF_HELD)
  long release(String name, String holder, long fence);
}
