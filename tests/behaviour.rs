//! `docs/behaviour.md` and the tests name each other.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::conformance;

/// The one test of all rows of the conformance suite.
const SUITE: &str = "every_adapter_does_what_the_table_says";

/// A row of the table.
struct Row<'t> {
    id: &'t str,
    is_for_every_adapter: bool,
    tests: Vec<&'t str>,
}

#[test]
fn each_row_of_the_behaviour_table_names_its_tests_and_each_test_its_row() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let table = fs::read_to_string(root.join("docs/behaviour.md")).unwrap();
    let mut tests = BTreeSet::new();
    for folder in ["tests", "crates"] {
        collect_tests(&root.join(folder), &mut tests);
    }
    let faults = faults(&rows(&table), &tests, &conformance::ids());
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

fn faults(rows: &[Row<'_>], tests: &BTreeSet<String>, conformance: &[&str]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut named = BTreeMap::new();
    for row in rows {
        if named.insert(row.id, &row.tests).is_some() {
            faults.push(format!("row {} is there twice", row.id));
        }
        if row.tests.is_empty() {
            faults.push(format!("row {} names no test", row.id));
        }
        for test in row.tests.iter().filter(|test| !tests.contains(**test)) {
            faults.push(format!("row {} names {test}, which is no test", row.id));
        }
        if row.is_for_every_adapter && !conformance.contains(&row.id) {
            faults.push(format!("row {} is not in the conformance suite", row.id));
        }
    }
    let cited_by_name = tests
        .iter()
        .filter_map(|test| Some((cited(test)?, &**test)));
    let cited_by_suite = conformance.iter().map(|id| ((*id).to_owned(), SUITE));
    for (id, test) in cited_by_name.chain(cited_by_suite) {
        match named.get(&*id) {
            None => faults.push(format!("{test} cites row {id}, which is not in the table")),
            Some(names) if !names.contains(&test) => {
                faults.push(format!("row {id} does not name {test}, which cites it"));
            }
            Some(_) => {}
        }
    }
    faults
}

/// `… | `a_test_k2`, `another_one` |`, of lines that begin with an id.
fn rows(table: &str) -> Vec<Row<'_>> {
    table.lines().filter_map(row).collect()
}

fn row(line: &str) -> Option<Row<'_>> {
    let (first, rest) = line.strip_prefix("| ")?.split_once(" |")?;
    let id = first.split(' ').next()?;
    is_id(id).then(|| {
        let cells = rest.trim_end().strip_suffix('|').unwrap_or(rest);
        let last = cells.rsplit('|').next().unwrap();
        Row {
            id,
            is_for_every_adapter: first.ends_with("**A**"),
            tests: last.split('`').skip(1).step_by(2).collect(),
        }
    })
}

fn is_id(word: &str) -> bool {
    let (letter, number) = word.split_at_checked(1).unwrap_or_default();
    letter.bytes().all(|letter| letter.is_ascii_uppercase())
        && !number.is_empty()
        && number.bytes().all(|digit| digit.is_ascii_digit())
}

/// The row that a test's name ends with; `v7` and `v8` are versions.
fn cited(test: &str) -> Option<String> {
    let id = test.rsplit('_').next()?.to_uppercase();
    (is_id(&id) && !id.starts_with('V')).then_some(id)
}

/// The names of all tests, but for those of this file, which hold tests in texts.
fn collect_tests(folder: &Path, tests: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect_tests(&path, tests);
        } else if path.extension().is_some_and(|end| end == "rs") && !path.ends_with(file!()) {
            tests.extend(tests_in(&fs::read_to_string(path).unwrap()));
        }
    }
}

fn tests_in(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut is_test = false;
    for line in text.lines().map(str::trim) {
        let line_of_fn = line.strip_prefix("async ").unwrap_or(line);
        if let Some(name) = line_of_fn.strip_prefix("fn ") {
            let end = name.find(|letter: char| letter != '_' && !letter.is_alphanumeric());
            names.extend(is_test.then(|| name[..end.unwrap_or(name.len())].to_owned()));
            is_test = false;
        } else if line.starts_with("#[") && line.contains("test") && !line.contains("cfg") {
            is_test = true;
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "\
| id | input | tests |
| --- | --- | --- |
| K1 **A** | `a` | `every_adapter_does_what_the_table_says` |
| K2 | b | `a_fact_k2`, `another_fact` |
";
    const SOURCE: &str = "\
#[tokio::test]
async fn every_adapter_does_what_the_table_says() {}
#[test]
fn a_fact_k2() {}
#[test]
#[ignore]
fn another_fact() {}
fn a_helper_k9() {}
";

    fn found(table: &str, source: &str, conformance: &[&str]) -> Vec<String> {
        let tests = tests_in(source).into_iter().collect();
        faults(&rows(table), &tests, conformance)
    }

    #[test]
    fn a_table_that_fits_its_tests_is_no_fault() {
        assert_eq!(found(TABLE, SOURCE, &["K1"]), [""; 0]);
    }

    #[test]
    fn a_row_without_a_test_is_a_fault() {
        let table = format!("{TABLE}| K3 | `c` | |\n");
        assert_eq!(found(&table, SOURCE, &["K1"]), ["row K3 names no test"]);
    }

    #[test]
    fn a_row_with_a_test_that_does_not_exist_is_a_fault() {
        for name in ["gone", "a_helper_k9"] {
            let table = format!("{TABLE}| K3 | c | `{name}` |\n");
            let fault = format!("row K3 names {name}, which is no test");
            assert_eq!(found(&table, SOURCE, &["K1"]), [fault]);
        }
    }

    #[test]
    fn a_test_that_cites_a_row_that_does_not_exist_is_a_fault() {
        let source = format!("{SOURCE}#[test]\nfn a_fact_k9() {{}}\n");
        let fault = "a_fact_k9 cites row K9, which is not in the table";
        assert_eq!(found(TABLE, &source, &["K1"]), [fault]);
        let fault = format!("{SUITE} cites row K9, which is not in the table");
        assert_eq!(found(TABLE, SOURCE, &["K1", "K9"]), [fault]);
    }

    #[test]
    fn a_row_that_does_not_name_a_test_that_cites_it_is_a_fault() {
        let source = format!("{SOURCE}#[test]\nfn a_third_fact_k2() {{}}\n");
        let fault = "row K2 does not name a_third_fact_k2, which cites it";
        assert_eq!(found(TABLE, &source, &["K1"]), [fault]);
    }

    #[test]
    fn a_row_of_every_adapter_outside_the_suite_is_a_fault() {
        let fault = "row K1 is not in the conformance suite";
        assert_eq!(found(TABLE, SOURCE, &[]), [fault]);
    }
}
