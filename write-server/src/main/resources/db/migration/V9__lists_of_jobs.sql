-- Submissions, settlements and imports by who they belong to, and in lists.

-- The organization is the owner of a submission and of a settlement. actor: who asked; empty where callers
-- are not authenticated.
alter table submissions add column actor text collate "C" not null default '';
create index submissions_listed on submissions (organization_id, submitted_at, request_id);

-- What of the InvoiceSettlement its lists are by.
alter table settlements
  add column organization_id text        collate "C" not null default '',
  add column request_id      text        collate "C" not null default '',
  add column actor           text        collate "C" not null default '',
  add column state           integer     not null default 0,
  add column created_at      timestamptz not null default now();

-- It begins with its fields 1 to 4: organization, request and invoice, each of 1 to 64 bytes, and the state.
update settlements s
set organization_id = convert_from(substring(s.settlement from 3 for l.organization), 'UTF8'),
  request_id = convert_from(substring(s.settlement from 5 + l.organization for l.request), 'UTF8'),
  state = get_byte(s.settlement, 7 + l.organization + l.request + l.invoice)
from settlements o
cross join lateral (select get_byte(o.settlement, 1) as organization) a
cross join lateral (select a.organization, get_byte(o.settlement, 3 + a.organization) as request) b
cross join lateral (
  select b.organization, b.request, get_byte(o.settlement, 5 + b.organization + b.request) as invoice) l
where o.request_key = s.request_key;
create index settlements_listed on settlements (organization_id, created_at, request_id, state);

-- owner: an organization; empty: none, it belongs to those who run the service.
alter table imports
  add column owner text collate "C" not null default '',
  add column actor text collate "C" not null default '';
create index imports_listed on imports (created_at, import_id);

-- The one key that page tokens are signed with, by all servers of this database: 244 random bits.
create table page_token_key (
  one boolean primary key default true check (one),
  key bytea   not null
);
insert into page_token_key (key) values (uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));
