# shellcheck shell=bash
# ./dev bench: a durable PostgreSQL of its own, a district of realistic size in it, then bench/run.mjs.
# The district is loaded once into a template; every run measures a fresh copy of it.

PACKAGES_BENCH=(wrk)
BENCH_DISTRICT=371402
BENCH_CLOCK=2014-05-15T12:00:00+08:00

bench_cluster() {
    local demo
    demo=$(demo_cluster)
    echo "$(dirname "$demo")/bench-$(basename "$demo")"
}

# What the template was made of; another one is made when any of it has changed.
bench_template() {
    local content
    content=$(cd "$ROOT" && sha256sum migrations/* sql/functions/* sql/install/* bench/load/* \
        tools/dev.d/bench.sh)
    echo "bench_$(printf '%s %s' "$content" "$BENCH_COMMUNITIES" | sha256sum | cut -c1-12)"
}

bench_psql() {
    cluster_psql -d "$(cluster_url "${1:-postgres}" postgres)" "${@:2}"
}

# The tokens of the template's reader and writer: the district tells the rest that is in them.
bench_token() {
    printf 'tb_%s_%s' "$BENCH_DISTRICT" "$(printf '%s' "bench-$1" | sha256sum | cut -c1-43)"
}

drop_bench_databases() {
    local name
    while read -r name; do
        bench_psql postgres -c "DROP DATABASE \"$name\""
    done < <(bench_psql postgres -c "SELECT datname FROM pg_database WHERE datname LIKE 'bench%'")
}

# Complete or not there: the template gets its name last.
load_bench_template() {
    local -x DATABASE_URL
    DATABASE_URL=$(cluster_url bench_loading timebank)
    drop_bench_databases &&
        bench_psql postgres <<'SQL' &&
SELECT 'CREATE ROLE timebank LOGIN CREATEROLE' WHERE NOT EXISTS
    (SELECT FROM pg_roles WHERE rolname = 'timebank') \gexec
CREATE DATABASE bench_loading OWNER timebank;
SQL
        "$DAEMON" migrate &&
        "$DAEMON" district --code "$BENCH_DISTRICT" --name 德城区 --zone Asia/Shanghai \
            --founded 2012-05-14 --kind test --clock "$BENCH_CLOCK" &&
        bench_psql bench_loading -v district="$BENCH_DISTRICT" \
            -v communities="$BENCH_COMMUNITIES" -v token_reader="$(bench_token reader)" \
            -v token_writer="$(bench_token writer)" -f "$ROOT/bench/load/district.sql" &&
        bench_psql bench_loading -c 'VACUUM (ANALYZE, FREEZE)' &&
        bench_psql postgres -c "ALTER DATABASE bench_loading RENAME TO \"$1\""
}

make_bench_database() {
    local template
    template=$(bench_template)
    if [[ -z $(bench_psql postgres -c "SELECT 1 FROM pg_database WHERE datname = '$template'") ]]
    then
        say "loading $BENCH_COMMUNITIES communities (a minute or two, once) ..."
        quietly bench-load.log load_bench_template "$template" ||
            die "the bench district was not loaded"
    fi
    bench_psql postgres -c 'DROP DATABASE IF EXISTS bench'
    bench_psql postgres -c "CREATE DATABASE bench TEMPLATE \"$template\" OWNER timebank
        STRATEGY file_copy"
    bench_psql postgres -c CHECKPOINT
}

bench_cleanup() {
    trap '' INT TERM HUP
    trap - EXIT
    cluster_stop
}

# ./dev bench [what …] [--rounds N] [--slice S] [--communities N]; bench/run.mjs reads the rest.
command_bench() {
    local i
    BENCH_COMMUNITIES=50
    for ((i = 1; i < $#; i++)); do
        [[ ${!i} != --communities ]] || { ((i++)) && BENCH_COMMUNITIES=${!i}; }
    done
    [[ $BENCH_COMMUNITIES =~ ^[1-9][0-9]*$ ]] || die "--communities is a number"
    make_var
    ensure_packages "${PACKAGES_BUILD[@]}" "${PACKAGES_SERVER[@]}" "${PACKAGES_BENCH[@]}"
    ensure_node
    ensure_node_modules "$ROOT/bench/peers/fastify"
    build release timebankd
    ensure_key
    ensure_scans
    CLUSTER=$(bench_cluster)
    if cluster_runs; then
        die "another ./dev bench runs, or has left its PostgreSQL behind, which ./dev stop ends"
    fi
    trap bench_cleanup EXIT
    trap 'exit 130' INT TERM HUP
    cluster_start durable
    make_bench_database
    BENCH_DATABASE=$(cluster_url bench timebank) BENCH_SOCKET=$(socket_folder "$CLUSTER") \
        BENCH_POSTMASTER=$(cluster_pid) BENCH_DAEMON=$DAEMON BENCH_PGBENCH=$PG_BIN/pgbench \
        BENCH_PSQL=$PG_BIN/psql BENCH_DISTRICT=$BENCH_DISTRICT \
        BENCH_READER=$(bench_token reader) BENCH_WRITER=$(bench_token writer) \
        BENCH_COMMUNITIES=$BENCH_COMMUNITIES BENCH_CONTRACT=$ROOT/build/release/openapi.json \
        BENCH_VAR=$VAR \
        node "$ROOT/bench/run.mjs" "$@"
}
