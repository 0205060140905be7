//! What is wrong with the imports of a crate.

use std::collections::{BTreeMap, BTreeSet};

use super::source::{Import, SourceFile};

pub(super) struct Crate {
    pub(super) path: &'static str,
    /// From top to bottom.
    pub(super) layers: &'static [&'static str],
}

/// A sentence for each fault, with the file and the line.
pub(super) fn faults(krate: &Crate, files: &[SourceFile]) -> Vec<String> {
    let rank = |layer: &str| krate.layers.iter().position(|own| *own == layer);
    let mut faults = Vec::new();
    let judged = || files.iter().filter(|file| !file.is_root());
    for file in judged() {
        let layer = file.layer();
        if rank(layer).is_none() {
            faults.push(format!("{}: `{layer}` is no layer of the table", file.path));
        }
        for import in &file.imports {
            let path = import.path.join("::");
            let place = format!("{}:{}", file.path, import.line);
            match &*import.path[0] {
                "super" | "self" => faults.push(format!("{place}: `{path}` is relative")),
                "crate" if is_at_the_root(import, files) => faults.push(format!(
                    "{place}: `{path}` comes from the crate root, not from its own module"
                )),
                "crate" if rank(&import.path[1]) < rank(layer) => faults.push(format!(
                    "{place}: `{path}` points up, from {layer} to {}",
                    import.path[1]
                )),
                _ => {}
            }
        }
    }
    faults.extend(cycle(files));
    faults
}

/// Whether the first name after `crate::` is no module.
fn is_at_the_root(import: &Import, files: &[SourceFile]) -> bool {
    let first = import.path.get(1);
    first.is_none_or(|first| !files.iter().any(|file| file.layer() == first))
}

/// How many imports go from each folder to each other one, a pair in a line.
pub(super) fn counts(files: &[SourceFile]) -> String {
    let mut counts = BTreeMap::<_, usize>::new();
    for file in files.iter().filter(|file| !file.is_root()) {
        for import in &file.imports {
            if let [first, to, ..] = &*import.path
                && first == "crate"
                && to != file.layer()
            {
                *counts.entry((file.layer(), &**to)).or_default() += 1;
            }
        }
    }
    let lines = counts.iter();
    let lines = lines.map(|((from, to), count)| format!("{from} -> {to}: {count}"));
    lines.collect::<Vec<_>>().join("\n")
}

/// The files that import each other, the first such circle.
fn cycle(files: &[SourceFile]) -> Option<String> {
    let mut done = BTreeSet::new();
    let judged = files.iter().filter(|file| !file.is_root());
    judged
        .map(|file| circle_from(file, files, &mut Vec::new(), &mut done))
        .find_map(|circle| circle)
        .map(|circle| format!("circle: {}", circle.join(" -> ")))
}

fn circle_from<'f>(
    file: &'f SourceFile,
    files: &'f [SourceFile],
    way: &mut Vec<&'f str>,
    done: &mut BTreeSet<&'f str>,
) -> Option<Vec<&'f str>> {
    let begun = way.iter().position(|path| *path == file.path);
    way.push(&file.path);
    if let Some(begun) = begun {
        return Some(way[begun..].to_vec());
    }
    if done.insert(&file.path) {
        for next in targets(file, files) {
            let circle = circle_from(next, files, way, done);
            if circle.is_some() {
                return circle;
            }
        }
    }
    way.pop();
    None
}

/// The files in which the imports of `file` are defined: of `crate::a::b::C`, `a/b.rs` if
/// there is one, or else `a.rs`.
fn targets<'f>(file: &SourceFile, files: &'f [SourceFile]) -> Vec<&'f SourceFile> {
    let imports = file.imports.iter();
    let own = imports.filter(|import| import.path[0] == "crate");
    let found = own.filter_map(|import| {
        let longest_first = (2..=import.path.len()).rev();
        let mut names = longest_first.map(|end| import.path[1..end].join("/") + ".rs");
        names.find_map(|name| files.iter().find(|other| other.path == name))
    });
    found.filter(|other| other.path != file.path).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CRATE: Crate = Crate {
        path: "",
        layers: &["top", "middle", "bottom"],
    };

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let files = files.iter().map(|(path, text)| SourceFile::new(path, text));
        faults(&CRATE, &files.collect::<Vec<_>>())
    }

    const BOTTOM: (&str, &str) = ("bottom.rs", "use std::fmt;");

    #[test]
    fn imports_that_point_down_are_no_fault() {
        let files = [
            ("lib.rs", "pub use crate::top::Top;\nmod top;"),
            ("top.rs", "use crate::middle::{Middle, part::Part};"),
            ("middle.rs", "use crate::middle::part::Part;"),
            ("middle/part.rs", "use crate::bottom::Bottom;"),
            BOTTOM,
        ];
        assert_eq!(found(&files), [""; 0]);
    }

    #[test]
    fn a_name_from_the_crate_root_is_a_fault() {
        for text in ["use crate::Bottom;", "use crate::{\n    Bottom,\n};"] {
            let faults = found(&[("top.rs", text), BOTTOM]);
            let fault =
                "top.rs:1: `crate::Bottom` comes from the crate root, not from its own module";
            assert_eq!(faults, [fault]);
        }
        let in_tests = "#[cfg(test)]\nmod tests {\n    use crate::Bottom;\n}\n";
        assert_eq!(found(&[("top.rs", in_tests), BOTTOM]), [""; 0]);
    }

    #[test]
    fn a_relative_import_is_a_fault() {
        for path in ["super::Top", "self::part::Part"] {
            let faults = found(&[("top/part.rs", &format!("\nuse {path};"))]);
            assert_eq!(faults, [format!("top/part.rs:2: `{path}` is relative")]);
        }
        let in_tests = "#[cfg(test)]\nmod tests {\n    use super::*;\n}\n";
        assert_eq!(found(&[("top.rs", in_tests)]), [""; 0]);
    }

    #[test]
    fn an_import_that_points_up_is_a_fault() {
        let files = [("middle/part.rs", "use crate::top::Top;"), ("top.rs", "")];
        let fault = "middle/part.rs:1: `crate::top::Top` points up, from middle to top";
        assert_eq!(found(&files), [fault]);
    }

    #[test]
    fn a_folder_that_is_no_layer_is_a_fault() {
        let fault = "other.rs: `other` is no layer of the table";
        assert_eq!(found(&[("other.rs", "")]), [fault]);
    }

    #[test]
    fn a_circle_of_files_is_a_fault() {
        let files = [
            ("lib.rs", "pub use crate::top::Top;"),
            ("top.rs", "mod a;\nuse crate::top::a::A;"),
            ("top/a.rs", "use crate::top::b::B;"),
            ("top/b.rs", "use crate::top::Top;"),
        ];
        let fault = "circle: top.rs -> top/a.rs -> top/b.rs -> top.rs";
        assert_eq!(found(&files), [fault]);
    }

    #[test]
    fn imports_are_counted_from_folder_to_folder() {
        let files = [
            ("top.rs", "use crate::middle::{A, B};"),
            (
                "top/part.rs",
                "use crate::middle::A;\nuse crate::bottom::C;",
            ),
        ];
        let files = files.map(|(path, text)| SourceFile::new(path, text));
        assert_eq!(counts(&files), "top -> bottom: 1\ntop -> middle: 3");
    }
}
