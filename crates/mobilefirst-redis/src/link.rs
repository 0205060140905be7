//! What the store's users and its listener share.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::time::{Duration, Instant};

use tokio::runtime::{Handle, Id};
use tokio::sync::Notify;

use crate::audience::Audience;
use crate::breaker::Breaker;
use crate::connection::Connection;
use crate::fleet_clock::{FleetClock, FleetTime};
use crate::names::Names;
use crate::outbox::Outbox;
use crate::seal::SealingKeys;
use crate::sealed::Sender;
use crate::target::Target;
use crate::telemetry::metrics;
use crate::trouble::{Throttle, Trouble};

/// The link to a store, which may be down.
pub(crate) struct Link {
    pub(crate) target: Target,
    pub(crate) names: Names,
    pub(crate) keys: SealingKeys,
    pub(crate) timeout: Duration,
    pub(crate) cut_off_max_age: Duration,
    /// Our name in what we send.
    pub(crate) sender: Sender,
    pub(crate) audience: Audience,
    pub(crate) outbox: Outbox,
    /// Reads and writes fail for different reasons.
    pub(crate) fetches: Breaker,
    pub(crate) stores: Breaker,
    session: RwLock<Option<Arc<Session>>>,
    throttle: Throttle,
    begun: Instant,
}

/// A connection that is in step: what was removed is known here.
pub(crate) struct Session {
    /// It is driven by the store's own thread.
    connection: Connection,
    /// It is driven by the runtime that was the first to use this session, so that its calls
    /// need not change threads.
    near: OnceLock<(Id, Connection)>,
    is_near_tried: AtomicBool,
    clock: Mutex<FleetClock>,
    /// What was stored before does not count: removals of it may have been lost.
    pub(crate) since: FleetTime,
    /// Somebody found the connection to be lost.
    pub(crate) lost: Notify,
}

impl Link {
    pub(crate) fn new(
        target: Target,
        names: Names,
        keys: SealingKeys,
        timeout: Duration,
        cut_off_max_age: Duration,
    ) -> Option<Self> {
        let mut sender = Sender::default();
        aws_lc_rs::rand::fill(&mut sender).ok()?;
        Some(Self {
            target,
            names,
            keys,
            timeout,
            cut_off_max_age,
            sender,
            audience: Audience::new(cut_off_max_age),
            outbox: Outbox::default(),
            fetches: Breaker::default(),
            stores: Breaker::default(),
            session: RwLock::default(),
            throttle: Throttle::default(),
            begun: Instant::now(),
        })
    }

    /// The time since this was created.
    pub(crate) fn uptime(&self) -> Duration {
        self.begun.elapsed()
    }

    /// The connection, as long as it is in step.
    pub(crate) fn session(&self) -> Option<Arc<Session>> {
        let session = self.session.read().unwrap_or_else(PoisonError::into_inner);
        session.clone()
    }

    pub(crate) fn open(&self, session: Arc<Session>) {
        self.replace(Some(session));
        metrics::connected();
    }

    pub(crate) fn close(&self) {
        if self.replace(None).is_some() {
            metrics::disconnected();
        }
    }

    /// One warning about each kind of trouble in ten seconds.
    pub(crate) fn warn(&self, trouble: &Trouble, during: &'static str) {
        let kind = trouble.kind();
        if let Some(suppressed) = self.throttle.admit(kind, Instant::now()) {
            tracing::warn!(
                kind,
                error = %trouble,
                during,
                suppressed,
                "the store of answers fails; the authorization server is asked instead"
            );
        }
    }

    /// Something in the store does not open with our keys.
    pub(crate) fn warn_of_unreadable(&self, what: &'static str) {
        if let Some(suppressed) = self.throttle.admit(what, Instant::now()) {
            tracing::warn!(
                what,
                suppressed,
                "something in the store is not sealed with one of our keys: check that all \
                 instances have the same, and who else can write to the store"
            );
        }
    }

    fn replace(&self, session: Option<Arc<Session>>) -> Option<Arc<Session>> {
        let mut current = self.session.write().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *current, session)
    }
}

impl Session {
    pub(crate) fn new(connection: Connection, clock: FleetClock, since: FleetTime) -> Self {
        Self {
            connection,
            near: OnceLock::new(),
            is_near_tried: AtomicBool::new(false),
            clock: Mutex::new(clock),
            since,
            lost: Notify::new(),
        }
    }

    /// The connection for a call on the current runtime.
    pub(crate) fn connection(self: &Arc<Self>, link: &Arc<Link>) -> Connection {
        let here = Handle::current();
        match self.near.get() {
            Some((runtime, near)) if *runtime == here.id() => return near.clone(),
            None if !self.is_near_tried.swap(true, Ordering::Relaxed) => {
                here.spawn(self.clone().come_near(link.clone()));
            }
            _ => {}
        }
        self.connection.clone()
    }

    /// Without it, the other connection serves.
    async fn come_near(self: Arc<Self>, link: Arc<Link>) {
        if let Ok(connection) = link.target.connect().await {
            let _ = self.near.set((Handle::current().id(), connection));
        }
    }

    pub(crate) fn clock(&self) -> FleetClock {
        *self.clock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_clock(&self, clock: FleetClock) {
        *self.clock.lock().unwrap_or_else(PoisonError::into_inner) = clock;
    }
}
