-- Of a chunk's rejections, those of rows that the event store did not take for a reason that may
-- pass: no outcome of them is stored. Later rows of their payments are not executed.
alter table import_chunks add column not_stored integer not null default 0;
create index import_chunks_not_stored on import_chunks (import_id) where not_stored > 0;
