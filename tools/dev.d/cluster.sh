# shellcheck shell=bash
# A private PostgreSQL 15 cluster: Unix socket only, owned by a user who is not root, gone when its
# folder is deleted. CLUSTER is that folder; it holds data/, log and (mostly) the socket's folder.

# PostgreSQL refuses to run as root. setpriv needs neither PAM nor a login shell.
as_server() {
    if am_root; then
        (cd / && setpriv --reuid=postgres --regid=postgres --init-groups -- "$@")
    else
        "$@"
    fi
}

server_uid() {
    if am_root; then id -u postgres; else echo "$EUID"; fi
}

# own_folder PATH: a folder that only the server's user (and root) can enter.
own_folder() {
    mkdir -p "$(dirname "$1")"
    if mkdir "$1" 2>/dev/null && am_root; then
        chown postgres:postgres "$1"
    fi
    [[ ! -L $1 && $(stat -c %u "$1") == "$(server_uid)" ]] || die "$1 belongs to another user"
    chmod 0700 "$1"
}

# Where the demo's cluster lives: in the clone, unless the server's user cannot get there.
demo_cluster() {
    if as_server test -x "$VAR"; then
        echo "$VAR/pg"
    else
        echo "/var/lib/timebank-dev/$(clone_hash)"
    fi
}

# A socket's path holds 107 bytes; "/.s.PGSQL.5432" takes 14 of them.
socket_folder() {
    if ((${#1} + 7 + 14 <= 107)); then
        echo "$1/socket"
    else
        echo "/tmp/tb-$(printf '%s' "$1" | sha256sum | cut -c1-12)"
    fi
}

# cluster_url DATABASE USER
cluster_url() {
    local folder
    folder=$(socket_folder "$CLUSTER")
    echo "postgresql:///$1?host=${folder//\//%2F}&user=$2"
}

cluster_psql() {
    "$PG_BIN/psql" -XqAt -v ON_ERROR_STOP=1 "$@"
}

# cluster_config durable|scratch: the whole of postgresql.conf. A scratch cluster survives kill -9
# of its processes, as the fault tests need it, but not the loss of power. Its autovacuum is off: a
# worker inside a template database would refuse the copies that the tests make of it.
cluster_config() {
    cat <<CONF
listen_addresses = ''
unix_socket_directories = '$(socket_folder "$CLUSTER")'
unix_socket_permissions = 0700
max_connections = 300
shared_buffers = 256MB
max_wal_size = 2GB
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
log_line_prefix = '%m [%p] %q%u@%d '
CONF
    [[ $1 == durable ]] ||
        printf '%s\n' 'fsync = off' 'full_page_writes = off' 'autovacuum = off'
}

# cluster_init durable|scratch. Complete or not there: the folder gets its name last.
cluster_init() {
    local new=$CLUSTER/data.new options=()
    [[ $1 == durable ]] || options+=(--no-sync)
    rm -rf "$new" &&
        as_server "$PG_BIN/initdb" -D "$new" -U postgres -E UTF8 --locale=C.UTF-8 \
            --auth=trust --no-instructions "${options[@]}" &&
        printf 'local all all trust\n' | as_server tee "$new/pg_hba.conf" &&
        mv "$new" "$CLUSTER/data"
}

cluster_pid() {
    head -n 1 "$CLUSTER/data/postmaster.pid" 2>/dev/null || true
}

# A postmaster works in its data folder: that tells ours from any other.
cluster_runs() {
    local pid
    pid=$(cluster_pid)
    is_program "$pid" "$PG_BIN/postgres" && [[ $(readlink "/proc/$pid/cwd") == "$CLUSTER/data" ]]
}

cluster_launch() {
    as_server "$PG_BIN/pg_ctl" -D "$CLUSTER/data" -l "$CLUSTER/log" -s -w -t 60 start
}

# cluster_start durable|scratch. After a kill -9 of the postmaster its children need a moment to
# notice; until then a new one refuses to start, hence the second and third try.
cluster_start() {
    unset PGHOST PGPORT PGUSER PGPASSWORD PGDATABASE PGOPTIONS PGSERVICE PGSSLMODE # not for here
    own_folder "$CLUSTER"
    [[ -d $CLUSTER/data ]] || quietly initdb.log cluster_init "$1" || die "initdb failed"
    if cluster_runs; then
        return 0
    fi
    own_folder "$(socket_folder "$CLUSTER")"
    cluster_config "$1" | as_server tee "$CLUSTER/data/postgresql.conf" >/dev/null
    for _ in 1 2 3; do
        if cluster_launch >"$VAR/log/pg_ctl.log" 2>&1; then
            return 0
        fi
        sleep 1
    done
    tail -n 20 "$VAR/log/pg_ctl.log" "$CLUSTER/log" >&2 || true
    die "PostgreSQL did not start"
}

cluster_stop() {
    if cluster_runs; then
        as_server "$PG_BIN/pg_ctl" -D "$CLUSTER/data" -s -m fast -w -t 60 stop ||
            say "PostgreSQL did not stop: $CLUSTER"
    fi
}

cluster_crash() {
    local pid
    pid=$(cluster_pid)
    cluster_runs || die "the cluster does not run"
    kill -KILL "$pid"
    while is_program "$pid" "$PG_BIN/postgres"; do
        sleep 0.01
    done
}

# cluster_signal STOP|CONT: to the postmaster and all its children, as a machine that hangs.
cluster_signal() {
    local pid
    pid=$(cluster_pid)
    cluster_runs || die "the cluster does not run"
    kill -"$1" "$pid"
    # shellcheck disable=SC2046 # one word a process
    kill -"$1" $(cat "/proc/$pid/task/$pid/children")
}

# Role and database `timebank`. The role owns its database and is no superuser; the migrations create
# the role of the daemon's sessions.
cluster_make_database() {
    local admin
    admin=$(cluster_url postgres postgres)
    [[ -z $(cluster_psql -c "SELECT 1 FROM pg_database WHERE datname = 'timebank'" "$admin") ]] ||
        return 0
    cluster_psql "$admin" <<'SQL'
SELECT 'CREATE ROLE timebank LOGIN CREATEROLE' WHERE NOT EXISTS
    (SELECT FROM pg_roles WHERE rolname = 'timebank') \gexec
CREATE DATABASE timebank OWNER timebank;
SQL
}

# The demo's database is up and DATABASE_URL names it. With DATABASE_URL given, nothing is started.
demo_database_up() {
    CLUSTER=
    if [[ -n ${DATABASE_URL:-} ]]; then
        export DATABASE_URL
        return
    fi
    CLUSTER=$(demo_cluster)
    cluster_start durable
    cluster_make_database
    DATABASE_URL=$(cluster_url timebank timebank)
    export DATABASE_URL
}

demo_database_down() {
    [[ -z ${CLUSTER:-} ]] || cluster_stop
}
