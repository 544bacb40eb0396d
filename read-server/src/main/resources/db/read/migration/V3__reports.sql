-- Reports: what was asked for and how far it is. No part of what is filled from the log. Times are the
-- database's own.

create table reports (
    report_id       uuid        primary key,
    organization_id text        collate "C" not null,
    request_id      text        collate "C" not null,
    -- A ReportSpecification, and a ReportState.
    specification   bytea       not null,
    state           smallint    not null,
    -- Number of the newest attempt to write it; whatever an older one brings is refused.
    attempt         integer     not null default 0,
    -- Which report folder has its chunks, and the server that writes it; empty before the first attempt.
    folder_id       text        collate "C" not null default '',
    held_by         text        collate "C" not null default '',
    chunks          integer     not null default 0,
    row_count       bigint      not null default 0,
    byte_count      bigint      not null default 0,
    rows_expected   bigint,
    -- Up to where the chunks have what is to be read: null before the first; see report.Place.
    after_value     bigint,
    after_id        text        collate "C" not null default '',
    all_read        boolean     not null default false,
    read_at         text        collate "C" not null default '',
    sha256          text        collate "C" not null default '',
    error_reason    text        collate "C" not null default '',
    error_message   text        collate "C" not null default '',
    created_at      timestamptz not null default now(),
    ended_at        timestamptz,
    expires_at      timestamptz,
    -- When its workflow is started again, if it does not run.
    start_due_at    timestamptz not null,
    unique (organization_id, request_id)
);

create index reports_open on reports (organization_id) where ended_at is null;
create index reports_due on reports (start_due_at) where ended_at is null;
create index reports_expiring on reports (expires_at) where expires_at is not null;

-- Parts of a report's file, in their order: a file of the report folder each.
create table report_chunks (
    report_id    uuid    not null references reports on delete cascade,
    number       integer not null,
    -- That wrote it; part of the file's name.
    attempt      integer not null,
    start_offset bigint  not null,
    byte_count   integer not null,
    sha256       text    collate "C" not null,
    primary key (report_id, number)
);
