-- The histories that the log has had.
--
-- What a database says once, it may say otherwise after a failover to a standby that had not got all of it,
-- or after a restore. Both begin another history, and so does every start of the server, for what kind of
-- start it was cannot be told. A history has its own epoch, shares what is before its first position with
-- its parent, and is noted under the lock of logs before its first event is stored, before the head is
-- told, and before anything else is said of it: nothing is ever answered under an epoch that it is not of.
create table histories (
  number          int         not null primary key,
  epoch           uuid        not null unique default gen_random_uuid(),
  parent          uuid        references histories (epoch),
  first_position  bigint      not null check (first_position > 0),
  -- Of the event before first_position.
  parent_event_id uuid,
  -- Of the database server that it is written by: see database_incarnation.
  incarnation     text        not null,
  began_at        timestamptz not null default now(),
  check ((parent is null) = (number = 1))
);

-- Another one after each start, promotion or copy of the database: system identifier, timeline of what is
-- being written, and start of the server. Two standbys that were promoted to the same timeline differ by
-- the latter. (The timeline of pg_control_checkpoint() is the one before until the next checkpoint.)
-- Fails on a server that is in recovery, or was told to take no writes: another one has its place.
create function database_incarnation() returns text
language plpgsql stable as $$
begin
  if current_setting('transaction_read_only')::boolean then
    raise exception using errcode = '25006', message = 'this server takes no writes';
  end if;
  return (select c.system_identifier from pg_control_system() c)
    || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8)
    || '/' || extract(epoch from pg_postmaster_start_time());
end $$;

insert into histories (number, epoch, first_position, incarnation)
select 1, epoch, 1, database_incarnation() from logs where log_id = 'main';

drop view outbox_head;
alter table logs drop column epoch;
create view outbox_head as
select l.log_id, (select h.epoch from histories h order by h.number desc limit 1) as epoch,
  (select p.position from log_positions p order by p.position desc limit 1) as position,
  l.outcomes_active, l.outcomes_active_from
from logs l;

-- Begins a history. The caller has the lock of logs.
create function begin_history() returns uuid
language plpgsql as $$
declare
  h histories;
  v_head bigint;
  v_event uuid;
  v_epoch uuid;
begin
  select * into strict h from histories order by number desc limit 1;
  select p.position into strict v_head from log_positions p order by p.position desc limit 1;
  execute 'select event_id from events where position = $1' into v_event using v_head;
  insert into histories (number, parent, first_position, parent_event_id, incarnation)
  values (h.number + 1, h.epoch, v_head + 1, v_event, database_incarnation())
  returning epoch into v_epoch;
  return v_epoch;
end $$;

-- The epoch of the present history, which is begun if this server has not noted it yet. The caller has the
-- lock of logs.
create function note_history() returns uuid
language plpgsql as $$
declare
  h histories;
begin
  select * into strict h from histories order by number desc limit 1;
  return case when h.incarnation = database_incarnation() then h.epoch else begin_history() end;
end $$;

-- Begins a new history: for operators, after a restore into a server that goes on running.
create or replace function new_epoch() returns uuid
language plpgsql as $$
begin
  perform from logs where log_id = 'main' for update;
  return begin_history();
end $$;

-- The epoch of the present history; null: it is not noted yet, and nothing may be told of it.
create function present_epoch() returns uuid
language sql stable as $$
  select case when h.incarnation = database_incarnation() then h.epoch end
  from histories h order by h.number desc limit 1
$$;

-- The log's head in its present history; no row: that is not noted yet. ancestors are the histories before,
-- oldest first, each as epoch:position with the last position that the present one shares with it; the
-- oldest and the newest 63.
create function present_head()
returns table (log_id text, epoch uuid, ancestors text, "position" bigint)
language sql stable as $$
  select o.log_id, o.epoch,
    (select coalesce(string_agg(a.epoch || ':' || a.shared, ',' order by a.number), '')
     from (
       select h.number, h.epoch, count(*) over () as total,
         min(h.first_position) over (order by h.number rows between 1 following and unbounded following) - 1 as shared
       from histories h) a
     where a.shared is not null and (a.number = 1 or a.number > a.total - 64)),
    o.position
  from outbox_head o
  where o.log_id = 'main' and o.epoch = present_epoch()
$$;

-- Likewise; notes the history first where need be.
create function read_head()
returns table (log_id text, epoch uuid, ancestors text, "position" bigint)
language plpgsql as $$
begin
  return query select * from present_head();
  if not found then
    perform from logs l where l.log_id = 'main' for update;
    perform note_history();
    return query select * from present_head();
  end if;
end $$;

drop function append_batch(
  text, uuid[], text[], text[], int[], int[], int[], text[], uuid[], uuid[], int[], uuid[], bytea[]);

