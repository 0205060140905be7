//! The imports of a source file, read from its `use` lines.

use std::fs;
use std::path::Path;

pub(super) struct SourceFile {
    /// Relative to `src`, with `/`.
    pub(super) path: String,
    /// Those outside tests.
    pub(super) imports: Vec<Import>,
}

#[derive(Debug, PartialEq)]
pub(super) struct Import {
    pub(super) line: usize,
    /// `crate::scope::Scope` is `["crate", "scope", "Scope"]`.
    pub(super) path: Vec<String>,
}

impl SourceFile {
    pub(super) fn new(path: &str, text: &str) -> Self {
        let imports = imports(text);
        let path = path.to_owned();
        Self { path, imports }
    }

    /// Every file of a folder, but for those that hold only tests.
    pub(super) fn read_all(src: &Path) -> Vec<Self> {
        let mut files = Vec::new();
        read_folder(src, src, &mut files);
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files
    }

    /// The folder or the file at the root of `src`.
    pub(super) fn layer(&self) -> &str {
        let top = self.path.split('/').next().unwrap();
        top.strip_suffix(".rs").unwrap_or(top)
    }

    pub(super) fn is_root(&self) -> bool {
        matches!(&*self.path, "lib.rs" | "main.rs")
    }
}

fn read_folder(src: &Path, folder: &Path, files: &mut Vec<SourceFile>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_folder(src, &path, files);
        } else if path.extension().is_some_and(|end| end == "rs") && !path.ends_with("tests.rs") {
            let name = path.strip_prefix(src).unwrap().to_str().unwrap();
            let name = name.replace(std::path::MAIN_SEPARATOR, "/");
            files.push(SourceFile::new(&name, &fs::read_to_string(&path).unwrap()));
        }
    }
}

/// The paths of all `use` items, one for each name, without those in test modules.
///
/// `cargo fmt` lets every item begin on its own line, and every module end with a brace at
/// the indentation of its `mod`; so lines tell enough.
fn imports(text: &str) -> Vec<Import> {
    let mut imports = Vec::new();
    let mut lines = text.lines().zip(1..);
    let mut in_inline_module = false;
    while let Some((first, line)) = lines.next() {
        if first.trim_start().starts_with("#[cfg(test)]") {
            skip_item(&mut lines);
        } else if first.starts_with("mod ") && first.ends_with('{') {
            in_inline_module = true;
        } else if first == "}" {
            in_inline_module = false;
        } else if let Some(item) = use_item(first) {
            let mut item = item.to_owned();
            while !item.ends_with(';') {
                item += lines.next().unwrap().0.trim();
            }
            let names = expanded(item.trim_end_matches(';'));
            // There, `super` is the file itself.
            let outward =
                |path: &Vec<String>| !in_inline_module || path[0] != "super" || path[1] == "super";
            let outward = names.into_iter().filter(outward);
            imports.extend(outward.map(|path| Import { line, path }));
        }
    }
    imports
}

/// Skips the item after an attribute: a line, or all to the brace that closes it.
fn skip_item<'a>(lines: &mut impl Iterator<Item = (&'a str, usize)>) {
    let first = lines.map(|(line, _)| line);
    let mut first = first.skip_while(|line| line.trim_start().starts_with("#["));
    let Some(head) = first.next() else { return };
    if head.ends_with('{') {
        let indentation = &head[..head.len() - head.trim_start().len()];
        let end = format!("{indentation}}}");
        first.find(|line| *line == end || *line == format!("{end};"));
    }
}

/// What a line that begins a `use` item imports; a text may have such a word too, but no path.
fn use_item(line: &str) -> Option<&str> {
    let line = line.trim();
    let public = line.strip_prefix("pub(crate) ");
    let public = public.or_else(|| line.strip_prefix("pub "));
    let item = public.unwrap_or(line).strip_prefix("use ")?;
    (item.contains("::") || item.ends_with(';')).then_some(item)
}

/// `a::{b, c::{self, d}}` as `a::b`, `a::c` and `a::c::d`.
fn expanded(tree: &str) -> Vec<Vec<String>> {
    let tree = tree.trim();
    let Some((prefix, group)) = tree.split_once('{') else {
        let path = tree.split(" as ").next().unwrap();
        let parts = path.split("::").map(str::trim);
        let parts = parts.filter(|part| !part.is_empty()).map(str::to_owned);
        return vec![parts.collect()];
    };
    let group = group.strip_suffix('}').unwrap();
    let prefix = expanded(prefix).remove(0);
    let mut paths = Vec::new();
    for branch in branches(group) {
        for mut path in expanded(branch) {
            if !prefix.is_empty() && path == ["self"] {
                path.clear();
            }
            paths.push(prefix.iter().cloned().chain(path).collect());
        }
    }
    paths
}

/// The parts between the outer commas.
fn branches(group: &str) -> Vec<&str> {
    let mut depth = 0;
    let parts = group.split(|letter| {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        letter == ',' && depth == 0
    });
    parts.filter(|part| !part.trim().is_empty()).collect()
}

#[test]
fn use_lines_are_read_name_by_name() {
    let text = "\
use crate::a::{B, c::{self, D}};
pub(crate) use std::{
    fmt,
    io as other,
};
#[cfg(test)]
use crate::Hidden;

#[cfg(test)]
mod tests {
    use super::*;
    fn f() {
        use crate::Hidden;
    }
}

fn f() {
    use self::e::F;
}
mod inline {
    use super::*;
    use super::super::G;
}
use super::H;
";
    let imports = imports(text);
    let read = imports.iter().map(|i| (i.line, i.path.join("::")));
    let expected = [
        (1, "crate::a::B"),
        (1, "crate::a::c"),
        (1, "crate::a::c::D"),
        (2, "std::fmt"),
        (2, "std::io"),
        (18, "self::e::F"),
        (22, "super::super::G"),
        (24, "super::H"),
    ];
    assert_eq!(
        read.collect::<Vec<_>>(),
        expected.map(|(line, path)| (line, path.to_owned()))
    );
}
