package com.gyroscops.payments.read.projection;

import io.micronaut.data.annotation.Query;
import io.micronaut.data.jdbc.annotation.JdbcRepository;
import io.micronaut.data.model.query.builder.sql.Dialect;
import io.micronaut.data.repository.GenericRepository;
import java.util.List;

/** Leases in the read database. Time is the database's own, so replicas' clocks do not matter. */
@JdbcRepository(dialect = Dialect.POSTGRES, dataSource = "read")
public interface LeaseRepository extends GenericRepository<Lease, String> {

  /** Takes the lease if it is free, expired, or the holder's own; the new fence, or nothing. */
  @Query(
      value =
          """
          with taken as (
            insert into leases as l (name, holder, fence, expires_at)
            values (:name, :holder, 1, clock_timestamp() + :millis * interval '1 millisecond')
            on conflict (name) do update
              set holder = excluded.holder, fence = l.fence + 1, expires_at = excluded.expires_at
              where l.expires_at <= clock_timestamp() or l.holder = excluded.holder
            returning fence)
          select fence from taken
          """,
      readOnly = false)
  List<Long> take(String name, String holder, long millis);

  /** Extends the lease; 0: it is another's. */
  @Query(
      """
      update leases set expires_at = clock_timestamp() + :millis * interval '1 millisecond'
      where name = :name and holder = :holder and fence = :fence
      """)
  long renew(String name, String holder, long fence, long millis);

  /** Lets others take the lease at once; 0: it is another's. */
  @Query(
      """
      update leases set expires_at = '-infinity'
      where name = :name and holder = :holder and fence = :fence
      """)
  long release(String name, String holder, long fence);
}
