# shellcheck shell=bash
# ./dev fuzz, and what the jobs fuzz/<target> of ./dev test share with it. libFuzzer (clang) makes
# inputs; tests/fuzz/<target>_fuzz.c says what must hold for all of them.
#
#   tests/fuzz/corpus/<target>/       inputs that reach what others do not: minimised, committed
#   tests/fuzz/regressions/<target>/  inputs that once failed, named after what they prevent
#   var/fuzz/<target>/                finds of this clone, until `./dev fuzz merge`
#   var/fuzz/failed/                  inputs that fail now

FUZZ_SECONDS=3600
FUZZ_INPUT_BYTES=2048
ADDRESSES=(env) # test.sh's, whose jobs have its choice already

fuzz_targets() {
    local file
    for file in "$ROOT"/tests/fuzz/*_fuzz.c; do
        file=${file##*/}
        echo "${file%_fuzz.c}"
    done
}

build_fuzz() {
    ensure_packages "${PACKAGES_BUILD[@]}" "${PACKAGES_FUZZ[@]}"
    build fuzz fuzz
}

# fuzzer TARGET OPTION-OR-FOLDER...: time and memory of an input are bounded, so that nothing slow
# hides. Freed memory is kept apart for a short while only: what lives long is not what is looked for.
fuzzer() {
    local target=$1 dictionary options
    local -x ASAN_OPTIONS=${ASAN_OPTIONS:-}:quarantine_size_mb=16:malloc_context_size=8
    shift
    ASAN_OPTIONS+=:detect_stack_use_after_return=0
    mkdir -p "$VAR/fuzz/failed"
    options=(-max_len="$FUZZ_INPUT_BYTES" -timeout=10 -rss_limit_mb=2048
        -artifact_prefix="$VAR/fuzz/failed/$target-")
    for dictionary in "$ROOT/tests/fuzz/$target.dict" "$ROOT/build/fuzz/contract/$target.dict"; do
        [[ ! -e $dictionary ]] || options+=(-dict="$dictionary")
    done
    "${ADDRESSES[@]}" nice -n 10 "$ROOT/build/fuzz/${target}_fuzz" "${options[@]}" "$@"
}

# fuzz_inputs TARGET: the folders of inputs that there are besides the finds, one a line.
fuzz_inputs() {
    local folder
    for folder in "$ROOT/tests/fuzz/corpus/$1" "$ROOT/tests/fuzz/regressions/$1" \
        "$ROOT/build/fuzz/contract/seeds/$1"; do
        [[ ! -d $folder ]] || echo "$folder"
    done
}

# fuzz_one TARGET SECONDS: finds stay in var/fuzz/TARGET.
fuzz_one() {
    local folders log=$VAR/log/fuzz-$1.log
    mapfile -t folders < <(fuzz_inputs "$1")
    mkdir -p "$VAR/fuzz/$1"
    if fuzzer "$1" -max_total_time="$2" -print_final_stats=1 "$VAR/fuzz/$1" "${folders[@]}" \
        >"$log" 2>&1; then
        say "$1: $(grep -E '^#[0-9]+.DONE' "$log")"
    else
        say "$1 FAILED, see $log"
        tail -n 40 "$log" >&2
        return 1
    fi
}

# fuzz_merge TARGET...: keeps of corpus and finds what no smaller input reaches; how often a loop
# runs makes no difference.
fuzz_merge() {
    local target kept
    rm -rf "$VAR"/fuzz/merge.*
    for target in "$@"; do
        kept=$(mktemp -d "$VAR/fuzz/merge.XXXXXX")
        mkdir -p "$VAR/fuzz/$target" "$ROOT/tests/fuzz/corpus/$target"
        quietly "fuzz-merge-$target.log" fuzzer "$target" -merge=1 -use_counters=0 "$kept" \
            "$ROOT/tests/fuzz/corpus/$target" "$VAR/fuzz/$target" ||
            die "merge of $target failed; is it being fuzzed?"
        rm -rf "$ROOT/tests/fuzz/corpus/$target"
        mv "$kept" "$ROOT/tests/fuzz/corpus/$target"
        chmod 0755 "$ROOT/tests/fuzz/corpus/$target"
        say "$target: $(find "$ROOT/tests/fuzz/corpus/$target" -type f | wc -l) inputs"
    done
}

# fuzz_side_by_side SECONDS TARGET...: as many at once as there are cores.
fuzz_side_by_side() {
    local seconds=$1 running=0 status=0 target
    shift
    for target in "$@"; do
        if ((running == $(nproc))); then
            wait -n || status=1
            ((running--)) || true
        fi
        fuzz_one "$target" "$seconds" &
        ((++running))
    done
    while ((running-- > 0)); do
        wait -n || status=1
    done
    return "$status"
}

# command_fuzz [merge] [TARGET] [SECONDS]
command_fuzz() {
    local targets merge=false
    make_var
    choose_addresses
    if [[ ${1:-} == merge ]]; then
        merge=true
        shift
    fi
    mapfile -t targets < <(fuzz_targets | grep -xE -- "${1:-.*}")
    ((${#targets[@]} > 0)) || die "no such target; there are: $(fuzz_targets | xargs)"
    build_fuzz
    if [[ $merge == true ]]; then
        fuzz_merge "${targets[@]}"
    else
        fuzz_side_by_side "${2:-$FUZZ_SECONDS}" "${targets[@]}"
    fi
}
