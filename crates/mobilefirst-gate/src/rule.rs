//! What a request needs to pass.

pub(crate) mod named;

use std::time::Duration;

use mobilefirst::{Requirement, Scope};

/// What a request needs, as the proxy or the table of routes says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) access: Access,
    pub(crate) preflight: Preflight,
}

/// Who is let through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Everyone; `Authorization` is not looked at.
    Public,
    /// Callers without a token, and those whose token meets the requirement.
    Optional(Requirement),
    /// Callers whose token meets the requirement.
    Guarded(Requirement),
}

/// Whether `OPTIONS` needs a token: the preflight request of a browser has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Preflight {
    Guarded,
    LetThrough,
}

impl Rule {
    /// Reads what the proxy names: `scope`, and if need be `max_age`, `optional` and `preflight`.
    /// Without any parameter, the proxy leaves it to the table: `None`.
    ///
    /// The error is advice to the operator. It is fixed text, because a caller may have had a hand
    /// in the parameters.
    pub(crate) fn named<K: AsRef<str>, V: AsRef<str>>(
        parameters: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Option<Self>, &'static str> {
        let (mut scope, mut max_age, mut optional, mut preflight) = (None, None, None, None);
        let mut any = false;
        for (name, value) in parameters {
            let slot = match name.as_ref() {
                "scope" => &mut scope,
                "max_age" => &mut max_age,
                "optional" => &mut optional,
                "preflight" => &mut preflight,
                _ => return Err(UNKNOWN),
            };
            if slot.replace(value).is_some() {
                return Err("the proxy names a parameter twice");
            }
            any = true;
        }
        if !any {
            return Ok(None);
        }
        let scope = scope.ok_or("the proxy names no scope: add `scope`, empty for any token")?;
        let scope: Scope = scope.as_ref().parse().map_err(|_| SCOPE)?;
        let mut requirement = Requirement::new(scope);
        if let Some(text) = max_age {
            requirement = requirement.max_age(duration(text.as_ref()).ok_or(MAX_AGE)?);
        }
        Ok(Some(Self {
            access: match switch(optional)? {
                Switch::On => Access::Optional(requirement),
                Switch::Off => Access::Guarded(requirement),
            },
            preflight: match switch(preflight)? {
                Switch::On => Preflight::LetThrough,
                Switch::Off => Preflight::Guarded,
            },
        }))
    }
}

enum Switch {
    On,
    Off,
}

fn switch(value: Option<impl AsRef<str>>) -> Result<Switch, &'static str> {
    match value.as_ref().map(AsRef::as_ref) {
        None | Some("false") => Ok(Switch::Off),
        Some("true") => Ok(Switch::On),
        Some(_) => Err("the proxy names `optional` or `preflight`, but neither `true` nor `false`"),
    }
}

const UNKNOWN: &str = "the proxy names an unknown parameter: \
                       there are `scope`, `max_age`, `optional` and `preflight`";
const SCOPE: &str = "the proxy names a scope that no token can have: separate its elements by \
                     one space (`+` in a query), without `,`, `=` and quotes";
const MAX_AGE: &str = "the proxy names a `max_age` that is no time: \
                       write seconds or a unit, such as 30 or 500ms";

/// Reads a time: seconds, or a number with a unit, such as `500ms`.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    match text.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => humantime::parse_duration(text).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(parameters: &[(&str, &str)]) -> Result<Option<Rule>, &'static str> {
        Rule::named(parameters.iter().copied())
    }

    fn guarded(scope: &'static str) -> Requirement {
        Requirement::new(Scope::from_static(scope))
    }

    #[test]
    fn the_proxy_names_scope_age_and_preflight() {
        let rule = |access, preflight| Ok(Some(Rule { access, preflight }));
        let fresh = |millis| Access::Guarded(guarded("a b").max_age(Duration::from_millis(millis)));
        use Preflight::{Guarded, LetThrough};
        for (parameters, expected) in [
            (&[][..], Ok(None)),
            (
                &[("scope", "")],
                rule(Access::Guarded(guarded("")), Guarded),
            ),
            (
                &[("max_age", "0"), ("scope", "a b")],
                rule(fresh(0), Guarded),
            ),
            (
                &[("scope", "a b"), ("max_age", "0s")],
                rule(fresh(0), Guarded),
            ),
            (
                &[("scope", "a b"), ("max_age", "30")],
                rule(fresh(30_000), Guarded),
            ),
            (
                &[("scope", "a b"), ("max_age", "500ms")],
                rule(fresh(500), Guarded),
            ),
            (
                &[("scope", "a"), ("preflight", "true")],
                rule(Access::Guarded(guarded("a")), LetThrough),
            ),
            (
                &[("scope", "a"), ("preflight", "false"), ("optional", "true")],
                rule(Access::Optional(guarded("a")), Guarded),
            ),
        ] {
            assert_eq!(named(parameters), expected, "{parameters:?}");
        }
    }

    #[test]
    fn what_the_proxy_names_wrongly_is_never_ignored() {
        for parameters in [
            &[("scopes", "a")][..],
            &[("scope", "a"), ("public", "true")],
            &[("scope", "a"), ("scope", "a")],
            &[("scope", "a,b")],
            &[("scope", "a  b")],
            &[("max_age", "0")],
            &[("scope", "a"), ("max_age", "soon")],
            &[("scope", "a"), ("max_age", "-1")],
            &[("scope", "a"), ("preflight", "yes")],
            &[("scope", "a"), ("optional", "")],
        ] {
            assert!(named(parameters).is_err(), "{parameters:?}");
        }
    }
}
