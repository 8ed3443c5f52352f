#!/usr/bin/env bash
# Takes the pictures in docs/pictures: tells the browser stories and keeps what they show.
#
# Needs a Rust toolchain. On Debian and its relatives the rest is installed when missing: a
# C compiler, Chromium with its WebDriver, a font with emoji.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/postgres.sh
. scripts/postgres.sh
# shellcheck source=scripts/chromium.sh
. scripts/chromium.sh

need_a_compiler
need_chromium
need_emoji

mkdir -p docs/pictures
export LAPSE_SCREENSHOTS=$PWD/docs/pictures
cargo test --locked --test it browser:: -- --skip every_picture "$@"
# Whether all are there, and small enough.
cargo test --locked --test it browser::pictures
ls -l docs/pictures
