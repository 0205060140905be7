//! A flood of worthless tokens, beyond what the server can check.
//!
//! Every token is new, and its sender hangs up at once, so the flood costs him next to
//! nothing. The server checks 3,200 tokens a second. Others send tokens that were granted
//! before and fall due for a refresh again and again, and good tokens that are new. A
//! request of theirs fails where it is refused, or waits for more than a tenth of the
//! deadline.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use benches::validator;
use mobilefirst::TokenValidator;
use tokio::task::JoinSet;

use super::server::Server;
use super::{at_rate, hang_up, request, share};
use crate::runtime;

const RUN: Duration = Duration::from_secs(7);
const DEADLINE: Duration = Duration::from_secs(5);
const MAX_AGE: Duration = Duration::from_secs(2);
const KNOWN: usize = 50;

/// The share of others' requests that fail under one flood.
#[derive(Clone, Copy)]
struct Failed {
    known: f64,
    new: f64,
}

pub(crate) fn known_at_4000() -> f64 {
    at_4000().known
}

pub(crate) fn new_at_4000() -> f64 {
    at_4000().new
}

pub(crate) fn known_at_8000() -> f64 {
    at_8000().known
}

pub(crate) fn new_at_8000() -> f64 {
    at_8000().new
}

fn at_4000() -> Failed {
    static MEASURED: OnceLock<Failed> = OnceLock::new();
    *MEASURED.get_or_init(|| runtime().block_on(failed(4000.0)))
}

fn at_8000() -> Failed {
    static MEASURED: OnceLock<Failed> = OnceLock::new();
    *MEASURED.get_or_init(|| runtime().block_on(failed(8000.0)))
}

async fn failed(per_second: f64) -> Failed {
    let server = Arc::new(Server::new(64, Duration::from_millis(20)));
    let validator = validator(|builder| {
        let builder = builder.http_backend(server);
        builder.deadline(DEADLINE).max_age(MAX_AGE)
    });
    for number in 0..KNOWN {
        assert!(!fails(validator.clone(), format!("good.known.{number}")).await);
    }
    let flood = at_rate(per_second, RUN, |number| {
        let validator = validator.clone();
        tokio::spawn(async move { hang_up(&validator, &format!("bad.{number}")).await });
    });
    let (mut known, mut new) = (JoinSet::new(), JoinSet::new());
    let others = at_rate(100.0, RUN, |number| {
        let token = format!("good.known.{}", number % KNOWN);
        known.spawn(fails(validator.clone(), token));
        new.spawn(fails(validator.clone(), format!("good.new.{number}")));
    });
    tokio::join!(flood, others);
    Failed {
        known: share(known).await,
        new: share(new).await,
    }
}

async fn fails(validator: TokenValidator, token: String) -> bool {
    let begun = Instant::now();
    let verdict = request(&validator, &token).await;
    verdict.is_err() || begun.elapsed() > DEADLINE / 10
}
