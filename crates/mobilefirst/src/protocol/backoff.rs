//! Pauses that grow while something keeps failing.

use std::time::Duration;

const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// A pause that doubles each time it starts again soon after its end.
#[derive(Default)]
pub(crate) struct Backoff {
    length: Duration,
    until: Duration,
}

impl Backoff {
    pub(crate) fn is_on(&self, now: Duration) -> bool {
        now < self.until
    }

    pub(crate) fn begin(&mut self, now: Duration) {
        let calm = now > self.until + 2 * LONGEST_PAUSE;
        self.length = match calm {
            true => SHORTEST_PAUSE,
            false => (self.length * 2).clamp(SHORTEST_PAUSE, LONGEST_PAUSE),
        };
        self.until = now + self.length;
    }

    /// Shortens this pause and the next one to the minimum: the cause of the long ones is gone.
    pub(crate) fn shorten(&mut self) {
        let begun = self.until - self.length;
        self.until = self.until.min(begun + SHORTEST_PAUSE);
        self.length = Duration::ZERO;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_doubles_up_to_a_bound_and_calms_down() {
        let mut pause = Backoff::default();
        let mut lengths = Vec::new();
        for _ in 0..7 {
            pause.begin(pause.until);
            lengths.push(pause.length.as_secs());
        }
        assert_eq!(lengths, [1, 2, 4, 8, 16, 30, 30]);
        pause.begin(pause.until + Duration::from_secs(61));
        assert_eq!(pause.length, SHORTEST_PAUSE);
    }

    #[test]
    fn a_pause_that_is_shortened_begins_anew() {
        let mut pause = Backoff::default();
        for _ in 0..4 {
            pause.begin(pause.until);
        }
        assert!(pause.is_on(Duration::from_secs(14)));
        for _ in 0..2 {
            pause.shorten();
            assert!(pause.is_on(Duration::from_millis(7_999)));
            assert!(!pause.is_on(Duration::from_secs(8)));
        }
        pause.begin(pause.until);
        assert_eq!(pause.length, SHORTEST_PAUSE);
    }
}
