//! X4: a challenge built from any input is one valid header line, and means the same
//! to another parser, `http-auth`.

use http::HeaderValue;
use mobilefirst::{BearerChallenge, Scope};
use proptest::prelude::*;

fn parameter(challenge: &http_auth::ChallengeRef<'_>, name: &str) -> Option<String> {
    let mut values = challenge.params.iter().filter(|(own, _)| *own == name);
    let value = values.next().map(|(_, value)| value.to_unescaped());
    assert!(values.next().is_none(), "{name} twice");
    value
}

proptest! {
    #[test]
    fn any_input_makes_one_valid_challenge(
        realm: Option<String>,
        error: Option<String>,
        description: Option<String>,
        scope in proptest::option::of("[!#-+\\--<>-\\[\\]-~]{1,9}( [!#-+\\--<>-\\[\\]-~]{1,9}){0,3}"),
    ) {
        let mut challenge = BearerChallenge::new();
        if let Some(realm) = realm {
            challenge = challenge.with_realm(realm);
        }
        if let Some(error) = error {
            challenge = challenge.with_error(error);
        }
        if let Some(description) = description {
            challenge = challenge.with_error_description(description);
        }
        if let Some(scope) = &scope {
            challenge = challenge.with_scope(&scope.parse::<Scope>().unwrap());
        }
        let value: HeaderValue = challenge.to_header_value();
        let text = value.to_str().unwrap();
        prop_assert_eq!(text, challenge.to_string());

        let challenges = http_auth::parse_challenges(text).unwrap();
        prop_assert_eq!(challenges.len(), 1);
        prop_assert_eq!(challenges[0].scheme, "Bearer");
        let own = |text: Option<&str>| text.map(str::to_owned);
        let read = |name| parameter(&challenges[0], name);
        prop_assert_eq!(read("realm"), own(challenge.realm()));
        prop_assert_eq!(read("error"), own(challenge.error()));
        prop_assert_eq!(read("error_description"), own(challenge.error_description()));
        prop_assert_eq!(read("scope"), scope.clone());

        // What the Web SDK reads: the first piece with `scope=`, between its first two `=`.
        if let Some(scope) = scope {
            let piece = text.split(',').find(|piece| piece.contains("scope=")).unwrap();
            let seen = piece.split('=').nth(1).unwrap().replace('"', "");
            prop_assert_eq!(seen, scope);
        }
    }
}
