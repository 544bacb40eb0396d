-- What an append, a look-up and the head cost no longer grows with the age of the log, nor with the age
-- of the oldest snapshot that somebody holds.
--
-- A row that is updated thousands of times leaves as many dead versions, which nobody may remove while
-- a snapshot is held (pg_dump, a forgotten session, a standby's feedback); whoever looks for the row by
-- a key that never changes walks all of them. So what changes all the time is kept in two tables: one
-- with a row that (almost) never changes, which is locked; and one whose key grows with each change, so
-- that the newest version is the last entry of the index, which one descending probe finds however
-- many dead ones are before it. A view puts the two together again.

-- The log's identity. Every append locks its row first, so that appends are serial from there on, cannot
-- deadlock, and take positions that are dense and visible in order. What is locked does not change with
-- an append; what does is read by a statement after the one that locked, and so by a newer snapshot.
alter table outbox_head rename to logs;
alter table logs rename constraint outbox_head_pkey to logs_pkey;

-- Position of the newest event. One row, which is only updated, under the lock of logs.
create table log_positions (
  position bigint not null primary key check (position >= 0)
) with (vacuum_truncate = off); -- It would lock out appends.
insert into log_positions select position from logs where log_id = 'main';
alter table logs drop column position;

create view outbox_head as
select l.log_id, l.epoch, (select p.position from log_positions p order by p.position desc limit 1) as position,
  l.outcomes_active, l.outcomes_active_from
from logs l;

-- Where partitions of events begin (inclusive) and end (exclusive), without gaps.
create table event_partitions (
  first_position bigint not null primary key,
  end_position   bigint not null check (end_position > first_position)
);
insert into event_partitions
select n * 10000000, (n + 1) * 10000000
from pg_inherits i
join pg_class c on c.oid = i.inhrelid
cross join lateral (select substring(c.relname from '^events_(\d+)$')::bigint as n) named
where i.inhparent = 'events'::regclass;

-- Makes the partitions that the next p_room events need, of p_size events each, from where the last one
-- ends; how many it made. Those that are there keep their bounds. Neither readers of events nor appends
-- wait for it, nor it for them: the lock that making and attaching a table takes is in the way of changes
-- to the schema and of vacuum alone. There must be no default partition: that one would be locked.
drop function ensure_event_partitions(bigint);
create function ensure_event_partitions(p_room bigint, p_size bigint) returns int
language plpgsql
-- It is tried again soon.
set lock_timeout = '200ms'
as $$
declare
  v_head bigint;
  v_end bigint;
  v_made int := 0;
begin
  select h.position into strict v_head from outbox_head h where h.log_id = 'main';
  select p.end_position into strict v_end from event_partitions p order by p.first_position desc limit 1;
  if v_end > v_head + p_room then
    return 0;
  end if;
  -- One maker at a time; another one may have been here meanwhile.
  lock table only events in share update exclusive mode;
  select p.end_position into strict v_end from event_partitions p order by p.first_position desc limit 1;
  while v_end <= v_head + p_room loop
    execute format('create table events_from_%s (like events including all)', v_end);
    -- It is empty: attaching it scans nothing.
    execute format('alter table events attach partition events_from_%s for values from (%s) to (%s)',
      v_end, v_end, v_end + p_size);
    insert into event_partitions values (v_end, v_end + p_size);
    v_end := v_end + p_size;
    v_made := v_made + 1;
  end loop;
  return v_made;
end $$;

-- Events that still find a partition: the next p_room, as above.
create function event_room() returns bigint
language sql stable as $$
  select (select p.end_position from event_partitions p order by p.first_position desc limit 1) - 1 - h.position
  from outbox_head h where h.log_id = 'main'
$$;

-- The events at these positions, in no order. The statement is planned anew for each call, with the
-- positions known: it then concerns the partitions that hold them, while a kept plan locks and
-- starts all that there are.
create function events_at(p_positions bigint[])
returns table ("position" bigint, payment_key uuid, payload bytea)
language plpgsql stable
as $$
begin
  if cardinality(p_positions) > 0 then
    return query execute
      'select e.position, e.payment_key, e.payload from events e where e.position = any ($1)' using p_positions;
  end if;
end $$;

-- The first p_count events after a position, in order, up to the one that reaches p_bytes; planned as
-- above. In a dense log they lie in the next p_count positions. Where nothing does, what comes next is
-- looked for: for a reader at the end that concerns empty partitions alone, and a gap is for the
-- caller to see.
create function events_after(p_position bigint, p_count int, p_bytes int)
returns table ("position" bigint, payload bytea)
language plpgsql stable
as $$
declare
  v_last bigint := least(p_position, 9223372036854775807 - p_count) + p_count;
begin
  for i in 1 .. 2 loop
    return query execute
      'select s.position, s.payload from (
         select e.position, e.payload,
           sum(octet_length(e.payload)) over (order by e.position) - octet_length(e.payload) as before
         from (
           select position, payload from events where position > $1 and position <= $2
           order by position limit $3) e) s
       where s.before < $4 order by s.position'
      using p_position, v_last, p_count, p_bytes;
    exit when found;
    v_last := 9223372036854775807;
  end loop;
end $$;

-- As before, on the table.
create or replace function rotate_request_outcomes(p_keep interval) returns boolean
language plpgsql
set lock_timeout = '200ms' -- It holds up appends while it waits, so it gives up soon and is tried again later.
as $$
declare
  l logs;
