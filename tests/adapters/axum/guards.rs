//! Extractors, and guards of groups of routes.

use axum::body::Body;
use axum::extract::Extension;
use axum::http::header::WWW_AUTHENTICATE;
use axum::http::{Response, StatusCode};
use axum::routing::get;
use axum::{Router, middleware};
use http_body_util::BodyExt;
use mobilefirst::{Denial, ErrorBody, Permit, Reason};
use mobilefirst_axum::{Authorized, Denied, RequireScopeLayer};
use mobilefirst_devserver::{Authority, UserToken};
use tower::ServiceExt;

use super::{guard, name, request};
use crate::adapters::A;
use crate::support::asking;

async fn call(app: &Router, path: &str, token: Option<&str>) -> Response<Body> {
    app.clone()
        .oneshot(request::<Body>(path, token))
        .await
        .unwrap()
}

async fn text(response: Response<Body>) -> String {
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.into()).unwrap()
}

#[tokio::test]
async fn an_option_is_none_for_a_stranger_and_for_nobody_else() {
    async fn hello(caller: Option<Authorized<A>>) -> String {
        match caller {
            Some(caller) => caller.token().username().unwrap().to_owned(),
            None => "stranger".to_owned(),
        }
    }
    let authority = Authority::new();
    let app = Router::new()
        .route("/", get(hello))
        .with_state(asking(&authority).build().unwrap());
    let good = authority.issue(UserToken::new("a").user("jdoe"));
    let narrow = authority.issue(UserToken::new("b"));

    assert_eq!(text(call(&app, "/", None).await).await, "stranger");
    assert_eq!(text(call(&app, "/", Some(&good)).await).await, "jdoe");
    for (token, status) in [("unknown", 401), (&*narrow, 403), ("a b", 400)] {
        let response = call(&app, "/", Some(token)).await;
        assert_eq!(response.status(), status, "{token}");
    }
    assert_eq!(authority.calls().introspection, 3);
}

#[tokio::test]
async fn a_handler_may_answer_a_refusal_itself() {
    async fn hello(caller: Result<Authorized<A>, Denied>) -> Result<&'static str, StatusCode> {
        match caller {
            Ok(_) => Ok("hello"),
            Err(Denied(denial)) if denial.reason() == Reason::MissingToken => Ok("who is there?"),
            Err(_) => Err(StatusCode::IM_A_TEAPOT),
        }
    }
    let app = Router::new()
        .route("/", get(hello))
        .with_state(asking(&Authority::new()).build().unwrap());

    assert_eq!(text(call(&app, "/", None).await).await, "who is there?");
    assert_eq!(call(&app, "/", Some("unknown")).await.status(), 418);
}

#[tokio::test]
async fn outer_middleware_finds_the_denial_in_the_response() {
    async fn rewrite(mut response: Response<Body>) -> Response<Body> {
        let denial = response.extensions().get::<Denial>().cloned();
        if let Some(denial) = denial {
            *response.body_mut() = Body::from(format!("{:?}", denial.reason()));
        }
        response
    }
    let authority = Authority::new();
    let validator = asking(&authority)
        .error_body(|_| ErrorBody::text("ours"))
        .build()
        .unwrap();
    let group = Router::new()
        .route("/a", get(async || "a"))
        .layer(RequireScopeLayer::of::<A>(validator.clone()));
    let app = Router::new()
        .route("/a", get(name))
        .nest("/group", group)
        .layer(middleware::map_response(rewrite))
        .with_state(validator);

    for path in ["/a", "/group/a"] {
        let response = call(&app, path, Some("unknown")).await;
        assert_eq!(response.status(), 401, "{path}");
        assert_eq!(
            response.headers()[WWW_AUTHENTICATE],
            r#"Bearer error="invalid_token""#
        );
        assert_eq!(text(response).await, "InvalidToken", "{path}");
    }
}

#[tokio::test]
async fn a_layer_guards_what_was_there_before_it() {
    let authority = Authority::new();
    let ok = || get(async || "ok");
    let layered = Router::new()
        .route("/before", ok())
        .fallback(async || "lost")
        .layer(guard(&authority))
        .route("/after", ok());
    let routes = Router::new()
        .route("/before", ok())
        .fallback(async || "lost")
        .route_layer(guard(&authority));
    let merged = Router::new()
        .route("/merged", ok())
        .layer(guard(&authority));
    let app = Router::new()
        .route("/public", ok())
        .nest("/layered", layered)
        .nest("/routes", routes)
        .merge(merged)
        .fallback(async || "outer");
    let token = authority.issue(UserToken::new("a"));

    for (path, stranger, caller) in [
        ("/public", 200, 200),
        ("/layered/before", 401, 200),
        ("/layered/unknown", 401, 200),
        ("/layered/after", 200, 200),
        ("/routes/before", 401, 200),
        ("/routes/unknown", 200, 200),
        ("/merged", 401, 200),
        ("/unknown", 200, 200),
    ] {
        assert_eq!(call(&app, path, None).await.status(), stranger, "{path}");
        let response = call(&app, path, Some(&token)).await;
        assert_eq!(response.status(), caller, "{path}");
    }
    // Three guards, each with a validator of its own.
    assert_eq!(authority.calls().introspection, 3);
}

#[tokio::test]
async fn a_guard_and_an_extractor_share_one_introspection() {
    async fn both(Extension(permit): Extension<Permit>, caller: Authorized<A>) -> String {
        assert_eq!(permit.token().username(), caller.token().username());
        permit.token().username().unwrap().to_owned()
    }
    let authority = Authority::new();
    let validator = asking(&authority).build().unwrap();
    let app = Router::new()
        .route("/", get(both))
        .layer(RequireScopeLayer::of::<A>(validator.clone()))
        .with_state(validator);
    let token = authority.issue(UserToken::new("a").user("jdoe"));

    assert_eq!(text(call(&app, "/", Some(&token)).await).await, "jdoe");
    assert_eq!(authority.calls().introspection, 1);
}
