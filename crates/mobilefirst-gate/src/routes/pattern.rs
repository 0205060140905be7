//! The pattern of a route's path.

use std::str::FromStr;

use crate::path::NormalPath;

/// A path, or all paths below one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Pattern {
    /// `/balance`
    Exact(Box<str>),
    /// `/accounts/*`, as `/accounts`
    Below(Box<str>),
}

impl FromStr for Pattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (path, is_prefix) = match text.strip_suffix("/*") {
            Some(prefix) => (prefix, true),
            None => (text, false),
        };
        if path.contains('*') {
            return Err(format!(
                "path {text:?}: `*` stands only for all below a path, as in \"/accounts/*\""
            ));
        }
        // The root of all is no path, but what is below it.
        let is_root = is_prefix && path.is_empty();
        if !is_root {
            NormalPath::parse(path.as_bytes())
                .map_err(|fault| format!("path {text:?} can never match: {fault}"))?;
        }
        if is_prefix && path.ends_with('/') {
            return Err(format!(
                "path {text:?} can never match: it has an empty segment"
            ));
        }
        Ok(match is_prefix {
            true => Self::Below(path.into()),
            false => Self::Exact(path.into()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_a_path_or_all_below_one() {
        let exact = |path: &str| Ok(Pattern::Exact(path.into()));
        let below = |path: &str| Ok(Pattern::Below(path.into()));
        assert_eq!("/balance".parse(), exact("/balance"));
        assert_eq!("/balance/".parse(), exact("/balance/"));
        assert_eq!("/".parse(), exact("/"));
        assert_eq!("/accounts/*".parse(), below("/accounts"));
        assert_eq!("/*".parse(), below(""));
    }

    #[test]
    fn a_pattern_that_can_never_match_is_refused() {
        for text in [
            "", "*", "balance", "/a*", "/*/a", "/a/**", "/a//*", "/../a", "/%61", "/a b",
        ] {
            assert!(text.parse::<Pattern>().is_err(), "{text}");
        }
    }
}
