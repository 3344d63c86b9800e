#!/bin/sh
# Starts a throw-away PostgreSQL server for tests.
#
#   postgresql.sh start          prints the connection string for TINYKV_TEST_POSTGRESQL
#   postgresql.sh stop           stops the server that start has left running, and deletes its files
#   postgresql.sh run COMMAND... runs a command with TINYKV_TEST_POSTGRESQL set, then stops the server
#
# The server listens on a Unix socket in its own directory and on a free port of 127.0.0.1. Its directory is kept in
# $TMPDIR/tinykv-postgresql. As root it runs as the user "postgres", because PostgreSQL refuses to run as root.
set -eu

state="${TMPDIR:-/tmp}/tinykv-postgresql"

programs() {
    if command -v pg_ctl >/dev/null 2>&1; then dirname "$(command -v pg_ctl)"; return; fi
    for directory in /usr/lib/postgresql/*/bin; do found="$directory"; done
    [ -x "${found:-}/pg_ctl" ] || { echo "PostgreSQL is not installed" >&2; exit 1; }
    echo "$found"
}

as_server() {
    if [ "$(id -u)" = 0 ]; then su postgres -s /bin/sh -c "$*"; else sh -c "$*"; fi
}

free_port() {
    port=$((10000 + $$ % 10000)) # below those that the system hands out to connections
    while ss -ltn | grep -q ":$port "; do port=$((port + 1)); done
    echo "$port"
}

start() {
    [ ! -e "$state" ] || { echo "a server of an earlier start is in $state: stop it first" >&2; exit 1; }
    bin="$(programs)"
    port="$(free_port)"
    mkdir "$state"
    [ "$(id -u)" != 0 ] || chown postgres "$state"
    as_server "'$bin/initdb' -D '$state/data' -U tinykv -A trust -E UTF8 --locale=C" >"$state/log" 2>&1 \
        || { cat "$state/log" >&2; stop; exit 1; }
    as_server "'$bin/pg_ctl' -w -D '$state/data' -l '$state/data/server.log' \
        -o '-p $port -k $state -c listen_addresses=127.0.0.1 -c max_connections=200' start" >>"$state/log" 2>&1 \
        || { cat "$state/log" "$state/data/server.log" >&2; stop; exit 1; }
    echo "Host=127.0.0.1;Port=$port;Database=postgres;Username=tinykv"
}

stop() {
    [ -e "$state" ] || return 0
    as_server "'$(programs)/pg_ctl' -D '$state/data' -m immediate stop" >/dev/null 2>&1 || true
    rm -rf "$state"
}

case "${1:-}" in
    start) start ;;
    stop) stop ;;
    run)
        shift
        TINYKV_TEST_POSTGRESQL="$(start)"
        export TINYKV_TEST_POSTGRESQL
        trap stop EXIT
        trap 'exit 130' INT TERM
        "$@"
        ;;
    *) sed -n '2,9p' "$0" >&2; exit 2 ;;
esac
