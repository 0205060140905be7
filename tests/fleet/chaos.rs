//! A store that fails in every way, and somebody who writes to it: what must hold all the time.
//!
//! The seed gives what happens and to whom, the scheduler the order.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use mobilefirst::Subject;
use mobilefirst_devserver::{Authority, UserToken};
use tokio::time::{sleep, timeout};

use super::attacker::{Stolen, order};
use super::instance::{Date, Instance};
use super::proxy::Proxy;
use super::server::Server;

const SEED: u64 = 0x6d66_7014;

/// Something happens so often, and this often.
const STEP: Duration = Duration::from_millis(60);
const STEPS: u32 = 220;

const MAX_AGE: Duration = Duration::from_secs(3);

/// How long an answer may serve after an invalidation of it reached the store.
const BOUND: Duration = Duration::from_secs(1);

/// An answer is this much older when the request that it was for is judged: the machine may be
/// under load.
const UNDER_WAY: Duration = Duration::from_millis(500);

/// A request waits for the store no longer than this, whatever happens to it.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// A token, and when things happened to it.
#[derive(Clone)]
struct Token {
    text: String,
    user: String,
    revoked: Option<Instant>,
    /// An invalidation of it is in the store since then.
    invalidated: Option<Instant>,
}

#[derive(Default)]
struct Tally {
    granted: u32,
    refused: u32,
    from_elsewhere: u32,
    invalidations: u32,
    uncertain: u32,
}

struct Chaos {
    authority: Authority,
    tokens: Mutex<HashMap<u32, Token>>,
    tally: Mutex<Tally>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_happens_to_the_store_nobody_is_let_in_or_refused_wrongly_f11() {
    let test = "whatever_happens_to_the_store_nobody_is_let_in_or_refused_wrongly_f11";
    let Some(mut server) = Server::start(test).await else {
        return;
    };
    let mut rng = fastrand::Rng::with_seed(SEED);
    let chaos = Arc::new(Chaos {
        authority: Authority::new(),
        tokens: Mutex::default(),
        tally: Mutex::default(),
    });
    for number in 0..40 {
        chaos.issue(number, 0);
    }
    let mut ways = Vec::new();
    let mut instances = Vec::new();
    for date in [Date::Right, Date::HourSlow, Date::HourFast, Date::Right] {
        let way = Proxy::before(server.port).await;
        let instance = Instance::with(&chaos.authority, &way.url(), date, MAX_AGE, |store| store);
        instances.push(Arc::new(instance));
        ways.push(way);
    }
    let clients: Vec<_> = instances
        .iter()
        .map(|instance| {
            let client = client(chaos.clone(), instance.clone(), rng.fork());
            tokio::spawn(client)
        })
        .collect();
    let mut stolen = Stolen::default();
    for step in 0..STEPS {
        sleep(STEP).await;
        match rng.u8(..20) {
            0 => {
                server.kill();
                sleep(STEP * rng.u32(0..8)).await;
                server.restart().await;
            }
            1 => {
                server.freeze();
                sleep(STEP * rng.u32(1..15)).await;
                server.thaw();
            }
            2 => order(&server, "CONFIG SET maxmemory 1").await,
            3 | 4 => order(&server, "CONFIG SET maxmemory 0").await,
            5 | 6 => rng.choice(&ways).unwrap().cut(),
            7..=9 => ways.iter().for_each(Proxy::mend),
            10 => stolen.swap(&server).await,
            11 => stolen.flip(&server, &mut rng).await,
            12 => stolen.take(&server).await,
            13 => stolen.put_back(&server).await,
            14 => order(&server, "FLUSHALL").await,
            15 => order(&server, "DEL mfp:removed").await,
            16 => order(&server, "XTRIM mfp:removed MAXLEN 0").await,
            17 => order(&server, "CLIENT KILL TYPE normal").await,
            18 => {
                order(&server, "SET mfp:removed x").await;
                sleep(STEP * rng.u32(0..8)).await;
                order(&server, "DEL mfp:removed").await;
            }
            _ => {
                order(&server, "REPLICAOF 127.0.0.1 1").await;
                sleep(STEP * rng.u32(0..8)).await;
                order(&server, "REPLICAOF NO ONE").await;
            }
        }
        let number = rng.u32(..40);
        match rng.u8(..4) {
            0 => chaos.revoke(number),
            1 => {
                chaos.revoke(number);
                let instance = rng.choice(&instances).unwrap().clone();
                tokio::spawn(invalidate(chaos.clone(), instance, number));
            }
            2 => chaos.replace(number, step),
            _ => {}
        }
    }
    for client in clients {
        client.abort();
        if let Err(ended) = client.await {
            assert!(ended.is_cancelled(), "{ended}");
        }
    }
    let tally = chaos.tally.lock().unwrap();
    // What is to be tested did happen.
    assert!(tally.granted > 1000, "{}", tally.granted);
    assert!(tally.refused > 100, "{}", tally.refused);
    assert!(tally.from_elsewhere > 20, "{}", tally.from_elsewhere);
    assert!(tally.invalidations > 10, "{}", tally.invalidations);
    assert!(stolen.written > 10, "{}", stolen.written);
}

impl Chaos {
    fn issue(&self, number: u32, step: u32) {
        let user = format!("user-{number}-{step}");
        let day = Duration::from_secs(86_400);
        let token = UserToken::new("a").user(&*user).lifetime(day);
        let token = Token {
            text: self.authority.issue(token),
            user,
            revoked: None,
            invalidated: None,
        };
        self.tokens.lock().unwrap().insert(number, token);
    }

