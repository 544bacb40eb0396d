-- Whether a report may hold what is personal: who started it may see that.
alter table reports add column personal boolean not null default true;
