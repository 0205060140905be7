//! The table of routes: method and path, and what they need.

pub(crate) mod pattern;

use std::collections::HashMap;

use crate::path::{NormalPath, fold};
use crate::routes::pattern::Pattern;
use crate::rule::{Preflight, Rule};

/// A route of the table.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    pub(crate) methods: Methods,
    pub(crate) pattern: Pattern,
    pub(crate) rule: Rule,
    /// Where it is in the configuration.
    pub(crate) line: usize,
}

/// The methods that a route names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Methods {
    /// All but `OPTIONS`.
    Any,
    These(Vec<String>),
}

/// The routes, each pattern with its routes for different methods.
#[derive(Clone, Debug, Default)]
pub(crate) struct Routes {
    by_pattern: HashMap<Pattern, Vec<Route>>,
    /// The patterns as servers see them that do not distinguish case and the like.
    folded: HashMap<Pattern, Pattern>,
}

/// Two routes that cannot both be in the table.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Clash {
    pub(crate) line: usize,
    pub(crate) first_line: usize,
    pub(crate) reason: &'static str,
}

impl Routes {
    pub(crate) fn add(&mut self, route: Route) -> Result<(), Clash> {
        let clash = |first: &Route, reason| Clash {
            line: route.line,
            first_line: first.line,
            reason,
        };
        let folded = route.pattern.folded();
        if let Some(pattern) = self.folded.get(&folded)
            && *pattern != route.pattern
        {
            let first = &self.by_pattern[pattern][0];
            return Err(clash(first, "some servers take the two paths for the same"));
        }
        let same_pattern = self.by_pattern.entry(route.pattern.clone()).or_default();
        if let Some(first) = same_pattern.iter().find(|other| other.overlaps(&route)) {
            return Err(clash(first, "both are for the same path and method"));
        }
        self.folded.insert(folded, route.pattern.clone());
        same_pattern.push(route);
        Ok(())
    }

    /// Finds what a request needs; `None` if no route names it.
    ///
    /// The most specific pattern decides alone: a method that its routes don't name is not looked
    /// for in a wider pattern, which may be public. And a path is not found at all if servers that
    /// ignore case and the like would find another pattern. No route names a method in lower case:
    /// servers that ignore its case would find another route for it.
    pub(crate) fn find(&self, method: &str, path: NormalPath<'_>) -> Option<&Rule> {
        if !is_method(method) {
            return None;
        }
        let found = most_specific(path.as_str(), |pattern| {
            self.by_pattern.get_key_value(pattern).map(|(key, _)| key)
        })?;
        let folded = path.folded();
        let as_folded = most_specific_folded(&folded, |pattern| self.folded.get(pattern));
        if as_folded != Some(found) {
            return None;
        }
        let routes = &self.by_pattern[found];
        let explicit = routes.iter().find(|route| route.names(method));
        let route = explicit.or_else(|| {
            let mut rest = routes.iter();
            rest.find(|route| route.methods == Methods::Any && method != "OPTIONS")
        });
        let preflight = || {
            let mut routes = routes.iter();
            routes
                .find(|route| method == "OPTIONS" && route.rule.preflight == Preflight::LetThrough)
        };
        route.or_else(preflight).map(|route| &route.rule)
    }
}

impl Route {
    fn names(&self, method: &str) -> bool {
        match &self.methods {
            Methods::Any => false,
            Methods::These(methods) => methods.iter().any(|own| own == method),
        }
    }

    /// Whether there is a method for which neither is more specific.
    fn overlaps(&self, other: &Self) -> bool {
        match (&self.methods, &other.methods) {
            (Methods::Any, Methods::Any) => true,
            (Methods::These(methods), Methods::These(_)) => {
                methods.iter().any(|method| other.names(method))
            }
            _ => false,
        }
    }
}

/// Whether this is the name of a method (RFC 9110 §9.1) as servers read it alike. They are
/// case-sensitive, and nobody defined one in lower case.
pub(crate) fn is_method(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-';
    !name.is_empty() && name.bytes().all(is_plain)
}

/// The pattern of the exact path, or else the one with the longest prefix.
fn most_specific<'t>(
    path: &str,
    lookup: impl Fn(&Pattern) -> Option<&'t Pattern>,
) -> Option<&'t Pattern> {
    lookup(&Pattern::Exact(path.into())).or_else(|| {
        let mut ends = path.rmatch_indices('/').map(|(end, _)| &path[..end]);
        ends.find_map(|prefix| lookup(&Pattern::Below(prefix.into())))
    })
}

/// As [`most_specific`], but for a server that ignores a slash at the end, to which `/a` may be
/// below `/a/*`.
fn most_specific_folded<'t>(
    folded: &str,
    lookup: impl Fn(&Pattern) -> Option<&'t Pattern>,
) -> Option<&'t Pattern> {
    lookup(&Pattern::Exact(folded.into()))
        .or_else(|| lookup(&Pattern::Below(folded.into())))
        .or_else(|| most_specific(folded, lookup))
}

impl Pattern {
    fn folded(&self) -> Self {
        match self {
            Self::Exact(path) => Self::Exact(fold(path).into()),
            Self::Below(prefix) => Self::Below(fold(prefix).into()),
        }
    }
}

#[cfg(test)]
mod tests;
