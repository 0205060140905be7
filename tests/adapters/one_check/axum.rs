//! In axum.

use std::future::ready;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, Response};
use axum::middleware::map_request;
use axum::routing::get;
use axum::{Extension, Router};
use mobilefirst::{Decision, ManualClock, Observer};
use mobilefirst_axum::{Authorized, Caller, RequireScopeLayer};

use mobilefirst::{RequiredScope, TokenValidator};
use mobilefirst_devserver::{Authority, UserToken};
use std::time::Duration;
use tower::ServiceExt;
use tracing::Level;

use super::{Minute, Uncached, one_check_is_made};
use crate::adapters::{A, B};
use crate::support::asking;
use crate::support::log::Log;

fn route<G: RequiredScope, S: RequiredScope>(validator: &TokenValidator) -> Router {
    let handler = async |caller: Authorized<S>| caller.scope().to_owned();
    Router::new()
        .route("/", get(handler))
        .route_layer(RequireScopeLayer::of::<G>(validator.clone()))
        .with_state(validator.clone())
}

async fn send(app: Router, path: &str, bearer: &str) -> Response<Body> {
    let request = Request::get(path).header("authorization", bearer);
    app.oneshot(request.body(Body::empty()).unwrap())
        .await
        .unwrap()
}

async fn call(validator: TokenValidator, path: &str, bearer: &str) -> (u16, Option<String>) {
    let app = Router::new()
        .nest("/a/a", route::<A, A>(&validator))
        .nest("/a/b", route::<A, B>(&validator))
        .nest("/a/uncached", route::<A, Uncached>(&validator))
        .nest("/minute/uncached", route::<Minute, Uncached>(&validator))
        .nest("/uncached/a", route::<Uncached, A>(&validator))
        .nest("/uncached/minute", route::<Uncached, Minute>(&validator))
        .nest(
            "/uncached/uncached",
            route::<Uncached, Uncached>(&validator),
        );
    let response = send(app, path, bearer).await;
    let challenge = response.headers().get("www-authenticate");
    let challenge = challenge.map(|field| field.to_str().unwrap().to_owned());
    (response.status().as_u16(), challenge)
}

#[tokio::test]
async fn a_guard_and_an_axum_extractor_make_one_check_g10() {
    one_check_is_made("axum", call).await;
}

#[tokio::test]
async fn a_guard_in_a_guard_makes_no_check_of_its_own_g10() {
    let authority = Authority::new();
    let validator = asking(&authority).build().unwrap();
    let app = Router::new()
        .route("/", get(async |caller: Caller| caller.scope().to_owned()))
        .layer(RequireScopeLayer::of::<Uncached>(validator.clone()))
        .layer(RequireScopeLayer::of::<Uncached>(validator));
    let bearer = format!("Bearer {}", authority.issue(UserToken::new("a")));
    assert_eq!(send(app, "/", &bearer).await.status(), 200);
    assert_eq!(authority.calls().introspection, 1);
}

#[tokio::test]
async fn a_guard_of_another_realm_proves_nothing_g12() {
    let [one, other] = [Authority::new(), Authority::new()];
    let [outer, inner] = [&one, &other].map(|realm| asking(realm).build().unwrap());
    let app = Router::new()
        .route("/", get(async |_: Authorized<A>| "in"))
        .route_layer(RequireScopeLayer::of::<A>(outer))
        .with_state(inner);
    let bearer = format!("Bearer {}", one.issue(UserToken::new("a")));
    assert_eq!(send(app, "/", &bearer).await.status(), 401);
    assert_eq!(one.calls().introspection, 1);
    assert_eq!(other.calls().introspection, 1);
}

#[tokio::test]
async fn what_middleware_does_to_the_credentials_counts_g12() {
    async fn replaced(mut request: Request) -> Request {
        let other = HeaderValue::from_static("Bearer another");
        request.headers_mut().insert("authorization", other);
        request
    }
    async fn removed(mut request: Request) -> Request {
        request.headers_mut().remove("authorization");
        request
    }
    let authority = Authority::new();
    let validator = asking(&authority).build().unwrap();
    let bearer = format!("Bearer {}", authority.issue(UserToken::new("a")));
    let routes = || Router::new().route("/", get(async |_: Authorized<A>| "in"));
    for routes in [
        routes().layer(map_request(replaced)),
        routes().layer(map_request(removed)),
    ] {
        let guard = RequireScopeLayer::of::<A>(validator.clone());
        let app = routes.layer(guard).with_state(validator.clone());
        assert_eq!(send(app, "/", &bearer).await.status(), 401);
    }
}

#[tokio::test]
async fn a_token_that_ends_between_guard_and_handler_is_refused_g12() {
    let clock = ManualClock::default();
    let authority = Authority::new().with_clock(clock.clone());
    let validator = asking(&authority).clock(clock.clone()).build().unwrap();
    let token = UserToken::new("a").lifetime(Duration::from_secs(5));
    let bearer = format!("Bearer {}", authority.issue(token));
    let wait = map_request(move |request: Request| {
        clock.advance(Duration::from_secs(5));
        ready(request)
    });
    let app = Router::new()
        .route("/", get(async |_: Authorized<A>| "in"))
        .layer(wait)
        .layer(RequireScopeLayer::of::<A>(validator.clone()))
        .with_state(validator);
    assert_eq!(send(app, "/", &bearer).await.status(), 401);
}

#[tokio::test]
async fn observers_hear_of_guard_and_extractor_g10() {
    struct Heard(Arc<Mutex<Vec<String>>>);
    impl Observer for Heard {
        fn decided(&self, decision: &Decision<'_>) {
            let scope = decision.scope().to_string();
            self.0.lock().unwrap().push(scope);
        }
    }
    let heard = Arc::new(Mutex::default());
    let authority = Authority::new();
    let observer = Heard(heard.clone());
    let validator = asking(&authority).observer(observer).build().unwrap();
    let app = route::<A, B>(&validator);
    let bearer = format!("Bearer {}", authority.issue(UserToken::new("a b")));
    assert_eq!(send(app, "/", &bearer).await.status(), 200);
    assert_eq!(*heard.lock().unwrap(), ["a", "b"]);
}

#[tokio::test]
async fn a_caller_without_a_guard_is_our_own_trouble_in_axum_g9() {
    let log = Log::of_this_thread(Level::ERROR);
    let app = Router::new().route("/", get(async |_: Caller| "in"));
    let response = send(app, "/", "Bearer any").await;
    assert_eq!(response.status(), 500);
    let body = axum::body::to_bytes(response.into_body(), 1000).await;
    assert_eq!(body.unwrap(), "");
    let lines = log.lines().join("");
    assert!(
        lines.contains("`Caller` is not in a `RequireScopeLayer`"),
        "{lines}"
    );
}

#[tokio::test]
async fn a_permit_is_also_an_extension_g9() {
    let authority = Authority::new();
    let validator = asking(&authority).build().unwrap();
    let handler = async |caller: Extension<mobilefirst::Permit>| caller.scope().to_owned();
    let app = Router::new()
        .route("/", get(handler))
        .layer(RequireScopeLayer::of::<A>(validator));
    let bearer = format!("Bearer {}", authority.issue(UserToken::new("a")));
    assert_eq!(send(app, "/", &bearer).await.status(), 200);
}
