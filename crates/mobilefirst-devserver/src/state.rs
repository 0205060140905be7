//! What the authorization server remembers.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::Request;
use mobilefirst::{Clock, SystemClock};

use crate::clients::Clients;
use crate::endpoint::{Calls, Endpoint};
use crate::faults::{Fault, Script};
use crate::tokens::Tokens;

/// What the endpoints read and change, and the settings.
pub(crate) struct State {
    pub(crate) clients: Clients,
    pub(crate) tokens: Tokens,
    pub(crate) own_token_lifetime: Duration,
    /// Empty, or with a slash at its start and none at its end.
    pub(crate) base_path: String,
    /// The same, for version 7.
    pub(crate) project_path: String,
    pub(crate) validation_refusals: ValidationRefusals,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) script: Script,
    pub(crate) calls: Calls,
}

/// How the validation endpoint says no.
#[derive(Clone, Copy)]
pub(crate) enum ValidationRefusals {
    Challenge,
    /// 200 with `"active": false`.
    Json,
}

impl State {
    /// Milliseconds since the epoch.
    pub(crate) fn now(&self) -> u64 {
        milliseconds(self.clock.now())
    }

    /// Finds the endpoint that the request is for, and counts the call.
    pub(crate) fn receive(&mut self, request: &Request<Bytes>) -> Option<Endpoint> {
        let path = request.uri().path();
        let endpoint = Endpoint::at(path, &self.base_path, &self.project_path)?;
        self.calls.count(endpoint);
        Some(endpoint)
    }

    pub(crate) fn next_fault(&mut self, endpoint: Endpoint) -> Option<Fault> {
        self.script.next(endpoint)
    }
}

/// No client is registered.
impl Default for State {
    fn default() -> Self {
        Self {
            clients: Clients::default(),
            tokens: Tokens::default(),
            own_token_lifetime: Duration::from_secs(60 * 60),
            base_path: "/mfp/api".to_owned(),
            project_path: "/mfp".to_owned(),
            validation_refusals: ValidationRefusals::Challenge,
            clock: Arc::new(SystemClock),
            script: Script::default(),
            calls: Calls::default(),
        }
    }
}

/// The end of a `lifetime` that begins `now`, in milliseconds since the epoch.
pub(crate) fn after(now: u64, lifetime: Duration) -> u64 {
    let lifetime = u64::try_from(lifetime.as_millis()).unwrap_or(u64::MAX);
    now.saturating_add(lifetime)
}

/// Milliseconds since the epoch, 0 for what was before.
pub(crate) fn milliseconds(date: SystemTime) -> u64 {
    let since = date.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
