# shellcheck shell=bash
# ./dev test: every test is a job, each job writes TAP, and its cases are counted.
#
#   unit/<name>_test         build/asan/<name>_test, cmocka
#   sql/<name>.sql           pgTAP, on a copy of the migrated template database
#   api|race/<name>.test.mjs node --test; the tests copy TB_TEST_TEMPLATE and start TB_DAEMON
#   model/<name>.test.mjs    the same, for TB_MODEL_SECONDS (60): tests/model/model.test.mjs
#   fault/<name>.test.mjs    the same, one after the other, on a cluster of its own that the tests
#                            crash and start by TB_TEST_CLUSTER_CTL
#   fuzz/<target>            tools/dev.d/fuzz.sh: the corpus again, then TB_FUZZ_SECONDS (60) of
#                            fuzzing from TB_FUZZ_SEED (the commit's number)
#   tree-check               tools/tree-check.py
#
# With TB_TEST_SHOW=1 each case is shown, also those that pass.

# api/contract-fuzz and model/ run as long as they are told
JOB_MAX_S=$((600 + ${TB_FUZZ_SECONDS:-0} + ${TB_MODEL_SECONDS:-0}))

test_jobs() {
    local file
    cd "$ROOT/tests"
    for file in race/*.test.mjs model/*.test.mjs api/*.test.mjs sql/*.sql fault/*.test.mjs; do
        [[ ! -e $file ]] || echo "$file"
    done
    for file in unit/*_test.c; do
        [[ ! -e $file ]] || echo "${file%.c}"
    done
    echo tree-check
    fuzz_targets | sed 's,^,fuzz/,'
}

# jobs_like REGEX: the selected jobs of that kind, one a line.
jobs_like() {
    printf '%s\n' "${JOBS[@]}" | grep -E -- "$1" || true
}

# ensure_node_modules FOLDER: what its package-lock.json says.
ensure_node_modules() {
    local stamp=node_modules/.lock.sha256 now
    cd "$1"
    now=$(sha256sum package-lock.json package.json)
    if [[ $(cat "$stamp" 2>/dev/null) != "$now" ]]; then
        quietly npm.log npm ci --ignore-scripts --no-audit --no-fund ||
            die "npm ci failed (var/log/npm.log)"
        mkdir -p node_modules
        echo "$now" >"$stamp"
    fi
    cd "$ROOT"
}

# sanitizer_options JOB: reports go to files, so that a daemon's report counts even when the test
# that started the daemon does not look.
sanitizer_options() {
    export ASAN_OPTIONS="log_path=$WORK/reports/${1//\//-}:detect_leaks=1"
    ASAN_OPTIONS+=":detect_stack_use_after_return=1:strict_string_checks=1"
    export UBSAN_OPTIONS=print_stacktrace=1
}

# gcc 12's AddressSanitizer cannot place its shadow when the kernel randomises more than 28 bits.
choose_addresses() {
    local bits
    bits=$(cat /proc/sys/vm/mmap_rnd_bits 2>/dev/null || echo 28)
    ADDRESSES=(env)
    if ((bits > 28)) && setarch -R true 2>/dev/null; then
        ADDRESSES=(setarch -R)
    fi
}

# start_scratch FOLDER: a throw-away cluster with a template database, migrated by the daemon.
start_scratch() {
    CLUSTER=$1
    cluster_start scratch
    TB_TEST_ADMIN_URL=$(cluster_url postgres postgres)
    export TB_TEST_ADMIN_URL TB_TEST_CLUSTER=$CLUSTER
    cluster_psql "$TB_TEST_ADMIN_URL" <<'SQL'
CREATE ROLE timebank LOGIN CREATEDB CREATEROLE;
CREATE DATABASE tb_template OWNER timebank;
SQL
    sanitizer_options migrate
    DATABASE_URL=$(cluster_url tb_template timebank) \
        quietly test-migrate.log "${ADDRESSES[@]}" "$TB_DAEMON" migrate || {
        cat "$WORK"/reports/migrate.* >&2 || true
        die "an empty database cannot be migrated"
    }
}

make_pgtap_template() {
    cluster_psql -c "CREATE DATABASE tb_pgtap TEMPLATE tb_template OWNER timebank" \
        "$TB_TEST_ADMIN_URL"
    cluster_psql -c "CREATE EXTENSION pgtap" "$(cluster_url tb_pgtap postgres)"
}

# read_tap JOB FILE: prints what failed and what the job notes, and at last PASSED FAILED SKIPPED
# PLANNED on one line.
read_tap() {
    awk -v job="$1" '
        /^1\.\.[0-9]+/ { planned += substr($1, 4) }
        /^(not )?ok / {
            failing = 0
            text = $0
            sub(/^(not )?ok *[0-9]* *(- )?/, "", text)
            if (tolower($0) ~ /# *(skip|todo)/) skipped++
            else if (/^ok /) passed++
            else { failed++; failing = 1; print "FAIL " job ": " text }
            next
        }
        /^# note: / { print "NOTE " job ": " substr($0, 9); next }
        failing && /^#/ { print "    " $0 }
        END { print passed + 0, failed + 0, skipped + 0, planned + 0 }' "$2"
}

# report_job JOB STATUS: one write for each job, so that parallel jobs do not mix their lines.
report_job() {
    local name=${1//\//-} told counts passed failed skipped planned why=
    local out=$WORK/out/$name
    [[ -z ${TB_TEST_SHOW:-} ]] || cat "$out"
    told=$(read_tap "$1" "$out")
    counts=${told##*$'\n'}
    told=${told%"$counts"}
    read -r passed failed skipped planned <<<"$counts"
    if compgen -G "$WORK/reports/$name.*" >/dev/null; then
        why="sanitizer report"
        cat "$WORK/reports/$name".* >>"$out"
    elif (($2 == 124)); then
        why="not finished after $JOB_MAX_S s"
    elif ((failed == 0 && $2 != 0)); then
        why="exit status $2"
    elif ((planned == 0 || planned != passed + failed + skipped)); then
        why="$planned cases planned, $((passed + failed + skipped)) ran"
    fi
    if [[ -n $why ]]; then
        ((++failed))
        told+="FAIL $1: $why"$'\n'$(tail -n 60 "$out" | sed 's/^/    /')$'\n'
    fi
    printf '%s' "$told"
    echo "$passed $failed $skipped" >"$WORK/counts/$name"
}

# `timeout` leads a process group of all that the job starts; what is left of it when the job has
# ended is ended too.
run_job() {
    local name=${1//\//-} status=0
    (
        sanitizer_options "$1"
        exec "${ADDRESSES[@]}" timeout -k 10 "$JOB_MAX_S" "$ROOT/tools/dev.d/test-case" "$1"
    ) >"$WORK/out/$name" 2>&1 </dev/null &
    echo $! >"$WORK/pids/$name"
    wait $! || status=$?
    kill -KILL -- -$! 2>/dev/null || true
    [[ -e $WORK/pids/$name ]] || return 0 # swept: the run itself is being ended
    rm -f "$WORK/pids/$name"
    report_job "$1" "$status"
}

# run_jobs LIMIT JOB...: at most LIMIT of them at a time.
run_jobs() {
    local limit=$1 running=0 job
    shift
    for job in "$@"; do
        if ((limit == 1)); then
            run_job "$job" # in the foreground: `wait -n` may tell of a process of before
            continue
        fi
        if ((running == limit)); then
            wait -n || true
            ((running--)) || true
        fi
        run_job "$job" &
        ((++running))
    done
    wait
}

# Clusters are started only for the kinds that need them.
run_selected() {
    local limit shared faults fuzzers
    limit=$(nproc)
    mapfile -t shared < <(jobs_like '^(unit|race|model|api|sql)/|^tree-check$')
    mapfile -t faults < <(jobs_like '^fault/')
    mapfile -t fuzzers < <(jobs_like '^fuzz/')
    if [[ -n $(jobs_like '^(race|model|api|sql)/') ]]; then
        start_scratch "$WORK/pg"
        [[ -z $(jobs_like '^sql/') ]] || make_pgtap_template
    fi
    ((limit > 2)) || limit=2
    run_jobs "$limit" "${shared[@]}"
    run_faults "${faults[@]}" &
    run_jobs "$((2 * limit))" "${fuzzers[@]}"
    wait
}

# One after the other, on a cluster of their own. They mostly wait, so the fuzzers run beside them.
run_faults() {
    (($# > 0)) || return 0
    start_scratch "$WORK/fault"
    run_jobs 1 "$@"
}

print_totals() {
    find "$WORK/counts" -type f -exec cat {} + | awk '
        { passed += $1; failed += $2; skipped += $3 }
        END {
            if (skipped) print skipped " skipped"
            print passed + 0 " passed, " failed + 0 " failed"
            exit (failed > 0 || passed == 0)
        }'
}

# Ends whatever a test run in WORK has left: jobs first, then its clusters.
sweep_tests() {
    local file pid
    for file in "$WORK"/pids/*; do
        pid=$(cat "$file" 2>/dev/null) || continue
        rm -f "$file"
        end_process "$pid" /usr/bin/timeout 15
    done
    for CLUSTER in "$WORK/pg" "$WORK/fault"; do
        cluster_stop
        rm -rf "$(socket_folder "$CLUSTER")"
    done
    rm -rf "$WORK"
}

test_cleanup() {
    trap '' INT TERM HUP
    trap - EXIT
    sweep_tests
    rm -f "$VAR/run/test-$$"
}

# is_test_run PID: the words of its command line are divided by NUL.
is_test_run() {
    tr '\0' ' ' 2>/dev/null <"/proc/$1/cmdline" | grep -q 'dev test'
}

# Test runs that were killed themselves: the number in the record's name is no `./dev test` any more.
end_abandoned_tests() {
    local record pid
    for record in "$VAR"/run/test-*; do
        pid=${record##*-}
        if [[ ! -e $record ]] || is_test_run "$pid"; then
            continue
        fi
        WORK=$(cat "$record")
        if [[ $WORK == /tmp/tb-test.* && -O $WORK ]]; then
            say "ending an abandoned test run in $WORK"
            sweep_tests
        fi
        rm -f "$record"
    done
}

make_work() {
    WORK=$(mktemp -d /tmp/tb-test.XXXXXX)
    chmod 0711 "$WORK" # the clusters' user goes through
    mkdir "$WORK"/{out,counts,pids,reports}
    echo "$WORK" >"$VAR/run/test-$$"
    trap test_cleanup EXIT
    trap 'exit 130' INT TERM HUP
}

command_test() {
    make_var
    ensure_packages "${PACKAGES_BUILD[@]}" "${PACKAGES_SERVER[@]}" "${PACKAGES_TEST[@]}"
    end_abandoned_tests
    mapfile -t JOBS < <(test_jobs | grep -E -- "${1:-}" || true)
    if [[ -n $(jobs_like '\.mjs$') ]]; then
        ensure_node
        ensure_node_modules "$ROOT/tests/api"
    fi
    build asan
    [[ -z $(jobs_like '^fuzz/') ]] || build_fuzz
    make_work
    choose_addresses
    export TZ=UTC TB_DAEMON=$ROOT/build/asan/timebankd TB_CONTRACT=$ROOT/build/asan/openapi.json
    export TB_TEST_TEMPLATE=tb_template TB_TEST_CLUSTER_CTL=$ROOT/tools/dev.d/cluster-ctl
    export TIMEBANK_KEY_FILE=$WORK/secret.key
    make_key "$TIMEBANK_KEY_FILE"
    export TIMEBANK_SCANS_DIR=$WORK/scans
    unset DATABASE_URL
    run_selected
    print_totals
}
