# Sourced by scripts that need a PostgreSQL of their own: installs its programs when they are
# missing, and starts and stops a server in the folder that `scratch` names.
# shellcheck shell=bash

give_up() {
    echo "$(basename "$0"): $*" >&2
    exit 1
}

apt_get() {
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        as_root=(sudo -n)
    fi
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get -q -y -o DPkg::Lock::Timeout=120 "$@" </dev/null
}

install_package() {
    local package=$1 purpose=$2
    command -v apt-get >/dev/null ||
        give_up "$purpose is missing and there is no apt-get to install it. Install it and try again."
    if [ "$(id -u)" -ne 0 ] && ! sudo -n true 2>/dev/null; then
        give_up "$purpose is missing. Install it (apt-get install $package) or run this as root."
    fi
    echo "== installing $package ($purpose)"
    apt_get install --no-install-recommends "$package" >/dev/null 2>&1 || {
        apt_get update >/dev/null && apt_get install --no-install-recommends "$package"
    } || give_up "$purpose is missing and apt-get could not install $package. Nothing was run."
}

# initdb starts the postgres beside it, so both have to come from one folder.
postgres_folder() {
    local candidates=() folder
    if command -v initdb >/dev/null; then
        candidates+=("$(dirname "$(readlink -f "$(command -v initdb)")")")
    fi
    while IFS= read -r folder; do
        candidates+=("$folder")
    done < <(find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin 2>/dev/null | sort -rV)
    for folder in ${candidates[@]+"${candidates[@]}"}; do
        if [ -x "$folder/initdb" ] && [ -x "$folder/postgres" ] && [ -x "$folder/pg_ctl" ]; then
            echo "$folder"
            return
        fi
    done
    return 1
}

need_a_compiler() {
    command -v cargo >/dev/null ||
        give_up "cargo is missing. Install Rust from https://rustup.rs and try again."
    command -v cc >/dev/null || install_package build-essential "a C compiler"
}

# PostgreSQL refuses to run as root.
as_postgres_owner=()

need_postgres() {
    if ! pg_bin=$(postgres_folder); then
        install_package postgresql "a PostgreSQL server"
        pg_bin=$(postgres_folder) || give_up "PostgreSQL is installed, but its initdb cannot be found."
    fi
    if [ "$(id -u)" -eq 0 ]; then
        pg_owner=nobody
        if id postgres >/dev/null 2>&1; then
            pg_owner=postgres
        fi
        as_postgres_owner=(runuser -u "$pg_owner" --)
    fi
}

pg() {
    local program=$1
    shift
    # A folder that the other user may not enter would only cause warnings.
    (cd / && "${as_postgres_owner[@]}" "$pg_bin/$program" "$@" </dev/null)
}

start_postgres() {
    local password port
    cluster=$scratch/postgres
    password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
    mkdir "$cluster"
    (umask 077 && echo "$password" >"$cluster/password")
    chmod 700 "$cluster"
    if [ "$(id -u)" -eq 0 ]; then
        chown -R "$pg_owner" "$cluster"
    fi
    pg initdb --pgdata "$cluster/data" --username lapse --pwfile "$cluster/password" \
        --auth scram-sha-256 --encoding UTF8 --locale C >"$scratch/initdb.log" 2>&1 ||
        { cat "$scratch/initdb.log" >&2; give_up "initdb failed. Nothing was run."; }
    # The defaults are as durable as in production (fsync, synchronous_commit); tests and
    # benchmarks measure against that, so it is said again rather than taken for granted.
    cat >>"$cluster/data/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
unix_socket_directories = '$cluster'
max_connections = 200
fsync = on
synchronous_commit = on
full_page_writes = on
CONF
    for _ in 1 2 3 4 5; do
        # Below the range that the kernel hands out by itself.
        port=$((20000 + RANDOM % 12000))
        if pg pg_ctl start --pgdata "$cluster/data" --log "$cluster/log" --wait --silent \
            --options "-p $port" >/dev/null 2>&1; then
            export LAPSE_TEST_POSTGRES_URL="postgres://lapse:$password@127.0.0.1:$port/postgres"
            return
        fi
    done
    cat "$cluster/log" >&2 || true
    give_up "PostgreSQL did not start. Nothing was run."
}

stop_postgres() {
    if [ -f "${cluster:-}/data/postmaster.pid" ]; then
        pg pg_ctl stop --pgdata "$cluster/data" --mode immediate --silent >/dev/null || true
    fi
}
