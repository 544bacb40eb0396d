#!/usr/bin/env bash
# Runs PostgreSQL, with these arguments, on a cluster that is whole. A new one is made beside its place and
# moved there by one rename: of a first start that is cut short nothing stays that a later one would run.
set -euo pipefail

if ! [ -s "$PGDATA/PG_VERSION" ]; then
  rm -rf "$PGDATA.new"
  mkdir -p "$(dirname "$PGDATA")"
  initdb --pgdata="$PGDATA.new" --username=postgres --pwfile="${SECRETS:-/run/secrets}/postgres"
  # An empty folder may be in its place; one that holds anything is somebody's, and stops this.
  mv --no-target-directory "$PGDATA.new" "$PGDATA"
fi
exec postgres "$@"
