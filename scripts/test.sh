#!/usr/bin/env bash
# Checks everything: format, lints, documentation, tests on SQLite and PostgreSQL.
#
# Needs a Rust toolchain. On Debian and its relatives the rest is installed when missing: a
# C compiler, PostgreSQL's server programs, and Chromium with its WebDriver. The tests get a
# PostgreSQL of their own, in a temporary folder, which is removed at the end; no other database
# is touched.
#
# Every step runs even if an earlier one failed; the exit code is that of the first failure.
# The last line counts the tests: "N passed, N failed".
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# shellcheck source=scripts/postgres.sh
. scripts/postgres.sh
# shellcheck source=scripts/chromium.sh
. scripts/chromium.sh

need_a_compiler
need_postgres
need_chromium

# Not TMPDIR: the path of a Unix socket has about a hundred characters, and the database's
# owner must be able to get there.
scratch=$(mktemp -d /tmp/lapse-test.XXXXXX)
chmod 755 "$scratch"
results=$scratch/results
: >"$results"

count_tests() {
    awk '{
        for (i = 2; i <= NF; i++) {
            if ($i == "passed;") passed += $(i - 1)
            if ($i == "failed;") failed += $(i - 1)
        }
    } END { printf "%d passed, %d failed\n", passed, failed }' \
        < <(grep -a 'test result:' "$results")
}

finish() {
    local code=$?
    trap - EXIT INT TERM
    stop_postgres
    count_tests
    rm -rf "$scratch"
    exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# ---- The steps -----------------------------------------------------------------------------

first_failure=0
failed_steps=()

step() {
    local name=$1 code=0
    shift
    echo "== $name"
    "$@" </dev/null || code=$?
    if [ "$code" -ne 0 ]; then
        failed_steps+=("$name")
        if [ "$first_failure" -eq 0 ]; then
            first_failure=$code
        fi
    fi
}

document() {
    RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps
}

run_tests() {
    cargo test --locked --no-fail-fast --lib --bins --test it 2>&1 | tee "$results"
}

# The same stories once more with Slack's side coming over Socket Mode; on SQLite, because the way in
# knows no database. The stories of Socket Mode itself and of the demo are the same in both runs.
run_tests_over_sockets() {
    LAPSE_TEST_SLACK=socket cargo test --locked --no-fail-fast --test it scenarios:: -- \
        --skip on_postgres --skip scenarios::socket_mode --skip scenarios::demo \
        --skip scenarios::replicas::database --skip scenarios::replicas::limits 2>&1 |
        tee -a "$results"
}

start_postgres
step "format" cargo fmt --check
step "lints" cargo clippy --locked --all-targets -- -D warnings
step "documentation" document
step "tests" run_tests
step "stories over Socket Mode" run_tests_over_sockets

if [ "$first_failure" -ne 0 ]; then
    echo "test.sh: failed: ${failed_steps[*]}" >&2
fi
exit "$first_failure"
