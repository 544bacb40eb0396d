package com.gyroscops.payments.platform.jdbc;

/**
 * Statements on a table of leases, with columns name, holder, fence and expires_at. A fence grows
 * with each taking. Time is the database's own, so the holders' clocks do not matter.
 */
public final class LeaseSql {

  /** Before the table's name and {@link #TAKE}. */
  public static final String TAKE_FROM = "with taken as (insert into ";

  /** Takes a lease that is free, expired, or the holder's own; the new fence, or nothing. */
  public static final String TAKE =
      " as l (name, holder, fence, expires_at)"
          + " values (:name, :holder, 1, clock_timestamp() + :millis * interval '1 millisecond')"
          + " on conflict (name) do update"
          + " set holder = excluded.holder, fence = l.fence + 1, expires_at = excluded.expires_at"
          + " where l.expires_at <= clock_timestamp() or l.holder = excluded.holder"
          + " returning fence) select fence from taken";

  /** After the table's name: extends a lease; other columns may follow. */
  public static final String EXTEND =
      " set expires_at = clock_timestamp() + :millis * interval '1 millisecond'";

  /** After the table's name: lets others take a lease at once. */
  public static final String EXPIRE = " set expires_at = '-infinity'";

  /** Of a change: that the lease is still the holder's; else nothing is changed. */
  public static final String IF_HELD =
      " where name = :name and holder = :holder and fence = :fence";

  private LeaseSql() {}
}
