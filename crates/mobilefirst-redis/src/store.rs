//! The store, as validators use it.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use mobilefirst::{Error, ErrorKind, Invalidator, RemoteStore, StoreKey, StoredAnswer};
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::audience::MEMORY;
use crate::link::{Link, Session};
use crate::sealed::{Removal, read_answer, write_answer};
use crate::telemetry::metrics::{self, Timing};
use crate::trouble::Trouble;

/// How long an invalidation waits for the store to confirm it.
const PATIENCE: Duration = Duration::from_secs(1);

/// Shares answers and invalidations between processes, on Valkey or Redis.
///
/// ```no_run
/// # fn build() -> Result<(), mobilefirst::Error> {
/// use mobilefirst_redis::RedisStore;
///
/// let keys = "mcTf9vEDt+lX7lBnb0Vt3ulmmQw/1BQpVtb9gLs2qoI=".parse()?;
/// let store = RedisStore::builder("redis://127.0.0.1", keys)?.build()?;
/// # Ok(()) }
/// ```
///
/// It connects in the background, on a thread of its own, and reconnects whenever the connection is
/// lost. Clones share the connection. It ends when the last clone is dropped; each validator that
/// was built with the store holds one.
///
/// An answer is shared for [`max_age`](mobilefirst::TokenValidatorBuilder::max_age), but not
/// longer than ten minutes.
#[derive(Clone)]
pub struct RedisStore {
    link: Arc<Link>,
    /// Ends the thread when the last clone is dropped.
    _running: Arc<oneshot::Sender<()>>,
}

impl RedisStore {
    pub(crate) fn new(link: Arc<Link>, running: oneshot::Sender<()>) -> Self {
        Self {
            link,
            _running: Arc::new(running),
        }
    }

    /// Whether answers are shared at the moment: the store is connected, and no invalidation was
    /// missed. For a dashboard: requests are served either way.
    pub fn is_connected(&self) -> bool {
        self.link.session().is_some()
    }

    /// Reports trouble with the store where it matters, and how it went to the breaker.
    fn note(&self, session: &Session, trouble: &Trouble, during: &'static str) {
        if trouble.is_lost_connection() {
            session.lost.notify_one();
        }
        self.link.warn(trouble, during);
    }
}

/// `fetch` and `store` do nothing while the store is not connected. `invalidate` returns an error
/// if the store has not confirmed it within a second; it is sent nevertheless when the store is
/// back, unless this process ends before.
#[async_trait]
impl RemoteStore for RedisStore {
    fn attach(&self, invalidator: Invalidator) {
        self.link.audience.attach(invalidator, Instant::now());
    }

    async fn fetch(&self, key: &StoreKey) -> Option<StoredAnswer> {
        let link = &self.link;
        let session = link.session();
        let Some(session) = session.filter(|_| link.fetches.admits(link.uptime())) else {
            metrics::skipped("fetch");
            return None;
        };
        let timing = Timing::begin("fetch");
        let mut get = redis::cmd("GET");
        get.arg(link.names.answer(key));
        let mut connection = session.connection(link);
        let reply = get.query_async::<Option<Vec<u8>>>(&mut connection);
        let reply = match timeout(link.timeout, reply).await {
            Ok(reply) => reply.map_err(Trouble::from),
            Err(elapsed) => Err(Trouble::from(elapsed)),
        };
        let now = Instant::now();
        let mut sealed = match reply {
            Ok(Some(sealed)) => sealed,
            Ok(None) => {
                link.fetches.succeeded();
                timing.end("miss");
                return None;
            }
            Err(trouble) => {
                link.fetches.failed(link.uptime());
                self.note(&session, &trouble, "fetch");
                timing.end(trouble.kind());
                return None;
            }
        };
        link.fetches.succeeded();
        let place = link.names.place_of_answer(key);
        let Ok(plain) = link.keys.open(&place, &mut sealed) else {
            link.warn_of_unreadable("answer");
            timing.end("unreadable");
            return None;
        };
        let answer = read_answer(plain, &session.clock(), now, session.since);
        timing.end(if answer.is_some() { "hit" } else { "miss" });
        answer
    }

    async fn store(&self, key: &StoreKey, answer: StoredAnswer) {
        let now = Instant::now();
        let link = &self.link;
        let session = link.session();
        let Some(session) = session.filter(|_| link.stores.admits(link.uptime())) else {
            return metrics::skipped("store");
        };
        let timing = Timing::begin("store");
        let life = answer.time_to_live().min(MEMORY);
        let plain = write_answer(&answer, life, session.clock().earliest(now));
        let place = link.names.place_of_answer(key);
        let Some(sealed) = link.keys.seal(&place, &plain) else {
            return timing.end("failed");
        };
        let mut set = redis::cmd("SET");
        set.arg(link.names.answer(key)).arg(sealed);
        set.arg("PX")
            .arg(u64::try_from(life.as_millis()).unwrap_or(u64::MAX));
        let mut connection = session.connection(link);
        let reply = set.query_async::<()>(&mut connection);
        let reply = match timeout(link.timeout, reply).await {
            Ok(reply) => reply.map_err(Trouble::from),
            Err(elapsed) => Err(Trouble::from(elapsed)),
        };
        match reply {
            Ok(()) => {
                link.stores.succeeded();
                timing.end("stored");
            }
            Err(trouble) => {
                link.stores.failed(link.uptime());
                self.note(&session, &trouble, "store");
                timing.end(trouble.kind());
            }
        }
    }

    async fn invalidate(&self, subject: &StoreKey) -> Result<(), Error> {
        let removal = Removal::Subject(*subject);
        // Other validators of this process hear it at once, and we don't listen to ourselves.
        self.link.audience.forget(removal, Instant::now());
        let sent = self.link.outbox.push(removal);
        match timeout(PATIENCE, sent).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Error::new(
                ErrorKind::Unreachable,
                "the store has not confirmed an invalidation, so other processes may not know of \
                 it yet; it is sent when the store is back",
            )),
        }
    }
}

/// Shows neither URL nor keys.
impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore")
            .field("names", &self.link.names)
            .field("keys", &self.link.keys)
            .field("is_connected", &self.is_connected())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
