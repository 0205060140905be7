//! An authorization server on a socket that fails in every way at random, and clients of
//! every kind: what must hold whatever happens.
//!
//! The seed gives the faults and the clients' choices, the scheduler their order. Time is a
//! manual clock that a task moves on, so nothing is judged by the machine's speed.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall panic")]

#[path = "chaos/clients.rs"]
mod clients;
#[path = "chaos/faults.rs"]
mod faults;

use std::sync::Arc;
use std::time::Duration;

use mobilefirst::{Clock, Credentials, ManualClock, TokenValidator};
use mobilefirst_devserver::{Authority, Endpoint};

use self::clients::{Tally, Tokens};

const SEED: u64 = 0x6d66_7002;
const CLIENTS: u64 = 24;

/// Time passes in steps, each of which takes a few milliseconds at the least.
const STEPS: u64 = 700;
const STEP: Duration = Duration::from_millis(20);
const SHORTEST_STEP: Duration = Duration::from_millis(4);

const MAX_AGE: Duration = Duration::from_millis(500);
const DEADLINE: Duration = Duration::from_millis(500);

/// The time by the manual clock that may pass while an answer is under way.
const UNDER_WAY: Duration = Duration::from_millis(
    (DEADLINE.as_millis() * STEP.as_millis() / SHORTEST_STEP.as_millis()) as u64,
);

/// Allocators and connection pools keep some; a leak of one body an introspection would be
/// a hundred times as much.
const MEMORY: usize = 24 * 1024 * 1024;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_fails_nobody_is_let_in_or_blamed_wrongly() {
    let clock = ManualClock::default();
    let authority = Authority::new().with_clock(clock.clone());
    let devserver = authority.listen("127.0.0.1:0").await.unwrap();
    let credentials = Credentials::new("test", "test").unwrap();
    let validator = TokenValidator::builder(devserver.url().parse().unwrap(), credentials)
        .clock(clock.clone())
        .max_age(MAX_AGE)
        .deadline(DEADLINE)
        .build()
        .unwrap();
    let mut rng = fastrand::Rng::with_seed(SEED);
    let tokens = Arc::new(Tokens::issue(&authority, &clock, &mut rng));
    let met = faults::begin(&authority, &mut rng);
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let client = clients::run(validator.clone(), tokens.clone(), rng.fork());
            tokio::spawn(client)
        })
        .collect();

    let mut memory = None;
    for step in 0..STEPS {
        tokio::time::sleep(SHORTEST_STEP).await;
        clock.advance(STEP);
        tokens.revoke_due(&authority);
        if rng.u8(..50) == 0 {
            authority.revoke_own_tokens();
        }
        if step == STEPS / 3 {
            memory = resident();
        }
    }
    tokens.end();
    let mut tally = Tally::default();
    for client in clients {
        tally += client.await.unwrap();
    }
    let grown = resident()
        .zip(memory)
        .map(|(end, begin)| end.saturating_sub(begin));
    println!(
        "{tally:?}, memory grown by {grown:?}, {:?}",
        authority.calls()
    );
    assert!(grown.unwrap_or(0) < MEMORY, "{grown:?}");
    tally.assert_all_seen();
    met.assert_all_met();

    // A second after the end, everything works again. What is under way ends first.
    authority.clear_faults();
    tokio::time::sleep(DEADLINE * 2).await;
    clock.advance(Duration::from_secs(1));
    tokens.assert_served(&validator).await;
}

/// What this process has in memory, in bytes; on Linux only.
fn resident() -> Option<usize> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: usize = pages.split(' ').nth(1)?.parse().ok()?;
    Some(pages * 4096)
}
