//! Checks the settings and wires the parts of a validator together.

use std::sync::Arc;

use crate::error::Error;
use crate::health::check::HealthCheck;
use crate::lookup::Lookup;
use crate::lookup::forgotten::{Forgotten, Invalidator};
use crate::lookup::keys::{GoodFor, Keys};
use crate::lookup::memory_cache::MemoryCache;
use crate::lookup::pauses::Pauses;
use crate::lookup::remote::Remote;
use crate::lookup::sources::Sources;
use crate::lookup::stats::LookupCounters;
use crate::protocol::Protocol;
use crate::telemetry::log_throttle::LogThrottle;
use crate::telemetry::metrics;
use crate::upstream::Upstream;
use crate::upstream::default_backend::default_backend;
use crate::validator::TokenValidator;
use crate::validator::builder::{LONGEST_LEEWAY, RefreshAhead, TokenValidatorBuilder};

impl TokenValidatorBuilder {
    /// Builds the validator. It sends nothing before the first lookup.
    ///
    /// # Errors
    ///
    /// Returns [`Configuration`](crate::ErrorKind::Configuration) if a setting is unusable;
    /// the message says how to fix it.
    pub fn build(self) -> Result<TokenValidator, Error> {
        let mut freshness = self.freshness;
        if self.deadline.is_zero() {
            return Err(Error::configuration(
                "the deadline is zero: no token could ever be checked",
            ));
        }
        if self.max_in_flight == 0 {
            return Err(Error::configuration(
                "max_in_flight is zero: no token could ever be checked",
            ));
        }
        if self.limits.leeway > LONGEST_LEEWAY {
            return Err(Error::configuration(
                "the leeway is more than an hour: synchronize the clocks instead",
            ));
        }
        // Version 7 caches an answer for one scope. A token that proved inactive in a lookup
        // for another scope could still be served stale.
        if matches!(self.protocol, Protocol::Validation) && !freshness.serve_stale.is_zero() {
            return Err(Error::configuration(
                "serve_stale is set, but version 7 does not support it: leave it out",
            ));
        }
        freshness.refresh_after = match self.refresh_ahead {
            RefreshAhead::On => Some(freshness.max_age / 5 * 4),
            RefreshAhead::Off => None,
        };
        freshness.inactive_max_age = freshness.inactive_max_age.min(freshness.max_age);
        metrics::describe();
        let good_for = match self.protocol {
            Protocol::Introspection(_) => GoodFor::AnyScope,
            Protocol::Validation => GoodFor::OneScope,
        };
        let keys = Keys::new(&self.protocol.realm(&self.server), good_for)?;
        let backend = self.backend.map_or_else(default_backend, Ok)?;
        let upstream = Arc::new(Upstream::new(backend, self.clock.clone()));
        let endpoint = Arc::new(self.protocol.endpoint(
            upstream,
            &self.server,
            self.deadline,
            self.max_in_flight,
        )?);
        let health = HealthCheck::new(endpoint.clone(), self.clock.clone(), self.deadline);
        let cache = self
            .cache
            .unwrap_or_else(|| Arc::new(MemoryCache::new(self.cache_capacity)));
        let forgotten = Arc::new(Forgotten::new(
            freshness.memory(self.deadline),
            self.clock.clone(),
        ));
        if let Some(store) = &self.remote_store {
            store.attach(Invalidator::new(forgotten.clone()));
        }
        let lookup = Lookup::new(Sources {
            freshness,
            deadline: self.deadline,
            clock: self.clock,
            cache,
            remote: self
                .remote_store
                .map(|store| Remote::new(store, self.deadline)),
            endpoint,
            keys,
            forgotten,
            counters: LookupCounters::default(),
            pauses: Pauses::new(),
            throttle: LogThrottle::default(),
        });
        Ok(TokenValidator::new(
            self.limits,
            lookup,
            health,
            self.error_body,
            self.observers,
        ))
    }
}
