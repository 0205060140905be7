//! What the compiler says to the commonest mistakes.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

#[test]
fn a_mistake_is_explained_t3() {
    for kind in ["types", "literals"] {
        let messages = messages(kind);
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("mistakes/src");
        let mut mistakes = 0;
        for entry in fs::read_dir(folder.join(kind)).unwrap() {
            let path = entry.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            let expected: Vec<_> = text
                .lines()
                .filter_map(|line| line.strip_prefix("//~ "))
                .collect();
            assert!(!expected.is_empty(), "{}", path.display());
            let file = path.file_name().unwrap().to_str().unwrap();
            let place = format!("{kind}/{file}:");
            let own: Vec<_> = messages.iter().filter(|m| m.contains(&place)).collect();
            for line in expected {
                let is_said = own.iter().any(|message| message.contains(line));
                assert!(is_said, "{file}: {line}\n{own:#?}");
            }
            mistakes += 1;
        }
        assert!(mistakes > 0);
    }
}

/// The errors of the crate `mistakes`, as the compiler prints them.
fn messages(kind: &str) -> Vec<String> {
    let output = Command::new(env!("CARGO"))
        .args(["check", "--package", "mistakes", "--message-format", "json"])
        .args(["--locked", "--offline", "--quiet"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("MISTAKES", kind)
        .output()
        .unwrap();
    let output = String::from_utf8(output.stdout).unwrap();
    let message = |line: &str| {
        let line: Value = serde_json::from_str(line).ok()?;
        let message = &line["message"];
        let text = message["rendered"].as_str()?;
        (message["level"] == "error").then(|| text.to_owned())
    };
    output.lines().filter_map(message).collect()
}
