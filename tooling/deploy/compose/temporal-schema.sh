#!/bin/sh
# Brings Temporal's two schemas up to date, in databases that roles.sh has made. May be cut short and repeated
# at will: temporal-sql-tool goes on from the version that it finds, and passes over what is there.
set -eu
SQL_PASSWORD="$(cat /run/secrets/temporal)"
export SQL_PASSWORD

for schema in temporal:temporal temporal_visibility:visibility; do
  database="${schema%:*}"
  temporal-sql-tool --db "$database" setup-schema -v 0.0
  temporal-sql-tool --db "$database" update-schema \
    -d "/etc/temporal/schema/postgresql/v12/${schema#*:}/versioned"
done
