//! The adapters, each as a server that the conformance suite can call.

mod actix_web;
mod axum;
mod bodies;
mod group_guard_max_age;
mod one_check;
mod places;
mod realms;
mod rocket;
mod rotation;
mod warp;

use std::any::Any;
use std::net::SocketAddr;

use async_trait::async_trait;
use mobilefirst::{TokenValidator, scopes};
use serde_json::{Value, json};

use crate::conformance::Answer;
use crate::gate::driver::Gate;

/// An adapter in its framework. To join the suite, implement this and add a line to
/// [`each_adapter`].
///
/// The server has these routes, for GET unless they say otherwise:
///
/// | path | what it shows |
/// | --- | --- |
/// | `/public` | no guard; answers `public` |
/// | `/any` | any active token; answers [`facts`] |
/// | `/read`, `/a`, `/b`, `/ab` | the scope as a type: [`Read`], [`A`], [`B`], [`AB`]; answers [`facts`] |
/// | `/value` | the scope `a b` as a run-time value; answers [`facts`] |
/// | `/group/a` | a group of routes guarded with [`A`]; the handler finds the caller in what the guard left, and answers [`facts`] |
/// | `/optional` | [`A`] or a stranger; answers [`facts`] or `stranger` |
/// | `/forbidden` | [`A`]; the handler refuses with `forbidden` |
/// | `/narrow`, `/group/narrow` | as `/a`, `/group/a`; the handler narrows to [`B`], and answers [`facts`] |
/// | `/required` | [`A`] or a stranger; the handler refuses a stranger, or answers [`facts`] |
/// | `POST /number` | [`A`] on a route that reads its body in the way its documentation leads with; answers the number in the JSON body |
/// | `POST /group/number` | the same in the group of `/group/a` |
#[async_trait]
pub(crate) trait Adapter: Send + Sync {
    fn name(&self) -> &'static str;

    /// Serves on a free loopback port until the server is dropped.
    async fn serve(&self, validator: TokenValidator) -> Server;

    /// What the framework makes of the row with this fact before its adapter sees the request, where
    /// that differs from the table: the answer to each step. A reason goes beside it.
    fn exception(&self, _fact: &str) -> Option<Answer> {
        None
    }

    /// Whether it serves this path. The gate has no handlers that could refuse, or read a body.
    fn serves(&self, _path: &str) -> bool {
        true
    }
}

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    /// Ends the server when it is dropped.
    pub(crate) _running: Box<dyn Any + Send>,
}

/// The adapters of the frameworks.
pub(crate) fn each_framework() -> Vec<Box<dyn Adapter>> {
    vec![
        Box::new(actix_web::ActixWeb),
        Box::new(axum::Axum),
        Box::new(rocket::Rocket),
        Box::new(warp::Warp),
    ]
}

/// The adapters of the frameworks, and the gate, which has no handlers of its own.
pub(crate) fn each_adapter() -> Vec<Box<dyn Adapter>> {
    let mut adapters = each_framework();
    adapters.extend(Gate::in_each_way());
    adapters
}

scopes! {
    pub(crate) Read = "read";
    pub(crate) A = "a";
    pub(crate) B = "b";
    pub(crate) AB = "a b";
}

/// What a handler knows of its caller.
pub(crate) fn facts<S>(permit: &mobilefirst::Permit<S>) -> Value {
    let token = permit.token();
    json!({
        "username": token.username(),
        "scope": token.scope(),
        "application": token.application(),
        "device": token.device(),
        "user": token.user(),
        "security_context": token.security_context(),
        "unknown": token.claims().get("unknown"),
    })
}
