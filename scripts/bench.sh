#!/usr/bin/env bash
# Measures load on SQLite and PostgreSQL and prints one table; see docs/benchmarks.md.
#
# Needs what scripts/test.sh needs, and brings the same PostgreSQL of its own. Everything
# after the script's name goes to cargo (`--profile dev` for trying it out). The exit code is
# not 0 when a bar was missed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/postgres.sh
. scripts/postgres.sh

need_a_compiler
need_postgres

scratch=$(mktemp -d /tmp/lapse-bench.XXXXXX)
chmod 755 "$scratch"

finish() {
    local code=$?
    trap - EXIT INT TERM
    stop_postgres
    rm -rf "$scratch"
    exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

start_postgres
cargo bench --locked --bench load "$@"
