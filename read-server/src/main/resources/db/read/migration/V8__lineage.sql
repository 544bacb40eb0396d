-- Earlier histories of the log that a source stands in, as epoch:position,epoch:position, oldest first: each
-- with the last position that the present one shares with it.
alter table checkpoint_versions add column ancestors text collate "C" not null default '';

-- As before, with the new column.
create or replace view checkpoints as
select c.*
from checkpointed_sources s
cross join lateral (
  select * from checkpoint_versions v where v.source = s.source order by v.revision desc limit 1) c;
