//! Finds and reads the challenge for `Bearer` in what another server says.

use crate::error::{Error, ErrorKind};
use crate::header::bearer_challenge::{BearerChallenge, quotable};
use crate::header::challenge::Challenge;
use crate::scope::Scope;

impl BearerChallenge {
    /// Returns the usable challenge for the scheme `Bearer` that says most.
    ///
    /// A challenge with `error` and `scope` says more than one with `scope`, which says more than
    /// one with `error`, which says more than one without either. An empty value counts as none.
    /// Of two that say equally much, the first is returned.
    ///
    /// ```
    /// use mobilefirst::Scope;
    /// use mobilefirst::challenge::{BearerChallenge, Challenge};
    ///
    /// let challenges = Challenge::parse_lossy([
    ///     "Basic realm=My Realm",
    ///     "Bearer",
    ///     r#"Bearer error="insufficient_scope", scope="a  b""#,
    /// ]);
    /// let bearer = BearerChallenge::find(&challenges).unwrap_or_default();
    /// assert_eq!(bearer.scope(), Some(&Scope::from_static("a b")));
    /// ```
    pub fn find<'a>(challenges: impl IntoIterator<Item = &'a Challenge>) -> Option<Self> {
        let usable = challenges
            .into_iter()
            .filter_map(|challenge| Some((challenge, challenge.try_into().ok()?)));
        first_that_says_most(usable, |(challenge, _)| challenge).map(|(_, bearer)| bearer)
    }
}

/// Returns the challenge for `Bearer` that says most, or of several the first.
pub(crate) fn find_for_bearer(challenges: &[Challenge]) -> Option<&Challenge> {
    let is_bearer = |c: &&Challenge| c.scheme().eq_ignore_ascii_case("Bearer");
    let with_parameters = challenges
        .iter()
        .filter(is_bearer)
        .filter(|challenge| challenge.token68().is_none());
    first_that_says_most(with_parameters, |challenge| challenge)
}

/// Goes through the setters, which replace characters that are not allowed, because
/// another server's challenge is untrusted input.
impl TryFrom<&Challenge> for BearerChallenge {
    type Error = Error;

    fn try_from(challenge: &Challenge) -> Result<Self, Error> {
        if !challenge.scheme().eq_ignore_ascii_case("Bearer") {
            return Err(Error::invalid_response(
                "the challenge is not for the scheme `Bearer`",
            ));
        }
        if challenge.token68().is_some() {
            return Err(Error::invalid_response(
                "the challenge for `Bearer` has a token68 instead of parameters",
            ));
        }
        let mut bearer = Self::new();
        for (name, value) in challenge.parameters() {
            let value = value.to_owned();
            bearer = match name {
                "realm" => bearer.with_realm(value),
                "error" => bearer.with_error(value),
                "error_description" => bearer.with_error_description(value),
                "error_uri" => bearer.with_error_uri(value),
                "scope" => bearer.with_scope(&scope(&value)?),
                _ => {
                    let other = (name.to_owned(), quotable(value.into()));
                    bearer.others.push(other);
                    bearer
                }
            };
        }
        Ok(bearer)
    }
}

/// Parses the scope in another server's challenge, whose spaces may be irregular.
fn scope(text: &str) -> Result<Scope, Error> {
    let elements = text.split(' ').filter(|element| !element.is_empty());
    let scope = elements.collect::<Vec<_>>().join(" ");
    // `Scope` reports a configuration error, but this text is not one of our settings.
    scope.parse().map_err(|e| {
        Error::with_source(
            ErrorKind::InvalidResponse,
            "the scope in the challenge is invalid",
            e,
        )
    })
}

fn first_that_says_most<'a, T>(
    items: impl Iterator<Item = T>,
    challenge: impl Fn(&T) -> &'a Challenge,
) -> Option<T> {
    items.reduce(|best, next| {
        let says_more = Says::of(challenge(&next)) > Says::of(challenge(&best));
        if says_more { next } else { best }
    })
}

/// How much a challenge for `Bearer` says, in ascending order. A scope is worth more than an error
/// without one: it tells what to do.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Says {
    Nothing,
    Error,
    Scope,
    ErrorAndScope,
}

impl Says {
    fn of(challenge: &Challenge) -> Self {
        let has = |name| {
            challenge
                .parameter(name)
                .is_some_and(|v| !v.trim().is_empty())
        };
        match (has("error"), has("scope")) {
            (true, true) => Self::ErrorAndScope,
            (false, true) => Self::Scope,
            (true, false) => Self::Error,
            (false, false) => Self::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_challenges_the_one_that_says_most_counts() {
        let said = [
            "Bearer error=e, scope=s",
            "Bearer realm=r, scope=s",
            "Bearer error=e, error_description=d, scope=\"\"",
            "Bearer",
        ];
        let found = |fields: [&str; 2]| {
            let challenges = Challenge::parse_lossy(fields);
            BearerChallenge::find(&challenges).map(|bearer| bearer.to_string())
        };
        for (index, more) in said.iter().enumerate() {
            for less in &said[index..] {
                let expected = found([more, ""]);
                assert!(expected.is_some());
                assert_eq!(found([more, less]), expected);
                assert_eq!(found([less, more]), expected);
            }
        }
        assert_eq!(
            found(["Bearer realm=a", "Bearer realm=b"]),
            found(["Bearer realm=a", ""])
        );
        // What can't be used says nothing, however long it is.
        assert_eq!(
            found(["Bearer error=e, scope=\"a,b\"", "Bearer"]).as_deref(),
            Some("Bearer")
        );
    }
}
