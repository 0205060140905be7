//! Bodies: the token is judged before the body is looked at.

use mobilefirst_devserver::UserToken;

use super::{
    BARE, INVALID_TOKEN, field_of, fields, granted, nothing, plain, refusal, row, step, token,
};
use crate::conformance::{Row, Step};

pub(crate) fn all() -> Vec<Row> {
    let mut rows = Vec::new();
    for path in ["/number", "/group/number"] {
        let mut sending = |fact, body, bearing, answer, calls| {
            let step = Step {
                body: Some(body),
                ..step(path, bearing, answer)
            };
            rows.push(row(fact, "D1", nothing, vec![step], calls));
        };
        sending(
            "a body that cannot be parsed hides no missing token",
            "oops",
            fields(&[]),
            refusal(401, BARE),
            (0, 0),
        );
        sending(
            "a body that cannot be parsed hides no bad token",
            "oops",
            field_of(b"Bearer bad"),
            refusal(401, INVALID_TOKEN),
            (1, 1),
        );
        sending(
            "a body that cannot be parsed is found out once the token is good",
            "oops",
            token(UserToken::new("a")),
            plain(400),
            (1, 1),
        );
        sending(
            "the body of a granted request is parsed",
            "25",
            token(UserToken::new("a")),
            granted(Some("25")),
            (1, 1),
        );
    }
    rows
}
