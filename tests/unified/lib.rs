//! Features of reqwest and serde_json that other crates turn on change nothing about the backend
//! and about what is read of an answer.

#![cfg(test)]

#[path = "../support/ca.rs"]
mod ca;
#[path = "../tls/server.rs"]
mod server;

mod numbers;

/// Where the server looks for them.
mod support {
    pub(crate) use crate::ca;
}

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use http::Response;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, COOKIE, SET_COOKIE};
use mobilefirst::{AnyScope, Credentials, Reason, ReqwestBackend, TokenValidator};
use mobilefirst_devserver::{Authority, Endpoint, Fault, UserToken};
use rustls::ALL_VERSIONS;

use self::ca::{Ca, Identity, valid_for};
use self::server::{Clients, TlsServer};

const ANSWER: &str = r#"{"active":true,"scope":"a"}"#;

/// A server that wants a client certificate, and a validator that has one.
struct Setup {
    authority: Authority,
    server: TlsServer,
    validator: TokenValidator,
}

impl Setup {
    async fn new() -> Self {
        let authority = Authority::new().with_client("bank", "s3cret", "*");
        let ca = Ca::new("Private CA");
        let server = ca.issue(&valid_for("127.0.0.1"));
        let client = ca.issue(&valid_for("bank"));
        let clients = Clients::WithCertificateOf(&ca);
        let server = TlsServer::listen(&authority, &server, clients, ALL_VERSIONS).await;
        let backend = ReqwestBackend::builder()
            .ca_certificate(ca.pem())
            .client_certificate(pem(&client))
            .build()
            .unwrap();
        let credentials = Credentials::new("bank", "s3cret").unwrap();
        let validator = TokenValidator::builder(server.url().parse().unwrap(), credentials)
            .http_backend(backend)
            .build()
            .unwrap();
        Self {
            authority,
            server,
            validator,
        }
    }

    /// Why a new token is refused, if it is.
    async fn refusal(&self) -> Option<Reason> {
        let authorization = [format!(
            "Bearer {}",
            self.authority.issue(UserToken::new("a"))
        )];
        let verdict = self.validator.authorize::<AnyScope>(authorization).await;
        verdict.err().map(|denial| denial.reason())
    }
}

/// Answers the next introspection with `ANSWER`, compressed and with a cookie.
fn compress_next(authority: &Authority) {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(ANSWER.as_bytes()).unwrap();
    let response = Response::builder()
        .header(CONTENT_ENCODING, "gzip")
        .header(SET_COOKIE, "session=1")
        .body(gzip.finish().unwrap().into())
        .unwrap();
    authority.fault(Endpoint::Introspection, Fault::Respond(response));
}

fn pem(identity: &Identity) -> String {
    identity.certificate.pem() + &identity.key.serialize_pem()
}

#[tokio::test]
async fn a_private_ca_and_a_client_certificate_work() {
    let setup = Setup::new().await;
    assert_eq!(setup.refusal().await, None);
    // One call for our own token, one for the introspection.
    assert_eq!(setup.server.seen().len(), 2);
}

#[tokio::test]
async fn no_compression_is_asked_for_and_none_is_undone() {
    let setup = Setup::new().await;
    compress_next(&setup.authority);
    assert_eq!(setup.refusal().await, Some(Reason::InvalidResponse));
    assert_eq!(setup.refusal().await, None);
    let seen = setup.server.seen();
    assert_eq!(seen.len(), 3);
    for fields in seen {
        let accepted: Vec<_> = fields.get_all(ACCEPT_ENCODING).iter().collect();
        assert_eq!(accepted, ["identity"]);
        assert!(!fields.contains_key(COOKIE));
    }
}

/// The features are on: a client without the backend's settings behaves otherwise.
#[tokio::test]
async fn another_client_of_the_program_asks_for_compression_and_undoes_it() {
    let authority = Authority::new();
    let ca = Ca::new("Private CA");
    let identity = ca.issue(&valid_for("127.0.0.1"));
    let server = TlsServer::listen(&authority, &identity, Clients::All, ALL_VERSIONS).await;
    let client = reqwest::Client::builder()
        .tls_certs_merge([reqwest::Certificate::from_pem(ca.pem().as_bytes()).unwrap()])
        .no_proxy()
        .build()
        .unwrap();
    compress_next(&authority);
    let url = format!("{}/az/v1/introspection", server.url());
    let answer = client.post(url).send().await.unwrap();
    assert_eq!(answer.text().await.unwrap(), ANSWER);
    let accepted = server.seen()[0][ACCEPT_ENCODING].clone();
    for coding in ["gzip", "br", "deflate", "zstd"] {
        assert!(accepted.to_str().unwrap().contains(coding), "{accepted:?}");
    }
}
