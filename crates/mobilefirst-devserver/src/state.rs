//! What the authorization server remembers.

pub(crate) mod clients;
pub(crate) mod log;
pub(crate) mod script;
pub(crate) mod tokens;

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, MutexGuard};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use mobilefirst::{Clock, SystemClock};
use tokio::sync::watch;

use crate::endpoint::{Calls, Endpoint};
use crate::fault::Fault;
use crate::state::clients::Clients;
use crate::state::log::Log;
use crate::state::script::Script;
use crate::state::tokens::Tokens;
use crate::time::milliseconds;

/// The settings, and everything the endpoints read and change.
pub(crate) struct State {
    pub(crate) clients: Clients,
    pub(crate) tokens: Tokens,
    pub(crate) own_token_lifetime: Duration,
    /// The base path of version 8, as [`prefix`] returns it.
    pub(crate) base_path: String,
    /// The project path of version 7, as [`prefix`] returns it.
    pub(crate) project_path: String,
    pub(crate) validation_refusals: ValidationRefusals,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) script: Script,
    pub(crate) calls: Calls,
    /// How far the clock was moved by a control call, in milliseconds.
    pub(crate) moved: i64,
    pub(crate) log: Log,
    /// The number of changes so far, for those who wait for the next.
    pub(crate) version: watch::Sender<u64>,
}

/// How the validation endpoint refuses.
#[derive(Clone, Copy)]
pub(crate) enum ValidationRefusals {
    /// An error status with a challenge and `{"active":false}`.
    Challenge,
    /// 200 with `{"active":false}`.
    Json,
}

impl State {
    /// Milliseconds since the epoch.
    pub(crate) fn now(&self) -> u64 {
        milliseconds(self.clock.now()).saturating_add_signed(self.moved)
    }

    /// The version that the state will have when the current change is done.
    pub(crate) fn next_version(&self) -> u64 {
        *self.version.borrow() + 1
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

/// The default settings, without any client.
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
            moved: 0,
            log: Log::default(),
            version: watch::Sender::new(0),
        }
    }
}

/// Exclusive access to the state. Borrowing it mutably makes a new version of it, so no
/// change escapes those who wait for one.
pub(crate) struct Access<'a> {
    state: MutexGuard<'a, State>,
    changed: bool,
}

impl<'a> Access<'a> {
    pub(crate) fn new(state: MutexGuard<'a, State>) -> Self {
        let changed = false;
        Self { state, changed }
    }
}

impl Deref for Access<'_> {
    type Target = State;

    fn deref(&self) -> &State {
        &self.state
    }
}

impl DerefMut for Access<'_> {
    fn deref_mut(&mut self) -> &mut State {
        self.changed = true;
        &mut self.state
    }
}

impl Drop for Access<'_> {
    fn drop(&mut self) {
        if self.changed {
            self.state.version.send_modify(|version| *version += 1);
        }
    }
}

/// Normalizes a path: either empty, or with a leading slash and no trailing one.
pub(crate) fn prefix(path: &str) -> String {
    match path.trim_matches('/') {
        "" => String::new(),
        path => format!("/{path}"),
    }
}
