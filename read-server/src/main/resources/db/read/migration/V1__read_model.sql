-- The SQL read source: payments, their events, rollups, and where in the log all of it stands.
-- Identifiers compare by code point; times are microseconds since 1970-01-01T00:00:00Z.

create table payments (
    version            bigint   not null,
    position           bigint   not null,
    amount             bigint   not null,
    effective_at       bigint   not null,
    update_at          bigint   not null,
    status             smallint not null,
    organization_id    text     collate "C" not null,
    payment_id         text     collate "C" not null,
    currency           text     collate "C" not null,
    user_id            text     collate "C" not null,
    merchant_reference text     collate "C" not null,
    provider_reference text     collate "C" not null,
    correlation_id     text     collate "C" not null,
    metadata           jsonb,
    payment            bytea    not null,
    primary key (organization_id, payment_id)
);

create index payments_by_effective_time on payments (organization_id, effective_at, payment_id);
create index payments_by_status on payments (organization_id, status, effective_at, payment_id);
create index payments_by_user on payments (organization_id, user_id, effective_at, payment_id)
    where user_id <> '';
create index payments_by_update_time on payments (organization_id, update_at, payment_id);
create index payments_by_amount on payments (organization_id, currency, amount, payment_id);
create index payments_by_merchant_reference on payments (organization_id, merchant_reference)
    where merchant_reference <> '';
create index payments_by_provider_reference on payments (organization_id, provider_reference)
    where provider_reference <> '';
create index payments_by_correlation on payments (organization_id, correlation_id)
    where correlation_id <> '';

create table payment_events (
    version         bigint not null,
    position        bigint not null,
    refund_at       bigint,
    refund_amount   bigint,
    organization_id text   collate "C" not null,
    payment_id      text   collate "C" not null,
    correlation_id  text   collate "C" not null,
    refund_currency text   collate "C",
    event           bytea  not null,
    primary key (organization_id, payment_id, version)
);

create index payment_events_timeline on payment_events (organization_id, correlation_id, position)
    where correlation_id <> '';
create index payment_events_refunds on payment_events (organization_id, refund_at)
    where refund_at is not null;

-- Payments by the quarter of an hour (UTC) of their business time. A change of status moves a payment
-- from one row to another of the same bucket. Sums are numeric: they never wrap.
create table payment_rollups (
    bucket_at       bigint   not null,
    payment_count   bigint   not null,
    status          smallint not null,
    organization_id text     collate "C" not null,
    currency        text     collate "C" not null,
    amount          numeric  not null,
    primary key (organization_id, bucket_at, currency, status)
) with (fillfactor = 50);

-- For statistics over all organizations.
create index payment_rollups_by_bucket on payment_rollups (bucket_at);

-- Refunds by the quarter of an hour (UTC) of their own business time.
create table refund_rollups (
    bucket_at       bigint  not null,
    refund_count    bigint  not null,
    organization_id text    collate "C" not null,
    currency        text    collate "C" not null,
    amount          numeric not null,
    primary key (organization_id, bucket_at, currency)
) with (fillfactor = 50);

create index refund_rollups_by_bucket on refund_rollups (bucket_at);

-- Events that the model refused, and all later ones of the same payments.
create table parked_events (
    source          text   collate "C" not null,
    position        bigint not null,
    version         bigint not null,
    organization_id text   collate "C" not null,
    payment_id      text   collate "C" not null,
    reason          text   not null,
    event           bytea  not null,
    primary key (source, organization_id, payment_id, position)
);

-- Where a source stands. It changes in the transaction that changes the source's data, and nowhere
-- else, so data and checkpoint of one snapshot belong together.
create table checkpoints (
    source         text   collate "C" primary key,
    -- Log and history that position counts in; empty before the first subscription and in a rebuild.
    log_id         text   collate "C" not null,
    epoch          text   collate "C" not null,
    position       bigint not null,
    last_event_id  text   collate "C" not null,
    -- The source answers nothing before it stands here: the head seen when it was begun.
    ready_position bigint not null,
    -- Number of parked events.
    parked         bigint not null,
    -- Of the newest lease holder; changes under an older one are refused.
    fence          bigint not null
) with (fillfactor = 20);

insert into checkpoints values ('sql', '', '', 0, '', 0, 0, 0);

-- Who does what only one replica may do at a time.
create table leases (
    name       text        collate "C" primary key,
    holder     text        collate "C" not null,
    -- Grows with each change of holder.
    fence      bigint      not null,
    expires_at timestamptz not null
) with (fillfactor = 20);
