//! What is sealed: answers and removals, as bytes.

use std::time::{Duration, Instant};

use mobilefirst::{StoreKey, StoredAnswer};

use crate::fleet_clock::{FleetClock, FleetTime};

/// The answer, as it is sealed: when it was stored, how long it was to live, and its text.
pub(crate) fn write_answer(answer: &StoredAnswer, life: Duration, stored: FleetTime) -> Vec<u8> {
    let text = answer.text().as_bytes();
    let millis = u64::try_from(life.as_millis()).unwrap_or(u64::MAX);
    let mut plain = Vec::with_capacity(16 + text.len());
    plain.extend(stored.0.to_be_bytes());
    plain.extend(millis.to_be_bytes());
    plain.extend(text);
    plain
}

/// The answer with what is left of its life by the clock of the fleet. What the store says about
/// its expiry does not count: anyone who can write to the store can set it.
///
/// None where nothing is left, or where it was stored before `since` or after now.
pub(crate) fn read_answer(
    plain: &[u8],
    clock: &FleetClock,
    now: Instant,
    since: FleetTime,
) -> Option<StoredAnswer> {
    let (stored, rest) = plain.split_first_chunk()?;
    let (life, text) = rest.split_first_chunk()?;
    let stored = FleetTime(u64::from_be_bytes(*stored));
    let life = Duration::from_millis(u64::from_be_bytes(*life));
    let used_up = clock.latest(now).since(stored)?;
    let left = life.checked_sub(used_up)?;
    let text = std::str::from_utf8(text).ok()?;
    let counts = stored >= since && left >= Duration::from_millis(1);
    counts.then(|| StoredAnswer::new(text, left))
}

/// Who removed something. Each instance draws its own.
pub(crate) type Sender = [u8; 16];

/// What one instance tells the others to forget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Removal {
    Subject(StoreKey),
    Everything,
}

impl Removal {
    pub(crate) fn write(self, sender: &Sender) -> Vec<u8> {
        let key = match &self {
            Self::Subject(key) => &key.as_bytes()[..],
            Self::Everything => &[],
        };
        [&sender[..], key].concat()
    }

    pub(crate) fn read(plain: &[u8]) -> Option<(Sender, Self)> {
        let (sender, key) = plain.split_first_chunk()?;
        let removal = match key {
            [] => Self::Everything,
            key => Self::Subject(StoreKey::from_bytes(key.try_into().ok()?)),
        };
        Some((*sender, removal))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000;

    /// What is left in milliseconds of an answer that was stored at the first second with
    /// a minute to live.
    fn left(now: u64, since: u64) -> Option<u128> {
        let begin = Instant::now();
        let answer = StoredAnswer::new("text", Duration::from_secs(3600));
        let minute = Duration::from_secs(60);
        let plain = write_answer(&answer, minute, FleetTime(SECOND));
        let clock = FleetClock::new(FleetTime(now), begin, begin);
        let read = read_answer(&plain, &clock, begin, FleetTime(since))?;
        assert_eq!(read.text(), "text");
        Some(read.time_to_live().as_millis())
    }

    #[test]
    fn what_is_left_of_an_answer_is_told_by_the_fleets_clock() {
        for (now, since, expected) in [
            (SECOND, 0, Some(59_999)),
            (11 * SECOND, 0, Some(49_999)),
            (11 * SECOND, SECOND, Some(49_999)),
            (61 * SECOND, 0, None),
            (3600 * SECOND, 0, None),
            // Stored before the server started: it may have lost removals since.
            (11 * SECOND, SECOND + 1, None),
            // Stored in the future: the clock was set back.
            (SECOND - 2, 0, None),
        ] {
            let seen = left(now, since);
            assert_eq!(seen, expected, "{now} {since}");
        }
    }

    #[test]
    fn what_is_no_answer_is_none() {
        let begin = Instant::now();
        let clock = FleetClock::new(FleetTime(0), begin, begin);
        let life = 60_000_u64.to_be_bytes();
        for plain in [&b""[..], &[0; 15], &[&[0; 8], &life[..], b"\xff"].concat()] {
            assert!(read_answer(plain, &clock, begin, FleetTime(0)).is_none());
        }
    }

    #[test]
    fn a_removal_is_read_back_and_nothing_else_is() {
        let sender = [7; 16];
        let subject = Removal::Subject(StoreKey::from_bytes([1; 32]));
        for removal in [subject, Removal::Everything] {
            let plain = removal.write(&sender);
            assert_eq!(Removal::read(&plain), Some((sender, removal)));
        }
        for plain in [&[7; 15][..], &[7; 17], &[7; 49]] {
            assert_eq!(Removal::read(plain), None);
        }
    }
}
