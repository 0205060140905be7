//! Reading the request: what the conformance table does not reach.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use mobilefirst::{Error, HttpBackend};
use mobilefirst_devserver::Authority;

use super::*;

#[tokio::test]
async fn a_token_over_the_limit_is_refused_and_nobody_is_asked_h8() {
    let world = World::with(|builder| builder.max_token_length(100));
    assert_eq!(world.status(&"a".repeat(101)).await, 400);
    assert_eq!(world.calls(), (0, 0));
    assert_eq!(world.status(&"a".repeat(100)).await, 401);
    assert_eq!(world.calls(), (1, 1));

    let world = World::new();
    assert_eq!(world.status(&"a".repeat(16 * 1024 + 1)).await, 400);
    assert_eq!(world.status(&"a".repeat(16 * 1024)).await, 401);
    assert_eq!(world.calls(), (1, 1));
}

/// Keeps the bodies of what it passes on.
struct Tap {
    next: Authority,
    bodies: Arc<Mutex<Vec<Bytes>>>,
}

#[async_trait]
impl HttpBackend for Tap {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Error> {
        self.bodies.lock().unwrap().push(request.body().clone());
        self.next.send(request).await
    }
}

#[tokio::test]
async fn the_token_is_escaped_in_the_form_h9() {
    let bodies = Arc::<Mutex<Vec<Bytes>>>::default();
    let tap = Tap {
        next: Authority::new(),
        bodies: bodies.clone(),
    };
    let world = World::with(|builder| builder.http_backend(tap));
    assert_eq!(world.status("a+b/c==").await, 401);
    let bodies = bodies.lock().unwrap();
    assert_eq!(bodies.len(), 2);
    assert_eq!(
        bodies[0],
        "grant_type=client_credentials&scope=authorization.introspect"
    );
    assert_eq!(
        bodies[1],
        "token=a%2Bb%2Fc%3D%3D&token_type_hint=access_token"
    );
}

#[tokio::test]
async fn a_scope_is_checked_as_a_value_too() {
    let world = World::new();
    let token = world.token();
    assert!(world.check_scope(&token, "a").await.is_ok());
    let denial = world.check_scope(&token, "a b").await.unwrap_err();
    let challenge = r#"www-authenticate: Bearer error="insufficient_scope", scope="a b""#;
    assert_eq!(headers(&denial), [challenge]);
    assert_eq!(world.calls(), (1, 1));
}
