//! Callers who mean harm, and servers in trouble: what others notice.
//!
//! Each file is one attack. What they have in common is here.

pub(crate) mod bad_tokens;
pub(crate) mod flood;
pub(crate) mod hung_store;
pub(crate) mod invalidate;
pub(crate) mod memory;
pub(crate) mod overload;
pub(crate) mod pool;
mod server;
pub(crate) mod stale;
pub(crate) mod standing_runtime;

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use mobilefirst::{AnyScope, Authorize, TokenValidator};
use tokio::task::JoinSet;

/// A request that bears `token`.
fn request(validator: &TokenValidator, token: &str) -> Authorize<AnyScope> {
    validator.authorize::<AnyScope>([format!("Bearer {token}")])
}

/// A request whose sender hangs up at once: its future is dropped after the first poll.
async fn hang_up(validator: &TokenValidator, token: &str) {
    let mut request = pin!(request(validator, token));
    poll_fn(|cx| {
        let _ = request.as_mut().poll(cx);
        Poll::Ready(())
    })
    .await;
}

/// Calls `send` with 0, 1, 2 … at a steady rate.
async fn at_rate(per_second: f64, duration: Duration, mut send: impl FnMut(usize)) {
    let begun = Instant::now();
    let mut ticks = tokio::time::interval(Duration::from_millis(5));
    let mut sent = 0;
    while begun.elapsed() < duration {
        ticks.tick().await;
        let due = (begun.elapsed().as_secs_f64() * per_second) as usize;
        for number in sent..due {
            send(number);
        }
        sent = due;
    }
}

/// How many of the tasks end with `true`.
async fn count(tasks: JoinSet<bool>) -> usize {
    let outcomes = tasks.join_all().await;
    outcomes.into_iter().filter(|outcome| *outcome).count()
}

/// The share of the tasks that end with `true`.
async fn share(tasks: JoinSet<bool>) -> f64 {
    let all = tasks.len() as f64;
    count(tasks).await as f64 / all
}
