-- Reports in lists. The organization is the owner of a report; actor: who started it, empty where callers are
-- not authenticated.
alter table reports add column actor text collate "C" not null default '';
create index reports_listed on reports (organization_id, created_at, report_id, state);
