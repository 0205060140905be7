//! A fleet that shares a store, on a real Valkey or Redis that this starts.
//!
//! `MFP_STORE_SERVER` names the program; otherwise it is `valkey-server` or `redis-server` of the
//! `PATH`. Without one, these measurements are left out.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use benches::{SAMPLE, bearing, check, validator};
use mobilefirst::{AnyScope, Credentials, Subject, TokenValidator};
use mobilefirst_devserver::{Authority, UserToken};
use mobilefirst_redis::{RedisStore, SealingKeys};
use redis::aio::MultiplexedConnection;
use tokio::time::sleep;

use crate::{median, runtime};

const INSTANCES: usize = 8;
const KEY: &str = "mcTf9vEDt+lX7lBnb0Vt3ulmmQw/1BQpVtb9gLs2qoI=";

/// 8 instances, 1,000 tokens, each used on each: the introspections.
pub(crate) fn introspections() -> f64 {
    let Some(server) = Server::start() else {
        return f64::NAN;
    };
    runtime().block_on(async {
        let authority = Authority::new();
        let fleet = fleet(&server, &authority).await;
        let tokens: Vec<_> = (0..1000).map(|_| issue(&authority)).collect();
        for token in &tokens {
            // The first use may be on any of them.
            let first = token.len() % INSTANCES;
            assert!(is_granted(&fleet[first], token).await);
        }
        sleep(Duration::from_millis(500)).await;
        for instance in &fleet {
            for token in &tokens {
                assert!(is_granted(instance, token).await);
            }
        }
        authority.calls().introspection as f64
    })
}

/// The time from `invalidate` on one instance until the seven others refuse to serve the cached
/// answer, over the store's own PING, both at their 99th percentile.
pub(crate) fn invalidation_p99_over_ping() -> f64 {
    const ROUNDS: usize = 500;
    let Some(server) = Server::start() else {
        return f64::NAN;
    };
    runtime().block_on(async {
        let authority = Authority::new();
        let fleet = fleet(&server, &authority).await;
        let mut bare = server.connect().await;
        let (mut pings, mut times) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let token = issue(&authority);
            for instance in &fleet {
                assert!(is_granted(instance, &token).await);
            }
            let begin = Instant::now();
            let ping = redis::cmd("PING");
            ping.query_async::<()>(&mut bare).await.expect("a pong");
            pings.push(begin.elapsed().as_secs_f64());

            authority.revoke(&token);
            let begin = Instant::now();
            let told = fleet[0].invalidate(Subject::Token(&token));
            // Each is polled like a busy instance, until it refuses.
            for instance in &fleet[1..] {
                while is_granted(instance, &token).await {
                    tokio::task::yield_now().await;
                }
            }
            let time = begin.elapsed();
            assert!(time < Duration::from_millis(100), "{time:?}");
            times.push(time.as_secs_f64());
            told.await.expect("a store that took it");
        }
        p99(times) / p99(pings)
    })
}

/// A miss in the process that the store answers, over a bare GET of the same size.
pub(crate) fn hit_over_get() -> f64 {
    const ROUNDS: usize = 4000;
    let Some(server) = Server::start() else {
        return f64::NAN;
    };
    let near = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    // In a task, like a handler.
    let work = async move {
        let store = server.store().await;
        let one = validator(|builder| builder.remote_store(store.clone()));
        let mut bare = server.connect().await;
        // Without a cache of its own, each request is a miss that the store answers.
        let two = validator(|builder| builder.remote_store(store.clone()).cache_capacity(0));
        let token = bearing(1);
        check(&one, &token).await;
        sleep(Duration::from_millis(200)).await;
        let mut set = redis::cmd("SET");
        // As much as is stored: the answer, its date and lifetime, and the seal.
        set.arg("bare").arg(vec![b'x'; SAMPLE.len() + 113]);
        set.query_async::<()>(&mut bare).await.expect("a value");
        let (mut gets, mut hits) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let begin = Instant::now();
            let mut get = redis::cmd("GET");
            get.arg("bare");
            let got = get.query_async::<Vec<u8>>(&mut bare).await;
            assert!(got.expect("a value").len() > SAMPLE.len());
            gets.push(begin.elapsed().as_secs_f64());

            let begin = Instant::now();
            check(&two, &token).await;
            hits.push(begin.elapsed().as_secs_f64());
        }
        median(hits) / median(gets)
    };
    near.block_on(async { tokio::spawn(work).await.expect("a ratio") })
}

