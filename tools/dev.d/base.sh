# shellcheck shell=bash
# What every part of ./dev uses: messages, the place of its state, looking at processes.

VAR=$ROOT/var
PG_BIN=/usr/lib/postgresql/15/bin

say() {
    printf '%s\n' "$*" >&2
}

die() {
    say "./dev: $*"
    exit 1
}

am_root() {
    ((EUID == 0))
}

# A short name for this clone, for paths outside of it.
clone_hash() {
    printf '%s' "$ROOT" | sha256sum | cut -c1-12
}

make_var() {
    mkdir -p "$VAR/run" "$VAR/log"
    [[ -O $VAR ]] || die "$VAR belongs to another user; run ./dev as that user"
}

# quietly LOG COMMAND...: the output goes to var/log/LOG, and is shown when the command fails.
quietly() {
    local log=$VAR/log/$1 status=0
    shift
    "$@" >"$log" 2>&1 </dev/null || status=$?
    ((status == 0)) || cat "$log" >&2
    return "$status"
}

# is_program PID PATH-PREFIX: whether the process lives and runs a program whose path starts so. A
# number in a pid file may be anybody's by now: nothing is signalled without this check.
is_program() {
    local exe
    [[ $1 =~ ^[0-9]+$ ]] && exe=$(readlink "/proc/$1/exe" 2>/dev/null) && [[ $exe == "$2"* ]]
}

# end_process PID PATH-PREFIX SECONDS: SIGTERM, and SIGKILL when that was not enough.
end_process() {
    local pid=$1 program=$2 tries=$(($3 * 20))
    is_program "$pid" "$program" || return 0
    kill -TERM "$pid" 2>/dev/null || return 0
    while is_program "$pid" "$program"; do
        ((tries-- > 0)) || {
            say "process $pid did not end within $3 s: killed"
            kill -KILL "$pid" 2>/dev/null || true
            return 0
        }
        sleep 0.05
    done
}
