-- Each sink has a lease of its own, by its name; the journal is the first of them.
alter table journal_lease rename to sink_leases;
alter index journal_lease_pkey rename to sink_leases_pkey;
update sink_leases set name = 'journal' where name = 'main';
