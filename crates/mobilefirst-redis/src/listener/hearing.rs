//! Reading the stream of removals.

use std::cell::Cell;
use std::convert::Infallible;
use std::fmt;
use std::time::{Duration, Instant};

use redis::streams::{StreamId, StreamReadReply};
use redis::{FromRedisValue, Value, cmd};
use tokio::time::timeout;

use crate::audience::MEMORY;
use crate::connection::Connection;
use crate::fleet_clock::{FleetClock, FleetTime};
use crate::link::{Link, Session};
use crate::listener::greeting::{Epoch, Greeting};
use crate::listener::heard::{Heard, SILENCE};
use crate::listener::speaking::FIELD;
use crate::sealed::{Removal, Sender};
use crate::telemetry::metrics;
use crate::trouble::Trouble;

/// How long the server may keep us waiting for a removal, before it says that there is none.
const WAIT: Duration = Duration::from_millis(150);

/// How many removals are read at once.
const PAGE: usize = 1000;

/// Time for a page of what we missed.
const PATIENCE: Duration = Duration::from_secs(1);

/// The place of an entry in the stream: its time in milliseconds, and a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Position(pub(super) u64, pub(super) u64);

/// How far we have read.
pub(super) struct Place {
    pub(super) epoch: Option<Epoch>,
    progress: Cell<Progress>,
    /// Until when we know that we missed nothing.
    heard: Cell<FleetTime>,
}

#[derive(Clone, Copy)]
pub(super) struct Progress {
    pub(super) position: Position,
    /// The last entry that we read. As long as nobody deletes it, it stays in the stream until
    /// there is another.
    pub(super) last: Option<Position>,
}

impl Place {
    /// The place to begin at: far enough back for all that can still be in the store.
    pub(super) fn of(greeting: &Greeting, now: Instant, memory: Duration) -> Self {
        let begin = greeting.clock.earliest(now).minus(memory);
        Self {
            epoch: greeting.epoch.clone(),
            progress: Cell::new(Progress {
                position: Position(begin.millis(), 0),
                last: None,
            }),
            heard: Cell::new(begin),
        }
    }

    /// Whether we can go on from here, because nothing that we missed is gone.
    pub(super) fn is_still_good(&self, greeting: &Greeting, now: Instant) -> bool {
        let missed = greeting.clock.latest(now).since(self.heard.get());
        let is_same = self.epoch.is_some() && self.epoch == greeting.epoch;
        is_same && missed.is_some_and(|missed| missed < MEMORY)
    }

    /// How far we have read.
    pub(super) fn progress(&self) -> Progress {
        self.progress.get()
    }

    /// Reads what was removed meanwhile.
    pub(super) async fn catch_up(
        &self,
        link: &Link,
        ear: &mut Connection,
        clock: &FleetClock,
    ) -> Result<(), Trouble> {
        loop {
            let asked = Instant::now();
            let mut read = cmd("XREAD");
            read.arg("COUNT").arg(PAGE);
            read.arg("STREAMS")
                .arg(&link.names.removed)
                .arg(self.progress().position.to_string());
            let reply = read.query_async::<Option<StreamReadReply>>(ear);
            let reply = timeout(PATIENCE, reply).await??;
            if self.take(link, reply)? < PAGE {
                self.check(&link.names, ear, clock).await?;
                self.heard.set(clock.earliest(asked));
                return Ok(());
            }
        }
    }

    /// Reads what is removed from now on.
    pub(super) async fn listen(
        &self,
        link: &Link,
        ear: &mut Connection,
        session: &Session,
        heard: &Heard,
    ) -> Result<Infallible, Trouble> {
        loop {
            let mut read = cmd("XREAD");
            read.arg("COUNT").arg(PAGE);
            read.arg("BLOCK")
                .arg(u64::try_from(WAIT.as_millis()).unwrap_or(u64::MAX));
            read.arg("STREAMS")
                .arg(&link.names.removed)
                .arg(self.progress().position.to_string());
            let asked = Instant::now();
            let reply = read.query_async::<Option<StreamReadReply>>(ear);
            let reply = timeout(SILENCE, reply).await??;
            if self.take(link, reply)? < PAGE {
                heard.note(link);
                self.heard.set(session.clock().earliest(asked));
            }
        }
    }

    /// Forgets what the reply names. Returns the number of entries.
    fn take(&self, link: &Link, reply: Option<StreamReadReply>) -> Result<usize, Trouble> {
        let entries = reply.into_iter().flat_map(|reply| reply.keys);
        let mut count = 0;
        for entry in entries.flat_map(|key| key.ids) {
            count += 1;
            // Even if we can't read the rest, we must get past it.
            let position = entry.id.parse().map_err(|()| Trouble::Nonsense)?;
            self.progress.set(Progress {
                position,
                last: Some(position),
            });
            match read_removal(link, entry) {
                Some((sender, _)) if sender == link.sender => {}
                Some((_, removal)) => {
                    link.audience.forget(removal, Instant::now());
                    metrics::invalidations("received", 1);
                }
                // Forgetting everything would let anyone who can write to the store slow us
                // down with a few bytes.
                None => {
                    metrics::invalidations("unreadable", 1);
                    link.warn_of_unreadable("invalidation");
                }
            }
        }
        Ok(count)
    }
}

fn read_removal(link: &Link, mut entry: StreamId) -> Option<(Sender, Removal)> {
    let value: Value = entry.map.remove(FIELD)?;
    let mut sealed = Vec::<u8>::from_redis_value(value).ok()?;
    let place = link.names.place_of_removals();
    let plain = link.keys.open(&place, &mut sealed).ok()?;
    Removal::read(plain)
}

impl std::str::FromStr for Position {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (millis, number) = text.split_once('-').ok_or(())?;
        let part = |text: &str| text.parse().map_err(|_| ());
        Ok(Self(part(millis)?, part(number)?))
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.0, self.1)
    }
}
