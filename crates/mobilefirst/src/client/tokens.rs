//! Tokens of our own, by resource and scope.

use std::sync::Arc;
use std::time::Duration;

use quick_cache::sync::Cache;

use crate::protocol::own_token::{Granted, OwnToken};
use crate::protocol::token_endpoint::TokenEndpoint;
use crate::scope::Scope;

/// A resource may name scopes without end: so many tokens are kept at the most.
const CAPACITY: usize = 256;

pub(crate) type Token = Arc<Granted>;

/// What a token is for. The resource is part of it: what one asked for is never sent to
/// another.
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
        // Of two who come at once, both get the same one: there is one fetch at a time.
        let begun: Result<_, std::convert::Infallible> = self.own.get_or_insert_with(&key, begin);
        let Ok(own) = begun;
        own
    }
}
