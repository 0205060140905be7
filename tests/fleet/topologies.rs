//! A cluster, and Sentinel.

use std::process::{Child, Command, Stdio};

use mobilefirst::Subject;
use mobilefirst_devserver::Authority;
use mobilefirst_redis::{RedisStore, RedisStoreBuilder};

use super::instance::{Date, Instance, MAX_AGE, issue, keys};
use super::server::{Server, command, free_port, until};

/// Shares an answer, and an invalidation.
async fn works(builder: impl Fn() -> RedisStoreBuilder) {
    let authority = Authority::new();
    let one = Instance::of(&authority, builder(), Date::Right, MAX_AGE);
    let two = Instance::of(&authority, builder(), Date::Right, MAX_AGE);
    one.is_in_step().await;
    two.is_in_step().await;
    let token = issue(&authority);
    until("shared", async || {
        let token = issue(&authority);
        let before = one.introspections();
        assert_eq!(one.status(&token).await, 200);
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        two.status(&token).await == 200 && one.introspections() == before + 1
    })
    .await;
    assert_eq!(
        [one.status(&token).await, two.status(&token).await],
        [200; 2]
    );
    authority.revoke(&token);
    one.validator
        .invalidate(Subject::User("jdoe"))
        .await
        .unwrap();
    until("heard", async || two.status(&token).await == 401).await;
}

/// Two nodes, so that answers and removals are on different ones.
#[tokio::test]
async fn a_cluster_shares_answers_and_invalidations_f10() {
    let test = "a_cluster_shares_answers_and_invalidations_f10";
    let arguments = ["--cluster-enabled", "yes"];
    let Some(one) = Server::start_with(test, &arguments).await else {
        return;
    };
    let two = Server::start_with(test, &arguments).await.unwrap();
    one.run::<()>("CLUSTER ADDSLOTSRANGE 0 8191").await;
    two.run::<()>("CLUSTER ADDSLOTSRANGE 8192 16383").await;
    one.run::<()>(&format!("CLUSTER MEET 127.0.0.1 {}", two.port))
        .await;
    for node in [&one, &two] {
        until("the cluster is up", async || {
            let info: String = node.run("CLUSTER INFO").await;
            info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:2")
        })
        .await;
    }
    works(|| RedisStore::cluster(&[&one.url()], keys()).unwrap()).await;
}

#[tokio::test]
async fn sentinel_names_the_store_f10() {
    let Some(server) = Server::start("sentinel_names_the_store_f10").await else {
        return;
    };
    let program = super::server::program("sentinel_names_the_store_f10").unwrap();
    let port = free_port();
    let file = server.folder().join("sentinel.conf");
    let lines = format!(
        "port {port}\nbind 127.0.0.1\nsentinel monitor bank 127.0.0.1 {} 1\n",
        server.port
    );
    std::fs::write(&file, lines).unwrap();
    let sentinel = Command::new(program)
        .arg(&file)
        .arg("--sentinel")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let _sentinel = Ended(sentinel.unwrap());
    let url = format!("redis://127.0.0.1:{port}");
    let client = redis::Client::open(&*url).unwrap();
    until("the Sentinel is up", async || {
        let Ok(mut connection) = client.get_multiplexed_async_connection().await else {
            return false;
        };
        let ask = command("SENTINEL GET-MASTER-ADDR-BY-NAME bank");
        ask.query_async::<Vec<String>>(&mut connection)
            .await
            .is_ok()
    })
    .await;
    works(|| RedisStore::sentinel(&[&url], "bank", keys()).unwrap()).await;
}

/// A process that ends with the test.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
