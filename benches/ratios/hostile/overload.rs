//! More good tokens than the server can check.
//!
//! Nobody means harm: every token is new and good, and every caller waits for his answer.
//! Where requests queue until their deadline, the server works for callers who are about to
//! give up, and hardly anyone is granted. It could still serve as many as it has capacity
//! for.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use benches::validator;

use super::server::Server;
use super::{at_rate, request};
use crate::runtime;

const PLACES: usize = 64;
const TAKES: Duration = Duration::from_millis(300);
const DEADLINE: Duration = Duration::from_secs(5);
const RUN: Duration = Duration::from_secs(8);

pub(crate) fn goodput_at_1_4() -> f64 {
    measured().0
}

pub(crate) fn goodput_at_5() -> f64 {
    measured().1
}

/// Both loads at once, each with a server of its own: they mostly wait.
fn measured() -> (f64, f64) {
    static MEASURED: OnceLock<(f64, f64)> = OnceLock::new();
    *MEASURED.get_or_init(|| runtime().block_on(async { tokio::join!(goodput(1.4), goodput(5.0)) }))
}

/// Grants a second over the server's capacity.
async fn goodput(load: f64) -> f64 {
    let server = Arc::new(Server::new(PLACES, TAKES));
    let validator = validator(|builder| builder.http_backend(server).deadline(DEADLINE));
    let granted = Arc::new(AtomicUsize::new(0));
    let send = |token: String| {
        let request = request(&validator, &token);
        let granted = granted.clone();
        tokio::spawn(async move {
            if request.await.is_ok() {
                granted.fetch_add(1, Ordering::SeqCst);
            }
        });
    };
    let capacity = PLACES as f64 / TAKES.as_secs_f64();
    // A backlog of nearly a deadline, which the load builds up sooner or later.
    for number in 0..1000 {
        send(format!("good.backlog.{number}"));
    }
    at_rate(load * capacity, DEADLINE, |number| {
        send(format!("good.early.{number}"));
    })
    .await;
    let before = granted.load(Ordering::SeqCst);
    at_rate(load * capacity, RUN, |number| {
        send(format!("good.{number}"));
    })
    .await;
    let granted = granted.load(Ordering::SeqCst) - before;
    granted as f64 / RUN.as_secs_f64() / capacity
}
