//! The way to the store over TLS.

use mobilefirst::Subject;
use mobilefirst_devserver::Authority;
use mobilefirst_redis::{RedisStore, StoreSettings};
use rcgen::{CertificateParams, date_time_ymd};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::ca::{Ca, Identity, valid_for};
use super::instance::{Date, Instance, KEY, MAX_AGE, keys};
use super::log::Log;
use super::pair::Pair;
use super::sentinel::Sentinel;
use super::server::{free_port, until};
use super::tls_server::{Files, PASSWORD, TlsServer, pem};
use super::trouble::is_served;

#[tokio::test]
async fn answers_and_invalidations_are_shared_over_tls_f12() {
    let test = "answers_and_invalidations_are_shared_over_tls_f12";
    let Some(store) = TlsServer::start(test, "no").await else {
        return;
    };
    let pair = Pair::of(|| store.builder()).await;
    pair.shares().await;
    pair.hears().await;
}

#[tokio::test]
async fn a_store_that_asks_for_a_client_certificate_gets_it_f12() {
    let test = "a_store_that_asks_for_a_client_certificate_gets_it_f12";
    let Some(store) = TlsServer::start(test, "yes").await else {
        return;
    };
    let client = store.client();
    let pair = Pair::of(|| store.builder().client_certificate(&client)).await;
    pair.hears().await;
}

#[tokio::test]
async fn certificates_may_be_named_in_the_settings_f12() {
    let test = "certificates_may_be_named_in_the_settings_f12";
    let Some(store) = TlsServer::start(test, "yes").await else {
        return;
    };
    let files = Files::new();
    let settings = serde_json::json!({
        "url": store.url("localhost"),
        "keys": KEY,
        "ca_certificate_file": files.write("ca.pem", &store.ca.pem()),
        "client_certificate_file": files.write("client.pem", &store.client()),
    });
    let settings: StoreSettings = serde_json::from_value(settings).unwrap();
    let pair = Pair::of(|| RedisStore::builder_from_settings(&settings).unwrap()).await;
    pair.hears().await;
}

/// The nodes of a cluster, and the master that a Sentinel names, go by their addresses.
fn with_address(ca: &Ca) -> Identity {
    let names = ["localhost", "127.0.0.1"].map(str::to_owned);
    ca.issue(&CertificateParams::new(names).unwrap())
}

#[tokio::test]
async fn a_cluster_may_speak_tls_f12() {
    let test = "a_cluster_may_speak_tls_f12";
    let bus = free_port().to_string();
    let arguments = [
        "--cluster-enabled",
        "yes",
        "--cluster-port",
        &bus,
        "--cluster-announce-ip",
        "127.0.0.1",
        // Without it, nodes name their ports without TLS.
        "--tls-cluster",
        "yes",
    ];
    let Some(store) = TlsServer::with(test, "yes", with_address, &arguments).await else {
        return;
    };
    let add = "CLUSTER ADDSLOTSRANGE 0 16383";
    store.server.run::<()>(add).await;
    until("the cluster is up", async || {
        let info: String = store.server.run("CLUSTER INFO").await;
        info.contains("cluster_state:ok")
    })
    .await;
    let client = store.client();
    let pair = Pair::of(|| {
        let builder = RedisStore::cluster(&[&store.url("localhost")], keys()).unwrap();
        builder
            .ca_certificate(store.ca.pem())
            .client_certificate(&client)
    })
    .await;
    pair.shares().await;
    pair.hears().await;
    // Untrusted, here too.
    let log = Log::of_the_process();
    let before = log.text().len();
    let builder = RedisStore::cluster(&[&store.url("localhost")], keys()).unwrap();
    let other = Instance::of(&pair.authority, builder, Date::Right, MAX_AGE);
    is_served(&other, "an unknown CA").await;
    until("told", async || {
        let text = log.text().split_off(before);
        text.contains("set ca_certificate")
    })
    .await;
    assert!(!log.text().contains(PASSWORD));
}

#[tokio::test]
async fn sentinel_may_speak_tls_f12() {
    let test = "sentinel_may_speak_tls_f12";
    let replication = ["--tls-replication", "yes"];
    let Some(store) = TlsServer::with(test, "yes", with_address, &replication).await else {
        return;
    };
    let lines = format!(
        "tls-cert-file {}\ntls-key-file {}\ntls-ca-cert-file {}\ntls-replication yes\n",
        store.file("store.pem"),
        store.file("store.key"),
        store.file("ca.pem")
    );
    let tls_port = free_port();
    let lines = format!("{lines}tls-port {tls_port}\n");
    let _sentinel = Sentinel::with(&store.server, store.port, &lines).await;
    let client = store.client();
    let url = format!("rediss://bank:{PASSWORD}@localhost:{tls_port}");
    let pair = Pair::of(|| {
        let builder = RedisStore::sentinel(&[&url], "bank", keys()).unwrap();
        builder
            .ca_certificate(store.ca.pem())
            .client_certificate(&client)
    })
    .await;
    pair.shares().await;
    pair.hears().await;
}

