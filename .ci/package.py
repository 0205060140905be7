#!/usr/bin/env python3
"""Packages each published crate, and checks the tarballs with their lowest allowed dependencies.

`cargo package` would build each crate with the versions that everything else was tested with.
This script instead runs `cargo check` with the lowest version of each direct dependency that
the manifest allows. The project's own lock file is not changed.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile

EXPECTED = {"Cargo.toml", "Cargo.toml.orig", "LICENSE-APACHE", "LICENSE-MIT", "README.md"}
# A package outside version control has no .cargo_vcs_info.json.
POSSIBLE = {"Cargo.lock", ".cargo_vcs_info.json"}
FIELDS = {"categories", "description", "keywords", "license"}

# The same as in the workspace, so that its build artifacts are reused.
PROFILE = '[profile.dev]\ndebug = "line-tables-only"\n'


def cargo(*arguments, **keywords):
    done = subprocess.run(["cargo", *arguments], text=True, **keywords)
    if done.returncode:
        sys.exit(f"cargo {arguments[0]} failed")
    return done.stdout


def main():
    arguments = ["--no-deps", "--format-version=1", "--locked"]
    metadata = json.loads(cargo("metadata", *arguments, stdout=subprocess.PIPE))
    published = [package for package in metadata["packages"] if package["publish"] is None]
    target = pathlib.Path(metadata["target_directory"])
    selected = [word for package in published for word in ("-p", package["name"])]
    cargo("package", "--no-verify", "--allow-dirty", "--locked", "--quiet", *selected)

    scratch = target / "tarballs"
    shutil.rmtree(scratch, ignore_errors=True)
    faults = [fault for package in published for fault in unpack(package, target, scratch)]
    if faults:
        sys.exit("\n".join(faults))
    build(published, target, scratch)


def unpack(package, target, scratch):
    """Unpacks a tarball and yields what is wrong with it."""
    name = f"{package['name']}-{package['version']}"
    for field in sorted(FIELDS):
        if not package[field]:
            yield f"{name}: its manifest has no {field}"
    path = target / "package" / f"{name}.crate"
    with tarfile.open(path) as tarball:
        files = {member.name.removeprefix(name + "/"): member for member in tarball}
    shutil.unpack_archive(path, scratch, "gztar")
    for missing in sorted(EXPECTED - files.keys()):
        yield f"{name}: {missing} is not in the tarball"
    for file, member in sorted(files.items()):
        if not member.isfile():
            yield f"{name}: {file} is not a regular file"
        if file not in EXPECTED | POSSIBLE and not file.startswith("src/"):
            yield f"{name}: {file} should not be in the tarball"
    print(f"{name}: {len(files)} files, {sum(f.size for f in files.values()) // 1024} KiB")


def build(published, target, scratch):
    """Checks each tarball as its own workspace, with its siblings in place of the registry."""
    folders = {package["name"]: f"{package['name']}-{package['version']}" for package in published}
    for package in published:
        siblings = {dependency["name"] for dependency in package["dependencies"]} & folders.keys()
        patches = [f'{name} = {{ path = "../{folders[name]}" }}\n' for name in sorted(siblings)]
        with open(scratch / folders[package["name"]] / "Cargo.toml", "a") as manifest:
            manifest.writelines(["\n[workspace]\n", PROFILE, "[patch.crates-io]\n", *patches])
    # The option is unstable, but the lock file it writes is an ordinary one.
    unstable = dict(os.environ, RUSTC_BOOTSTRAP="1")
    arguments = ["--all-features", "--locked", "--target-dir", str(target)]
    for folder in folders.values():
        print(f"{folder}: checked with the lowest versions", flush=True)
        place = scratch / folder
        cargo("update", "--quiet", "-Z", "direct-minimal-versions", cwd=place, env=unstable)
        cargo("check", "--quiet", *arguments, cwd=place)


if __name__ == "__main__":
    main()
