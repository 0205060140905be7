//! Reading the introspection.

use mobilefirst_devserver::UserToken;
use serde_json::json;

use super::{INVALID_TOKEN, field_of, granted, nothing, refusal, row, step, token};
use crate::conformance::{Bearing, Row};

pub(crate) fn all() -> Vec<Row> {
    let known = UserToken::new("a")
        .user("jdoe")
        .device("d-1")
        .application("com.sample.bank");
    let fact = |part| step("/a", Bearing::Same, granted(Some(part)));
    vec![
        row(
            "the handler can read every field",
            "I1",
            nothing,
            vec![
                step(
                    "/a",
                    token(known.field("unknown", json!({"x": 1}))),
                    granted(Some(r#""username":"jdoe""#)),
                ),
                fact(r#""unknown":{"x":1}"#),
                fact(r#""id":"d-1""#),
                fact(r#""id":"com.sample.bank""#),
                fact(r#""displayName":"#),
            ],
            (1, 1),
        ),
        row(
            "an inactive token is refused without a reason",
            "I2",
            nothing,
            vec![step(
                "/any",
                field_of(b"Bearer unknown"),
                refusal(401, INVALID_TOKEN),
            )],
            (1, 1),
        ),
    ]
}
