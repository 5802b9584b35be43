# shellcheck shell=bash
# The daemon on the demo: run, stop, psql, check, reconcile.

PID_FILE=$VAR/run/timebankd.pid
DAEMON=$ROOT/build/release/timebankd
STOP_S=35 # the daemon's own drain ends before that

daemon_pid() {
    cat "$PID_FILE" 2>/dev/null || true
}

daemon_runs() {
    is_program "$(daemon_pid)" "$ROOT/build/"
}

port_is_taken() {
    (exec 3<>"/dev/tcp/127.0.0.1/$TIMEBANK_PORT") 2>/dev/null
}

# make_key FILE: the key under which ID numbers and phones are encrypted and looked up.
make_key() {
    (umask 077 && od -An -v -N32 -tx1 /dev/urandom | tr -d ' \n' >"$1.new")
    mv "$1.new" "$1"
}

ensure_key() {
    export TIMEBANK_KEY_FILE=${TIMEBANK_KEY_FILE:-$VAR/secret.key}
    [[ -e $TIMEBANK_KEY_FILE ]] || make_key "$TIMEBANK_KEY_FILE"
}

ensure_scans() {
    export TIMEBANK_SCANS_DIR=${TIMEBANK_SCANS_DIR:-$VAR/scans}
}

# Packages, build, database, key and schema: what every use of the demo needs.
demo_ready() {
    make_var
    ensure_packages "${PACKAGES_BUILD[@]}" "${PACKAGES_SERVER[@]}"
    build release timebankd
    ensure_key
    ensure_scans
    demo_database_up
    quietly migrate.log "$DAEMON" migrate || die "the migration failed (var/log/migrate.log)"
}

wait_until_it_answers() {
    local tries=600
    until curl -fsS -o /dev/null --max-time 2 "http://127.0.0.1:$TIMEBANK_PORT/healthz" 2>/dev/null; do
        daemon_runs || return 1
        ((tries-- > 0)) || return 1
        sleep 0.05
    done
}

# curl_line ROLE PATH: a line to paste, with the token of the demo's first actor of that role, which
# is read when the line runs. {region_code} and {person_id} in PATH are that actor's.
curl_line() {
    local actor=".role == \"$1\"" path=$2 file field
    printf -v file %q "$VAR/demo-tokens.json"
    for field in region_code person_id; do
        path=${path//"{$field}"/$(jq -r "first(.[] | select($actor)).$field" "$VAR/demo-tokens.json")}
    done
    printf '%s\n' "curl -s 'http://127.0.0.1:$TIMEBANK_PORT$path' -H \"Authorization: Bearer \$(jq -r \
'first(.[] | select($actor)).token' $file)\" | jq ."
}

print_welcome() {
    echo "timebankd serves http://127.0.0.1:$TIMEBANK_PORT (Ctrl-C ends it). In another terminal:"
    [[ -e $VAR/demo-tokens.json ]] || return 0
    curl_line district_admin '/v1/regions'
    curl_line district_admin '/v1/reports/district?as_of=2014-05-15'
    curl_line community_secretary '/v1/volunteers?region_code={region_code}'
    curl_line volunteer '/v1/passbooks'
}

# Once, however the script ends; the daemon first, so that it drains into a living database.
run_cleanup() {
    trap '' INT TERM HUP
    trap - EXIT
    end_daemon
    demo_database_down
}

end_daemon() {
    if daemon_runs; then
        end_process "$(daemon_pid)" "$ROOT/build/" "$STOP_S"
    fi
    rm -f "$PID_FILE"
}

# start_daemon COMMAND...: in a session of its own, so that a Ctrl-C at the terminal reaches only
# this script, which then ends daemon and cluster in order.
start_daemon() {
    setsid "$DAEMON" "$@" </dev/null &
    echo $! >"$PID_FILE"
    until daemon_runs || ! kill -0 $! 2>/dev/null; do # setsid is about to become the daemon
        sleep 0.01
    done
}

load_demo_once() {
    [[ -e $VAR/demo-tokens.json ]] || say "loading the demo (half a minute, once) ..."
    start_daemon demo --if-empty --tokens "$VAR/demo-tokens.json"
    wait $! || die "the demo was not loaded"
}

serve_in_foreground() {
    export TIMEBANK_ADDRESS=127.0.0.1
    start_daemon serve
    wait_until_it_answers || die "timebankd does not answer on port $TIMEBANK_PORT"
    print_welcome
    local status=0
    wait $! || status=$?
    say "timebankd ended (status $status)"
    return "$status"
}

command_run() {
    export TIMEBANK_PORT=${TIMEBANK_PORT:-8080}
    daemon_runs && die "timebankd already runs (process $(daemon_pid)); ./dev stop ends it"
    port_is_taken && die "port $TIMEBANK_PORT is taken; choose another: TIMEBANK_PORT=8081 ./dev run"
    trap run_cleanup EXIT
    trap 'exit 0' INT TERM HUP
    demo_ready
    load_demo_once
    serve_in_foreground
}

command_stop() {
    [[ -d $VAR ]] || return 0
    daemon_runs && say "ending timebankd"
    end_daemon
    for CLUSTER in "$VAR/"{,bench-}pg "/var/lib/timebank-dev/"{,bench-}"$(clone_hash)"; do
        if cluster_runs; then
            say "ending PostgreSQL in $CLUSTER"
            cluster_stop
        fi
    done
    end_abandoned_tests
}

# What was not running before is not running afterwards.
psql_cleanup() {
    daemon_runs || demo_database_down
}

command_psql() {
    trap psql_cleanup EXIT
    make_var
    ensure_packages "${PACKAGES_SERVER[@]}"
    demo_database_up
    "$PG_BIN/psql" "$DATABASE_URL" "$@"
}

command_check() {
    trap psql_cleanup EXIT
    demo_ready
    "$DAEMON" check "$@"
}

command_reconcile() {
    trap psql_cleanup EXIT
    demo_ready
    "$DAEMON" reconcile "$@"
}
