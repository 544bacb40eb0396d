-- Commands to be executed later, and settlements.

-- Commands that were submitted and have not ended. A row goes once its request's outcome is stored,
-- never before: see remove_submission.
create table submissions (
  request_key          uuid        not null primary key,
  organization_id      text        collate "C" not null,
  request_id           text        collate "C" not null,
  request_hash         uuid        not null,
  -- A Command, with the ids that the server chose.
  command              bytea       not null,
  traceparent          text        not null,
  execution_timeout_ms bigint      not null check (execution_timeout_ms > 0),
  submitted_at         timestamptz not null default now(),
  -- When it was first taken up; it is given up execution_timeout_ms after.
  started_at           timestamptz,
  -- When its workflow is started, again where need be: it may be lost.
  start_due_at         timestamptz not null
)
-- Rows come and go: what is dead must go before the index of what is due is mostly that.
with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 1000);
create index submissions_due on submissions (start_due_at);

-- Settlements of invoices. They stay for a while after their end.
create table settlements (
  request_key     uuid        not null primary key,
  request_hash    uuid        not null,
  correlation_id  text        collate "C" not null,
  traceparent     text        not null,
  -- An InvoiceSettlement.
  settlement      bytea       not null,
  ended_at        timestamptz,
  -- As above; null once it has ended.
  start_due_at    timestamptz,
  check ((ended_at is null) = (start_due_at is not null))
);
create index settlements_due on settlements (start_due_at) where start_due_at is not null;
create index settlements_ended on settlements (ended_at) where ended_at is not null;

-- Stores an outcome for a request that has none, so that it never gets another: a command that comes
-- late is answered with this one. Serial with append_batch, by the head's lock. Answers what was
-- stored before, if anything was: a position and payload, or a rejection, as append_batch does.
create function close_request(p_request uuid, p_hash uuid, p_rejection bytea)
returns table ("position" bigint, request_hash uuid, data bytea)
language plpgsql
as $$
declare
  h outbox_head;
begin
  select * into strict h from outbox_head where log_id = 'main' for update;
  return query
    select o.position, o.request_hash, coalesce(o.rejection, v.payload)
    from (
      select * from request_outcomes_a a where a.request_key = p_request
      union all
      select * from request_outcomes_b b where b.request_key = p_request
      limit 1) o
    left join events v on v.position = o.position;
  if found then
    return;
  end if;
  if h.outcomes_active = 'a' then
    insert into request_outcomes_a (request_key, request_hash, rejection) values (p_request, p_hash, p_rejection);
  else
    insert into request_outcomes_b (request_key, request_hash, rejection) values (p_request, p_hash, p_rejection);
  end if;
end $$;

-- Which of these requests have an outcome.
create function decided_requests(p_requests uuid[]) returns setof uuid
language sql stable as $$
  select r from unnest(p_requests) r
  where exists (select from request_outcomes_a a where a.request_key = r)
     or exists (select from request_outcomes_b b where b.request_key = r)
$$;

-- Removes a submission whose outcome is stored; whether it is gone.
create function remove_submission(p_request uuid) returns boolean
language plpgsql as $$
begin
  delete from submissions where request_key = p_request
    and exists (select from decided_requests(array[p_request]));
  return not exists (select from submissions where request_key = p_request);
end $$;
