//! The rules that a proxy names in queries.

use std::borrow::Cow;
use std::sync::OnceLock;

use crate::rule::Rule;

/// How many rules are kept. A proxy names one for each of its guarded routes.
const KEPT: usize = 32;

/// The longest query, in bytes, whose rule is kept.
const LONGEST: usize = 512;

/// Reads queries, and keeps the rules of the first ones: a proxy asks the same few again and
/// again. It takes no lock, and never forgets, so its size is bounded.
#[derive(Debug, Default)]
pub(crate) struct NamedRules([OnceLock<(Box<str>, Rule)>; KEPT]);

impl NamedRules {
    /// Returns what `query` names; see [`Rule::named`].
    pub(crate) fn read(&self, query: &str) -> Result<Option<Cow<'_, Rule>>, &'static str> {
        let mut free = None;
        for slot in &self.0 {
            match slot.get() {
                Some((known, rule)) if **known == *query => return Ok(Some(Cow::Borrowed(rule))),
                Some(_) => {}
                None => {
                    free = Some(slot);
                    break;
                }
            }
        }
        let rule = Rule::named(form_urlencoded::parse(query.as_bytes()))?;
        if let (Some(slot), Some(rule), true) = (free, &rule, query.len() <= LONGEST) {
            // Another request may have been quicker.
            let _ = slot.set((query.into(), rule.clone()));
        }
        Ok(rule.map(Cow::Owned))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_rule_is_the_one_that_the_query_names() {
        let rules = NamedRules::default();
        let queries = || (0..2 * KEPT).map(|n| format!("scope=s{n}&max_age={n}"));
        for query in queries().chain(queries()) {
            let expected = Rule::named(form_urlencoded::parse(query.as_bytes()));
            let read = rules.read(&query).map(|rule| rule.map(Cow::into_owned));
            assert_eq!(read, expected, "{query}");
        }
        let is_kept = |query| matches!(rules.read(query), Ok(Some(Cow::Borrowed(_))));
        assert!(is_kept("scope=s0&max_age=0"));
        assert!(!is_kept("scope=s40&max_age=40"));
    }

    #[test]
    fn no_rule_and_a_mistake_are_not_kept() {
        let rules = NamedRules::default();
        for _ in 0..2 {
            assert_eq!(rules.read(""), Ok(None));
            assert!(rules.read("scopes=a").is_err());
        }
        assert!(rules.0[0].get().is_none());
    }
}
