//! Shares answers and revocations between processes, on [Valkey](https://valkey.io) or Redis
//! 6.2 and newer.
//!
//! Ten instances of a resource server ask the authorization server ten times about the same
//! token, and each serves a revoked token until its own answer is
//! [`max_age`](mobilefirst::TokenValidatorBuilder::max_age) old. With a [`RedisStore`], one of
//! them asks for all, and what [`invalidate`](mobilefirst::TokenValidator::invalidate) removes on
//! one is gone on all, within milliseconds.
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
//! // A user changed the password: no instance serves a cached answer about it any more.
//! validator.invalidate(Subject::User("jdoe")).await?;
//! # Ok(()) }
//! ```
//!
//! # What the store can do
//!
//! Nothing: it is never trusted. Answers and removals are sealed with AES-256-GCM under
//! [keys](SealingKeys) that only the instances have, each bound to its name. Whoever can read the
//! store learns nothing about tokens or users, and whoever can write to it lets nobody in. The
//! age of an answer is sealed with it too, measured by the one clock that all instances see: the
//! server's.
//!
//! And it is never in the way. While it is slow, down, full, read-only or loading, the
//! authorization server is asked as if there were no store: a [`timeout`](RedisStoreBuilder::timeout)
//! of 50 ms and a circuit breaker see to that.
//!
//! # How a removal travels
//!
//! [`invalidate`](mobilefirst::TokenValidator::invalidate) appends to a stream, which every
//! instance reads on a connection of its own (`XREAD BLOCK`). A stream is a push, a history for
//! instances that join later, and a place to go on from after a lost connection. An instance that
//! can't be sure that it missed nothing forgets everything. One that hears nothing for half a
//! second serves cached answers for a second at most
//! ([`cut_off_max_age`](RedisStoreBuilder::cut_off_max_age)), so an invalidation that reached the
//! store holds everywhere within a second, even on an instance that is cut off from it.
//!
//! # Features
//!
//! | feature | default | what it adds |
//! | --- | --- | --- |
//! | `tls` | on | `rediss://` URLs, through rustls |
//! | `sentinel` | off | [`RedisStore::sentinel`]: finds the master through Sentinel |
//! | `cluster` | off | [`RedisStore::cluster`]: keeps the answers in a cluster |
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
