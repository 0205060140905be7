//! The same rows under version 7: those that mean something there, and what they say
//! differently. Whatever is not named here is as in version 8.

use mobilefirst_devserver::UserToken;
use serde_json::json;

use super::{INVALID_REQUEST, field_of, granted, nothing, refusal, row, step, token};
use crate::conformance::{Answer, Bearing, Row};

const REALM: &str = r#"Bearer realm="imfAuthentication", "#;

pub(crate) fn all() -> Vec<Row> {
    let mut rows = super::all();
    // There is no token of our own that could be refused.
    rows.retain(|row| !row.id.starts_with('O'));
    // It says nothing of a device's status, and knows no keys.
    rows.retain(|row| !row.id.starts_with('P'));
    // Two words are two tokens, and who the caller is stands in the security context.
    rows.retain(|row| !matches!(row.id, "H10" | "I1"));
    for row in &mut rows {
        row.calls.0 = 0;
        // The server asks about each scope anew, since it checks the scope itself.
        if row.id == "S6" {
            row.calls.1 = 3;
        }
        // What a handler refuses is said here.
        if row.id.starts_with('R') {
            continue;
        }
        for step in &mut row.steps {
            in_the_servers_words(&mut step.answer);
        }
    }
    rows.extend(both_tokens());
    rows
}

/// Whether a token is good and covers the scope, the server says, with its realm.
fn in_the_servers_words(answer: &mut Answer) {
    for header in &mut answer.headers {
        for error in [r#"error="invalid_token""#, r#"error="insufficient_scope""#] {
            *header = header.replace(&format!("Bearer {error}"), &format!("{REALM}{error}"));
        }
    }
}

fn both_tokens() -> Vec<Row> {
    let known = || {
        UserToken::new("a")
            .user("jdoe")
            .device("d-1")
            .application("com.sample.bank")
            .field("unknown", json!({"x": 1}))
    };
    let fact = |part| step("/a", Bearing::Same, granted(Some(part)));
    let unknown = refusal(
        401,
        r#"www-authenticate: Bearer realm="imfAuthentication", error="invalid_token""#,
    );
    vec![
        row(
            "a second word is the ID token",
            "H10",
            nothing,
            vec![
                step("/a", Bearing::Both(known()), granted(None)),
                step("/group/a", Bearing::Same, granted(None)),
                step("/optional", Bearing::Same, granted(None)),
                step("/any", Bearing::Same, granted(None)),
            ],
            (0, 2),
        ),
        row(
            "an unknown pair is refused",
            "H10",
            nothing,
            vec![step("/any", field_of(b"Bearer access id"), unknown)],
            (0, 1),
        ),
        row(
            "a third word is malformed",
            "H10",
            nothing,
            vec![step(
                "/any",
                field_of(b"Bearer access id other"),
                refusal(400, INVALID_REQUEST),
            )],
            (0, 0),
        ),
        row(
            "the handler can read every field",
            "I1",
            nothing,
            vec![
                step(
                    "/a",
                    Bearing::Both(known()),
                    granted(Some(r#""username":"jdoe""#)),
                ),
                fact(r#""unknown":{"x":1}"#),
                fact(r#""id":"d-1""#),
                fact(r#""id":"com.sample.bank""#),
                fact(r#""authBy":"UserLogin""#),
            ],
            (0, 1),
        ),
        row(
            "an access token alone tells what it holds",
            "I1",
            nothing,
            vec![
                step("/a", token(known()), granted(Some(r#""username":"jdoe""#))),
                fact(r#""imf.user":{}"#),
            ],
            (0, 1),
        ),
    ]
}
