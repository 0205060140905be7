//! X4: a challenge built from any input is one valid header line, and means the same
//! to our own parser and to another, `http-auth`. What others send is read as `http-auth`
//! reads it, but for the differences that are listed here.

use std::time::{Duration, Instant};

use http::HeaderValue;
use mobilefirst::Scope;
use mobilefirst::challenge::{BearerChallenge, Challenge};
use proptest::prelude::*;

fn parameter(challenge: &http_auth::ChallengeRef<'_>, name: &str) -> Option<String> {
    let mut values = challenge.params.iter().filter(|(own, _)| *own == name);
    let value = values.next().map(|(_, value)| value.to_unescaped());
    assert!(values.next().is_none(), "{name} twice");
    value
}

proptest! {
    #[test]
    fn any_input_makes_one_valid_challenge_x4(
        realm: Option<String>,
        error: Option<String>,
        description: Option<String>,
        uri: Option<String>,
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
        if let Some(uri) = uri {
            challenge = challenge.with_error_uri(uri);
        }
        if let Some(scope) = &scope {
            challenge = challenge.with_scope(&scope.parse::<Scope>().unwrap());
        }
        let value: HeaderValue = challenge.to_header_value();
        let text = value.to_str().unwrap();
        prop_assert_eq!(text, challenge.to_string());

        let parsed = Challenge::parse_all([value.as_bytes()]).unwrap();
        prop_assert_eq!(parsed.len(), 1);
        prop_assert_eq!(BearerChallenge::find(&parsed), Some(challenge.clone()));

        let challenges = http_auth::parse_challenges(text).unwrap();
        prop_assert_eq!(challenges.len(), 1);
        prop_assert_eq!(challenges[0].scheme, "Bearer");
        let own = |text: Option<&str>| text.map(str::to_owned);
        let read = |name| parameter(&challenges[0], name);
        prop_assert_eq!(read("realm"), own(challenge.realm()));
        prop_assert_eq!(read("error"), own(challenge.error()));
        prop_assert_eq!(read("error_description"), own(challenge.error_description()));
        prop_assert_eq!(read("error_uri"), own(challenge.error_uri()));
        prop_assert_eq!(read("scope"), scope.clone());

        // What the Web SDK reads: the first piece with `scope=`, between its first two `=`.
        if let Some(scope) = scope {
            let piece = text.split(',').find(|piece| piece.contains("scope=")).unwrap();
            let seen = piece.split('=').nth(1).unwrap().replace('"', "");
            prop_assert_eq!(seen, scope);
        }
    }

    /// Pieces of challenges in any order: most are wrong, some are not.
    #[test]
    fn another_parser_reads_the_same(
        pieces in prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..12),
    ) {
        compare(&pieces.concat());
    }

    #[test]
    fn any_bytes_are_read_or_refused_and_what_is_read_is_printed_the_same(
        values in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..3),
        pieces in prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..12),
    ) {
        for challenges in [Challenge::parse_all(&values), Challenge::parse_all([pieces.concat()])] {
            let Ok(challenges) = challenges else { continue };
            let printed = challenges.iter().map(ToString::to_string);
            let printed = printed.collect::<Vec<_>>().join(", ");
            prop_assert_eq!(Challenge::parse_all([printed]), Ok(challenges));
        }
    }

    #[test]
    fn what_can_be_read_whole_is_read_the_same_with_and_without_losses_w1(
        values in prop::collection::vec(
            prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..8).prop_map(|p| p.concat()),
            0..3,
        ),
        bytes in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let lossy = Challenge::parse_lossy(&values);
        if let Ok(all) = Challenge::parse_all(&values) {
            prop_assert_eq!(&all, &lossy);
        }
        // Whatever stands in a field before or after, nothing of the others is lost.
        let good = r#"Bearer scope="good""#;
        let good = &Challenge::parse_all([good]).unwrap()[0];
        let text = good.to_string();
        for field in values.iter().map(String::as_bytes).chain([&*bytes]) {
            let after = Challenge::parse_lossy([field, text.as_bytes()]);
            prop_assert_eq!(after.last(), Some(good));
            let before = Challenge::parse_lossy([text.as_bytes(), field]);
            let first = before.first().unwrap();
            prop_assert_eq!(first.scheme(), "Bearer");
            prop_assert_eq!(first.parameter("scope"), Some("good"));
        }
    }

    /// RFC 9110 §5.3.
    #[test]
    fn several_fields_are_one_list(
        first in prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..8),
        second in prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..8),
    ) {
        let (first, second) = (first.concat(), second.concat());
        if let Ok(challenges) = Challenge::parse_all([&first, &second]) {
            let (first, second) = (first.trim(), second.trim());
            let joined = Challenge::parse_all([format!("{first}, {second}")]);
            prop_assert_eq!(joined, Ok(challenges));
        }
    }
}

