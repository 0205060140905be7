//! Compares the public API of the published crates with the listings in this folder.
//!
//! `cargo run -p api` prints the differences and fails if there are any. After an intended
//! change, `cargo run -p api -- write` updates the listings. Both fail if a crate exposes a
//! type from a crate that `foreign.rs` does not allow.
//!
//! The items come from rustdoc's JSON, whose format changes with Rust. If it is not the format
//! that the crate `public-api` reads, the exit code is 2.

mod foreign;

use std::collections::BTreeSet;
use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use serde_json::Value;

/// The format that `public-api` reads. Rust 1.95 and 1.97 write it.
const FORMAT: u64 = 57;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let compare_or_write = match arguments.as_slice() {
        [] => compare,
        [word] if word == "write" => write,
        _ => return Err("usage: cargo run -p api [-- write]".into()),
    };

    let workspace = Workspace::read()?;
    workspace.write_json()?;
    let mut passed = true;
    for name in &workspace.published {
        let json = workspace.json(name);
        let format = format_of(&json)?;
        if format != FORMAT {
            eprintln!("rustdoc writes format {format}, but public-api reads {FORMAT}");
            return Ok(ExitCode::from(2));
        }
        let lines = lines(&json)?;
        passed &= compare_or_write(name, &lines)?;
        for (line, foreign) in foreign::shown(name, &lines) {
            println!("{name} exposes the foreign crate {foreign}: {line}");
            passed = false;
        }
    }
    if !passed {
        println!("If this is intended, run `cargo run -p api -- write` to update the listings.");
        println!("api/foreign.rs lists the crates whose types are allowed.");
    }
    Ok(if passed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Prints how `lines` differ from the listing. Returns `false` if they do.
fn compare(name: &str, lines: &[String]) -> Result<bool, Box<dyn Error>> {
    let listed = fs::read_to_string(listing(name)).unwrap_or_default();
    let listed: BTreeSet<&str> = listed.lines().collect();
    let shown: BTreeSet<&str> = lines.iter().map(String::as_str).collect();
    for line in listed.difference(&shown) {
        println!("-{line}");
    }
    for line in shown.difference(&listed) {
        println!("+{line}");
    }
    Ok(listed == shown)
}

fn write(name: &str, lines: &[String]) -> Result<bool, Box<dyn Error>> {
    fs::write(listing(name), lines.join("\n") + "\n")?;
    Ok(true)
}

fn listing(name: &str) -> PathBuf {
    folder().join(name).with_extension("txt")
}

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The items of a crate, each once, without blanket implementations and auto traits.
fn lines(json: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let api = public_api::Builder::from_rustdoc_json(json)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .build()?;
    let mut seen = BTreeSet::new();
    let lines = api.items().map(ToString::to_string);
    Ok(lines.filter(|line| seen.insert(line.clone())).collect())
}

fn format_of(json: &Path) -> Result<u64, Box<dyn Error>> {
    let value: Value = serde_json::from_slice(&fs::read(json)?)?;
    value["format_version"]
        .as_u64()
        .ok_or_else(|| "rustdoc's JSON has no format".into())
}

struct Workspace {
    published: Vec<String>,
    target: PathBuf,
}

impl Workspace {
    fn read() -> Result<Self, Box<dyn Error>> {
        let arguments = ["metadata", "--no-deps", "--format-version=1", "--locked"];
        let output = Command::new(env!("CARGO")).args(arguments).output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into());
        }
        let metadata: Value = serde_json::from_slice(&output.stdout)?;
        let packages = metadata["packages"]
            .as_array()
            .ok_or("there is no package")?;
        // `publish = false` becomes an empty list of registries; if it is not set, it is null.
        let published = packages
            .iter()
            .filter(|package| package["publish"].is_null());
        let name = |package: &Value| package["name"].as_str().map(str::to_owned);
        let target = metadata["target_directory"]
            .as_str()
            .ok_or("there is no target")?;
        Ok(Self {
            published: published.filter_map(name).collect(),
            target: target.into(),
        })
    }

    /// Documents all packages, even unpublished ones, to reuse the build of `cargo doc
    /// --workspace --all-features`.
    fn write_json(&self) -> Result<(), Box<dyn Error>> {
        let status = Command::new(env!("CARGO"))
            .args([
                "doc",
                "--workspace",
                "--all-features",
                "--no-deps",
                "--lib",
                "--locked",
            ])
            .env("RUSTDOC", folder().join("rustdoc"))
            .env("RUSTDOCFLAGS", "-Z unstable-options --output-format json")
            .status()?;
        if status.success() {
            Ok(())
        } else {
            Err("cargo doc failed".into())
        }
    }

    fn json(&self, name: &str) -> PathBuf {
        self.target
            .join("doc")
            .join(name.replace('-', "_"))
            .with_extension("json")
    }
}
