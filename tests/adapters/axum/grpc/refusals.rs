//! The guard's refusals of gRPC calls.

use std::convert::Infallible;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt, Empty};
use mobilefirst::{Denial, ErrorBody, Reason, TokenValidator};
use mobilefirst_axum::RequireScopeLayer;
use mobilefirst_devserver::{Authority, Endpoint, Fault, UserToken};
use tonic::Code;
use tower::{Layer, ServiceExt, service_fn};

use super::bank::{Connection, METHODS};
use crate::adapters::A;
use crate::adapters::axum::guard;
use crate::support::asking;

fn guard_with_error_body(authority: &Authority) -> RequireScopeLayer {
    let validator = asking(authority)
        .error_body(|refusal| ErrorBody::json(&refusal.denial().to_string()))
        .build()
        .unwrap();
    RequireScopeLayer::of::<A>(validator)
}

/// What a caller meets, and what it gets.
struct Row {
    fault: Option<Fault>,
    /// The `authorization` of a caller for whom the authority issued a token.
    authorization: fn(&Authority) -> Option<String>,
    code: Code,
    message: &'static str,
    metadata: Option<(&'static str, &'static str)>,
}

fn good(authority: &Authority) -> Option<String> {
    let token = authority.issue(UserToken::new("a"));
    Some(format!("Bearer {token}"))
}

fn narrow(authority: &Authority) -> Option<String> {
    let token = authority.issue(UserToken::new("b"));
    Some(format!("Bearer {token}"))
}

