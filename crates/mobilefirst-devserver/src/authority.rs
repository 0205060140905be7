//! The authorization server as a plain value.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use mobilefirst::Clock;

use crate::answer::Refusal;
use crate::endpoint::{Calls, Endpoint};
use crate::faults::{Fault, Script};
use crate::state::{State, ValidationRefusals, after};
use crate::tokens::{self, Holder, Token};
use crate::user_token::UserToken;

/// A MobileFirst authorization server, without a socket.
///
/// It serves `<base path>/az/v1/token` and `<base path>/az/v1/introspection`, and as
/// version 7 does, `<project path>/authorization/v1/token/validation`; any other path is
/// 404, as a wrong runtime in the URL is at a MobileFirst Server.
///
/// Clones are one server: what is set, issued or revoked through one, all see.
#[derive(Clone)]
pub struct Authority {
    state: Arc<Mutex<State>>,
}

impl Authority {
    /// A server with the predefined development client, `test` with the secret
    /// `test` and the allowed scope `*`, at `/mfp/api`.
    pub fn new() -> Self {
        let authority = Self {
            state: Arc::new(Mutex::new(State::default())),
        };
        authority.with_client("test", "test", "*")
    }

    /// Registers a confidential client, as [`register`](Self::register) does.
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

    /// Takes the time from `clock`. Default:
    /// [`SystemClock`](mobilefirst::SystemClock).
    #[must_use]
    pub fn with_clock(self, clock: impl Clock) -> Self {
        self.lock().clock = Arc::new(clock);
        self
    }

    /// How long tokens of confidential clients live. Default: one hour.
    ///
    /// They are told in whole seconds; what is below is cut off.
    #[must_use]
    pub fn with_own_token_lifetime(self, lifetime: Duration) -> Self {
        self.lock().own_token_lifetime = lifetime;
        self
    }

    /// The path before `/az/v1/…`: `/<runtime>/api`, or empty as at IBM DataPower.
    /// Default: `/mfp/api`.
    #[must_use]
    pub fn with_base_path(self, path: &str) -> Self {
        self.lock().base_path = prefix(path);
        self
    }

    /// The path before `/authorization/v1/…` of version 7: `/<project name>`. Default:
    /// `/mfp`.
    #[must_use]
    pub fn with_project_path(self, path: &str) -> Self {
        self.lock().project_path = prefix(path);
        self
    }

    /// Lets the validation endpoint of version 7 refuse with 200 and `{"active":false}`,
    /// as some servers do, in place of a challenge.
    #[must_use]
    pub fn with_validation_refusals_as_json(self) -> Self {
        self.lock().validation_refusals = ValidationRefusals::Json;
        self
    }

    /// The path before `/az/v1/…`, without a slash at its end.
    pub fn base_path(&self) -> String {
        self.lock().base_path.clone()
    }

    /// The path before `/authorization/v1/…`, without a slash at its end.
    pub fn project_path(&self) -> String {
        self.lock().project_path.clone()
    }

    /// Registers a confidential client, or replaces the one with this ID.
    ///
    /// An element of the allowed scope may hold `*` at any place, for any
    /// characters or none: `send*`, `authorization.*`, `*`.
    pub fn register(
        &self,
        id: impl Into<String>,
        secret: impl Into<String>,
        allowed_scope: impl Into<String>,
    ) {
        let clients = &mut self.lock().clients;
        clients.register(id.into(), secret.into(), allowed_scope.into());
    }

    /// Forgets the confidential client `id`; whether there was one. It gets no
    /// more tokens; those that it has stay good.
    pub fn unregister(&self, id: &str) -> bool {
        self.lock().clients.unregister(id)
    }

    /// Issues a token as if an app had asked for it, and returns its text: 64
    /// characters that may stand in `Authorization: Bearer`.
    pub fn issue(&self, token: UserToken) -> String {
        self.issue_beside(token, None)
    }

    /// Issues an access token and its ID token, as version 7 does: for
    /// `Authorization: Bearer <access token> <ID token>`. Without the second the
    /// validation endpoint tells of neither user nor device nor app.
    pub fn issue_with_id_token(&self, token: UserToken) -> (String, String) {
        let id_token = tokens::text();
        let access_token = self.issue_beside(token, Some(id_token.clone()));
        (access_token, id_token)
    }

    fn issue_beside(&self, token: UserToken, id_token: Option<String>) -> String {
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

    /// Revokes one token of any kind; whether it was known. From now on its
    /// introspection says `{"active":false}`.
    pub fn revoke(&self, token: &str) -> bool {
        self.lock().tokens.revoke(token)
    }

    /// Revokes all tokens of confidential clients, as a restart of a real server
    /// may do: the next introspection is refused with 401.
    pub fn revoke_own_tokens(&self) {
        self.lock().tokens.revoke_all_of(Holder::ConfidentialClient);
    }

    /// Lets the next call of `endpoint` meet this fault, once. Several are met in
    /// the order in which they were set, before any from
    /// [`fault_always`](Self::fault_always).
    pub fn fault(&self, endpoint: Endpoint, fault: Fault) {
        self.lock().script.once(endpoint, fault);
    }

    /// Lets every call of `endpoint` meet this fault, in place of the one set before.
    pub fn fault_always(&self, endpoint: Endpoint, fault: Fault) {
        self.fault_each(endpoint, move || Some(fault.clone()));
    }

    /// Lets `pick` say what each call of `endpoint` meets, in place of what
    /// [`fault_always`](Self::fault_always) set: for chaos that a seed repeats.
    ///
    /// It must not call this server.
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

    /// Ends all faults of every kind.
    pub fn clear_faults(&self) {
        self.lock().script = Script::default();
    }

    /// How many calls came so far, with those that met a fault.
    pub fn calls(&self) -> Calls {
        self.lock().calls
    }

    /// Answers one request, whose URI is absolute or a path.
    ///
    /// No fault shows here, since not every fault is a response: they show where
    /// the server is mounted, as an [`HttpBackend`](mobilefirst::HttpBackend) or
    /// on a port.
    pub fn handle(&self, request: Request<Bytes>) -> Response<Bytes> {
        let mut state = self.lock();
        let Some(endpoint) = state.receive(&request) else {
            return Refusal::NotFound.into_response();
        };
        endpoint.answer(&mut state, &request)
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
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

/// Empty, or with a slash at its start and none at its end.
fn prefix(path: &str) -> String {
    match path.trim_matches('/') {
        "" => String::new(),
        path => format!("/{path}"),
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
        for (authority, uri, status_) in [
            (&default, "/mfp/api/az/v1/token", 405),
            (
                &default,
                "http://mfp.example/mfp/api/az/v1/introspection",
                405,
            ),
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
            assert_eq!(status(authority, uri), status_, "{uri}");
        }
    }

    #[test]
    fn calls_are_counted_by_endpoint() {
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
