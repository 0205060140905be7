//! Reading the stream of removals.

use std::convert::Infallible;
use std::fmt;
use std::time::{Duration, Instant};

use redis::streams::{StreamId, StreamRangeReply, StreamReadReply};
use redis::{FromRedisValue, Value, cmd};
use tokio::time::timeout;

use crate::audience::MEMORY;
use crate::connection::Connection;
use crate::fleet_clock::{FleetClock, FleetTime};
use crate::link::{Link, Session};
use crate::listener::greeting::{Epoch, Greeting, ask_time};
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

/// How often we read the server's clock.
const CLOCK: Duration = Duration::from_millis(250);

/// The place of an entry in the stream: its time in milliseconds, and a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Position(u64, u64);

/// How far we have read.
pub(super) struct Place {
    epoch: Option<Epoch>,
    position: Position,
    /// The last entry that we read. As long as nobody deletes it, it stays in the stream until
    /// there is another.
    last: Option<Position>,
    /// Until when we know that we missed nothing.
    heard: FleetTime,
}

impl Place {
    /// The place to begin at: far enough back for all that can still be in the store.
    pub(super) fn of(greeting: &Greeting, now: Instant, memory: Duration) -> Self {
        let begin = greeting.clock.earliest(now).minus(memory);
        Self {
            epoch: greeting.epoch.clone(),
            position: Position(begin.millis(), 0),
            last: None,
            heard: begin,
        }
    }

    /// Whether we can go on from here, because nothing that we missed is gone.
    pub(super) fn is_still_good(&self, greeting: &Greeting, now: Instant) -> bool {
        let missed = greeting.clock.latest(now).since(self.heard);
        let is_same = self.epoch.is_some() && self.epoch == greeting.epoch;
        is_same && missed.is_some_and(|missed| missed < MEMORY)
    }

    /// Reads what was removed meanwhile.
    pub(super) async fn catch_up(
        &mut self,
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
                .arg(self.position.to_string());
            let reply = read.query_async::<Option<StreamReadReply>>(ear);
            let reply = timeout(PATIENCE, reply).await??;
            if self.take(link, reply)? < PAGE {
                self.check(link, ear.clone(), clock).await?;
                self.heard = clock.earliest(asked);
                return Ok(());
            }
        }
    }

    /// Reads what is removed from now on.
    pub(super) async fn listen(
        &mut self,
        link: &Link,
        ear: &mut Connection,
        session: &Session,
        heard: &Heard,
    ) -> Result<Infallible, Trouble> {
        let mut clock_read = Instant::now();
        loop {
            let mut read = cmd("XREAD");
            read.arg("COUNT").arg(PAGE);
            read.arg("BLOCK")
                .arg(u64::try_from(WAIT.as_millis()).unwrap_or(u64::MAX));
            read.arg("STREAMS")
                .arg(&link.names.removed)
                .arg(self.position.to_string());
            let asked = Instant::now();
            let reply = read.query_async::<Option<StreamReadReply>>(ear);
            let reply = timeout(SILENCE, reply).await??;
            if self.take(link, reply)? < PAGE {
                heard.note(link);
                self.heard = session.clock().earliest(asked);
            }
            if clock_read.elapsed() >= CLOCK {
                let clock = timeout(SILENCE, ask_time(ear, &link.names)).await??;
                clock_read = Instant::now();
                session.set_clock(clock);
                self.check(link, ear.clone(), &clock).await?;
            }
        }
    }

    /// Forgets what the reply names. Returns the number of entries.
    fn take(&mut self, link: &Link, reply: Option<StreamReadReply>) -> Result<usize, Trouble> {
        let entries = reply.into_iter().flat_map(|reply| reply.keys);
        let mut count = 0;
        for entry in entries.flat_map(|key| key.ids) {
            count += 1;
            // Even if we can't read the rest, we must get past it.
            self.position = entry.id.parse().map_err(|()| Trouble::Nonsense)?;
            self.last = Some(self.position);
            match read_removal(link, entry) {
                Some((sender, _)) if sender == link.sender => {}
                Some((_, removal)) => {
                    link.audience.forget(removal, Instant::now());
                    metrics::invalidations("received", 1);
                }
                // To forget everything would let whoever can write to the store slow us down
                // with a few bytes.
                None => {
                    metrics::invalidations("unreadable", 1);
                    link.warn_of_unreadable("invalidation");
                }
            }
        }
        Ok(count)
    }

    /// Returns an error if we can't be sure any more to hear of each removal: because the epoch
    /// has ended, or because removals were deleted, which ends it.
    async fn check(
        &self,
        link: &Link,
        mut ear: Connection,
        clock: &FleetClock,
    ) -> Result<(), Trouble> {
        let mut asks = ear.clone();
        let mut last = cmd("XREVRANGE");
        last.arg(&link.names.removed).arg("+").arg("-");
        last.arg("COUNT").arg(1);
        let last = async { Ok(last.query_async::<StreamRangeReply>(&mut asks).await?) };
        let lasts = async {
            match &self.epoch {
                Some(epoch) => epoch.ask_whether_it_lasts(ear.clone(), &link.names).await,
                None => Ok(()),
            }
        };
        let (last, ()) = timeout(SILENCE, async { tokio::try_join!(last, lasts) }).await??;
        let last = last.ids.first().map(|entry| entry.id.parse::<Position>());
        let last = last.transpose().map_err(|()| Trouble::Nonsense)?;
        if !self.may_miss(last, clock.latest(Instant::now())) {
            return Ok(());
        }
        // All others forget everything too, and nobody takes an answer from before.
        if let Some(epoch) = &self.epoch {
            timeout(SILENCE, epoch.end(&mut ear)).await??;
        }
        Err(Trouble::Replaced)
    }

    /// Whether something was deleted from the stream, of which `last` is the last entry, or will
    /// not be heard.
    fn may_miss(&self, last: Option<Position>, now: FleetTime) -> bool {
        // If the clock was set back, and the stream ends before our place, then what comes next
        // does so too, and we would wait for ever.
        let is_ahead = self.position.0 > now.millis() && last < Some(self.position);
        self.last > last || is_ahead
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_that_ends_before_our_place_was_cut_or_will_not_be_heard() {
        let now = FleetTime(5_000_000);
        for (read, position, last, expected) in [
            // Nothing was removed yet.
            (None, Position(4000, 0), None, false),
            (None, Position(4000, 0), Some(Position(3000, 0)), false),
            (
                Some(Position(4000, 1)),
                Position(4000, 1),
                Some(Position(4000, 1)),
                false,
            ),
            (
                Some(Position(4000, 1)),
                Position(4000, 1),
                Some(Position(4000, 2)),
                false,
            ),
            // It was deleted, or trimmed.
            (Some(Position(4000, 1)), Position(4000, 1), None, true),
            (
                Some(Position(4000, 1)),
                Position(4000, 1),
                Some(Position(4000, 0)),
                true,
            ),
            // The clock was set back.
            (None, Position(5001, 0), None, true),
            (None, Position(5001, 0), Some(Position(4000, 0)), true),
            // What comes next has a later place than the last one, whatever the clock says.
            (
                Some(Position(5001, 0)),
                Position(5001, 0),
                Some(Position(5001, 0)),
                false,
            ),
        ] {
            let place = Place {
                epoch: None,
                position,
                last: read,
                heard: now,
            };
            assert_eq!(place.may_miss(last, now), expected, "{read:?} {last:?}");
        }
    }
}
