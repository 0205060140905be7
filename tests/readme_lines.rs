//! How much of the README's examples is about authorization.

const README: &str = include_str!("../README.md");

/// A module of the section, and the most lines that it may spend on authorization: imports,
/// scopes and wiring. A handler counts for nothing, nor does a line that the same server without
/// authorization would have in another form: `then_granted` in place of `then`, or a route.
const BOUNDS: [(&str, usize); 4] = [
    ("on_axum", 8),
    ("on_rocket", 3),
    ("on_warp", 6),
    ("on_tonic", 4),
];

#[test]
fn the_examples_of_the_readme_are_short() {
    let main = README.split("```rust,no_run\n").nth(1).unwrap();
    let main = main.split("```").next().unwrap();
    assert_short("actix-web", main, 6);
    for (module, most) in BOUNDS {
        let start = format!("\nmod {module} {{\n");
        let (_, rest) = README.split_once(&start).unwrap();
        assert_short(module, rest.split("\n}\n").next().unwrap(), most);
    }
}

fn assert_short(name: &str, example: &str, most: usize) {
    let lines: Vec<_> = example.lines().filter(|line| is_ours(line)).collect();
    assert!(lines.len() <= most, "{name}: {lines:#?}");
    let scopes = lines.iter().find(|line| line.contains("scopes! {"));
    assert_eq!(scopes.unwrap().matches(" = ").count(), 2, "{name}");
}

fn is_ours(line: &str) -> bool {
    let line = line.trim();
    let is_comment = line.starts_with("//");
    let is_signature = line.contains("fn ");
    !is_comment && !is_signature && OURS.iter().any(|word| line.contains(word))
}

/// What only a line about authorization has.
const OURS: [&str; 8] = [
    "mobilefirst",
    "scopes!",
    "validator",
    "authorized(",
    "RequireScope",
    "MobileFirst",
    "Credentials",
    "mfp",
];

#[test]
fn each_kind_of_line_is_counted() {
    let example = "
        use mobilefirst_axum::{Authorized, scopes};
        scopes! { A = \"a\"; B = \"b\"; }
        // with a validator
        async fn balance(caller: Authorized<A>) -> String {
        let server = \"https://mfp.example.com/mfp/api\".parse()?;
        let credentials = Credentials::new(id, secret)?;
            .and(authorized(v))
            .with_state(validator)
            .route(\"/\", get(balance))
    ";
    assert_eq!(example.lines().filter(|line| is_ours(line)).count(), 6);
}
