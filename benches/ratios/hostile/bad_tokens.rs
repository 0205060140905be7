//! Tokens about which the server fails.
//!
//! One caller has found tokens about which the server answers 500, and sends them six at a
//! time. The server is well: it answers every other question. Failures in a row look like
//! an outage, and whoever takes them for one refuses everybody.

use std::sync::Arc;
use std::time::Duration;

use benches::validator;
use tokio::task::JoinSet;

use super::server::Server;
use super::{at_rate, request, share};
use crate::runtime;

const RUN: Duration = Duration::from_secs(5);
const KNOWN: usize = 50;

/// The share of others' requests that are refused; every second one bears a new token.
pub(crate) fn refused() -> f64 {
    runtime().block_on(async {
        let server = Arc::new(Server::new(64, Duration::from_millis(5)));
        let validator = validator(|builder| builder.http_backend(server));
        for number in 0..KNOWN {
            let known = request(&validator, &format!("good.known.{number}")).await;
            known.expect("a permit");
        }
        let attack = at_rate(20.0, RUN, |round| {
            for number in 0..6 {
                let bad = request(&validator, &format!("fail.{round}.{number}"));
                tokio::spawn(bad);
            }
        });
        let mut refused = JoinSet::new();
        let others = at_rate(100.0, RUN, |number| {
            let token = match number % 2 {
                0 => format!("good.known.{}", number / 2 % KNOWN),
                _ => format!("good.new.{number}"),
            };
            let request = request(&validator, &token);
            refused.spawn(async { request.await.is_err() });
        });
        tokio::join!(attack, others);
        share(refused).await
    })
}
