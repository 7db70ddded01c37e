#!/bin/sh
# Creates Temporal's two databases and brings their schema to the version of this image. Safe to repeat.
# SQL_HOST says where; SQL_PASSWORD is read by the tool itself.
set -eu

tool() {
  database=$1
  shift
  temporal-sql-tool --plugin postgres12_pgx --ep "$SQL_HOST" -p 5432 -u temporal --db "$database" "$@"
}

bring_up() {
  tool "$1" create-database --defaultdb postgres || echo "database $1 is there already, or cannot be made: the next step tells"
  tool "$1" setup-schema -v 0.0 || echo "schema of $1 was set up before"
  tool "$1" update-schema -d "/etc/temporal/schema/postgresql/v12/$2/versioned"
}

bring_up temporal temporal
bring_up temporal_visibility visibility
