//! An outage for one token, made by its holder.
//!
//! With `serve_stale`, a token is still taken in an outage although its answer has expired.
//! Here the token has been revoked and the server is well, so it would say so at once. The
//! attacker makes an outage of his own, in three ways.

use std::sync::Arc;
use std::time::Duration;

use benches::validator;
use mobilefirst::{ManualClock, TokenValidator};
use tokio::task::JoinSet;

use super::server::Server;
use super::{hang_up, request};
use crate::runtime;

const TRIES: usize = 5;

/// Grants of a revoked token.
pub(crate) fn grants() -> f64 {
    runtime().block_on(async {
        let flood = grants_under(flood).await;
        let failures = grants_under(failures).await;
        let pause = grants_under(pause).await;
        (flood + failures + pause) as f64
    })
}

async fn grants_under(attack: impl AsyncFn(&TokenValidator, usize)) -> usize {
    let clock = ManualClock::default();
    let server = Arc::new(Server::new(64, Duration::from_millis(20)));
    let validator = validator(|builder| {
        let builder = builder.http_backend(server.clone()).clock(clock.clone());
        let builder = builder.max_age(Duration::from_secs(60));
        builder
            .serve_stale(Duration::from_secs(3600))
            .deadline(Duration::from_secs(1))
    });
    let revocable = |number| request(&validator, &format!("revocable.{number}"));
    for number in 0..TRIES {
        revocable(number).await.expect("a permit");
    }
    server.revoke();
    clock.advance(Duration::from_secs(61));
    let mut grants = 0;
    for number in 0..TRIES {
        attack(&validator, number).await;
        grants += usize::from(revocable(number).await.is_ok());
    }
    grants
}

/// Three seconds of work for the server, so that its turn comes after the deadline.
async fn flood(validator: &TokenValidator, round: usize) {
    for number in 0..10_000 {
        hang_up(validator, &format!("bad.{round}.{number}")).await;
        tokio::task::yield_now().await;
    }
}

/// Six tokens about which the server fails.
async fn failures(validator: &TokenValidator, round: usize) {
    let token = |number| format!("fail.{round}.{number}");
    let requests: JoinSet<_> = (0..6)
        .map(|number| request(validator, &token(number)))
        .collect();
    requests.join_all().await;
}

/// One token for which the server asks to be left alone for a day.
async fn pause(validator: &TokenValidator, round: usize) {
    let _ = request(validator, &format!("pause.{round}")).await;
}
