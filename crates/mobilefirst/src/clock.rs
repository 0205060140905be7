//! The seam for the time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A source of the current time.
///
/// It has two readings because `exp` is a date, but the age of an answer must not
/// change when somebody sets the system's date.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a clock",
    label = "not a clock",
    note = "in a test, pass a `mobilefirst::ManualClock`; otherwise set none"
)]
pub trait Clock: Send + Sync + 'static {
    /// Returns the current date. It may jump forwards or backwards.
    fn now(&self) -> SystemTime;

    /// Returns the time since some fixed moment. It never goes backwards.
    fn uptime(&self) -> Duration;

    /// Returns both readings at one moment. Every request takes one. Default: calls
    /// [`now`](Self::now) and [`uptime`](Self::uptime).
    fn read(&self) -> Moment {
        Moment::new(self.now(), self.uptime())
    }
}

impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn now(&self) -> SystemTime {
        (**self).now()
    }

    fn uptime(&self) -> Duration {
        (**self).uptime()
    }

    fn read(&self) -> Moment {
        (**self).read()
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

    /// Reads the date only if that was not done within the last millisecond of uptime. In between,
    /// the date advances as the uptime does, so that most requests read one clock, not two.
    fn read(&self) -> Moment {
        const TRUSTED: u64 = 1_000_000;
        /// The uptime at which the date was read, and the date of uptime zero.
        static READ_AT: AtomicU64 = AtomicU64::new(0);
        static ORIGIN: AtomicU64 = AtomicU64::new(0);

        let uptime = nanos(self.uptime());
        let read_at = READ_AT.load(Ordering::Acquire);
        if read_at != 0 && uptime.wrapping_sub(read_at) < TRUSTED {
            let date = ORIGIN.load(Ordering::Relaxed).saturating_add(uptime);
            return Moment { date, uptime };
        }
        let date = nanos(since_epoch(self.now()));
        ORIGIN.store(date.saturating_sub(uptime), Ordering::Relaxed);
        READ_AT.store(uptime, Ordering::Release);
        Moment { date, uptime }
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
#[doc(alias = "mock")]
#[doc(alias = "fake")]
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

    fn read(&self) -> Moment {
        self.with(|(now, uptime)| Moment::new(*now, *uptime))
    }
}

/// Both readings of a clock at one moment.
///
/// A date before 1970 counts as 1970, and one after the year 2500 as that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    // In nanoseconds, since 1970 and since the clock's own beginning: every request compares them.
    date: u64,
    uptime: u64,
}

impl Moment {
    /// Creates a moment from the readings of a [`Clock`].
    pub fn new(date: SystemTime, uptime: Duration) -> Self {
        Self {
            date: nanos(since_epoch(date)),
            uptime: nanos(uptime),
        }
    }

    /// Returns the time since 1970.
    pub(crate) fn date(self) -> Duration {
        Duration::from_nanos(self.date)
    }

    pub(crate) fn uptime(self) -> Duration {
        Duration::from_nanos(self.uptime)
    }

    /// Returns the time since this moment, by whichever reading advanced more: the date
    /// may have been set back, and the uptime may stop while the machine sleeps.
    #[inline]
    pub(crate) fn age(self, now: Self) -> Duration {
        let by_date = now.date.saturating_sub(self.date);
        Duration::from_nanos(now.uptime.saturating_sub(self.uptime).max(by_date))
    }

    /// Returns the moment that is `age` ago.
    pub(crate) fn before(self, age: Duration) -> Self {
        let age = nanos(age);
        Self {
            date: self.date.saturating_sub(age),
            uptime: self.uptime.saturating_sub(age),
        }
    }

    /// Whether the date `end`, in milliseconds since 1970, has not come yet, with a `leeway`. The
    /// time since `begin` counts too, so that setting the date back does not put the end off.
    #[inline]
    pub(crate) fn is_before(self, end: u64, leeway: Duration, begin: Self) -> bool {
        let end = end.saturating_mul(NANOS_PER_MILLI);
        let leeway = nanos(leeway);
        let granted = end.saturating_sub(begin.date);
        let by_uptime = begin.uptime.saturating_add(granted);
        self.date < end.saturating_add(leeway) && self.uptime < by_uptime.saturating_add(leeway)
    }

    /// Whether the date `begin`, in milliseconds since 1970, has come, with a `leeway`.
    #[inline]
    pub(crate) fn is_from(self, begin: u64, leeway: Duration) -> bool {
        let begin = begin.saturating_mul(NANOS_PER_MILLI);
        self.date.saturating_add(nanos(leeway)) >= begin
    }
}

const NANOS_PER_MILLI: u64 = 1_000_000;

#[inline]
fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[inline]
pub(crate) fn since_epoch(date: SystemTime) -> Duration {
    date.duration_since(UNIX_EPOCH).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_readings_of_the_system_s_clock_belong_to_one_moment() {
        let clock = SystemClock;
        for _ in 0..100_000 {
            let (earlier, uptime_before) = (clock.now(), clock.uptime());
            let moment = clock.read();
            let (date, uptime) = (UNIX_EPOCH + moment.date(), moment.uptime());
            let (later, uptime_after) = (clock.now(), clock.uptime());
            assert!(uptime_before <= uptime && uptime <= uptime_after);
            // The system may correct its date in small steps meanwhile.
            let slack = Duration::from_secs(1);
            assert!(earlier - slack <= date && date <= later + slack);
        }
    }
}
