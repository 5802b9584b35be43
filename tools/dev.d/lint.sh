# shellcheck shell=bash
# Style and static checks.

c_files() {
    find "$ROOT/src" "$ROOT/include" "$ROOT/tests" -name node_modules -prune -o \
        -name '*.[ch]' -print | sort
}

command_fmt() {
    ensure_packages clang-format
    c_files | xargs -r clang-format -i
}

command_lint() {
    local status=0
    make_var
    ensure_packages "${PACKAGES_BUILD[@]}" "${PACKAGES_LINT[@]}"
    cd "$ROOT"
    c_files | xargs -r clang-format --dry-run -Werror || status=1
    # clang-tidy reads build/release/compile_commands.json; nothing has to be compiled for that.
    configure release
    c_files | grep '\.c$' |
        xargs -r -n 4 -P "$(nproc)" clang-tidy --quiet -p build/release 2>/dev/null || status=1
    tools/tree-check.py || status=1
    return "$status"
}
