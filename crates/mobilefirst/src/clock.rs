//! The time, as an argument.

use std::fmt;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Where a validator takes the time from: the system's clock, or a test's own.
///
/// Two readings, because they answer two questions: `exp` is a date, but the
/// age of an answer must not change when somebody sets the date.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The date. It may jump either way.
    fn now(&self) -> SystemTime;

    /// The time since some fixed moment. It never goes back.
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

/// The system's clock, the default.
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

/// A clock that stands still until it is told to go on: for tests.
///
/// Clones show the same time.
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
    /// A clock that shows the date `now`.
    pub fn new(now: SystemTime) -> Self {
        Self {
            reading: Arc::new(Mutex::new((now, Duration::ZERO))),
        }
    }

    /// Lets `by` pass.
    pub fn advance(&self, by: Duration) {
        self.with(|(now, uptime)| {
            *now += by;
            *uptime += by;
        });
    }

    /// Sets the date, as an administrator or NTP would: no time passes.
    pub fn set(&self, date: SystemTime) {
        self.with(|(now, _)| *now = date);
    }

    fn with<T>(&self, read: impl FnOnce(&mut (SystemTime, Duration)) -> T) -> T {
        read(&mut self.reading.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Starts at the system's date.
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

/// Both readings of a clock at one moment. The date is the time since 1970; what lies
/// before that is as good as 1970 itself.
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

    /// The time since this moment, by whichever reading went further: the date may have
    /// been set back, and the uptime may stand still while a machine sleeps.
    pub(crate) fn age(self, now: Self) -> Duration {
        let by_date = now.date.saturating_sub(self.date);
        now.uptime.saturating_sub(self.uptime).max(by_date)
    }
}

pub(crate) fn since_epoch(date: SystemTime) -> Duration {
    date.duration_since(UNIX_EPOCH).unwrap_or_default()
}
