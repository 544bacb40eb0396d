-- When a report was first taken up: its time runs from there, not from when it was asked for.
alter table reports add column started_at timestamptz;
update reports set started_at = created_at where attempt > 0;
