//! Notices when removals may be missed: the stream was cut, or another server took over.

use std::convert::Infallible;
use std::time::{Duration, Instant};

use redis::cmd;
use redis::streams::StreamRangeReply;
use tokio::time::{sleep, timeout};

use crate::connection::Connection;
use crate::fleet_clock::{FleetClock, FleetTime};
use crate::link::{Link, Session};
use crate::listener::greeting::ask_time;
use crate::listener::heard::SILENCE;
use crate::listener::hearing::{Place, Position, Progress};
use crate::names::Names;
use crate::trouble::Trouble;

/// How often we look, and read the server's clock, give or take a fifth, so that instances that
/// started together don't look together.
const INTERVAL: Duration = Duration::from_millis(250);

/// What the store says about the stream.
struct Look {
    /// How far we had read before we asked: meanwhile, more may be read.
    read: Progress,
    last: Option<Position>,
}

impl Place {
    /// Looks from time to time. It has a connection on which nobody waits, so that no removal
    /// is heard late because of it.
    pub(super) async fn look_for_gaps(
        &self,
        link: &Link,
        mut connection: Connection,
        session: &Session,
    ) -> Result<Infallible, Trouble> {
        let mut clocks = connection.clone();
        loop {
            sleep(INTERVAL.mul_f64(0.8 + 0.4 * fastrand::f64())).await;
            let time = async { timeout(SILENCE, ask_time(&mut clocks, &link.names)).await? };
            // At once, because each answer that we wait for costs a switch between threads.
            let (clock, look) = tokio::try_join!(time, self.look(&link.names, &connection))?;
            session.set_clock(clock);
            self.conclude(&look, &mut connection, &clock).await?;
        }
    }

    /// Returns an error if we can't be sure any more to hear of each removal: because the epoch
    /// has ended, or because removals were deleted, which ends it.
    pub(super) async fn check(
        &self,
        names: &Names,
        connection: &mut Connection,
        clock: &FleetClock,
    ) -> Result<(), Trouble> {
        let look = self.look(names, connection).await?;
        self.conclude(&look, connection, clock).await
    }

    /// Asks whether the epoch lasts, and for the end of the stream.
    async fn look(&self, names: &Names, connection: &Connection) -> Result<Look, Trouble> {
        let read = self.progress();
        let mut last = cmd("XREVRANGE");
        last.arg(&names.removed).arg("+").arg("-");
        last.arg("COUNT").arg(1);
        let lasts = async {
            match &self.epoch {
                Some(epoch) => epoch.ask_whether_it_lasts(connection.clone(), names).await,
                None => Ok(()),
            }
        };
        let mut asks = connection.clone();
        let last = async { Ok(last.query_async::<StreamRangeReply>(&mut asks).await?) };
        let (last, ()) = timeout(SILENCE, async { tokio::try_join!(last, lasts) }).await??;
        let last = last.ids.first().map(|entry| entry.id.parse::<Position>());
        let last = last.transpose().map_err(|()| Trouble::Nonsense)?;
        Ok(Look { read, last })
    }

    async fn conclude(
        &self,
        look: &Look,
        connection: &mut Connection,
        clock: &FleetClock,
    ) -> Result<(), Trouble> {
        if !look.read.may_miss(look.last, clock.latest(Instant::now())) {
            return Ok(());
        }
        // All others forget everything too, and nobody takes an answer from before.
        if let Some(epoch) = &self.epoch {
            timeout(SILENCE, epoch.end(connection)).await??;
        }
        Err(Trouble::Replaced)
    }
}

impl Progress {
    /// Whether something was deleted from the stream, of which `last` is the last entry, or will
    /// not be heard.
    fn may_miss(&self, last: Option<Position>, now: FleetTime) -> bool {
        // If the clock was set back, and the stream ends before our place, then what comes next
        // does so too, and we would wait forever.
        let is_ahead = self.position.0 > now.millis() && last < Some(self.position);
        self.last > last || is_ahead
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
            let read = Progress {
                position,
                last: read,
            };
            assert_eq!(read.may_miss(last, now), expected, "{position:?} {last:?}");
        }
    }
}