/// The store counts as down, and the log says why and what to do.
#[tokio::test]
async fn a_certificate_that_does_not_fit_is_named_in_the_log_and_nobody_waits_f12() {
    let test = "a_certificate_that_does_not_fit_is_named_in_the_log_and_nobody_waits_f12";
    let Some(good) = TlsServer::start(test, "no").await else {
        return;
    };
    let strict = TlsServer::start(test, "yes").await.unwrap();
    let old = |ca: &Ca| {
        let mut params = valid_for("localhost");
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2020, 1, 2);
        ca.issue(&params)
    };
    let expired = TlsServer::with(test, "no", old, &[]).await.unwrap();
    let other = Ca::new("Other CA");
    let stranger = pem(&other.issue(&valid_for("bank")));
    let of_good = |host: &str| RedisStore::builder(&good.url(host), keys()).unwrap();
    let plain = answers_in_plain_text().await;
    let plain = RedisStore::builder(&format!("rediss://localhost:{plain}"), keys()).unwrap();
    let cases = [
        (
            "a CA of the system",
            of_good("localhost"),
            "set ca_certificate",
        ),
        (
            "another CA",
            good.builder().ca_certificate(other.pem()),
            "set ca_certificate",
        ),
        (
            "another name",
            of_good("127.0.0.1").ca_certificate(good.ca.pem()),
            "write a name into the store's URL",
        ),
        (
            "an old one",
            expired.builder(),
            "renew the store's certificate",
        ),
        ("none of ours", strict.builder(), "set client_certificate"),
        (
            "a stranger's",
            strict.builder().client_certificate(&stranger),
            "does not trust the CA of our client certificate",
        ),
        (
            "a port without TLS",
            plain.ca_certificate(good.ca.pem()),
            "does not speak TLS",
        ),
    ];
    for (what, builder, advice) in cases {
        let log = Log::of_the_process();
        let before = log.text().len();
        let authority = Authority::new();
        let instance = Instance::of(&authority, builder, Date::Right, MAX_AGE);
        is_served(&instance, what).await;
        assert!(!instance.store.is_connected(), "{what}");
        // Other tests write to the same log, but not about this.
        let warnings = || {
            let text = log.text().split_off(before);
            let lines = text.lines().filter(|line| line.contains("kind=\"tls\""));
            lines.map(str::to_owned).collect::<Vec<_>>()
        };
        until(what, async || !warnings().is_empty()).await;
        let warnings = warnings();
        assert_eq!(warnings.len(), 1, "{what}: {warnings:?}");
        assert!(
            warnings[0].contains(" WARN ") && warnings[0].contains(advice),
            "{what}: {warnings:?}"
        );
        assert!(!log.text().contains(PASSWORD), "{what}");
        assert!(
            instance
                .validator
                .invalidate(Subject::User("jdoe"))
                .await
                .is_err()
        );
    }
}

/// The port of a server that takes a handshake for a command.
async fn answers_in_plain_text() -> u16 {
    let listener = TcpListener::bind("localhost:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 1024]).await;
            let _ = stream.write_all(b"-ERR unknown command\r\n").await;
        }
    });
    port
}

#[test]
fn a_certificate_that_could_not_be_used_is_refused_when_the_store_is_built_f12() {
    let ca = Ca::new("Private CA");
    let one = ca.issue(&valid_for("bank"));
    let two = ca.issue(&valid_for("bank"));
    let mixed = one.certificate.pem() + &two.key.serialize_pem();
    let keyless = one.certificate.pem();
    let builder = |url: &str| RedisStore::builder(url, keys()).unwrap();
    let tls = || builder("rediss://localhost");
    for (builder, words) in [
        (tls().client_certificate(&mixed), "client_certificate: "),
        (tls().client_certificate(&keyless), "no private key"),
        (tls().ca_certificate("/etc/ca.pem"), "ca_certificate: "),
        (
            builder("redis://localhost").ca_certificate(ca.pem()),
            "rediss://",
        ),
        (
            builder("redis://localhost").client_certificate(pem(&one)),
            "rediss://",
        ),
    ] {
        let error = builder.build().unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
        assert!(!format!("{error:?}").contains("PRIVATE KEY-----"));
    }
}
