//! An authorization server that stops answering.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use mobilefirst::{AnyScope, Credentials, TokenValidator};
use mobilefirst_devserver::{Authority, Endpoint, Fault};

use crate::runtime;

const CLIENTS: usize = 200;
const DEADLINE: Duration = Duration::from_millis(1000);

/// Before the circuit breaker opens.
pub(crate) fn p99_over_deadline() -> f64 {
    measured().0
}

/// After the circuit breaker opened.
pub(crate) fn p99_over_deadline_open() -> f64 {
    measured().1
}

fn measured() -> (f64, f64) {
    static MEASURED: OnceLock<(f64, f64)> = OnceLock::new();
    *MEASURED.get_or_init(measure)
}

fn measure() -> (f64, f64) {
    runtime().block_on(async {
        let authority = Authority::new();
        let devserver = authority.listen("127.0.0.1:0").await.expect("a dev server");
        let server = devserver.url().parse().expect("a URL");
        let credentials = Credentials::new("test", "test").expect("credentials");
        let validator = TokenValidator::builder(server, credentials)
            .deadline(DEADLINE)
            .build()
            .expect("a validator");
        // The server works at first, so that we have a token of our own.
        let verdict = validator.authorize::<AnyScope>(["Bearer first"]).await;
        assert_eq!(
            verdict.map(drop).map_err(|denial| denial.status().as_u16()),
            Err(401)
        );
        authority.fault_always(Endpoint::Introspection, Fault::Hang);
        let closed = p99(&validator, "closed", Duration::ZERO).await;
        let open = p99(&validator, "open", 3 * DEADLINE).await;
        (
            closed / DEADLINE.as_secs_f64(),
            open / DEADLINE.as_secs_f64(),
        )
    })
}

/// Runs all clients at once, each with new tokens: once, then until `duration` has passed.
async fn p99(validator: &TokenValidator, name: &'static str, duration: Duration) -> f64 {
    let end = Instant::now() + duration;
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let validator = validator.clone();
            tokio::spawn(async move {
                let mut times = Vec::new();
                loop {
                    let bearing = [format!("Bearer {name}.{client}.{}", times.len())];
                    let begin = Instant::now();
                    let verdict = validator.authorize::<AnyScope>(bearing).await;
                    times.push(begin.elapsed().as_secs_f64());
                    assert!(verdict.is_err_and(|denial| denial.status() == 503));
                    if Instant::now() >= end {
                        return times;
                    }
                    // A client does not retry immediately.
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            })
        })
        .collect();
    let mut times = Vec::new();
    for client in clients {
        times.extend(client.await.expect("a client"));
    }
    times.sort_by(f64::total_cmp);
    times[times.len() * 99 / 100]
}
