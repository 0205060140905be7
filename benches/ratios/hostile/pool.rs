//! Pooled connections that a firewall or a load balancer has given up, while new ones work.
//!
//! A proxy stands between the validator and the dev server. 64 connections are in the pool
//! when the proxy stops serving them: it either swallows what comes, or resets a connection
//! that is used. The server is well, and whatever connects anew is served.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use mobilefirst::{Credentials, TokenValidator};
use mobilefirst_devserver::{Authority, DevServer, Endpoint, Fault, UserToken};
use tokio::io::{copy, copy_bidirectional, sink};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::{at_rate, count, request};
use crate::runtime;

const CONNECTIONS: usize = 64;
const DEADLINE: Duration = Duration::from_secs(1);
const TOKENS_A_SECOND: u64 = 20;

/// The time to the first grant of a new token once the pool is dead, over the deadline;
/// measured up to 12.
pub(crate) fn dead_recovery() -> f64 {
    runtime().block_on(async {
        let bench = Bench::begin(Harm::Swallow).await;
        let begun = Instant::now();
        let mut ticks = tokio::time::interval(Duration::from_millis(1000 / TOKENS_A_SECOND));
        let mut granted = JoinSet::new();
        while begun.elapsed() < 12 * DEADLINE {
            tokio::select! {
                _ = ticks.tick() => bench.ask(&mut granted),
                Some(Ok(true)) = granted.join_next() => break,
            }
        }
        begun.elapsed().as_secs_f64() / DEADLINE.as_secs_f64()
    })
}

/// Refusals of new tokens once the pool is reset on use, of 100 in five seconds.
pub(crate) fn reset_refusals() -> f64 {
    runtime().block_on(async {
        let bench = Bench::begin(Harm::Reset).await;
        let mut granted = JoinSet::new();
        at_rate(TOKENS_A_SECOND as f64, Duration::from_secs(5), |_| {
            bench.ask(&mut granted);
        })
        .await;
        let asked = granted.len();
        (asked - count(granted).await) as f64
    })
}

/// A validator with a full pool, whose connections have just been harmed.
struct Bench {
    devserver: DevServer,
    validator: TokenValidator,
}

impl Bench {
    async fn begin(harm: Harm) -> Self {
        let authority = Authority::new();
        let devserver = authority.listen("127.0.0.1:0").await.expect("a dev server");
        let proxy = Proxy::listen(devserver.addr(), harm).await;
        let server = format!("http://{}{}", proxy.addr, authority.base_path());
        let credentials = Credentials::new("test", "test").expect("credentials");
        let validator = TokenValidator::builder(server.parse().expect("a URL"), credentials)
            .deadline(DEADLINE)
            .build()
            .expect("a validator");
        let bench = Self {
            devserver,
            validator,
        };
        // All at the same time, so that each takes a connection of its own.
        let slow = Fault::Delay(DEADLINE / 5);
        authority.fault_always(Endpoint::Introspection, slow);
        let mut granted = JoinSet::new();
        for _ in 0..CONNECTIONS {
            bench.ask(&mut granted);
        }
        assert_eq!(count(granted).await, CONNECTIONS);
        authority.clear_faults();
        assert!(proxy.accepted.load(Ordering::SeqCst) >= CONNECTIONS);
        proxy.is_harmed.send_replace(true);
        bench
    }

    /// Asks about a new token; the task says whether it was granted.
    fn ask(&self, granted: &mut JoinSet<bool>) {
        let token = self.devserver.authority().issue(UserToken::new("a"));
        let request = request(&self.validator, &token);
        granted.spawn(async { request.await.is_ok() });
    }
}

/// What becomes of a connection.
#[derive(Clone, Copy)]
enum Harm {
    /// It stays open, and nothing is ever answered.
    Swallow,
    /// It is reset once it is used.
    Reset,
}

struct Proxy {
    addr: SocketAddr,
    accepted: Arc<AtomicUsize>,
    is_harmed: Arc<watch::Sender<bool>>,
}

impl Proxy {
    async fn listen(server: SocketAddr, harm: Harm) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let proxy = Self {
            addr: listener.local_addr().expect("an address"),
            accepted: Arc::default(),
            is_harmed: Arc::new(watch::Sender::new(false)),
        };
        let (accepted, is_harmed) = (proxy.accepted.clone(), proxy.is_harmed.clone());
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                accepted.fetch_add(1, Ordering::SeqCst);
                let far = TcpStream::connect(server).await.expect("the dev server");
                let is_harmed = is_harmed.subscribe();
                tokio::spawn(relay(near, far, is_harmed, harm));
            }
        });
        proxy
    }
}

/// Serves a connection, until harm comes to those that are open at the time.
async fn relay(
    mut near: TcpStream,
    mut far: TcpStream,
    mut is_harmed: watch::Receiver<bool>,
    harm: Harm,
) {
    tokio::select! {
        _ = copy_bidirectional(&mut near, &mut far) => return,
        Ok(()) = is_harmed.changed() => {}
    }
    match harm {
        Harm::Swallow => {
            let _ = copy(&mut near, &mut sink()).await;
        }
        Harm::Reset => {
            let _ = near.readable().await;
            let _ = near.set_zero_linger();
        }
    }
}
