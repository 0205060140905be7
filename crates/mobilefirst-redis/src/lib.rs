//! Shares answers and invalidations between processes, on [Valkey](https://valkey.io) or Redis
//! 6.2 and newer.
//!
//! On their own, ten instances of a resource server ask the authorization server ten times about
//! the same token, and each serves a revoked token until its own answer is
//! [`max_age`](mobilefirst::TokenValidatorBuilder::max_age) old. With a [`RedisStore`], one
//! instance asks for all of them. What you
//! [`invalidate`](mobilefirst::TokenValidator::invalidate) on one instance, all have forgotten
//! within milliseconds.
//!
//! ```no_run
//! use mobilefirst::{Credentials, Subject, TokenValidator};
//! use mobilefirst_redis::RedisStore;
//!
//! # async fn guard() -> Result<(), Box<dyn std::error::Error>> {
//! let keys = std::env::var("MFP_STORE_KEY")?.parse()?;
//! let store = RedisStore::builder("rediss://bank:s3cret@store.example.com", keys)?.build()?;
//! let server = "https://mfp.example.com/mfp/api".parse()?;
//! let validator = TokenValidator::builder(server, Credentials::new("bank", "s3cret")?)
//!     .remote_store(store)
//!     .build()?;
//!
//! // A user changed the password: no instance serves an old answer any more.
//! validator.invalidate(Subject::User("jdoe")).await?;
//! # Ok(()) }
//! ```
//!
//! # What the store is trusted with
//!
//! Nothing. Answers and invalidations are sealed with AES-256-GCM, under [keys](SealingKeys) that
//! only the instances have, and each is bound to its place. Someone who reads the store learns
//! nothing about tokens or users, and someone who writes to it can't let anyone in. The age of an
//! answer is sealed with it, and is measured by the one clock that all instances see: the
//! server's.
//!
//! The store is never in the way either. While it is slow, down, full, read-only or loading, the
//! validator asks the authorization server, as it would without a store. A
//! [`timeout`](RedisStoreBuilder::timeout) of 50 ms and a circuit breaker see to that.
//!
//! # How an invalidation travels
//!
//! [`invalidate`](mobilefirst::TokenValidator::invalidate) appends to a stream, which every
//! instance reads on a connection of its own (`XREAD BLOCK`). The stream pushes invalidations,
//! keeps them for instances that join later, and lets an instance go on where it was when its
//! connection broke. An instance that may have missed one forgets everything: after a restart of
//! the server, a failover, or `FLUSHALL`, for example. An instance that hears nothing for
//! 0.4 seconds serves cached answers for one second at most
//! ([`cut_off_max_age`](RedisStoreBuilder::cut_off_max_age)). So an invalidation that has reached
//! the store takes effect everywhere within a second, even on an instance that is cut off from
//! it.
//!
//! # Failover
//!
//! Use [`RedisStore::sentinel`] or [`RedisStore::cluster`]. Replication is asynchronous, so the new
//! master may lack the last invalidations. They still hold: after a change of master, all
//! instances forget everything, and answers that were stored before don't count. This needs one
//! master at a time. While a network partition leaves some instances with the old master, they
//! don't hear what the others invalidate.
//!
//! # Features
//!
//! | feature | default | what it adds |
//! | --- | --- | --- |
//! | `tls` | on | `rediss://` URLs, private CAs and client certificates, through rustls |
//! | `sentinel` | off | [`RedisStore::sentinel`]: finds the master through Sentinel |
//! | `cluster` | off | [`RedisStore::cluster`]: spreads the answers over a cluster |
//! | `metrics` | off | counters, gauges and a histogram through the crate `metrics` 0.24 |

#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(all(feature = "sentinel", feature = "cluster")),
    allow(
        rustdoc::broken_intra_doc_links,
        reason = "some links are to what a feature adds"
    )
)]

mod audience;
mod breaker;
mod builder;
mod connection;
mod fleet_clock;
mod link;
mod listener;
mod names;
mod outbox;
mod seal;
mod sealed;
mod settings;
mod store;
mod target;
mod telemetry;
mod tls;
mod trouble;

pub use crate::builder::RedisStoreBuilder;
pub use crate::seal::SealingKeys;
pub use crate::settings::StoreSettings;
pub use crate::store::RedisStore;
