#!/usr/bin/env python3
"""Checks that no locked dependency needs a newer Rust than the workspace promises.

The toolchain here is newer, so otherwise only users would notice such a dependency. Clippy's
lint `incompatible_msrv` checks calls into std against the same promise.
"""

import json
import subprocess
import sys


def number(version):
    return [int(part) for part in version.split(".")]


def main():
    command = ["cargo", "metadata", "--format-version=1", "--all-features", "--locked"]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    packages = json.loads(done.stdout)["packages"]
    promised = min((p["rust_version"] for p in packages if p["source"] is None), key=number)
    needing = [p for p in packages if p["rust_version"]]
    newer = [p for p in needing if number(p["rust_version"]) > number(promised + ".0")]
    for package in newer:
        print(f"{package['name']} {package['version']} needs Rust {package['rust_version']}")
    if newer:
        sys.exit(f"The workspace promises Rust {promised}.")
    print(f"{len(needing)} packages say which Rust they need; none needs more than {promised}.")


if __name__ == "__main__":
    main()
