//! An authorization server, a clock, and a validator between them.

use bytes::Bytes;
use http::Response;
use mobilefirst::{
    AnyScope, Credentials, Denial, HttpBackend, ManualClock, Permit, Scope, TokenValidator,
    TokenValidatorBuilder,
};
use mobilefirst_devserver::{Authority, Endpoint, Fault, UserToken};

use super::status;

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
        Self::of(Authority::new(), |authority| set(asking(authority)))
    }

    /// Calls the server through a backend of the test's own.
    pub(crate) fn through<B: HttpBackend>(backend: impl FnOnce(Authority) -> B) -> Self {
        Self::of(Authority::new(), |authority| {
            asking(authority).http_backend(backend(authority.clone()))
        })
    }

    /// Any authority, and any validator that asks it.
    pub(crate) fn of(
        authority: Authority,
        builder: impl FnOnce(&Authority) -> TokenValidatorBuilder,
    ) -> Self {
        let clock = ManualClock::default();
        let authority = authority.with_clock(clock.clone());
        let builder = builder(&authority).clock(clock.clone());
        Self {
            authority,
            clock,
            validator: builder.build().unwrap(),
        }
    }

    /// The same server and clock, and another validator.
    pub(crate) fn beside(
        &self,
        set: impl FnOnce(TokenValidatorBuilder) -> TokenValidatorBuilder,
    ) -> Self {
        let builder = set(asking(&self.authority).clock(self.clock.clone()));
        Self {
            authority: self.authority.clone(),
            clock: self.clock.clone(),
            validator: builder.build().unwrap(),
        }
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

/// Asks `authority`, without a socket.
pub(crate) fn asking(authority: &Authority) -> TokenValidatorBuilder {
    let server = "http://localhost/mfp/api".parse().unwrap();
    TokenValidator::builder(server, Credentials::new("test", "test").unwrap())
        .http_backend(authority.clone())
}
