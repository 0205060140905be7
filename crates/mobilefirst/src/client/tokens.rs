//! Our own tokens, by resource and scope.

use std::sync::Arc;
use std::time::Duration;

use quick_cache::sync::Cache;

use crate::protocol::own_token::{Granted, OwnToken};
use crate::protocol::token_endpoint::TokenEndpoint;
use crate::scope::Scope;

/// Maximum number of cached tokens, since a resource can ask for any number of scopes.
const CAPACITY: usize = 256;

pub(crate) type Token = Arc<Granted>;

/// Identifies a token. The resource is part of the key, so that a token that one resource
/// asked for is never sent to another.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    resource: usize,
    scope: Scope,
}

impl Key {
    pub(crate) fn new(resource: usize, scope: &Scope) -> Self {
        Self {
            resource,
            scope: scope.clone(),
        }
    }
}

pub(crate) struct Tokens {
    endpoint: Arc<TokenEndpoint>,
    deadline: Duration,
    own: Cache<Key, Arc<OwnToken>>,
}

impl Tokens {
    pub(crate) fn new(endpoint: TokenEndpoint, deadline: Duration) -> Self {
        Self {
            endpoint: Arc::new(endpoint),
            deadline,
            own: Cache::new(CAPACITY),
        }
    }

    pub(crate) fn of(&self, key: Key) -> Arc<OwnToken> {
        if let Some(own) = self.own.get(&key) {
            return own;
        }
        let begin = || {
            let scope = key.scope.clone();
            Ok(Arc::new(OwnToken::new(
                self.endpoint.clone(),
                scope,
                self.deadline,
            )))
        };
        // Concurrent callers get the same `OwnToken`, so at most one fetch runs.
        let begun: Result<_, std::convert::Infallible> = self.own.get_or_insert_with(&key, begin);
        let Ok(own) = begun;
        own
    }
}
