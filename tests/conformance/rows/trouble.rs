//! Conflict, trouble upstream, and the cache.

use http::{HeaderValue, StatusCode};
use mobilefirst_devserver::{Authority, Fault, UserToken};

use super::{granted, nothing, refusal, row, step, token};
use crate::conformance::{Bearing, Row};

pub(crate) fn all() -> Vec<Row> {
    let conflict = |authority: &Authority, endpoint| {
        authority.fault(endpoint, Fault::conflict(HeaderValue::from_static("v")));
    };
    let unavailable = |fact, id, arrange, introspections| {
        let steps = vec![step(
            "/any",
            token(UserToken::new("a")),
            refusal(503, "retry-after: 1"),
        )];
        row(fact, id, arrange, steps, (1, introspections))
    };
    vec![
        row(
            "a conflict is passed on and not kept",
            "C1",
            conflict,
            vec![
                step(
                    "/a",
                    token(UserToken::new("a")),
                    refusal(409, "mfp-conflict: v"),
                ),
                step("/a", Bearing::Same, granted(None)),
            ],
            (1, 2),
        ),
        unavailable(
            "an internal error upstream is unavailability",
            "U1",
            |a, endpoint| {
                a.fault_always(endpoint, Fault::status(StatusCode::INTERNAL_SERVER_ERROR))
            },
            1,
        ),
        unavailable(
            "too many requests upstream is unavailability",
            "U1",
            |a, endpoint| a.fault_always(endpoint, Fault::status(StatusCode::TOO_MANY_REQUESTS)),
            1,
        ),
        unavailable(
            "a reset connection is unavailability",
            "U1",
            |a, endpoint| a.fault_always(endpoint, Fault::Reset),
            2,
        ),
        unavailable(
            "a timeout is unavailability",
            "U1",
            |a, endpoint| a.fault_always(endpoint, Fault::Hang),
            1,
        ),
        row(
            "the same token is introspected once",
            "K1",
            nothing,
            vec![
                step("/a", token(UserToken::new("a")), granted(None)),
                step("/a", Bearing::Same, granted(None)),
                step("/group/a", Bearing::Same, granted(None)),
            ],
            (1, 1),
        ),
    ]
}
