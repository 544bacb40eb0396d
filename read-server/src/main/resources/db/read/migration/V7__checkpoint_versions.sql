-- Where a source stands changes hundreds of times a second. A row that is updated that often leaves as many
-- dead versions, which nobody may remove while a snapshot is held (pg_dump, a report, a standby's
-- feedback); whoever looks for it by a key that never changes walks all of them, and so every query
-- and every run of events became slower. Now the key grows with each change: one probe of the index, from
-- its end, finds the newest version however many dead ones are before it.

-- Sources, in rows that never change: locked by who changes a checkpoint, until it commits. What is
-- locked is looked at by a statement after the one that locked, and so by a newer snapshot.
create table checkpointed_sources (
  source text collate "C" primary key
);
insert into checkpointed_sources select source from checkpoints;

-- One row for each source. The view has the same columns in the same order.
alter table checkpoints rename to checkpoint_versions;
alter table checkpoint_versions
  add column revision bigint not null default 1,
  drop constraint checkpoints_pkey;
alter table checkpoint_versions
  add primary key (source, revision),
  add foreign key (source) references checkpointed_sources,
  alter column revision drop default;
alter table checkpoint_versions set (fillfactor = 100, vacuum_truncate = off);

-- It begins with some pages, which vacuum_truncate = off keeps: of a table of one page a plan would be to read all
-- of it, and a plan that is kept would still do so once a held snapshot has made it large.
insert into checkpointed_sources values ('');
insert into checkpoint_versions (source, log_id, epoch, position, last_event_id, ready_position, parked, fence, revision)
select '', '', '', 0, '', 0, 0, 0, n from generate_series(1, 3000) n;
delete from checkpoint_versions where source = '';
delete from checkpointed_sources where source = '';

create view checkpoints as
select c.*
from checkpointed_sources s
cross join lateral (
  select * from checkpoint_versions v where v.source = s.source order by v.revision desc limit 1) c;

-- Changes a checkpoint through the view, whatever columns it has. Who has not locked the source before, and meets
-- somebody else's change, fails and may try again.
create function change_checkpoint() returns trigger
language plpgsql
as $$
begin
  perform from checkpointed_sources s where s.source = old.source for update;
  new.revision := old.revision + 1;
  delete from checkpoint_versions v where v.source = old.source and v.revision = old.revision;
  if not found then
    raise exception using errcode = 'serialization_failure',
      message = format('the checkpoint of %s was changed meanwhile', old.source);
  end if;
  insert into checkpoint_versions select new.*;
  return new;
end
$$;
create trigger change_checkpoint instead of update on checkpoints
for each row execute function change_checkpoint();

-- Moves a source's checkpoint from where it is believed to be. Where it is elsewhere, or under another
-- fence, it fails, and with it the transaction: whatever was sent together with it is not written.
create or replace function move_checkpoint(
  p_source text, p_fence bigint, p_log_id text, p_epoch text, p_position bigint, p_parked bigint,
  p_to_position bigint, p_to_event_id text, p_to_parked bigint)
returns checkpoint_versions
language plpgsql
as $$
declare
  moved checkpoint_versions;
begin
  perform from checkpointed_sources s where s.source = p_source for update;
  select * into moved from checkpoint_versions v where v.source = p_source order by v.revision desc limit 1;
  if not found
    or (moved.fence, moved.log_id, moved.epoch, moved.position, moved.parked)
      is distinct from (p_fence, p_log_id, p_epoch, p_position, p_parked)
  then
    raise exception using errcode = 'GP001',
      message = format('%s is not at %s under fence %s', p_source, p_position, p_fence);
  end if;
  update checkpoint_versions v
  set position = p_to_position, last_event_id = p_to_event_id, parked = p_to_parked, revision = moved.revision + 1
  where v.source = p_source and v.revision = moved.revision
  returning * into moved;
  return moved;
end
$$;
