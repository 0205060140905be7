//! Imports point down: each file imports names from the files that define them, in layers
//! below its own, and no two files import each other.

mod checker;
mod source;

use std::path::Path;

use self::checker::{Crate, faults};
use self::source::SourceFile;

/// The crates that are checked, each with its layers from top to bottom. A layer is a file
/// at the root of `src` with the folder of the same name.
const CRATES: [Crate; 4] = [
    Crate {
        path: "crates/mobilefirst/src",
        layers: &[
            "analytics",
            "client",
            "validator",
            "observe",
            "health",
            "lookup",
            "verdict",
            "protocol",
            "token",
            "header",
            "upstream",
            "flight",
            "credentials",
            "base_url",
            "scope",
            "telemetry",
            "clock",
            "error",
        ],
    },
    Crate {
        path: "crates/mobilefirst-devserver/src",
        layers: &[
            "cli",
            "mount",
            "authority",
            "user_token",
            "handlers",
            "state",
            "fault",
            "endpoint",
            "time",
            "wire",
        ],
    },
    Crate {
        path: "crates/mobilefirst-gate/src",
        layers: &[
            "cli", "server", "admin", "gate", "endpoint", "policy", "config", "identity",
            "refusal", "routes", "rule", "path", "peer",
        ],
    },
    Crate {
        path: "crates/mobilefirst-redis/src",
        layers: &[
            "builder",
            "settings",
            "listener",
            "store",
            "link",
            "outbox",
            "audience",
            "sealed",
            "fleet_clock",
            "target",
            "connection",
            "tls",
            "trouble",
            "breaker",
            "names",
            "seal",
            "telemetry",
        ],
    },
];

#[test]
fn imports_point_down_and_never_in_circles() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut report = String::new();
    for krate in CRATES {
        let files = SourceFile::read_all(&root.join(krate.path));
        assert!(!files.is_empty(), "no files in {}", krate.path);
        let faults = faults(&krate, &files);
        if !faults.is_empty() {
            let counts = checker::counts(&files);
            report += &format!("\n{}:\n{}\n{counts}", krate.path, faults.join("\n"));
        }
    }
    assert!(report.is_empty(), "{report}");
}
