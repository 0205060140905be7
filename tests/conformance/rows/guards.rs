//! Ways to guard: what an adapter offers beyond the extractor, judged as the extractor is.

use mobilefirst_devserver::UserToken;

use super::{BARE, INVALID_TOKEN, field_of, fields, granted, nothing, refusal, row, step, token};
use crate::conformance::Row;

pub(crate) fn all() -> Vec<Row> {
    let stranger = granted(Some("stranger"));
    let guest = || token(UserToken::new("a").user("jdoe"));
    let named = || granted(Some(r#""username":"jdoe""#));
    vec![
        row(
            "a group guard challenges",
            "G1",
            nothing,
            vec![step("/group/a", fields(&[]), refusal(401, BARE))],
            (0, 0),
        ),
        row(
            "a group guard passes the caller on",
            "G1",
            nothing,
            vec![step("/group/a", guest(), named())],
            (1, 1),
        ),
        row(
            "a scope given as a value challenges",
            "G2",
            nothing,
            vec![step("/value", fields(&[]), refusal(401, BARE))],
            (0, 0),
        ),
        row(
            "an optional guard lets a request without a token in",
            "G3",
            nothing,
            vec![step("/optional", fields(&[]), stranger)],
            (0, 0),
        ),
        row(
            "an optional guard passes the caller on",
            "G3",
            nothing,
            vec![step("/optional", guest(), named())],
            (1, 1),
        ),
        row(
            "an optional guard refuses a bad token",
            "G3",
            nothing,
            vec![step(
                "/optional",
                field_of(b"Bearer bad"),
                refusal(401, INVALID_TOKEN),
            )],
            (1, 1),
        ),
        row(
            "a public route ignores the token",
            "G4",
            nothing,
            vec![step(
                "/public",
                field_of(b"Bearer bad"),
                granted(Some("public")),
            )],
            (0, 0),
        ),
    ]
}
