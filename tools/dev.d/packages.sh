# shellcheck shell=bash
# What is missing is installed by apt. Nothing here touches a machine that has it all.

PACKAGES_BUILD=(build-essential cmake ninja-build pkg-config ccache libmicrohttpd-dev
    libgnutls28-dev libjansson-dev libpq-dev libqrencode-dev libsodium-dev libuv1-dev libpcre2-dev libicu-dev
    libcmocka-dev python3 python3-yaml)
PACKAGES_SERVER=(postgresql-15 jq curl)
PACKAGES_TEST=(postgresql-15-pgtap json-schema-test-suite openssl)
PACKAGES_LINT=(clang-format clang-tidy)
PACKAGES_FUZZ=(clang libclang-rt-14-dev llvm) # llvm: the names in a stack trace

# missing_packages NAME...: those that are not installed, one a line.
missing_packages() {
    comm -23 <(printf '%s\n' "$@" | sort -u) \
        <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null |
            sed -n 's/^installed //p' | sort -u)
}

as_administrator() {
    if am_root; then
        "$@"
    else
        sudo "$@"
    fi
}

# Debian's server package makes and starts a cluster "main" on port 5432. It is not ours to make.
forbid_system_cluster() {
    local folder=/etc/postgresql-common/createcluster.d
    [[ -e $folder/timebank-dev.conf ]] && return
    as_administrator mkdir -p "$folder"
    printf '%s\n' '# Written by ./dev of timebank, which uses a private cluster of its own.' \
        'create_main_cluster = false' |
        as_administrator tee "$folder/timebank-dev.conf" >/dev/null
}

apt_install() {
    as_administrator env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -q --no-install-recommends "$@"
}

apt_install_or_update() {
    apt_install "$@" || { as_administrator apt-get update -q && apt_install "$@"; }
}

# ensure_packages NAME...
ensure_packages() {
    command -v dpkg-query >/dev/null || die "this is not Debian: install by hand what
tools/dev.d/packages.sh lists"
    local missing
    mapfile -t missing < <(missing_packages "$@")
    ((${#missing[@]} > 0)) || return 0
    am_root || command -v sudo >/dev/null ||
        die "packages are missing and there is no sudo. As root: apt-get install ${missing[*]}"
    say "installing: ${missing[*]}"
    # Asks for a password here, not behind the log. (-v asks even one who needs none, when the group
    # sudo, which he is in too, does.)
    am_root || sudo -n true 2>/dev/null || sudo -v
    [[ " ${missing[*]} " != *" postgresql-15"* ]] || forbid_system_cluster
    quietly apt.log apt_install_or_update "${missing[@]}" || die "apt failed: var/log/apt.log"
}

# The API tests need Node 18.19 (--test-concurrency); any newer one on PATH is as good.
node_is_new_enough() {
    command -v npm >/dev/null && command -v node >/dev/null &&
        node -e 'const [a, b] = process.versions.node.split(".").map(Number);
                 process.exit(a > 18 || (a === 18 && b >= 19) ? 0 : 1)'
}

ensure_node() {
    node_is_new_enough || ensure_packages nodejs npm ca-certificates
    node_is_new_enough || die "node $(node --version) is too old: 18.19 is needed"
}
