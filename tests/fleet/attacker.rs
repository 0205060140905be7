//! Somebody who can read the store, write to it, and give it orders.

use std::collections::HashMap;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use tokio::time::timeout;

use super::server::{Server, command};

/// The server may be down.
const PATIENCE: Duration = Duration::from_secs(2);

/// What an attacker does with answers.
#[derive(Default)]
pub(crate) struct Stolen {
    answers: HashMap<String, Vec<u8>>,
    pub(crate) written: u32,
}

impl Stolen {
    pub(crate) async fn take(&mut self, server: &Server) {
        self.answers.extend(answers(server).await);
    }

    pub(crate) async fn put_back(&mut self, server: &Server) {
        for (key, value) in self.answers.clone() {
            self.write(server, &key, &value).await;
        }
    }

    pub(crate) async fn swap(&mut self, server: &Server) {
        if let [(one, first), .., (two, second)] = &answers(server).await[..] {
            self.write(server, one, second).await;
            self.write(server, two, first).await;
        }
    }

    pub(crate) async fn flip(&mut self, server: &Server, rng: &mut fastrand::Rng) {
        for (key, mut value) in answers(server).await {
            let place = rng.usize(..value.len());
            value[place] ^= 1 << rng.u8(..8);
            self.write(server, &key, &value).await;
        }
    }

    /// With more time to live than any answer has.
    async fn write(&mut self, server: &Server, key: &str, value: &[u8]) {
        let mut set = redis::cmd("SET");
        set.arg(key).arg(value).arg("EX").arg(86_400);
        if let Some(mut store) = attempt(server).await {
            let written = set.query_async::<()>(&mut store).await;
            self.written += u32::from(written.is_ok());
        }
    }
}

async fn answers(server: &Server) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let Some(mut store) = attempt(server).await else {
        return found;
    };
    let keys = command("KEYS mfp:answer:*");
    let keys: Vec<String> = keys.query_async(&mut store).await.unwrap_or_default();
    for key in keys {
        let mut get = redis::cmd("GET");
        let value = get
            .arg(&key)
            .query_async::<Option<Vec<u8>>>(&mut store)
            .await;
        if let Ok(Some(value)) = value {
            found.push((key, value));
        }
    }
    found
}

/// Runs a command, if the server is up.
pub(crate) async fn order(server: &Server, words: &str) {
    if let Some(mut store) = attempt(server).await {
        let order = command(words);
        let reply = order.query_async::<redis::Value>(&mut store);
        let _ = timeout(PATIENCE, reply).await;
    }
}

async fn attempt(server: &Server) -> Option<MultiplexedConnection> {
    let client = redis::Client::open(server.url()).unwrap();
    let connected = client.get_multiplexed_async_connection();
    timeout(PATIENCE, connected).await.ok()?.ok()
}
