-- The words by which payments are found, apart from the payments, so that a change of status does not
-- touch their index. Besides them, words holds one that no text has, '/' and the
-- organization: with it the index alone narrows a search to one tenant. Its entries are written at
-- once: a list of pending ones would be worked off in the middle of some projection.
create table payment_words (
    organization_id   text     collate "C" not null,
    payment_id        text     collate "C" not null,
    description       text     collate "C" not null,
    words             tsvector not null,
    -- Those of the description alone, for completions.
    description_words tsvector not null,
    primary key (organization_id, payment_id)
);

create index payment_words_by_word on payment_words using gin (words) with (fastupdate = off);

-- For watchers that resume.
create index payment_events_by_position on payment_events (organization_id, position);

-- Words are made by the server: what is there already is filled anew from the log.
truncate payments, payment_events, payment_rollups, refund_rollups;
delete from parked_events where source = 'sql';
update checkpoints
set log_id = '', epoch = '', position = 0, last_event_id = '', ready_position = 0, parked = 0
where source = 'sql';
