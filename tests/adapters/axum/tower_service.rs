//! The guard around tower services, without axum.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{Request, Response};
use http_body_util::{BodyExt, Empty, Full};
use mobilefirst::{ErrorBody, Permit};
use mobilefirst_axum::RequireScopeLayer;
use mobilefirst_devserver::{Authority, Endpoint, Fault, UserToken};
use tower::limit::ConcurrencyLimitLayer;
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};
use tower_http::cors::CorsLayer;

use super::{guard, request};
use crate::adapters::A;
use crate::support::asking;

async fn name<B>(request: Request<B>) -> Result<Response<Full<Bytes>>, Infallible> {
    let permit = request.extensions().get::<Permit>().unwrap();
    let name = permit.token().username().unwrap().to_owned();
    Ok(Response::new(name.into()))
}

#[tokio::test]
async fn a_stack_without_axum_is_guarded() {
    let authority = Authority::new();
    let validator = asking(&authority)
        .error_body(|refusal| ErrorBody::text(refusal.denial().to_string()))
        .build()
        .unwrap();
    // CORS, outermost, asks that the bodies within have a default.
    let stack = ServiceBuilder::new()
        .layer(CorsLayer::permissive())
        .layer(RequireScopeLayer::of::<A>(validator))
        .service_fn(name::<Full<Bytes>>);
    let token = authority.issue(UserToken::new("a").user("jdoe"));

    let granted = stack
        .clone()
        .oneshot(request("/", Some(&token)))
        .await
        .unwrap();
    assert_eq!(
        granted.into_body().collect().await.unwrap().to_bytes(),
        "jdoe"
    );

    let refused = stack.oneshot(request("/", None)).await.unwrap();
    assert_eq!(refused.status(), 401);
    assert_eq!(refused.headers()[WWW_AUTHENTICATE], "Bearer");
    assert_eq!(refused.headers()[CONTENT_TYPE], "text/plain; charset=utf-8");
    assert_eq!(refused.headers()[ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    assert_eq!(
        refused.into_body().collect().await.unwrap().to_bytes(),
        "the request has no bearer token"
    );
}

#[tokio::test]
async fn the_length_of_a_refusal_is_known() {
    use http_body::Body;

    for (text, length) in [("", 0), ("no", 2)] {
        let validator = asking(&Authority::new())
            .error_body(move |_| ErrorBody::text(text))
            .build()
            .unwrap();
        let guarded = RequireScopeLayer::of::<A>(validator).layer(service_fn(name::<Full<Bytes>>));
        let body = guarded
            .oneshot(request("/", None))
            .await
            .unwrap()
            .into_body();
        assert_eq!(body.size_hint().exact(), Some(length), "{text}");
        assert_eq!(body.is_end_stream(), text.is_empty(), "{text}");
    }
}

/// A service that must be polled ready before each call, and whose clones must too.
struct Strict {
    is_ready: bool,
}

impl Clone for Strict {
    fn clone(&self) -> Self {
        Self { is_ready: false }
    }
}

impl Service<Request<Empty<Bytes>>> for Strict {
    type Response = Response<&'static str>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.is_ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Empty<Bytes>>) -> Self::Future {
        assert!(self.is_ready, "called without being polled ready");
        self.is_ready = false;
        ready(Ok(Response::new("ok")))
    }
}

#[tokio::test]
async fn the_inner_service_is_polled_ready_before_it_is_called() {
    let authority = Authority::new();
    let mut guarded = guard(&authority).layer(Strict { is_ready: false });
    let token = authority.issue(UserToken::new("a"));

    // The first waits for the authorization server, the second is in the cache.
    for _ in 0..2 {
        let ready = guarded.ready().await.unwrap();
        let response = ready.call(request("/", Some(&token))).await.unwrap();
        assert_eq!(response.status(), 200);
    }
    assert_eq!(authority.calls().introspection, 1);
}

#[tokio::test]
async fn requests_under_check_do_not_make_a_granted_caller_wait() {
    const PLACES: usize = 10;
    let authority = Authority::new();
    let guarded = ServiceBuilder::new()
        .layer(guard(&authority))
        .layer(ConcurrencyLimitLayer::new(PLACES))
        .service_fn(name::<Empty<Bytes>>);
    let token = authority.issue(UserToken::new("a").user("jdoe"));
    let known = guarded.clone().oneshot(request("/", Some(&token))).await;
    assert_eq!(known.unwrap().status(), 200);

    let mut cx = Context::from_waker(Waker::noop());
    let mut under_check = Vec::new();
    for n in 0..PLACES {
        authority.fault(Endpoint::Introspection, Fault::Hang);
        let mut service = guarded.clone();
        assert!(service.poll_ready(&mut cx).is_ready());
        let mut check = Box::pin(service.call(request("/", Some(&format!("unknown{n}")))));
        assert!(check.as_mut().poll(&mut cx).is_pending());
        under_check.push(check);
    }

    let cached = pin!(guarded.oneshot(request("/", Some(&token)))).poll(&mut cx);
    let Poll::Ready(Ok(response)) = cached else {
        panic!("a cached caller waits for requests under check");
    };
    assert_eq!(response.status(), 200);
}

#[tokio::test]
async fn only_a_granted_request_waits_for_a_place() {
    let authority = Authority::new();
    let limited = ConcurrencyLimitLayer::new(1).layer(service_fn(name::<Empty<Bytes>>));
    let guarded = guard(&authority).layer(limited.clone());
    let token = authority.issue(UserToken::new("a").user("jdoe"));
    let known = guarded.clone().oneshot(request("/", Some(&token))).await;
    assert_eq!(known.unwrap().status(), 200);

    let mut cx = Context::from_waker(Waker::noop());
    let mut occupant = limited;
    assert!(occupant.poll_ready(&mut cx).is_ready());
    let refused = pin!(guarded.clone().oneshot(request("/", None))).poll(&mut cx);
    assert!(refused.is_ready());
    let mut granted = pin!(guarded.oneshot(request("/", Some(&token))));
    assert!(granted.as_mut().poll(&mut cx).is_pending());
    drop(occupant);
    assert!(granted.poll(&mut cx).is_ready());
}

#[tokio::test]
async fn a_cached_answer_is_there_at_the_first_poll() {
    let authority = Authority::new();
    let guarded = guard(&authority).layer(service_fn(name::<Empty<Bytes>>));
    let token = authority.issue(UserToken::new("a").user("jdoe"));
    let mut cx = Context::from_waker(Waker::noop());

    let first = guarded.clone().oneshot(request("/", Some(&token))).await;
    assert_eq!(first.unwrap().status(), 200);
    let second = pin!(guarded.clone().call(request("/", Some(&token)))).poll(&mut cx);
    assert!(second.is_ready());
    assert_eq!(authority.calls().introspection, 1);
}
