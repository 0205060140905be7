use super::*;
use crate::clock::{Clock, ManualClock};

struct World {
    breaker: Breaker,
    clock: ManualClock,
    subjects: std::cell::Cell<u64>,
}

impl World {
    fn new(rules: Rules) -> Self {
        Self {
            breaker: Breaker::new(rules),
            clock: ManualClock::default(),
            subjects: std::cell::Cell::new(0),
        }
    }

    /// Calls about a new token each.
    fn calls(&self, times: u32, report: Report) {
        for _ in 0..times {
            self.subjects.set(self.subjects.get() + 1);
            self.call(self.subjects.get(), report);
        }
    }

    fn call(&self, subject: u64, report: Report) {
        match self.breaker.admit(self.clock.uptime(), subject) {
            Ok(Admission::Now(pass) | Admission::Later(pass, _)) => {
                pass.report(self.clock.uptime(), report)
            }
            Err(_) => {}
        }
    }

    /// How long a call has to wait, if it is refused.
    fn refused(&self) -> Option<Duration> {
        self.breaker.admit(self.clock.uptime(), 0).err()
    }
}

const FAILED: Report = Report::Failed(None);

#[test]
fn failures_of_many_tokens_open_it_and_an_answer_closes_it() {
    let world = World::new(Rules::CALLERS);
    world.calls(9, FAILED);
    assert_eq!(world.refused(), None);
    world.calls(1, FAILED);
    assert_eq!(world.refused(), Some(PAUSE));
    world.clock.advance(PAUSE);
    let probe = world.breaker.admit(world.clock.uptime(), 1).ok();
    assert!(world.refused().is_some(), "one probe at a time");
    let Some(Admission::Now(probe)) = probe else {
        panic!("the probe was refused")
    };
    probe.report(world.clock.uptime(), Report::Answered);
    assert_eq!(world.refused(), None);
}

#[test]
fn failures_of_few_tokens_do_not_open_it() {
    let world = World::new(Rules::CALLERS);
    for round in 0..100 {
        world.call(round % 7, FAILED);
    }
    assert_eq!(world.refused(), None);
}

#[test]
fn failures_among_more_answers_do_not_open_it() {
    let world = World::new(Rules::CALLERS);
    for _ in 0..100 {
        world.calls(2, Report::Answered);
        world.calls(1, FAILED);
    }
    assert_eq!(world.refused(), None);
}

#[test]
fn what_was_long_ago_does_not_count() {
    let world = World::new(Rules::CALLERS);
    world.calls(9, FAILED);
    world.clock.advance(2 * WINDOW);
    world.calls(9, FAILED);
    assert_eq!(world.refused(), None);
}

#[test]
fn a_failed_probe_keeps_it_open() {
    let world = World::new(Rules::CALLERS);
    world.calls(10, FAILED);
    world.clock.advance(PAUSE);
    world.calls(1, FAILED);
    assert_eq!(world.refused(), Some(PAUSE));
}

#[test]
fn a_call_that_is_cut_off_says_nothing() {
    let world = World::new(Rules::CALLERS);
    world.calls(9, FAILED);
    for subject in 0..20 {
        drop(world.breaker.admit(world.clock.uptime(), subject));
    }
    assert_eq!(world.refused(), None);
}

#[test]
fn an_open_breaker_waits_for_the_shortest_pause_that_all_were_asked_for() {
    let seconds = Duration::from_secs;
    let world = World::new(Rules::CALLERS);
    world.calls(9, Report::Failed(Some(seconds(300))));
    world.calls(1, Report::Failed(Some(seconds(7))));
    assert_eq!(world.refused(), Some(seconds(7)));
    let world = World::new(Rules::CALLERS);
    world.calls(9, Report::Failed(Some(seconds(300))));
    world.calls(1, FAILED);
    assert_eq!(world.refused(), Some(PAUSE));
}

#[test]
fn one_tokens_429_spaces_calls_out_until_the_server_answers() {
    let world = World::new(Rules::CALLERS);
    world.calls(1, Report::TooMany(Some(Duration::from_secs(86_400))));
    let waits: Vec<_> = (0..3)
        .map(|_| match world.breaker.admit(world.clock.uptime(), 7) {
            Ok(Admission::Now(_)) => Some(Duration::ZERO),
            Ok(Admission::Later(_, wait)) => Some(wait),
            Err(_) => None,
        })
        .collect();
    assert_eq!(waits, [0, 1, 2].map(|slot| Some(slot * SLOW_INTERVAL)));
    world.calls(1, Report::Answered);
    let admitted = world.breaker.admit(world.clock.uptime(), 8);
    assert!(matches!(admitted, Ok(Admission::Now(_))));
}

#[test]
fn a_429_to_our_own_request_is_obeyed() {
    let world = World::new(Rules::OWN);
    let pause = Duration::from_secs(60);
    world.calls(1, Report::TooMany(Some(pause)));
    assert_eq!(world.refused(), Some(pause));
    world.clock.advance(pause);
    assert_eq!(world.refused(), None);
}
