//! A store that is a cluster.

use mobilefirst::Subject;
use mobilefirst_redis::{RedisStore, RedisStoreBuilder};

use super::instance::{Date, Instance, MAX_AGE, keys};
use super::pair::{Pair, is_refused_soon};
use super::server::{Server, free_port, until};
use super::trouble::is_served;

const SLOTS: u32 = 16_384;

/// Three masters, the first of which keeps the removals and has a replica.
struct Cluster {
    masters: Vec<Server>,
    replica: Server,
    slot: u32,
}

impl Cluster {
    async fn start(test: &str) -> Option<Self> {
        let mut nodes = Vec::new();
        for _ in 0..4 {
            nodes.push(Self::node(test).await?);
        }
        let replica = nodes.pop()?;
        let slot: u32 = nodes[0].run("CLUSTER KEYSLOT mfp:removed").await;
        let third = SLOTS / 3 + 1;
        // The first has the slots around that of the removals.
        let owner = (slot / third) as usize;
        nodes.swap(0, owner);
        for (index, node) in nodes.iter().enumerate() {
            let part = match index {
                0 => owner,
                _ if index == owner => 0,
                _ => index,
            } as u32;
            let (first, last) = (part * third, ((part + 1) * third).min(SLOTS) - 1);
            let add = format!("CLUSTER ADDSLOTSRANGE {first} {last}");
            node.run::<()>(&add).await;
        }
        for node in nodes[1..].iter().chain([&replica]) {
            let bus: String = node
                .run::<Vec<String>>("CONFIG GET cluster-port")
                .await
                .remove(1);
            let meet = format!("CLUSTER MEET 127.0.0.1 {} {bus}", node.port);
            nodes[0].run::<()>(&meet).await;
        }
        let cluster = Self {
            masters: nodes,
            replica,
            slot,
        };
        cluster.agrees().await;
        let master = cluster.id(0).await;
        cluster
            .replica
            .run::<()>(&format!("CLUSTER REPLICATE {master}"))
            .await;
        until("replicated", async || {
            let info: String = cluster.replica.run("INFO replication").await;
            info.contains("master_link_status:up")
        })
        .await;
        Some(cluster)
    }

    async fn node(test: &str) -> Option<Server> {
        // By default, 10,000 more than the other port, which may be too much.
        let bus = free_port().to_string();
        let arguments = [
            "--cluster-enabled",
            "yes",
            "--cluster-port",
            &bus,
            "--cluster-node-timeout",
            "1000",
            "--repl-diskless-sync-delay",
            "0",
        ];
        Server::start_with(test, &arguments).await
    }

    /// All nodes know each other, and serve all slots.
    async fn agrees(&self) {
        for node in self.masters.iter().chain([&self.replica]) {
            until("the cluster is up", async || {
                let info: String = node.run("CLUSTER INFO").await;
                info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:4")
            })
            .await;
        }
    }

    async fn id(&self, node: usize) -> String {
        self.masters[node].run("CLUSTER MYID").await
    }

    /// It knows one node, not that of the removals, and finds the others.
    fn builder(&self) -> RedisStoreBuilder {
        RedisStore::cluster(&[&self.masters[1].url()], keys()).unwrap()
    }

    /// Moves the slot of the removals to another node, with what is in it.
    async fn move_slot(&self) {
        let (slot, from, to) = (self.slot, self.id(0).await, self.id(1).await);
        let set = async |node: &Server, state: &str| {
            node.run::<()>(&format!("CLUSTER SETSLOT {slot} {state}"))
                .await;
        };
        set(&self.masters[1], &format!("IMPORTING {from}")).await;
        set(&self.masters[0], &format!("MIGRATING {to}")).await;
        let keys = format!("CLUSTER GETKEYSINSLOT {slot} 100");
        for key in self.masters[0].run::<Vec<String>>(&keys).await {
            let port = self.masters[1].port;
            let migrate = format!("MIGRATE 127.0.0.1 {port} {key} 0 5000");
            self.masters[0].run::<redis::Value>(&migrate).await;
        }
        for node in [&self.masters[1], &self.masters[0], &self.masters[2]] {
            set(node, &format!("NODE {to}")).await;
        }
    }
}

#[tokio::test]
async fn a_cluster_shares_answers_and_invalidations_f10() {
    let test = "a_cluster_shares_answers_and_invalidations_f10";
    let Some(cluster) = Cluster::start(test).await else {
        return;
    };
    let pair = Pair::of(|| cluster.builder()).await;
    for _ in 0..20 {
        pair.shares().await;
    }
    pair.hears().await;
    // The answers are spread over all nodes, and what is about removals is together.
    for node in &cluster.masters {
        assert!(!node.keys("mfp:answer:").await.is_empty());
    }
    let [first, others @ ..] = &*cluster.masters else {
        unreachable!();
    };
    for key in ["mfp:removed", "mfp:epoch:"] {
        assert_eq!(first.keys(key).await.len(), 1);
        for other in others {
            assert!(other.keys(key).await.is_empty(), "{key}");
        }
    }
    // Only the node of the removals loses its data.
    let token = pair.revoked().await;
    first.run::<()>("FLUSHALL").await;
    for instance in [&pair.one, &pair.two] {
        is_refused_soon(instance, &token).await;
    }
}

#[tokio::test]
async fn a_slot_that_moves_takes_the_removals_along_f10() {
    let test = "a_slot_that_moves_takes_the_removals_along_f10";
    let Some(cluster) = Cluster::start(test).await else {
        return;
    };
    let pair = Pair::of(|| cluster.builder()).await;
    pair.hears().await;
    cluster.move_slot().await;
    assert_eq!(cluster.masters[1].keys("mfp:removed").await.len(), 1);
    let token = pair.revoked().await;
    until("sent", async || {
        pair.one.validator.invalidate(&token).await.is_ok()
    })
    .await;
    is_refused_soon(&pair.two, &token).await;
    pair.shares().await;
    for instance in [&pair.one, &pair.two] {
        instance.is_in_step().await;
    }
    pair.hears().await;
    assert!(cluster.masters[0].keys("mfp:removed").await.is_empty());
}

#[tokio::test]
async fn a_failover_in_a_cluster_undoes_no_invalidation_f10() {
    let test = "a_failover_in_a_cluster_undoes_no_invalidation_f10";
    let Some(mut cluster) = Cluster::start(test).await else {
        return;
    };
    let pair = Pair::of(|| cluster.builder()).await;
    pair.shares().await;
    let token = pair.revoked().await;
    let jdoe = Subject::User("jdoe");
    pair.one.validator.invalidate(jdoe).await.unwrap();
    cluster.masters[0].kill();
    for instance in [&pair.one, &pair.two] {
        is_served(instance, "failing over").await;
        is_refused_soon(instance, &token).await;
    }
    until("it takes over", async || {
        let role = cluster.replica.try_run::<redis::Value>("ROLE").await;
        format!("{role:?}").contains("master")
    })
    .await;
    let late = Instance::of(&pair.authority, cluster.builder(), Date::Right, MAX_AGE);
    for instance in [&pair.one, &pair.two, &late] {
        instance.is_in_step().await;
        assert_eq!(instance.status(&token).await, 401);
    }
    pair.shares().await;
    pair.hears().await;
}
