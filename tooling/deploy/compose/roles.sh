#!/usr/bin/env bash
# Makes each database of DATABASES, as database:role, with a role that owns it and may do nothing else, whose
# password is a file. May be cut short and repeated at will: what is there stays, what is missing is made,
# and a role has the password that its file has now. Connects as libpq's variables say.
set -euo pipefail
secrets="${SECRETS:-/run/secrets}"
PGPASSWORD="$(cat "$secrets/postgres")"
export PGPASSWORD PGUSER=postgres PGDATABASE=postgres PGCONNECT_TIMEOUT=10

for pair in $DATABASES; do
  role="${pair#*:}"
  ROLE_PASSWORD="$(cat "$secrets/$role")"
  export ROLE_PASSWORD
  psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --set database="${pair%:*}" --set role="$role" <<'SQL'
\getenv password ROLE_PASSWORD
select format('create role %I', :'role') where not exists (select from pg_roles where rolname = :'role') \gexec
alter role :"role" login nosuperuser nocreatedb nocreaterole password :'password';
select format('create database %I', :'database') where not exists (select from pg_database where datname = :'database') \gexec
alter database :"database" owner to :"role";
revoke connect on database :"database" from public;
SQL
done