/// The time of a miss with a store that refuses connections, over one without a store, once the
/// breaker is open.
pub(crate) fn dead_over_none() -> f64 {
    const ROUNDS: usize = 6000;
    let port = free_port();
    runtime().block_on(async {
        let keys: SealingKeys = KEY.parse().expect("a key");
        let url = format!("redis://127.0.0.1:{port}");
        let store = RedisStore::builder(&url, keys).and_then(|builder| builder.build());
        let store = store.expect("a store");
        let authority = Authority::new();
        let devserver = authority.clone().listen("127.0.0.1:0").await;
        let devserver = devserver.expect("a dev server");
        let build = |store: Option<RedisStore>| {
            let credentials = Credentials::new("test", "test").expect("credentials");
            let server = devserver.url().parse().expect("a URL");
            let mut builder = TokenValidator::builder(server, credentials);
            if let Some(store) = store {
                builder = builder.remote_store(store);
            }
            builder.build().expect("a validator")
        };
        let (with, without) = (build(Some(store)), build(None));
        sleep(Duration::from_millis(500)).await;
        let (mut dead, mut none) = (Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            let token = issue(&authority);
            let mut order = [(&with, &mut dead), (&without, &mut none)];
            if round % 2 == 0 {
                order.reverse();
            }
            for (validator, times) in order {
                let begin = Instant::now();
                assert!(is_granted(validator, &token).await);
                times.push(begin.elapsed().as_secs_f64());
            }
        }
        median(dead) / median(none)
    })
}

async fn fleet(server: &Server, authority: &Authority) -> Vec<TokenValidator> {
    let mut fleet = Vec::new();
    for _ in 0..INSTANCES {
        let url = "http://localhost/mfp/api".parse().expect("a URL");
        let credentials = Credentials::new("test", "test").expect("credentials");
        let builder = TokenValidator::builder(url, credentials)
            .http_backend(authority.clone())
            .max_age(Duration::from_secs(600))
            .remote_store(server.store().await);
        fleet.push(builder.build().expect("a validator"));
    }
    fleet
}

fn issue(authority: &Authority) -> String {
    authority.issue(UserToken::new("a").user("jdoe"))
}

async fn is_granted(validator: &TokenValidator, token: &str) -> bool {
    let bearing = [format!("Bearer {token}")];
    validator.authorize::<AnyScope>(bearing).await.is_ok()
}

fn p99(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() * 99 / 100]
}

/// A store, which ends with this value.
struct Server {
    process: Child,
    url: String,
}

impl Server {
    fn start() -> Option<Self> {
        let port = free_port();
        let process = Command::new(program()?)
            .args(["--bind", "127.0.0.1", "--port", &port.to_string()])
            .args(["--save", "", "--appendonly", "no"])
            .stdout(Stdio::null())
            .spawn()
            .expect("a store");
        let url = format!("redis://127.0.0.1:{port}");
        Some(Self { process, url })
    }

    async fn store(&self) -> RedisStore {
        let keys = KEY.parse().expect("a key");
        let store = RedisStore::builder(&self.url, keys).and_then(|builder| builder.build());
        let store = store.expect("a store");
        for _ in 0..1000 {
            if store.is_connected() {
                break;
            }
            sleep(Duration::from_millis(10)).await;
        }
        assert!(store.is_connected());
        store
    }

    async fn connect(&self) -> MultiplexedConnection {
        let client = redis::Client::open(&*self.url).expect("a URL");
        let connection = client.get_multiplexed_async_connection().await;
        connection.expect("a connection")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Whether the measurements that need a server can be made.
pub(crate) fn program() -> Option<PathBuf> {
    if let Some(program) = std::env::var_os("MFP_STORE_SERVER") {
        return Some(program.into());
    }
    let path = std::env::var_os("PATH")?;
    let names = ["valkey-server", "redis-server"];
    std::env::split_paths(&path)
        .flat_map(|folder| names.map(|name| folder.join(name)))
        .find(|program| program.is_file())
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("its address").port()
}
