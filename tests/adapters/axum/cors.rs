//! The guards within tower-http's CORS layer.

use axum::Router;
use axum::body::Body;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, AUTHORIZATION, ORIGIN, WWW_AUTHENTICATE,
};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::routing::get;
use mobilefirst_devserver::{Authority, Endpoint, Fault, UserToken};
use tower::ServiceExt;
use tower_http::cors::CorsLayer;

use super::{guard, name, request};
use crate::support::asking;

const PAGE: HeaderValue = HeaderValue::from_static("https://app.example.com");

/// As the crate's documentation says: CORS is outermost.
fn app_with_cors(authority: &Authority) -> Router {
    let group = Router::new()
        .route("/a", get(async || "a"))
        .layer(guard(authority));
    let cors = CorsLayer::new()
        .allow_origin(PAGE)
        .allow_methods([Method::GET])
        .allow_headers([AUTHORIZATION])
        .expose_headers([WWW_AUTHENTICATE, HeaderName::from_static("mfp-conflict")]);
    Router::new()
        .route("/a", get(name))
        .nest("/group", group)
        .with_state(asking(authority).build().unwrap())
        .layer(cors)
}

#[tokio::test]
async fn a_preflight_request_needs_no_token() {
    let authority = Authority::new();
    let app = app_with_cors(&authority);
    for path in ["/a", "/group/a"] {
        let mut preflight = request::<Body>(path, None);
        *preflight.method_mut() = Method::OPTIONS;
        for (name, value) in [
            (ORIGIN, PAGE),
            (
                ACCESS_CONTROL_REQUEST_METHOD,
                HeaderValue::from_static("GET"),
            ),
            (
                ACCESS_CONTROL_REQUEST_HEADERS,
                HeaderValue::from_static("authorization"),
            ),
        ] {
            preflight.headers_mut().insert(name, value);
        }
        let response = app.clone().oneshot(preflight).await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        assert_eq!(response.headers()[ACCESS_CONTROL_ALLOW_ORIGIN], PAGE);
    }
    assert_eq!(authority.calls().introspection, 0);
}

#[tokio::test]
async fn a_page_on_another_origin_can_read_refusals() {
    let authority = Authority::new();
    let app = app_with_cors(&authority);
    let token = authority.issue(UserToken::new("a"));
    for path in ["/a", "/group/a"] {
        let conflict = Fault::conflict(HeaderValue::from_static("true"));
        authority.fault(Endpoint::Introspection, conflict);
        for (token, status, header) in [
            (None, 401, "www-authenticate"),
            (Some(&*token), 409, "mfp-conflict"),
        ] {
            let mut request = request::<Body>(path, token);
            request.headers_mut().insert(ORIGIN, PAGE);
            let response = app.clone().oneshot(request).await.unwrap();
            let headers = response.headers();
            assert_eq!(response.status(), status, "{path}");
            assert!(headers.contains_key(header), "{path}: {headers:?}");
            assert_eq!(headers[ACCESS_CONTROL_ALLOW_ORIGIN], PAGE);
            assert_eq!(
                headers[ACCESS_CONTROL_EXPOSE_HEADERS],
                "www-authenticate,mfp-conflict"
            );
        }
    }
}
