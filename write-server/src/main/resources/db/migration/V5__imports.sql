-- Commands in bulk, to be executed behind. See the package imports.

create table imports (
  import_id    text        collate "C" not null primary key,
  traceparent  text        not null,
  created_at   timestamptz not null default now(),
  started_at   timestamptz,
  ended_at     timestamptz,
  cancelled    boolean     not null default false,
  -- When its workflow is started, again where need be; null until it is started and once it has ended.
  start_due_at timestamptz,
  check (not cancelled or ended_at is not null),
  check ((start_due_at is not null) = (started_at is not null and ended_at is null))
);
create index imports_due on imports (start_due_at) where start_due_at is not null;

create table import_chunks (
  import_id  text    collate "C" not null references imports on delete cascade,
  chunk      integer not null check (chunk >= 0),
  row_count  integer not null check (row_count > 0),
  -- Of the rows, so that the same upload is known again when they are gone.
  digest     bytea   not null,
  -- An UploadImportRequest; null once it was executed: the commands then are where commands are.
  rows       bytea,
  -- Null until it was executed.
  accepted   integer,
  rejected   integer,
  replayed   integer,
  -- A ListImportRejectionsResponse.
  rejections bytea,
  primary key (import_id, chunk),
  check ((rows is null) = (accepted is not null)),
  check (accepted + rejected = row_count)
);
create index import_chunks_open on import_chunks (import_id, chunk) where rows is not null;
