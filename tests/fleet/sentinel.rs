//! A store that Sentinel finds.

use std::process::{Child, Command, Stdio};

use mobilefirst::Subject;
use mobilefirst_redis::{RedisStore, RedisStoreBuilder};

use super::instance::{Date, Instance, MAX_AGE, keys};
use super::pair::{Pair, is_refused_soon};
use super::proxy::Proxy;
use super::server::{Server, command, free_port, until};
use super::trouble::is_served;

/// One Sentinel, which is enough to fail over.
pub(crate) struct Sentinel {
    process: Child,
    port: u16,
}

impl Sentinel {
    async fn watch(master: &Server) -> Self {
        Self::with(master, master.port, "").await
    }

    /// With more lines in its configuration, for a master that it asks on another port.
    pub(crate) async fn with(master: &Server, port_of_master: u16, more: &str) -> Self {
        let port = free_port();
        let file = master.folder().join("sentinel.conf");
        let lines = format!(
            "port {port}\nbind 127.0.0.1\nsentinel monitor bank 127.0.0.1 {port_of_master} 1\n\
             sentinel down-after-milliseconds bank 500\nsentinel failover-timeout bank 5000\n{more}",
        );
        std::fs::write(&file, lines).unwrap();
        let process = Command::new(master.program())
            .arg(&file)
            .arg("--sentinel")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let sentinel = Self {
            process: process.unwrap(),
            port,
        };
        until("the Sentinel is up", async || {
            let master = sentinel.ask("SENTINEL GET-MASTER-ADDR-BY-NAME bank").await;
            master.is_some()
        })
        .await;
        sentinel
    }

    fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    async fn ask(&self, words: &str) -> Option<redis::Value> {
        let client = redis::Client::open(self.url()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.ok()?;
        command(words).query_async(&mut connection).await.ok()
    }

    fn builder(&self) -> RedisStoreBuilder {
        RedisStore::sentinel(&[&self.url()], "bank", keys()).unwrap()
    }
}

impl Drop for Sentinel {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A master, and a replica that has its data.
struct Replicated {
    master: Server,
    replica: Server,
    /// The replica's way to the master.
    way: Proxy,
}

impl Replicated {
    async fn start(test: &str) -> Option<Self> {
        let master = Server::start_with(test, &["--repl-diskless-sync-delay", "0"]).await?;
        let way = Proxy::before(master.port).await;
        let arguments = ["--replicaof", "127.0.0.1", &way.port().to_string()];
        let replica = Server::start_with(test, &arguments).await?;
        until("replicated", async || {
            let info: String = replica.run("INFO replication").await;
            info.contains("master_link_status:up")
        })
        .await;
        Some(Self {
            master,
            replica,
            way,
        })
    }

    /// The master dies, and the replica takes over.
    async fn fail_over(&mut self, sentinel: &Sentinel) {
        until("the replica is known", async || {
            let Some(replicas) = sentinel.ask("SENTINEL REPLICAS bank").await else {
                return false;
            };
            format!("{replicas:?}").contains(&self.replica.port.to_string())
        })
        .await;
        self.master.kill();
        until("it takes over", async || {
            let role = self.replica.try_run::<redis::Value>("ROLE").await;
            format!("{role:?}").contains("master")
        })
        .await;
    }
}

#[tokio::test]
async fn sentinel_names_the_store_f10() {
    let Some(server) = Server::start("sentinel_names_the_store_f10").await else {
        return;
    };
    let sentinel = Sentinel::watch(&server).await;
    let pair = Pair::of(|| sentinel.builder()).await;
    pair.shares().await;
    pair.hears().await;
}

/// Whether the replica has heard of an invalidation or not, the answers that it has do not count.
#[tokio::test]
async fn a_failover_undoes_no_invalidation_f10() {
    let test = "a_failover_undoes_no_invalidation_f10";
    for is_removal_lost in [false, true] {
        let Some(mut servers) = Replicated::start(test).await else {
            return;
        };
        let sentinel = Sentinel::watch(&servers.master).await;
        let pair = Pair::of(|| sentinel.builder()).await;
        pair.shares().await;
        let token = pair.revoked().await;
        let stored = servers.master.keys("mfp:answer:").await.len();
        servers.replica.holds_answers(stored).await;
        if is_removal_lost {
            servers.way.cut();
        }
        let jdoe = Subject::User("jdoe");
        pair.one.validator.invalidate(jdoe).await.unwrap();
        let removed = servers.replica.keys("mfp:removed").await;
        servers.fail_over(&sentinel).await;
        if is_removal_lost {
            assert!(removed.is_empty());
        }
        servers.replica.holds_answers(stored).await;
        for instance in [&pair.one, &pair.two] {
            is_served(instance, "failing over").await;
            is_refused_soon(instance, &token).await;
            instance.is_in_step().await;
            assert_eq!(instance.status(&token).await, 401);
        }
        let late = Instance::of(&pair.authority, sentinel.builder(), Date::Right, MAX_AGE);
        late.is_in_step().await;
        assert_eq!(late.status(&token).await, 401);
        pair.shares().await;
        pair.hears().await;
    }
}