const PIECES: [&str; 24] = [
    "Bearer",
    "Basic",
    "Negotiate",
    " ",
    " ",
    " ",
    "\t",
    ",",
    ",",
    ", ",
    "=",
    "realm=x",
    "realm=\"x\"",
    "error=\"a b\"",
    "scope = \"a, b=c\"",
    "ERROR=y",
    "a1=\"\\\"\\\\\"",
    "abc",
    "a+/=",
    "==",
    "\"",
    "\\",
    "\u{e4}",
    "x=\"\u{e4}\"",
];

/// Scheme, and parameters with names in lower case.
type Plain = (String, Vec<(String, String)>);

fn ours(challenges: &[Challenge]) -> Vec<Plain> {
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let plain = |c: &Challenge| (c.scheme().to_owned(), c.parameters().map(owned).collect());
    challenges.iter().map(plain).collect()
}

fn theirs(challenges: &[http_auth::ChallengeRef<'_>]) -> Vec<Plain> {
    let plain = |c: &http_auth::ChallengeRef<'_>| {
        let parameters = c.params.iter();
        let owned = parameters.map(|(name, v)| (name.to_ascii_lowercase(), v.to_unescaped()));
        (c.scheme.to_owned(), owned.collect())
    };
    challenges.iter().map(plain).collect()
}

/// Whether a text, as we read it, has what the difference is about.
type IsIt = fn(&str, &[Challenge]) -> bool;

/// Why `http-auth` refuses a text that we take, each with the rule that lets us take it.
const WE_ALONE_TAKE: [(&str, IsIt); 6] = [
    ("a token68: RFC 9110 §11.2", |_, challenges| {
        challenges.iter().any(|c| c.token68().is_some())
    }),
    ("a list without elements: §5.6.1.2", |_, challenges| {
        challenges.is_empty()
    }),
    (
        "white space around the value is no part of it: §5.5",
        |text, _| text.trim_matches([' ', '\t']) != text,
    ),
    ("more than one space after a scheme: §11.3", |text, _| {
        text.contains("  ") || text.contains(" \t")
    }),
    (
        "an empty element first in a challenge: §11.3, §5.6.1.2",
        |text, _| text.contains(" ,"),
    ),
    ("text that is not ASCII, in quotes: §5.6.4", |text, _| {
        !text.is_ascii()
    }),
];

/// The same verdict and the same value as `http-auth`, or a difference that is known.
fn compare(text: &str) {
    let own = Challenge::parse_all([text]);
    match (own, http_auth::parse_challenges(text)) {
        (Ok(own), Ok(other)) => assert_eq!(ours(&own), theirs(&other), "{text:?}"),
        (Ok(own), Err(_)) => {
            let known = WE_ALONE_TAKE.iter().any(|(_, is_it)| is_it(text, &own));
            assert!(known, "we alone take {text:?}");
        }
        // `http-auth` leaves it to its user to choose between two values.
        (Err(error), Ok(_)) => assert_eq!(
            error.expected(),
            "a parameter that this challenge does not have yet",
            "{text:?}"
        ),
        (Err(_), Err(_)) => {}
    }
}

