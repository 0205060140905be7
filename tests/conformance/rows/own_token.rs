//! Our own token.

use bytes::Bytes;
use http::{Response, StatusCode};
use mobilefirst_devserver::{Authority, Endpoint, Fault, UserToken};

use super::{plain, row, step, token};
use crate::conformance::Row;

pub(crate) fn all() -> Vec<Row> {
    let refused = |fact, id, arrange, calls| {
        let steps = vec![step("/any", token(UserToken::new("a")), plain(500))];
        row(fact, id, arrange, steps, calls)
    };
    let introspection_401 = |authority: &Authority, endpoint| {
        authority.fault_always(endpoint, Fault::status(StatusCode::UNAUTHORIZED));
    };
    let unknown_client = |authority: &Authority, _: Endpoint| {
        authority.unregister("test");
    };
    let invalid_client_401 = |authority: &Authority, _: Endpoint| {
        let mut response = Response::new(Bytes::from_static(br#"{"error":"invalid_client"}"#));
        *response.status_mut() = StatusCode::UNAUTHORIZED;
        authority.fault_always(Endpoint::Token, Fault::Respond(response));
    };
    let invalid_scope = |authority: &Authority, _: Endpoint| {
        authority.register("test", "test", "other.scope");
    };
    vec![
        refused(
            "a lasting 401 from introspection is our misconfiguration",
            "O3",
            introspection_401,
            (2, 2),
        ),
        refused(
            "an unknown client is our misconfiguration",
            "O6",
            unknown_client,
            (1, 0),
        ),
        refused(
            "refused credentials are our misconfiguration",
            "O6",
            invalid_client_401,
            (1, 0),
        ),
        refused(
            "a refused scope is our misconfiguration",
            "O6",
            invalid_scope,
            (1, 0),
        ),
    ]
}
