#!/bin/sh
# Makes Temporal's namespace where it is missing; tries for five minutes. May be repeated at will.
set -eu
namespace=default
attempts=150

until temporal operator namespace describe -n "$namespace" >/dev/null 2>&1 ||
  temporal operator namespace create -n "$namespace" --retention 24h; do
  attempts=$((attempts - 1))
  if [ "$attempts" -eq 0 ]; then
    echo "Temporal does not make its namespace $namespace" >&2
    exit 1
  fi
  sleep 2
done
