#!/usr/bin/env bash
# Makes the passwords that nobody chose, once, and gives each container those that it needs, and no more.
# May be cut short and repeated at will: a password is there whole or not at all, and never replaced.
set -euo pipefail
cd "${SECRETS:-/secrets}"

make_secret() {
  if ! [ -s "$1" ]; then
    head -c 32 /dev/urandom | base64 | tr -d '+/=\n' >"$1.new"
    mv "$1.new" "$1"
  fi
}

# Readable by whatever user a container runs as: only containers that need them see them.
umask 022
make_secret write-database/postgres
make_secret write-database/payments_write
make_secret write-database/temporal
make_secret read-database/postgres
make_secret read-database/payments_read
make_secret read-server/page_token
cp write-database/payments_write write-server/
cp write-database/temporal temporal/
cp read-database/payments_read read-server/