fn rows() -> [Row; 7] {
    let mut unavailable = Response::new(Bytes::new());
    *unavailable.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    let pause = HeaderValue::from_static("7");
    unavailable.headers_mut().insert(RETRY_AFTER, pause);
    let nonsense = Response::new(Bytes::from_static(b"nonsense"));
    let challenge = |challenge| Some(("www-authenticate", challenge));
    [
        Row {
            fault: None,
            authorization: |_| None,
            code: Code::Unauthenticated,
            message: "the request has no bearer token",
            metadata: challenge("Bearer"),
        },
        Row {
            fault: None,
            authorization: |_| Some("Bearer unknown".to_owned()),
            code: Code::Unauthenticated,
            message: "the token is not valid",
            metadata: challenge(r#"Bearer error="invalid_token""#),
        },
        Row {
            fault: None,
            authorization: |_| Some("Bearer a b".to_owned()),
            code: Code::InvalidArgument,
            message: "the `authorization` metadata is malformed",
            metadata: challenge(r#"Bearer error="invalid_request""#),
        },
        Row {
            fault: None,
            authorization: narrow,
            code: Code::PermissionDenied,
            message: "the token does not cover the required scope",
            metadata: challenge(r#"Bearer error="insufficient_scope", scope="a""#),
        },
        Row {
            fault: Some(Fault::conflict(HeaderValue::from_static("again"))),
            authorization: good,
            code: Code::Aborted,
            message: "the client's state changed during the check",
            metadata: Some(("mfp-conflict", "again")),
        },
        Row {
            fault: Some(Fault::Respond(unavailable)),
            authorization: good,
            code: Code::Unavailable,
            message: "the token cannot be checked at the moment",
            metadata: Some(("retry-after", "7")),
        },
        Row {
            fault: Some(Fault::Respond(nonsense)),
            authorization: good,
            code: Code::Internal,
            message: "the token cannot be checked",
            metadata: None,
        },
    ]
}

#[tokio::test]
async fn a_grpc_client_sees_a_refusal_as_a_status_g5() {
    for guard in [guard, guard_with_error_body] {
        let authority = Authority::new();
        let mut connection = Connection::guarded(guard(&authority)).await;
        for method in METHODS {
            for row in rows() {
                let authorization = (row.authorization)(&authority);
                if let Some(fault) = row.fault {
                    authority.fault(Endpoint::Introspection, fault);
                }
                let refused = connection.call(method, authorization.as_deref()).await;
                let status = refused.unwrap_err();
                let seen = (status.code(), status.message());
                assert_eq!(seen, (row.code, row.message), "{method:?}");
                let metadata = status.metadata();
                for name in ["www-authenticate", "mfp-conflict", "retry-after"] {
                    let seen = metadata.get(name).map(|value| value.to_str().unwrap());
                    let expected = row.metadata.filter(|(expected, _)| *expected == name);
                    assert_eq!(seen, expected.map(|(_, value)| value), "{method:?} {name}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_granted_grpc_call_of_any_kind_is_answered_g6() {
    let authority = Authority::new();
    let mut connection = Connection::guarded(guard_with_error_body(&authority)).await;
    let token = authority.issue(UserToken::new("a").user("jdoe"));
    let authorization = format!("Bearer {token}");
    for (method, answers) in METHODS.into_iter().zip([1, 2, 1, 2]) {
        let granted = connection.call(method, Some(&authorization)).await;
        assert_eq!(granted.unwrap(), vec!["jdoe"; answers], "{method:?}");
    }
}

/// The response to a request without a token.
async fn refusal(
    validator: TokenValidator,
    method: &str,
    content_type: &str,
) -> Response<impl Body> {
    async fn never(_: Request<Empty<Bytes>>) -> Result<Response<Empty<Bytes>>, Infallible> {
        unreachable!("a request without a token was let in");
    }
    let guarded = RequireScopeLayer::of::<A>(validator).layer(service_fn(never));
    let request = Request::builder()
        .method(method)
        .header(CONTENT_TYPE, content_type)
        .body(Empty::new())
        .unwrap();
    guarded.oneshot(request).await.unwrap()
}

#[tokio::test]
async fn a_refused_grpc_call_is_answered_with_trailers_only_g5() {
    let validator = asking(&Authority::new())
        .error_body(|_| ErrorBody::text("no"))
        .build()
        .unwrap();
    for (content_type, answer) in [
        ("application/grpc", "application/grpc"),
        ("application/grpc+proto", "application/grpc"),
        ("application/grpc+json", "application/grpc"),
        ("application/grpc-web+proto", "application/grpc-web"),
        ("application/grpc-web-text", "application/grpc-web-text"),
    ] {
        let response = refusal(validator.clone(), "POST", content_type).await;
        assert_eq!(response.status(), 200, "{content_type}");
        assert!(response.body().is_end_stream(), "{content_type}");
        let denial = response.extensions().get::<Denial>().unwrap();
        assert_eq!(denial.reason(), Reason::MissingToken);
        let mut fields: Vec<_> = response.headers().iter().collect();
        fields.sort_by_key(|(name, _)| name.as_str());
        let field = |name, value| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        };
        let expected = [
            field("content-type", answer),
            field("grpc-message", "the request has no bearer token"),
            field("grpc-status", "16"),
            field("www-authenticate", "Bearer"),
        ];
        let expected: Vec<_> = expected.iter().map(|(name, value)| (name, value)).collect();
        assert_eq!(fields, expected, "{content_type}");
    }
}

#[tokio::test]
async fn a_request_that_is_no_grpc_call_never_gets_200_g7() {
    let validator = asking(&Authority::new())
        .error_body(|_| ErrorBody::text("no"))
        .build()
        .unwrap();
    for (method, content_type) in [
        ("POST", "application/json"),
        ("POST", "application/grpcs"),
        ("GET", "application/grpc"),
        ("PUT", "application/grpc"),
    ] {
        let response = refusal(validator.clone(), method, content_type).await;
        assert_eq!(response.status(), 401, "{method} {content_type}");
        assert!(!response.headers().contains_key("grpc-status"));
        let Ok(body) = response.into_body().collect().await else {
            panic!("no body");
        };
        assert_eq!(body.to_bytes(), "no");
    }
}
