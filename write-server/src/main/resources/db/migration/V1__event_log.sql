-- The write database: event log (= outbox), versions of payments, outcomes of requests.

-- One row per log. Every append locks it first, so that appends are serial from there on, cannot
-- deadlock, and take positions that are dense and visible in order.
create table outbox_head (
  log_id               text   not null primary key,
  -- Identity of the history. new_epoch() changes it after history was lost, as by a restore.
  epoch                uuid   not null default gen_random_uuid(),
  position             bigint not null default 0 check (position >= 0),
  -- Which of the two tables of request outcomes is written to, and since when.
  outcomes_active      "char" not null default 'a' check (outcomes_active in ('a', 'b')),
  outcomes_active_from timestamptz not null default now()
) with (fillfactor = 10);
insert into outbox_head (log_id) values ('main');

-- All events, in order. The payload is a PaymentEvent without log_id and position, which are here.
create table events (
  position    bigint not null primary key check (position > 0),
  payment_key uuid   not null,
  version     int    not null check (version > 0),
  event_id    uuid   not null,
  payload     bytea  not null
) partition by range (position);

-- Version of each payment and where its newest event, which carries its state, stands.
create table payments (
  payment_key     uuid   not null primary key,
  organization_id text   collate "C" not null,
  payment_id      text   collate "C" not null,
  version         int    not null check (version > 0),
  last_position   bigint not null
) with (fillfactor = 80);

-- Outcomes of requests: where the event stands, or the CommandError of a rejection. Two tables
-- that take turns, so that old outcomes go by truncation and not by deletion.
create table request_outcomes_a (
  request_key  uuid not null primary key,
  request_hash uuid not null,
  position     bigint,
  rejection    bytea,
  check ((position is null) <> (rejection is null))
);
create table request_outcomes_b (like request_outcomes_a including all);

-- How far each subscriber of the relay has come, by its own acknowledgements.
create table subscriber_progress (
  source       text   not null,
  subscriber   text   not null,
  position     bigint not null,
  updated_at   timestamptz not null default now(),
  primary key (source, subscriber)
);

-- Makes the partitions that the next p_ahead events need, 10,000,000 events each. Takes the head's
-- lock, so that it never meets an append halfway.
create function ensure_event_partitions(p_ahead bigint) returns int
language plpgsql
-- It holds up appends while it waits, so it gives up soon and is tried again later.
set lock_timeout = '200ms'
as $$
declare
  size constant bigint := 10000000;
  v_position bigint;
  v_made int := 0;
begin
  select position into strict v_position from outbox_head where log_id = 'main';
  for n in v_position / size .. (v_position + p_ahead) / size loop
    if to_regclass('events_' || n) is null then
      perform 1 from outbox_head where log_id = 'main' for update;
      execute format('create table if not exists events_%s partition of events for values from (%s) to (%s)',
        n, n * size, (n + 1) * size);
      v_made := v_made + 1;
    end if;
  end loop;
  return v_made;
end $$;
select ensure_event_partitions(0);

-- Switches to the other table of outcomes once the active one is p_keep old, forgetting what that
-- held: an outcome is thus kept for p_keep at least and twice that at most.
create function rotate_request_outcomes(p_keep interval) returns boolean
language plpgsql
set lock_timeout = '200ms' -- as above
as $$
declare
  h outbox_head;
begin
  select * into strict h from outbox_head where log_id = 'main' for update;
  if h.outcomes_active_from > now() - p_keep then
    return false;
  end if;
  if h.outcomes_active = 'a' then
    truncate request_outcomes_b;
  else
    truncate request_outcomes_a;
  end if;
  update outbox_head
  set outcomes_active = case h.outcomes_active when 'a' then 'b' else 'a' end, outcomes_active_from = now()
  where log_id = 'main';
  return true;
end $$;

-- Begins a new history: for operators, after a restore or a failover that lost commits.
create function new_epoch() returns uuid
language sql as $$
  update outbox_head set epoch = gen_random_uuid() where log_id = 'main' returning epoch
$$;

-- Appends chains of decided commands, as EventStore.append describes.
--
-- p_writer names the caller: listeners to payments_outbox tell their own commits by it. Arrays p_c_* have an element for each chain; p_e_* for each entry, ordered by chain. An entry's kind
-- is 'e' (event), 'r' (stored rejection), 'u' (refused, not stored) or 'q' (question, not stored, not
-- looked up). p_e_data is the event's payload or the rejection.
--
-- Answers one row 'h' with the head before (request_hash: the epoch); one 'k' for each entry whose request is known (n: the entry,
-- from 1); one 'c' for each chain in conflict (n: the chain, from 1; position: its actual version).
create function append_batch(
  p_writer text,
  p_c_key uuid[], p_c_organization text[], p_c_payment text[], p_c_base int[], p_c_events int[],
  p_e_chain int[], p_e_kind text[], p_e_request uuid[], p_e_hash uuid[], p_e_version int[],
  p_e_event_id uuid[], p_e_data bytea[])
returns table (kind "char", n int, "position" bigint, request_hash uuid, data bytea)
language plpgsql
-- Statements over arrays of a few elements: planning them anew for each call took longer than running
-- them (pgbench, one command a call: 1.4 to 3.5 times the calls with the plans kept). A kept plan must
-- not stem from when the tables were empty, so it may only go by index.
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
  h outbox_head;
  v_blocked int[] := '{}';
  v_events bigint;
begin
  -- 1. From here on nobody else appends.
  select * into strict h from outbox_head where log_id = 'main' for update;
  kind := 'h'; n := 0; "position" := h.position; request_hash := h.epoch;
  return next;

  -- 2. Requests that were decided before.
  for n, "position", request_hash, data in
    select e.n::int, o.position, o.request_hash, coalesce(o.rejection, v.payload)
    from unnest(p_e_request, p_e_kind) with ordinality e (request, kind, n)
    cross join lateral (
      select * from request_outcomes_a a where a.request_key = e.request
      union all
      select * from request_outcomes_b b where b.request_key = e.request
      limit 1) o
    left join events v on v.position = o.position
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
    select c.key, c.organization, c.payment, c.base + c.events, h.position + sum(c.events) over (order by c.n)
    from unnest(p_c_key, p_c_organization, p_c_payment, p_c_base, p_c_events)
      with ordinality c (key, organization, payment, base, events, n)
    where c.n <> all (v_blocked) and c.events > 0
    on conflict (payment_key) do update set version = excluded.version, last_position = excluded.last_position;
  end if;

  -- 5. Events and outcomes, in one pass over the entries.
  if h.outcomes_active = 'a' then
    with entry as materialized (
      select e.*, case e.kind when 'e' then h.position + count(*) filter (where e.kind = 'e') over (order by e.n) end as pos
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
      select e.*, case e.kind when 'e' then h.position + count(*) filter (where e.kind = 'e') over (order by e.n) end as pos
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
    update outbox_head set position = h.position + v_events where log_id = 'main';
    perform pg_notify('payments_outbox', p_writer);
  end if;
end $$;
