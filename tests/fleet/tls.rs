//! The way to the store over TLS.

use std::path::PathBuf;

use mobilefirst::Subject;
use mobilefirst_devserver::Authority;
use mobilefirst_redis::{RedisStore, RedisStoreBuilder, StoreSettings};
use rcgen::date_time_ymd;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::ca::{Ca, Identity, valid_for};
use super::instance::{Date, Instance, KEY, MAX_AGE, issue, keys};
use super::log::Log;
use super::pair::Pair;
use super::server::{Server, free_port, program, speaks_tls, until};
use super::trouble::is_served;

/// What the log must never show.
const PASSWORD: &str = "pass-over-tls";

/// A server with a port for TLS.
struct TlsServer {
    server: Server,
    port: u16,
    /// It issued the server's certificate, and the clients'.
    ca: Ca,
}

impl TlsServer {
    /// None if there is no program for it.
    async fn start(test: &str, clients: &str) -> Option<Self> {
        Self::with(test, clients, |ca| ca.issue(&valid_for("localhost"))).await
    }

    /// `clients` says whether a client needs a certificate: `yes` or `no`.
    async fn with(test: &str, clients: &str, issue: impl FnOnce(&Ca) -> Identity) -> Option<Self> {
        if !speaks_tls(&program(test)?, test) {
            return None;
        }
        let ca = Ca::new("Private CA");
        let identity = issue(&ca);
        let files = Files::new();
        let certificate = files.write("store.pem", &identity.certificate.pem());
        let key = files.write("store.key", &identity.key.serialize_pem());
        let trusted = files.write("ca.pem", &ca.pem());
        let port = free_port();
        let arguments = [
            "--tls-port",
            &port.to_string(),
            "--tls-cert-file",
            &certificate,
            "--tls-key-file",
            &key,
            "--tls-ca-cert-file",
            &trusted,
            "--tls-auth-clients",
            clients,
        ];
        let server = Server::start_with(test, &arguments).await?;
        let user = format!("ACL SETUSER bank on >{PASSWORD} ~mfp:* +@all");
        server.run::<()>(&user).await;
        Some(Self { server, port, ca })
    }

    fn url(&self, host: &str) -> String {
        format!("rediss://bank:{PASSWORD}@{host}:{}", self.port)
    }

    fn builder(&self) -> RedisStoreBuilder {
        let builder = RedisStore::builder(&self.url("localhost"), keys()).unwrap();
        builder.ca_certificate(self.ca.pem())
    }

    /// Its clients' certificate, with the key.
    fn client(&self) -> String {
        pem(&self.ca.issue(&valid_for("bank")))
    }
}

fn pem(identity: &Identity) -> String {
    identity.certificate.pem() + &identity.key.serialize_pem()
}

/// A folder that is removed with the test.
struct Files(PathBuf);

impl Files {
    fn new() -> Self {
        let name = format!("mfp-fleet-tls-{:x}", fastrand::u64(..));
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn write(&self, name: &str, text: &str) -> String {
        let file = self.0.join(name);
        std::fs::write(&file, text).unwrap();
        file.into_os_string().into_string().unwrap()
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[tokio::test]
async fn answers_and_invalidations_are_shared_over_tls_f12() {
    let test = "answers_and_invalidations_are_shared_over_tls_f12";
    let Some(store) = TlsServer::start(test, "no").await else {
        return;
    };
    let pair = Pair::of(|| store.builder()).await;
    let token = issue(&pair.authority);
    assert_eq!(pair.one.status(&token).await, 200);
    store.server.holds_answers(1).await;
    assert_eq!(pair.two.status(&token).await, 200);
    assert_eq!(pair.two.introspections(), 1);
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
    let expired = TlsServer::with(test, "no", old).await.unwrap();
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
