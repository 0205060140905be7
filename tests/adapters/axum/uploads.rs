//! Uploads within `DrainRefusedLayer`, and how much is read of those that are refused.

mod bounds;

use axum::Router;
use axum::body::Body;
use axum::routing::post;
use bytes::Bytes;
use http::Method;
use http_body_util::BodyExt;
use mobilefirst_axum::{Authorized, DrainRefusedLayer};
use mobilefirst_devserver::{Authority, UserToken};
use tower::ServiceExt;

use super::request;
use crate::adapters::A;
use crate::support::asking;

const MIB: usize = 1024 * 1024;

#[tokio::test]
async fn a_granted_upload_reaches_its_handler_whole_d7() {
    let authority = Authority::new();
    let app = Router::new()
        .route(
            "/",
            post(async |_: Authorized<A>, body: Bytes| body.len().to_string()),
        )
        .layer(DrainRefusedLayer::new())
        .with_state(asking(&authority).build().unwrap());
    let token = authority.issue(UserToken::new("a"));
    let mut request = request::<Body>("/", Some(&token));
    *request.method_mut() = Method::POST;
    *request.body_mut() = vec![b'x'; MIB].into();
    let response = app.oneshot(request).await.unwrap();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, MIB.to_string());
}