begin
  select * into strict l from logs where log_id = 'main' for update;
  if l.outcomes_active_from > now() - p_keep then
    return false;
  end if;
  if l.outcomes_active = 'a' then
    truncate request_outcomes_b;
  else
    truncate request_outcomes_a;
  end if;
  update logs
  set outcomes_active = case l.outcomes_active when 'a' then 'b' else 'a' end, outcomes_active_from = now()
  where log_id = 'main';
  return true;
end $$;

create or replace function new_epoch() returns uuid
language sql as $$
  update logs set epoch = gen_random_uuid() where log_id = 'main' returning epoch
$$;

create or replace function close_request(p_request uuid, p_hash uuid, p_rejection bytea)
returns table ("position" bigint, request_hash uuid, data bytea)
language plpgsql
as $$
declare
  l logs;
begin
  select * into strict l from logs where log_id = 'main' for update;
  return query
    select o.position, o.request_hash,
      coalesce(o.rejection, (select v.payload from events_at(array[o.position]) v))
    from (
      select * from request_outcomes_a a where a.request_key = p_request
      union all
      select * from request_outcomes_b b where b.request_key = p_request
      limit 1) o;
  if found then
    return;
  end if;
  if l.outcomes_active = 'a' then
    insert into request_outcomes_a (request_key, request_hash, rejection) values (p_request, p_hash, p_rejection);
  else
    insert into request_outcomes_b (request_key, request_hash, rejection) values (p_request, p_hash, p_rejection);
  end if;
end $$;

-- Subscribers' progress, likewise: up to 100 changes a second. A subscriber's row here is locked by who
-- changes its progress.
create table subscribers (
  source     text not null,
  subscriber text not null,
  primary key (source, subscriber)
);
insert into subscribers select source, subscriber from subscriber_progress;

alter table subscriber_progress rename to subscriber_progress_versions;
alter table subscriber_progress_versions
  add column revision bigint not null default 1,
  drop constraint subscriber_progress_pkey;
alter table subscriber_progress_versions
  add primary key (source, subscriber, revision),
  add foreign key (source, subscriber) references subscribers on delete cascade,
  alter column revision drop default;
alter table subscriber_progress_versions set (fillfactor = 100, vacuum_truncate = off);

create view subscriber_progress as
select s.source, s.subscriber, p.position, p.updated_at, p.fence, p.session, p.epoch, p.visible_position,
  p.parked, p.live
from subscribers s
cross join lateral (
  select * from subscriber_progress_versions v
  where v.source = s.source and v.subscriber = s.subscriber
  order by v.revision desc limit 1) p;

-- Keeps what was heard of subscribers, an element for each: what is older than what is kept is passed
-- over, unless the one who said that has been silent for p_silence.
create function save_progress(
  p_source text[], p_subscriber text[], p_fence bigint[], p_session bigint[], p_epoch text[],
  p_position bigint[], p_visible bigint[], p_parked bigint[], p_live boolean[],
  p_age_micros bigint[], p_silence interval)
returns void
language plpgsql
as $$
declare
  heard record;
  kept subscriber_progress_versions;
begin
  for heard in
    select h.*, clock_timestamp() - h.age_micros * interval '1 microsecond' as updated_at
    from unnest(p_source, p_subscriber, p_fence, p_session, p_epoch, p_position, p_visible, p_parked, p_live, p_age_micros)
      as h (source, subscriber, fence, session, epoch, position, visible_position, parked, live, age_micros)
    order by h.source, h.subscriber
  loop
    loop
      perform from subscribers s where s.source = heard.source and s.subscriber = heard.subscriber for update;
      exit when found;
      insert into subscribers values (heard.source, heard.subscriber) on conflict do nothing;
    end loop;
    select * into kept from subscriber_progress_versions v
    where v.source = heard.source and v.subscriber = heard.subscriber
    order by v.revision desc limit 1;
    if not found then
      insert into subscriber_progress_versions
        (source, subscriber, position, updated_at, fence, session, epoch, visible_position, parked, live, revision)
      values (heard.source, heard.subscriber, heard.position, heard.updated_at, heard.fence, heard.session,
        heard.epoch, heard.visible_position, heard.parked, heard.live, 1);
    elsif (heard.fence, heard.session) >= (kept.fence, kept.session)
      or (not kept.live and heard.updated_at > kept.updated_at)
      or heard.updated_at > kept.updated_at + p_silence
    then
      update subscriber_progress_versions v
      set position = heard.position, updated_at = heard.updated_at, fence = heard.fence, session = heard.session,
        epoch = heard.epoch, visible_position = heard.visible_position, parked = heard.parked,
        live = heard.live, revision = kept.revision + 1
      where v.source = heard.source and v.subscriber = heard.subscriber and v.revision = kept.revision;
    end if;
  end loop;
end $$;

-- The tables of versions begin with some pages, which vacuum_truncate = off keeps: of a table of one page a plan
-- would be to read all of it, and a plan that is kept would still do so once a held snapshot has made it large.
insert into log_positions select h.position + n from outbox_head h, generate_series(1, 9000) n;
delete from log_positions p using (select min(position) as head from log_positions) h where p.position > h.head;
insert into subscribers values ('', '');
insert into subscriber_progress_versions (source, subscriber, position, revision)
select '', '', 0, n from generate_series(1, 3000) n;
delete from subscribers where source = '' and subscriber = '';
