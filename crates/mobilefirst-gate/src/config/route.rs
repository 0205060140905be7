//! An entry `[[route]]`.

use std::time::Duration;

use ::mobilefirst::{Requirement, Scope};
use serde::Deserialize;
use toml::Spanned;

use crate::config::error::ConfigError;
use crate::config::place::{fault, parsed};
use crate::routes::{Methods, Route, is_method};
use crate::rule::{Access, Preflight, Rule, duration};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RouteEntry {
    pub(super) path: Spanned<String>,
    methods: Option<Spanned<Vec<String>>>,
    scope: Option<Spanned<String>>,
    #[serde(default)]
    public: bool,
    max_age: Option<Spanned<String>>,
    #[serde(default)]
    optional: bool,
    #[serde(default)]
    preflight: bool,
}

impl RouteEntry {
    /// Reads the entry in `line` of `text`.
    pub(super) fn route(&self, text: &str, line: usize) -> Result<Route, ConfigError> {
        let access = match (&self.scope, self.public) {
            (Some(scope), false) => {
                let scope: Scope = parsed(text, "scope", scope, str::parse)?;
                let requirement = Requirement::new(scope);
                let requirement = match &self.max_age {
                    Some(age) => requirement.max_age(parsed(text, "max_age", age, max_age)?),
                    None => requirement,
                };
                match self.optional {
                    true => Access::Optional(requirement),
                    false => Access::Guarded(requirement),
                }
            }
            (None, true) if self.optional || self.max_age.is_some() => {
                let message = "a public route looks at no token: remove max_age and optional";
                return Err(ConfigError::in_line(line, message));
            }
            (None, true) => Access::Public,
            (Some(scope), true) => {
                let message = "a route is public or has a scope: remove one of them";
                return Err(fault(text, scope, message));
            }
            (None, false) => {
                let message = "the route has no scope: set scope (\"\" for any active token), or \
                               public = true";
                return Err(ConfigError::in_line(line, message));
            }
        };
        let preflight = match self.preflight {
            true => Preflight::LetThrough,
            false => Preflight::Guarded,
        };
        Ok(Route {
            methods: self.methods(text)?,
            pattern: parsed(text, "path", &self.path, str::parse)?,
            rule: Rule { access, preflight },
            line,
        })
    }

    fn methods(&self, text: &str) -> Result<Methods, ConfigError> {
        let Some(methods) = &self.methods else {
            return Ok(Methods::Any);
        };
        let names = methods.get_ref();
        if names.is_empty() {
            return Err(fault(
                text,
                methods,
                "methods is empty: remove it, or name some",
            ));
        }
        match names.iter().find(|name| !is_method(name)) {
            Some(name) => {
                let message = format!("methods: {name:?} is no method: write it like \"GET\"");
                Err(fault(text, methods, message))
            }
            None => Ok(Methods::These(names.clone())),
        }
    }
}

fn max_age(text: &str) -> Result<Duration, &'static str> {
    duration(text).ok_or("must be a time, such as \"30s\" or \"500ms\"")
}
