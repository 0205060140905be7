//! A runtime that stands still, in the midst of calls that another runtime waits for.
//!
//! Two single-threaded runtimes share a validator, as the workers of actix-web do. The first
//! begins three requests, and the renewal of our own token with them; then a handler blocks
//! its thread for three deadlines. The second runtime asks for the same three tokens and for
//! new ones.

use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use benches::validator;
use mobilefirst::TokenValidator;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use super::server::Server;
use super::{at_rate, count, request};

const DEADLINE: Duration = Duration::from_millis(500);
const STANDSTILL: Duration = Duration::from_millis(1500);
const SHARED: [&str; 3] = ["good.1", "good.2", "good.3"];

/// Requests on the second runtime that are refused, of those that begin after the first
/// deadline has passed.
pub(crate) fn refusals() -> f64 {
    let server = Server::new(64, Duration::from_millis(50));
    // It is renewed after a second, and ends after two.
    let server = Arc::new(server.own_token_lifetime(Duration::from_secs(2)));
    let validator = validator(|builder| builder.http_backend(server).deadline(DEADLINE));
    let second = single_threaded();
    second.block_on(async {
        request(&validator, "good").await.expect("a permit");
        tokio::time::sleep(Duration::from_millis(1600)).await;
    });
    let (send_stopped, stopped) = mpsc::channel();
    let first = thread::spawn({
        let validator = validator.clone();
        move || stand_still(&validator, &send_stopped)
    });
    let stopped: Instant = stopped.recv().expect("the other thread");
    let refused = second.block_on(async {
        let mut refused = JoinSet::new();
        at_rate(50.0, STANDSTILL, |number| {
            let is_late = stopped.elapsed() > DEADLINE;
            let new = format!("good.new.{number}");
            for token in SHARED.into_iter().chain([&*new]) {
                let request = request(&validator, token);
                refused.spawn(async move { request.await.is_err() && is_late });
            }
        })
        .await;
        count(refused).await
    });
    first.join().expect("the other thread");
    refused as f64
}

fn stand_still(validator: &TokenValidator, stopped: &mpsc::Sender<Instant>) {
    single_threaded().block_on(async {
        for token in SHARED {
            tokio::spawn(request(validator, token));
        }
        // The calls are sent, and not answered yet.
        tokio::time::sleep(Duration::from_millis(10)).await;
        stopped.send(Instant::now()).expect("the other thread");
        thread::sleep(STANDSTILL);
    });
}

fn single_threaded() -> Runtime {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime")
}