-- Appends chains of decided commands, as EventStore.append describes.
--
-- p_writer names the caller: listeners to payments_outbox tell their own commits by it. p_epoch is that of
-- the history that the chains were decided on, or empty: nothing is stored in another one. Arrays p_c_* have
-- an element for each chain; p_e_* for each entry, ordered by chain. An entry's kind is 'e' (event),
-- 'r' (stored rejection), 'u' (refused, not stored) or 'q' (question, not stored, not looked up). p_e_data
-- is the event's payload or the rejection.
--
-- Answers one row 'h' with the head before (request_hash: the epoch), and nothing else if that is not p_epoch; one 'k' for each entry whose
-- request is known (n: the entry, from 1; with the position of its event, which events_at reads once the
-- lock is gone, or data: the rejection); one 'c' for each chain in conflict (n: the chain, from 1;
-- position: its actual version).
create function append_batch(
  p_writer text, p_epoch text,
  p_c_key uuid[], p_c_organization text[], p_c_payment text[], p_c_base int[], p_c_events int[],
  p_e_chain int[], p_e_kind text[], p_e_request uuid[], p_e_hash uuid[], p_e_version int[],
  p_e_event_id uuid[], p_e_data bytea[])
returns table (kind "char", n int, "position" bigint, request_hash uuid, data bytea)
language plpgsql
-- Statements over arrays of a few elements: planning them anew for each call took longer than running
-- them (pgbench, one command a call: 1.4 to 3.5 times the calls with the plans kept). A kept plan must
-- not stem from when the tables were empty, so it may only go by index. None may read events: a kept
-- plan concerns all partitions.
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
  l logs;
  v_head bigint;
  v_blocked int[] := '{}';
  v_events bigint;
begin
  -- 1. From here on nobody else appends.
  select * into strict l from logs where log_id = 'main' for update;
  select p.position into strict v_head from log_positions p order by p.position desc limit 1;
  kind := 'h'; n := 0; "position" := v_head; request_hash := note_history();
  return next;
  if p_epoch <> '' and p_epoch <> request_hash::text then
    return;
  end if;

  -- 2. Requests that were decided before.
  for n, "position", request_hash, data in
    select e.n::int, o.position, o.request_hash, o.rejection
    from unnest(p_e_request, p_e_kind) with ordinality e (request, kind, n)
    cross join lateral (
      select * from request_outcomes_a a where a.request_key = e.request
      union all
      select * from request_outcomes_b b where b.request_key = e.request
      limit 1) o
    where e.kind <> 'q'
  loop
    kind := 'k';
    v_blocked := v_blocked || p_e_chain[n];
    return next;
  end loop;

  -- 3. Payments that are at another version.
  request_hash := null; data := null;
  for n, "position" in
    select c.n::int, coalesce(p.version, 0)
    from unnest(p_c_key, p_c_base) with ordinality c (key, base, n)
    left join payments p on p.payment_key = c.key
    where coalesce(p.version, 0) <> c.base
  loop
    kind := 'c';
    if n <> all (v_blocked) then
      v_blocked := v_blocked || n;
      return next;
    end if;
  end loop;

  -- 4. Versions and positions of the chains that go through.
  select coalesce(sum(c.events), 0) into v_events
  from unnest(p_c_events) with ordinality c (events, n) where c.n <> all (v_blocked);

  if v_events > 0 then
    insert into payments as p (payment_key, organization_id, payment_id, version, last_position)
    select c.key, c.organization, c.payment, c.base + c.events, v_head + sum(c.events) over (order by c.n)
    from unnest(p_c_key, p_c_organization, p_c_payment, p_c_base, p_c_events)
      with ordinality c (key, organization, payment, base, events, n)
    where c.n <> all (v_blocked) and c.events > 0
    on conflict (payment_key) do update set version = excluded.version, last_position = excluded.last_position;
  end if;

  -- 5. Events and outcomes, in one pass over the entries.
  if l.outcomes_active = 'a' then
    with entry as materialized (
      select e.*, case e.kind when 'e' then v_head + count(*) filter (where e.kind = 'e') over (order by e.n) end as pos
      from unnest(p_e_chain, p_e_kind, p_e_request, p_e_hash, p_e_version, p_e_event_id, p_e_data)
        with ordinality e (chain, kind, request, hash, version, event_id, data, n)
      where e.kind in ('e', 'r') and e.chain <> all (v_blocked)
    ), stored as (
      insert into events (position, payment_key, version, event_id, payload)
      select e.pos, p_c_key[e.chain], e.version, e.event_id, e.data from entry e where e.kind = 'e'
    )
    insert into request_outcomes_a (request_key, request_hash, position, rejection)
    select e.request, e.hash, e.pos, case e.kind when 'r' then e.data end from entry e;
  else
    with entry as materialized (
      select e.*, case e.kind when 'e' then v_head + count(*) filter (where e.kind = 'e') over (order by e.n) end as pos
      from unnest(p_e_chain, p_e_kind, p_e_request, p_e_hash, p_e_version, p_e_event_id, p_e_data)
        with ordinality e (chain, kind, request, hash, version, event_id, data, n)
      where e.kind in ('e', 'r') and e.chain <> all (v_blocked)
    ), stored as (
      insert into events (position, payment_key, version, event_id, payload)
      select e.pos, p_c_key[e.chain], e.version, e.event_id, e.data from entry e where e.kind = 'e'
    )
    insert into request_outcomes_b (request_key, request_hash, position, rejection)
    select e.request, e.hash, e.pos, case e.kind when 'r' then e.data end from entry e;
  end if;

  -- 6. The head last, and one wake-up for the whole batch.
  if v_events > 0 then
    update log_positions p set position = v_head + v_events where p.position = v_head;
    if not found then
      raise exception 'the head was moved without its lock, from %', v_head;
    end if;
    perform pg_notify('payments_outbox', p_writer);
  end if;
end $$;
