-- What subscribers say of the sources that they keep, for commands that wait for these (WRITE_THROUGH).
alter table subscriber_progress
  -- Order of what is said of one source: by fence, then by session.
  add column fence            bigint  not null default 0,
  add column session          bigint  not null default 0,
  -- History that the positions belong to.
  add column epoch            text    not null default '',
  -- Up to here readers of the source see the log.
  add column visible_position bigint  not null default 0,
  -- Events set aside below position.
  add column parked           bigint  not null default 0,
  -- Whether the subscription goes on, as far as is known.
  add column live             boolean not null default false;
-- Updated up to 100 times a second, in place.
alter table subscriber_progress set (fillfactor = 20);
