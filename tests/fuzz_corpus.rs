//! What the fuzzer starts from, and what it once found, in the ordinary tests.

#[path = "../fuzz/targets.rs"]
mod targets;

use std::fs;
use std::path::Path;

/// So many inputs of a target are tried, so that this stays a matter of a second.
const MOST: usize = 1000;

#[test]
fn every_kept_input_holds_what_is_promised() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
    for (name, target) in targets::TARGETS {
        let inputs = fs::read_dir(corpus.join(name)).unwrap();
        let mut inputs: Vec<_> = inputs.map(|entry| entry.unwrap().path()).collect();
        inputs.sort();
        assert!(!inputs.is_empty(), "{name}");
        for input in inputs.iter().take(MOST) {
            println!("{}", input.display());
            target(&fs::read(input).unwrap());
        }
    }
}
