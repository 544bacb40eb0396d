-- Which write-server keeps the audit journal, and how far it is. One row, once any has kept it.
create table journal_lease (
  name       text        not null primary key,
  holder     text        not null,
  -- Grows with each taking, so that who lost the lease and did not notice cannot renew it.
  fence      bigint      not null,
  expires_at timestamptz not null,
  -- Up to where the journal is on disk, as its keeper last said: once a second.
  position   bigint      not null default 0 check (position >= 0)
) with (fillfactor = 10);
