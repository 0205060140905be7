//! Another scope for each method of a service.

use mobilefirst_axum::RequireScopeLayer;
use mobilefirst_devserver::{Authority, UserToken};
use tonic::Code;
use tonic::service::Routes;
use tower::Layer;

use super::bank::{Bank, Connection, Method};
use crate::adapters::{A, B};
use crate::support::asking;

/// As the crate's documentation says.
fn routes(authority: &Authority) -> Routes {
    let validator = asking(authority).build().unwrap();
    let a = RequireScopeLayer::of::<A>(validator.clone());
    let b = RequireScopeLayer::of::<B>(validator);
    let router = Routes::default()
        .into_axum_router()
        .route_service(Method::Unary.path(), a.layer(Bank))
        .route_service(Method::Bidirectional.path(), b.layer(Bank));
    Routes::from(router)
}

#[tokio::test]
async fn each_grpc_method_may_require_a_scope_of_its_own_g8() {
    let authority = Authority::new();
    let mut connection = Connection::of(routes(&authority)).await;
    for (scope, unary, bidirectional) in [
        ("a", None, Some(Code::PermissionDenied)),
        ("b", Some(Code::PermissionDenied), None),
        ("a b", None, None),
        (
            "c",
            Some(Code::PermissionDenied),
            Some(Code::PermissionDenied),
        ),
    ] {
        let token = authority.issue(UserToken::new(scope).user("jdoe"));
        let authorization = format!("Bearer {token}");
        for (method, expected) in [
            (Method::Unary, unary),
            (Method::Bidirectional, bidirectional),
            // Nobody named them.
            (Method::ServerStreaming, Some(Code::Unimplemented)),
            (Method::ClientStreaming, Some(Code::Unimplemented)),
        ] {
            let answer = connection.call(method, Some(&authorization)).await;
            let code = answer.err().map(|status| status.code());
            assert_eq!(code, expected, "{scope:?} {method:?}");
        }
    }
    // The methods share the cached answers.
    assert_eq!(authority.calls().introspection, 4);
}
