//! Scope.

use mobilefirst_devserver::UserToken;

use super::{granted, nothing, refusal, row, step, token};
use crate::conformance::{Bearing, Row};

pub(crate) fn all() -> Vec<Row> {
    let short = |required: &str| {
        let challenge = r#"www-authenticate: Bearer error="insufficient_scope", scope=""#;
        refusal(403, &format!("{challenge}{required}\""))
    };
    vec![
        row(
            "a longer scope element does not cover a shorter one",
            "S1",
            nothing,
            vec![step(
                "/read",
                token(UserToken::new("readonly")),
                short("read"),
            )],
            (1, 1),
        ),
        row(
            "a scope element in another case does not cover",
            "S1",
            nothing,
            vec![step(
                "/read",
                token(UserToken::new("Read READ")),
                short("read"),
            )],
            (1, 1),
        ),
        row(
            "a scope covers in any order",
            "S2",
            nothing,
            vec![step("/ab", token(UserToken::new("b  c a")), granted(None))],
            (1, 1),
        ),
        row(
            "the challenge names the whole required scope",
            "S3",
            nothing,
            vec![step("/ab", token(UserToken::new("b c")), short("a b"))],
            (1, 1),
        ),
        row(
            "the challenge names a scope given as a value",
            "S3",
            nothing,
            vec![step("/value", token(UserToken::new("b c")), short("a b"))],
            (1, 1),
        ),
        row(
            "any active token covers the empty scope",
            "S4",
            nothing,
            vec![step("/any", token(UserToken::new("")), granted(None))],
            (1, 1),
        ),
        row(
            "a cached answer is judged anew for each route",
            "S6",
            nothing,
            vec![
                step("/a", token(UserToken::new("a")), granted(None)),
                step("/b", Bearing::Same, short("b")),
                step("/ab", Bearing::Same, short("a b")),
                step("/a", Bearing::Same, granted(None)),
            ],
            (1, 1),
        ),
    ]
}
