//! The clock that all instances of a fleet share: the server's.

use std::time::{Duration, Instant};

/// A time by the server's clock, in microseconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FleetTime(pub(crate) u64);

impl FleetTime {
    pub(crate) fn since(self, earlier: Self) -> Option<Duration> {
        let micros = self.0.checked_sub(earlier.0)?;
        Some(Duration::from_micros(micros))
    }

    pub(crate) fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(micros(duration)))
    }

    pub(crate) fn millis(self) -> u64 {
        self.0 / 1000
    }
}

/// What the server's clock says, within bounds: it was read between two moments.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FleetClock {
    read: FleetTime,
    asked: Instant,
    answered: Instant,
}

impl FleetClock {
    pub(crate) fn new(read: FleetTime, asked: Instant, answered: Instant) -> Self {
        Self {
            read,
            asked,
            answered,
        }
    }

    /// It is this late, or later.
    pub(crate) fn earliest(&self, now: Instant) -> FleetTime {
        let since = now.saturating_duration_since(self.answered);
        FleetTime(self.read.0.saturating_add(micros(since)))
    }

    /// It is this late, or earlier.
    pub(crate) fn latest(&self, now: Instant) -> FleetTime {
        let since = now.saturating_duration_since(self.asked);
        FleetTime(self.read.0.saturating_add(micros(since)).saturating_add(1))
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_lies_between_its_bounds_whenever_the_server_read_it() {
        let asked = Instant::now();
        let answered = asked + Duration::from_millis(3);
        let clock = FleetClock::new(FleetTime(1_000_000), asked, answered);
        let now = asked + Duration::from_millis(10);
        assert_eq!(clock.earliest(now), FleetTime(1_007_000));
        assert_eq!(clock.latest(now), FleetTime(1_010_001));
        assert_eq!(clock.earliest(asked), FleetTime(1_000_000));
    }
}
