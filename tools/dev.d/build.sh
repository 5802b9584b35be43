# shellcheck shell=bash
# CMake and Ninja, without a word unless they fail.

# configure PRESET: once, and again when the presets changed or the clone was moved.
configure() {
    local folder=$ROOT/build/$1 options=()
    if [[ -e $folder/build.ninja && ! $ROOT/CMakePresets.json -nt $folder/build.ninja ]]; then
        grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$ROOT" "$folder/CMakeCache.txt" && return
    fi
    if command -v ccache >/dev/null; then
        options+=(-DCMAKE_C_COMPILER_LAUNCHER=ccache)
    fi
    quietly "configure-$1.log" cmake --fresh --preset "$1" "${options[@]}" ||
        die "cmake failed (var/log/configure-$1.log)"
}

# build PRESET [TARGET...]
build() {
    local preset=$1
    shift
    cd "$ROOT"
    [[ -e build/$preset/.ninja_log ]] || say "building ($preset) ..."
    configure "$preset"
    quietly "build-$preset.log" ninja -C "build/$preset" "$@" ||
        die "the build failed (var/log/build-$preset.log)"
}

command_build() {
    make_var
    ensure_packages "${PACKAGES_BUILD[@]}"
    build "${1:-release}"
    say "built: build/${1:-release}/timebankd"
}
