//! The rows of the behaviour table that are the core's own, against the dev server as a
//! value: no socket, and a clock that stands still.

mod analytics;
mod cache;
mod challenges;
mod client;
mod flights;
mod health;
mod hostile;
mod introspection;
pub(crate) mod log;
mod metrics;
mod own_token;
mod request;
mod runtimes;
mod secrets;
mod shared_store;
mod spans;
mod trace_context;
mod trouble;
mod validation;

use bytes::Bytes;
use http::{Response, StatusCode};
use mobilefirst::{
    AnyScope, Credentials, Denial, ManualClock, Permit, Scope, TokenValidator,
    TokenValidatorBuilder,
};
use mobilefirst_devserver::{Authority, Endpoint, Fault, UserToken};

/// An authorization server, a clock that both sides read, and a validator.
pub(crate) struct World {
    pub(crate) authority: Authority,
    pub(crate) clock: ManualClock,
    pub(crate) validator: TokenValidator,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(|builder| builder)
    }

    pub(crate) fn with(set: impl FnOnce(TokenValidatorBuilder) -> TokenValidatorBuilder) -> Self {
        let clock = ManualClock::default();
        let authority = Authority::new().with_clock(clock.clone());
        let validator = set(Self::builder(&authority, &clock)).build().unwrap();
        Self {
            authority,
            clock,
            validator,
        }
    }

    pub(crate) fn builder(authority: &Authority, clock: &ManualClock) -> TokenValidatorBuilder {
        let server = "http://localhost/mfp/api".parse().unwrap();
        TokenValidator::builder(server, Credentials::new("test", "test").unwrap())
            .http_backend(authority.clone())
            .clock(clock.clone())
    }

    /// A token of the scope `a`.
    pub(crate) fn token(&self) -> String {
        self.authority.issue(UserToken::new("a").user("jdoe"))
    }

    /// Any active token will do.
    pub(crate) async fn check(&self, token: &str) -> Result<Permit, Denial> {
        let authorization = [format!("Bearer {token}")];
        self.validator.authorize::<AnyScope>(authorization).await
    }

    pub(crate) async fn check_scope(&self, token: &str, scope: &str) -> Result<Permit, Denial> {
        let scope: Scope = scope.parse().unwrap();
        let authorization = [format!("Bearer {token}")];
        self.validator.authorize_scope(authorization, &scope).await
    }

    /// The status that a caller with `token` gets: 200 where it is let through.
    pub(crate) async fn status(&self, token: &str) -> u16 {
        status(&self.check(token).await)
    }

    /// Calls so far to the token endpoint, and to the introspection endpoint.
    pub(crate) fn calls(&self) -> (u64, u64) {
        let calls = self.authority.calls();
        (calls.token, calls.introspection)
    }

    /// Lets the next introspection be answered so.
    pub(crate) fn answer(&self, response: Response<Bytes>) {
        let fault = Fault::Respond(response);
        self.authority.fault(Endpoint::Introspection, fault);
    }
}

pub(crate) fn status(verdict: &Result<Permit, Denial>) -> u16 {
    match verdict {
        Ok(_) => 200,
        Err(denial) => denial.status().as_u16(),
    }
}

pub(crate) fn json(body: impl Into<Bytes>) -> Response<Bytes> {
    Response::new(body.into())
}

pub(crate) fn response(status: StatusCode, body: &'static str) -> Response<Bytes> {
    let mut response = json(body);
    *response.status_mut() = status;
    response
}

/// The header fields of a refusal, written out.
pub(crate) fn headers(denial: &Denial) -> Vec<String> {
    denial
        .headers()
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
        .collect()
}
