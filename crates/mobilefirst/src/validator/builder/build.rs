//! Checks the settings and wires the parts of a validator together.

use std::sync::Arc;
use std::time::Duration;

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
use crate::validator::builder::{RefreshAhead, TokenValidatorBuilder};

const LONGEST_LEEWAY: Duration = Duration::from_secs(3600);

/// A connection takes one of our ports, and there are no more.
const MOST_IN_FLIGHT: usize = 65_535;

/// More than any machine has room for.
const LARGEST_CAPACITY: usize = 100_000_000;

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
                "the deadline is zero: no token could ever be checked; set it to more, such as 5 s",
            ));
        }
        if self.max_in_flight == 0 {
            return Err(Error::configuration(
                "max_in_flight is zero: no token could ever be checked; set it to at least 1, \
                 such as 64",
            ));
        }
        if self.max_in_flight > MOST_IN_FLIGHT {
            return Err(Error::configuration(format!(
                "max_in_flight is {}, and a server takes at most {MOST_IN_FLIGHT} connections from \
                 one address: set it to fewer, such as 64",
                self.max_in_flight
            )));
        }
        if self.limits.max_token_length == 0 {
            return Err(Error::configuration(
                "max_token_length is zero: every token would be refused; set it to the length of \
                 the longest token in bytes, such as 16384",
            ));
        }
        if self.cache_capacity > LARGEST_CAPACITY {
            return Err(Error::configuration(format!(
                "cache_capacity is {}: set it to at most {LARGEST_CAPACITY} tokens, such as 50000; \
                 each takes one or two kilobytes",
                self.cache_capacity
            )));
        }
        if self.cache.is_none() && self.cache_capacity == 0 && !freshness.serve_stale.is_zero() {
            return Err(Error::configuration(
                "serve_stale is set, and cache_capacity is zero: nothing is kept that could be \
                 served; set cache_capacity to more, such as 50000, or leave serve_stale out",
            ));
        }
        if self.limits.leeway > LONGEST_LEEWAY {
            return Err(Error::configuration(format!(
                "leeway is {:?}, more than an hour: synchronize the clocks, and set it to a few \
                 seconds",
                self.limits.leeway
            )));
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
            store.attach(Invalidator::new(&forgotten));
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
