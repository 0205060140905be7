//! The authorization server as a plain value.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use mobilefirst::Clock;

use crate::endpoint::{Calls, Endpoint};
use crate::fault::Fault;
use crate::handlers::answer;
use crate::state::script::Script;
use crate::state::tokens::{Holder, Token, token_text};
use crate::state::{Access, State, ValidationRefusals, prefix};
use crate::time::after;
use crate::user_token::UserToken;
use crate::wire::refusal::Refusal;

/// A MobileFirst authorization server, without a socket.
///
/// It serves `<base path>/az/v1/token` and `<base path>/az/v1/introspection`, and version 7's
/// `<project path>/authorization/v1/token/validation`. Any other path gets 404, as a wrong
/// runtime name in the URL does from a MobileFirst Server.
///
/// Clones share state.
#[doc(alias = "mock")]
#[doc(alias = "fake")]
#[doc(alias = "wiremock")]
#[doc(alias = "test server")]
#[derive(Clone)]
pub struct Authority {
    state: Arc<Mutex<State>>,
}

impl Authority {
    /// A server at `/mfp/api` with one predefined client: `test`, with the secret `test` and
    /// the allowed scope `*`.
    pub fn new() -> Self {
        let authority = Self {
            state: Arc::new(Mutex::new(State::default())),
        };
        authority.with_client("test", "test", "*")
    }

    /// Registers a confidential client, see [`register`](Self::register).
    #[must_use]
    pub fn with_client(
        self,
        id: impl Into<String>,
        secret: impl Into<String>,
        allowed_scope: impl Into<String>,
    ) -> Self {
        self.register(id, secret, allowed_scope);
        self
    }

    /// Takes the time from `clock`. Default: [`SystemClock`](mobilefirst::SystemClock).
    #[must_use]
    pub fn with_clock(self, clock: impl Clock) -> Self {
        self.lock().clock = Arc::new(clock);
        self
    }

    /// Sets the lifetime of confidential clients' tokens. Default: one hour.
    ///
    /// The token response rounds it down to whole seconds.
    #[must_use]
    pub fn with_own_token_lifetime(self, lifetime: Duration) -> Self {
        self.lock().own_token_lifetime = lifetime;
        self
    }

    /// Sets the path before `/az/v1/…`: `/<runtime>/api`, or empty as for IBM DataPower.
    /// Default: `/mfp/api`.
    #[must_use]
    pub fn with_base_path(self, path: &str) -> Self {
        self.lock().base_path = prefix(path);
        self
    }

    /// Sets the path before version 7's `/authorization/v1/…`: `/<project name>`. Default:
    /// `/mfp`.
    #[must_use]
    pub fn with_project_path(self, path: &str) -> Self {
        self.lock().project_path = prefix(path);
        self
    }

    /// Makes version 7's validation endpoint refuse with status 200 and no challenge, as some
    /// servers do. The body is `{"active":false}` either way.
    #[must_use]
    pub fn with_validation_refusals_as_json(self) -> Self {
        self.lock().validation_refusals = ValidationRefusals::Json;
        self
    }

    /// The path before `/az/v1/…`, without a trailing slash.
    pub fn base_path(&self) -> String {
        self.lock().base_path.clone()
    }

    /// The path before `/authorization/v1/…`, without a trailing slash.
    pub fn project_path(&self) -> String {
        self.lock().project_path.clone()
    }

    /// Registers a confidential client, or replaces the one with this ID.
    ///
    /// In the elements of the allowed scope, `*` matches any text, including none: `send*`,
    /// `authorization.*`, `*`.
    pub fn register(
        &self,
        id: impl Into<String>,
        secret: impl Into<String>,
        allowed_scope: impl Into<String>,
    ) {
        let mut state = self.lock();
        let clients = &mut state.clients;
        clients.register(id.into(), secret.into(), allowed_scope.into());
    }

    /// Removes the confidential client `id`, and returns whether it existed. It gets no new
    /// tokens, but those it already has stay valid.
    pub fn unregister(&self, id: &str) -> bool {
        self.lock().clients.unregister(id)
    }

    /// Issues a token as if an app had asked for it, and returns its text: 64 characters, ready
    /// for `Authorization: Bearer`.
    pub fn issue(&self, token: UserToken) -> String {
        self.issue_with(token, None)
    }

    /// Issues an access token and its ID token, as version 7 does, for
    /// `Authorization: Bearer <access token> <ID token>`. Without the ID token, the validation
    /// endpoint leaves out the user, the device and the app.
    pub fn issue_with_id_token(&self, token: UserToken) -> (String, String) {
        let id_token = token_text();
        let access_token = self.issue_with(token, Some(id_token.clone()));
        (access_token, id_token)
    }

    fn issue_with(&self, token: UserToken, id_token: Option<String>) -> String {
        let mut state = self.lock();
        let now = state.now();
        state.tokens.issue(Token {
            holder: Holder::App,
            expires_at: after(now, token.lifetime),
            answer: token.answer(now),
            scope: token.scope,
            id_token,
        })
    }

    /// Revokes one token of any kind, and returns whether it was known. From now on its
    /// introspection answers `{"active":false}`.
    pub fn revoke(&self, token: &str) -> bool {
        self.lock().tokens.revoke(token)
    }

