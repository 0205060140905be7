//! A Valkey or Redis with a port for TLS, and certificates made for the test.

use std::path::PathBuf;

use mobilefirst_redis::{RedisStore, RedisStoreBuilder};

use super::ca::{Ca, Identity, valid_for};
use super::instance::keys;
use super::server::{Server, free_port, program, speaks_tls};

/// What the log must never show.
pub(crate) const PASSWORD: &str = "pass-over-tls";

/// A server with a port for TLS.
pub(crate) struct TlsServer {
    pub(crate) server: Server,
    pub(crate) port: u16,
    /// It issued the server's certificate, and the clients'.
    pub(crate) ca: Ca,
    files: Files,
}

impl TlsServer {
    /// None if there is no program for it.
    pub(crate) async fn start(test: &str, clients: &str) -> Option<Self> {
        Self::with(test, clients, |ca| ca.issue(&valid_for("localhost")), &[]).await
    }

    /// `clients` says whether a client needs a certificate: `yes` or `no`.
    pub(crate) async fn with(
        test: &str,
        clients: &str,
        issue: impl FnOnce(&Ca) -> Identity,
        more: &[&str],
    ) -> Option<Self> {
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
        let text = port.to_string();
        let mut arguments = vec![
            "--tls-port",
            &text,
            "--tls-cert-file",
            &certificate,
            "--tls-key-file",
            &key,
            "--tls-ca-cert-file",
            &trusted,
            "--tls-auth-clients",
            clients,
        ];
        arguments.extend(more);
        let server = Server::start_with(test, &arguments).await?;
        let user = format!("ACL SETUSER bank on >{PASSWORD} ~mfp:* +@all");
        server.run::<()>(&user).await;
        Some(Self {
            server,
            port,
            ca,
            files,
        })
    }

    pub(crate) fn url(&self, host: &str) -> String {
        format!("rediss://bank:{PASSWORD}@{host}:{}", self.port)
    }

    /// A path to one of `store.pem`, `store.key` and `ca.pem`.
    pub(crate) fn file(&self, name: &str) -> String {
        self.files.path(name)
    }

    pub(crate) fn builder(&self) -> RedisStoreBuilder {
        let builder = RedisStore::builder(&self.url("localhost"), keys()).unwrap();
        builder.ca_certificate(self.ca.pem())
    }

    /// Its clients' certificate, with the key.
    pub(crate) fn client(&self) -> String {
        pem(&self.ca.issue(&valid_for("bank")))
    }
}

pub(crate) fn pem(identity: &Identity) -> String {
    identity.certificate.pem() + &identity.key.serialize_pem()
}

/// A folder that is removed with the test.
pub(crate) struct Files(PathBuf);

impl Files {
    pub(crate) fn new() -> Self {
        let name = format!("mfp-fleet-tls-{:x}", fastrand::u64(..));
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        std::fs::write(self.0.join(name), text).unwrap();
        self.path(name)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).into_os_string().into_string().unwrap()
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
