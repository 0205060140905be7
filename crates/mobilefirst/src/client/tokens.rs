//! Our own tokens for one resource, by scope.

use std::sync::Arc;
use std::time::Duration;

use quick_cache::sync::Cache;

use crate::protocol::own_token::{Granted, OwnToken};
use crate::protocol::token_endpoint::TokenEndpoint;
use crate::scope::Scope;

/// Maximum number of cached tokens, since a resource can ask for any number of scopes.
const CAPACITY: usize = 128;

pub(crate) type Token = Arc<Granted>;

/// The tokens of one resource. A token that one resource asked for is in no other's cache, so it
/// is never sent to another.
pub(crate) struct Tokens {
    endpoint: Arc<TokenEndpoint>,
    deadline: Duration,
    own: Cache<Scope, Arc<OwnToken>>,
}

impl Tokens {
    pub(crate) fn new(endpoint: Arc<TokenEndpoint>, deadline: Duration) -> Self {
        Self {
            endpoint,
            deadline,
            own: Cache::new(CAPACITY),
        }
    }

    pub(crate) fn of(&self, scope: &Scope) -> Arc<OwnToken> {
        if let Some(own) = self.own.get(scope) {
            return own;
        }
        let begin = || {
            let endpoint = self.endpoint.clone();
            let own = OwnToken::new(endpoint, scope.clone(), self.deadline);
            Ok(Arc::new(own))
        };
        // Concurrent callers get the same `OwnToken`, so at most one fetch runs.
        let begun: Result<_, std::convert::Infallible> = self.own.get_or_insert_with(scope, begin);
        let Ok(own) = begun;
        own
    }
}