    /// Ends a token's lifetime now, and returns whether it was known. Unlike
    /// [`revoke`](Self::revoke), it reports an expired token as known the next time, too.
    pub fn expire(&self, token: &str) -> bool {
        let mut state = self.lock();
        let now = state.now();
        state.tokens.expire(token, now)
    }

    /// Revokes all tokens of confidential clients, as a restart of a real server may do. The
    /// next introspection gets 401.
    pub fn revoke_own_tokens(&self) {
        self.lock().tokens.revoke_all_of(Holder::ConfidentialClient);
    }

    /// Applies `fault` to the next call of `endpoint`, once. Several one-time faults apply in
    /// the order in which they were set, and before any from
    /// [`fault_always`](Self::fault_always).
    pub fn fault(&self, endpoint: Endpoint, fault: Fault) {
        self.lock().script.once(endpoint, fault);
    }

    /// Applies `fault` to every call of `endpoint`, replacing the one set before.
    pub fn fault_always(&self, endpoint: Endpoint, fault: Fault) {
        self.lock().script.always(endpoint, fault);
    }

    /// Lets `pick` choose the fault for each call of `endpoint`, replacing what
    /// [`fault_always`](Self::fault_always) set. With a seed, it makes chaos reproducible.
    ///
    /// `pick` must not call this server: that would deadlock.
    ///
    /// ```
    /// use http::StatusCode;
    /// use mobilefirst_devserver::{Authority, Endpoint, Fault};
    ///
    /// let authority = Authority::new();
    /// let mut rng = fastrand::Rng::with_seed(7);
    /// authority.fault_each(Endpoint::Introspection, move || {
    ///     let fails = rng.u8(..100) < 20;
    ///     fails.then(|| Fault::status(StatusCode::BAD_GATEWAY))
    /// });
    /// ```
    pub fn fault_each(
        &self,
        endpoint: Endpoint,
        pick: impl FnMut() -> Option<Fault> + Send + 'static,
    ) {
        self.lock().script.each(endpoint, Box::new(pick));
    }

    /// Removes all faults.
    pub fn clear_faults(&self) {
        self.lock().script = Script::default();
    }

    /// The number of calls so far, including those that met a fault.
    pub fn calls(&self) -> Calls {
        self.lock().calls
    }

    /// Answers one request, whose URI is absolute or a path.
    ///
    /// Faults have no effect here, since not every fault is a response. They take effect where
    /// the server is mounted: as an [`HttpBackend`](mobilefirst::HttpBackend) or on a port.
    pub fn handle(&self, request: Request<Bytes>) -> Response<Bytes> {
        let mut state = self.lock();
        let Some(endpoint) = state.receive(&request) else {
            return Refusal::NotFound.into_response();
        };
        answer(endpoint, &mut state, &request)
    }

    pub(crate) fn lock(&self) -> Access<'_> {
        Access::new(self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        f.debug_struct("Authority")
            .field("base_path", &state.base_path)
            .field("clients", &state.clients)
            .field("calls", &state.calls)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    fn status(authority: &Authority, uri: &str) -> StatusCode {
        let request = Request::get(uri).body(Bytes::new()).unwrap();
        authority.handle(request).status()
    }

    #[test]
    fn only_the_endpoints_below_the_base_path_exist() {
        let default = Authority::new();
        let custom = Authority::new().with_base_path("/bank/api/");
        let none = Authority::new().with_base_path("/");
        let project = Authority::new().with_project_path("bank/");
        for (authority, uri, expected) in [
            (&default, "/mfp/api/az/v1/token", 405),
            (&default, "http://mfp/mfp/api/az/v1/introspection", 405),
            (&default, "/mfp/api/az/v1/token/", 404),
            (&default, "/mfp/apiaz/v1/token", 404),
            (&default, "/other/api/az/v1/token", 404),
            (&default, "/az/v1/token", 404),
            (&custom, "/bank/api/az/v1/token", 405),
            (&custom, "/mfp/api/az/v1/token", 404),
            (&none, "/az/v1/token", 405),
            (&default, "/mfp/authorization/v1/token/validation", 405),
            (&default, "/bank/authorization/v1/token/validation", 404),
            (&project, "/bank/authorization/v1/token/validation", 405),
        ] {
            assert_eq!(status(authority, uri), expected, "{uri}");
        }
    }

    #[test]
    fn calls_are_counted_per_endpoint() {
        let authority = Authority::new();
        status(&authority, "/mfp/api/az/v1/token");
        status(&authority, "/mfp/api/az/v1/introspection");
        status(&authority, "/mfp/api/az/v1/introspection");
        status(&authority, "/other/api/az/v1/introspection");
        let calls = authority.calls();
        assert_eq!((calls.token, calls.introspection), (1, 2));
    }

    #[test]
    fn debug_shows_no_secret_and_no_token() {
        let authority = Authority::new().with_client("bank", "s3cret", "a");
        let token = authority.issue(UserToken::new("a"));
        let debug = format!("{authority:?}");
        assert!(debug.contains("bank"));
        assert!(!debug.contains("s3cret") && !debug.contains(&token));
    }
}
