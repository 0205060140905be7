//! The adapter for axum.

mod cors;
mod driver;
mod grpc;
mod guards;
mod tower_service;
mod uploads;

use http::Request;
use http::header::AUTHORIZATION;
use mobilefirst_axum::{Authorized, RequireScopeLayer};
use mobilefirst_devserver::Authority;

pub(crate) use self::driver::Axum;
use crate::adapters::A;
use crate::support::asking;

fn guard(authority: &Authority) -> RequireScopeLayer {
    RequireScopeLayer::of::<A>(asking(authority).build().unwrap())
}

fn request<B: Default>(path: &str, token: Option<&str>) -> Request<B> {
    let mut request = Request::builder().uri(path);
    if let Some(token) = token {
        request = request.header(AUTHORIZATION, format!("Bearer {token}"));
    }
    request.body(B::default()).unwrap()
}

async fn name(caller: Authorized<A>) -> String {
    caller.token().username().unwrap().to_owned()
}