    /// Only a revoked token is replaced.
    fn replace(&self, number: u32, step: u32) {
        let is_revoked = self.tokens.lock().unwrap()[&number].revoked.is_some();
        if is_revoked {
            self.issue(number, step);
        }
    }

    fn revoke(&self, number: u32) {
        let mut tokens = self.tokens.lock().unwrap();
        let token = tokens.get_mut(&number).unwrap();
        self.authority.revoke(&token.text);
        token.revoked.get_or_insert_with(Instant::now);
    }

    /// Whether it is revoked by now. One that was replaced is.
    fn is_revoked(&self, token: &Token) -> bool {
        let tokens = self.tokens.lock().unwrap();
        let current = tokens.values().find(|other| other.text == token.text);
        current.is_none_or(|current| current.revoked.is_some())
    }
}

async fn invalidate(chaos: Arc<Chaos>, instance: Arc<Instance>, number: u32) {
    let token = chaos.tokens.lock().unwrap()[&number].clone();
    let told = match number % 2 {
        0 => instance.validator.invalidate(&token.text).await,
        _ => {
            instance
                .validator
                .invalidate(Subject::User(&token.user))
                .await
        }
    };
    let mut tally = chaos.tally.lock().unwrap();
    if told.is_err() {
        tally.uncertain += 1;
        return;
    }
    tally.invalidations += 1;
    let mut tokens = chaos.tokens.lock().unwrap();
    let current = tokens.get_mut(&number).unwrap();
    if current.text == token.text && current.invalidated.is_none() {
        current.invalidated = Some(Instant::now());
    }
}

/// Uses tokens on one instance, and judges each answer.
async fn client(chaos: Arc<Chaos>, instance: Arc<Instance>, mut rng: fastrand::Rng) {
    loop {
        sleep(Duration::from_millis(rng.u64(..4))).await;
        let token = chaos.tokens.lock().unwrap()[&rng.u32(..40)].clone();
        let before = instance.introspections();
        let begin = Instant::now();
        let status = timeout(LONGEST_WAIT, instance.status(&token.text)).await;
        let status = status.expect("an answer, whatever happens to the store");
        let since = |at: Option<Instant>| at.map(|at| begin.saturating_duration_since(at));
        let [revoked, invalidated] = [since(token.revoked), since(token.invalidated)];
        match status {
            200 => {
                let is_too_old = revoked.is_some_and(|age| age > MAX_AGE + UNDER_WAY);
                assert!(!is_too_old, "older than max_age: {revoked:?}");
                let is_late = invalidated.is_some_and(|age| age > BOUND);
                assert!(!is_late, "granted after an invalidation: {invalidated:?}");
            }
            // It may have been revoked meanwhile.
            401 => assert!(chaos.is_revoked(&token), "refused wrongly"),
            other => unreachable!("{other}, because of the store"),
        }
        let mut tally = chaos.tally.lock().unwrap();
        tally.granted += u32::from(status == 200);
        tally.refused += u32::from(status == 401);
        // Nobody asked meanwhile: it came from the cache, or another instance.
        let is_known = status == 200 && instance.introspections() == before;
        tally.from_elsewhere += u32::from(is_known);
    }
}