#[test]
fn each_known_difference_is_one() {
    for (text, difference) in [
        ("Basic abc", 0),
        ("Negotiate abc==", 0),
        ("", 1),
        (",,", 1),
        (" Bearer realm=x", 2),
        ("Bearer realm=x\t", 2),
        ("Bearer  realm=x", 3),
        ("Bearer ,realm=x", 4),
        ("Bearer realm=\"\u{e4}\"", 5),
    ] {
        let own = Challenge::parse_all([text]).unwrap();
        assert!(http_auth::parse_challenges(text).is_err(), "{text:?}");
        let (name, is_it) = WE_ALONE_TAKE[difference];
        assert!(is_it(text, &own), "{text:?} is no {name}");
    }
    for text in [
        "Bearer realm=x",
        "Bearer realm=\"x\", error=y, Basic realm=z",
        "Bearer, realm=x",
        "Bearer realm=x realm=y",
        "Bearer realm=x, realm=y",
        "Bearer realm=\"x",
        "a=b",
    ] {
        compare(text);
    }
    assert!(Challenge::parse_all(["Bearer realm=x, REALM=y"]).is_err());
}

#[test]
fn a_hostile_field_ends_in_an_error_and_soon() {
    for text in hostile_fields() {
        let begun = Instant::now();
        let error = Challenge::parse_all([&text]).unwrap_err();
        // Generous, for a machine that is busy: what is not linear takes minutes.
        assert!(begun.elapsed() < Duration::from_secs(1), "{error}");
        assert!(error.offset() <= text.len() && error.field() == 0);

        let begun = Instant::now();
        let read = Challenge::parse_lossy([&*text, "Bearer scope=good"]);
        assert!(begun.elapsed() < Duration::from_secs(1), "{}", text.len());
        assert!(read.len() <= 64);
        let good = read.last().unwrap().parameter("scope") == Some("good");
        assert!(good || read.len() == 64, "{}", &text[..20]);
    }
}

fn hostile_fields() -> Vec<String> {
    let parameters: Vec<_> = (0..10_000).map(|i| format!("p{i}=1")).collect();
    vec![
        ",".repeat(1024 * 1024),
        "a ".repeat(30_000),
        "\"".repeat(60_000),
        "Bearer \"".repeat(8_000),
        format!("Bearer realm=\"{}", "x".repeat(60_000)),
        format!("Bearer realm=\"{}", "\\\"".repeat(30_000)),
        format!("Bearer {}", "a=".repeat(30_000)),
        format!("Bearer {}", "=".repeat(60_000)),
        format!("Bearer {}", parameters.join(",")),
        "Bearer,".repeat(9_000),
        "Bearer realm=\"a\r\nSet-Cookie: b\"".to_owned(),
        "Bearer realm=\"a\0\"".to_owned(),
        "Bearer\u{b}realm=a".to_owned(),
    ]
}

#[test]
fn a_challenge_from_another_server_is_written_anew() {
    let field =
        r#"bearer Scope="b  a", x="scope=c", realm="r\"\\", ERROR=e, error_uri="u", y="ä	""#;
    let challenges = Challenge::parse_all([field]).unwrap();
    let bearer = BearerChallenge::try_from(&challenges[0]).unwrap();
    assert_eq!(
        bearer.to_string(),
        r#"Bearer realm="r\"\\", error="e", scope="b a", error_uri="u", x="scope=c", y="??""#
    );
    for unusable in ["Basic realm=a", "Bearer abc", "Bearer scope=\"a,b\""] {
        let challenges = Challenge::parse_all([unusable]).unwrap();
        assert!(
            BearerChallenge::try_from(&challenges[0]).is_err(),
            "{unusable}"
        );
        assert_eq!(BearerChallenge::find(&challenges), None, "{unusable}");
    }
}
