//! The seam for the time.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A source of the current time.
///
/// It has two readings because `exp` is a date, but the age of an answer must not
/// change when somebody sets the system's date.
pub trait Clock: Send + Sync + 'static {
    /// Returns the current date. It may jump forwards or backwards.
    fn now(&self) -> SystemTime;

    /// Returns the time since some fixed moment. It never goes backwards.
    fn uptime(&self) -> Duration;
}

impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn now(&self) -> SystemTime {
        (**self).now()
    }

    fn uptime(&self) -> Duration {
        (**self).uptime()
    }
}

/// The system's clock, which is the default.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    fn uptime(&self) -> Duration {
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        START.elapsed()
    }
}

/// A clock for tests, which only moves when it is advanced.
///
/// Clones share state.
///
/// ```
/// use std::time::Duration;
/// use mobilefirst::{Clock, ManualClock};
///
/// let clock = ManualClock::default();
/// let before = clock.now();
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(clock.now(), before + Duration::from_secs(60));
/// ```
#[derive(Clone, Debug)]
pub struct ManualClock {
    reading: Arc<Mutex<(SystemTime, Duration)>>,
}

impl ManualClock {
    /// Creates a clock that shows the date `now`.
    pub fn new(now: SystemTime) -> Self {
        Self {
            reading: Arc::new(Mutex::new((now, Duration::ZERO))),
        }
    }

    /// Advances the clock by `by`.
    pub fn advance(&self, by: Duration) {
        self.with(|(now, uptime)| {
            *now += by;
            *uptime += by;
        });
    }

    /// Sets the date, as an administrator or NTP would. The uptime stays the same.
    pub fn set(&self, date: SystemTime) {
        self.with(|(now, _)| *now = date);
    }

    fn with<T>(&self, read: impl FnOnce(&mut (SystemTime, Duration)) -> T) -> T {
        read(&mut self.reading.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Starts at the system's current date.
impl Default for ManualClock {
    fn default() -> Self {
        Self::new(SystemTime::now())
    }
}

impl Clock for ManualClock {
    fn now(&self) -> SystemTime {
        self.with(|(now, _)| *now)
    }

    fn uptime(&self) -> Duration {
        self.with(|(_, uptime)| *uptime)
    }
}

/// Both readings of a clock at one moment. The date is the time since 1970; an earlier
/// date counts as 1970.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub(crate) date: Duration,
    pub(crate) uptime: Duration,
}

impl Moment {
    pub(crate) fn read(clock: &dyn Clock) -> Self {
        Self {
            date: since_epoch(clock.now()),
            uptime: clock.uptime(),
        }
    }

    /// Returns the time since this moment, by whichever reading advanced more: the date
    /// may have been set back, and the uptime may stop while the machine sleeps.
    pub(crate) fn age(self, now: Self) -> Duration {
        let by_date = now.date.saturating_sub(self.date);
        now.uptime.saturating_sub(self.uptime).max(by_date)
    }
}

pub(crate) fn since_epoch(date: SystemTime) -> Duration {
    date.duration_since(UNIX_EPOCH).unwrap_or_default()
}
