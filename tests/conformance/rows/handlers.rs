//! Refusals by handlers, with their caller's permit.

use mobilefirst_devserver::UserToken;

use super::{BARE, fields, granted, nothing, plain, refusal, row, step, token};
use crate::conformance::{Bearing, Row};

pub(crate) fn all() -> Vec<Row> {
    let guest = |scope| token(UserToken::new(scope).user("jdoe"));
    let named = || granted(Some(r#""username":"jdoe""#));
    let lacking = || {
        refusal(
            403,
            r#"www-authenticate: Bearer error="insufficient_scope", scope="a b""#,
        )
    };
    vec![
        row(
            "a handler forbids without a challenge",
            "R1",
            nothing,
            vec![
                step("/forbidden", guest("a"), plain(403)),
                step("/forbidden", Bearing::Same, plain(403)),
            ],
            (1, 1),
        ),
        row(
            "a handler that lacks a scope challenges for all that the route needs",
            "R2",
            nothing,
            vec![
                step("/narrow", guest("a c"), lacking()),
                step("/group/narrow", Bearing::Same, lacking()),
            ],
            (1, 1),
        ),
        row(
            "a handler narrows what the guard granted",
            "R4",
            nothing,
            vec![
                step("/narrow", guest("a b"), named()),
                step("/group/narrow", Bearing::Same, named()),
            ],
            (1, 1),
        ),
        row(
            "a handler challenges a stranger",
            "R6",
            nothing,
            vec![
                step("/required", fields(&[]), refusal(401, BARE)),
                step("/required", guest("a"), named()),
            ],
            (1, 1),
        ),
    ]
}
