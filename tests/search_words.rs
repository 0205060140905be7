//! The words under which people look for an item in the documentation.

use std::fs;
use std::path::Path;

/// A word, and the item that rustdoc's search must find by it.
const WORDS: [(&str, &str); 28] = [
    ("ttl", "const MAX_AGE"),
    ("ttl", "pub fn max_age"),
    ("role", "macro_rules! scopes"),
    ("role", "pub struct RequireScope"),
    ("middleware", "pub struct RequireScope"),
    ("middleware", "pub struct TokenValidator"),
    ("guard", "pub fn authorized<"),
    ("extractor", "pub struct Authorized<"),
    ("mock", "pub struct Authority"),
    ("mock", "pub struct ManualClock"),
    ("mock", "pub fn for_test"),
    ("grpc", "pub struct RequireScopeLayer"),
    ("tonic", "pub struct RequireScopeLayer"),
    ("websocket", "pub struct TokenPlace"),
    ("websocket", "pub fn token_end"),
    ("sse", "pub struct TokenPlace"),
    ("sse", "pub fn token_end"),
    ("cookie", "pub struct TokenFromLayer"),
    ("cookie", "pub fn authorized_from"),
    ("rotation", "pub fn set_credentials"),
    ("rotation", "pub fn from_file"),
    ("realm", "pub struct TokenValidator"),
    ("multi-tenant", "pub struct TokenValidator"),
    ("revoke", "pub fn invalidate"),
    ("timeout", "pub fn deadline"),
    ("redis", "pub fn remote_store"),
    ("rfc9457", "pub fn problem"),
    ("jwt", "pub struct TokenValidator"),
];

#[test]
fn the_documentation_is_found_by_common_words() {
    let mut sources = Vec::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
    collect(&root, &mut sources);
    for (word, item) in WORDS {
        let alias = format!("#[doc(alias = \"{word}\")]");
        let is_found = sources.iter().any(|text| has(text, &alias, item));
        assert!(is_found, "{word} does not lead to `{item}`");
    }
}

/// Whether `item` has this alias: no other item, and no blank line, is between them.
fn has(text: &str, alias: &str, item: &str) -> bool {
    text.split(alias).skip(1).any(|rest| {
        let mut lines = rest.lines().skip(1).map(str::trim_start);
        let first = lines.find(|line| !line.starts_with('#') && !line.starts_with("//"));
        first.is_some_and(|line| line.starts_with(item))
    })
}

fn collect(folder: &Path, sources: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, sources);
        } else if path.extension().is_some_and(|end| end == "rs") {
            sources.push(fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn an_alias_counts_for_its_own_item_only() {
    let alias = "#[doc(alias = \"a\")]";
    let text = format!("{alias}\n#[must_use]\npub fn one() {{}}\n\npub fn two() {{}}\n");
    assert!(has(&text, alias, "pub fn one"));
    assert!(!has(&text, alias, "pub fn two"));
}
