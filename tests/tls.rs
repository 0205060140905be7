//! The reqwest backend over TLS: whom it trusts, and what it presents.

mod server;

use std::error::Error as _;
use std::time::Duration;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use mobilefirst::{
    AnyScope, Credentials, Denial, ErrorKind, Permit, ReqwestBackend, ReqwestBackendBuilder,
    TokenValidator,
};
use mobilefirst_devserver::{Authority, UserToken};
use rcgen::{KeyPair, date_time_ymd};
use rustls::ALL_VERSIONS;
use rustls::version::{TLS12, TLS13};

use self::server::{Clients, TlsServer};
use crate::support::ca::{Ca, Identity, valid_for};
use crate::support::log::Log;

const LOOPBACK: &str = "127.0.0.1";
const SECRET: &str = "tls-secret-4711";

/// An authorization server with a certificate of a private CA.
struct Setup {
    authority: Authority,
    ca: Ca,
}

impl Setup {
    fn new() -> Self {
        Self {
            authority: Authority::new().with_client("bank", SECRET, "*"),
            ca: Ca::new("Private CA"),
        }
    }

    fn server_identity(&self) -> Identity {
        self.ca.issue(&valid_for(LOOPBACK))
    }

    /// A server that asks for no client certificate.
    async fn server(&self, identity: &Identity) -> TlsServer {
        TlsServer::listen(&self.authority, identity, Clients::All, ALL_VERSIONS).await
    }

    async fn check(
        &self,
        server: &TlsServer,
        backend: ReqwestBackendBuilder,
    ) -> Result<Permit, Denial> {
        let token = self.authority.issue(UserToken::new("a"));
        self.check_token(server, backend, &token).await
    }

    async fn check_token(
        &self,
        server: &TlsServer,
        backend: ReqwestBackendBuilder,
        token: &str,
    ) -> Result<Permit, Denial> {
        let credentials = Credentials::new("bank", SECRET).unwrap();
        TokenValidator::builder(server.url().parse().unwrap(), credentials)
            .http_backend(backend.build().unwrap())
            .deadline(Duration::from_secs(30))
            .build()
            .unwrap()
            .authorize::<AnyScope>([format!("Bearer {token}")])
            .await
    }

    fn calls(&self) -> (u64, u64) {
        let calls = self.authority.calls();
        (calls.token, calls.introspection)
    }
}

/// All that the refusal says to the operator.
fn chain(denial: &Denial) -> String {
    let mut text = denial.to_string();
    let mut source = denial.source();
    while let Some(cause) = source {
        text += &format!(": {cause}");
        source = cause.source();
    }
    text
}

fn pem(identity: &Identity) -> String {
    identity.certificate.pem() + &identity.key.serialize_pem()
}

/// PEM with the key as OpenSSL's `ecparam -genkey` writes it: RFC 5915, with the curve's name.
fn pem_with_sec1(identity: &Identity) -> String {
    const P256: [u8; 12] = *b"\xa0\x0a\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";
    let pkcs8 = identity.key.serialize_der();
    // The last element of PKCS #8 is the same structure without the name.
    let start = pkcs8.len() - 109;
    let (key, public_key) = pkcs8[start + 2..].split_at(37);
    let sec1 = [&[0x30, 0x77], key, &P256, public_key].concat();
    let text = BASE64_STANDARD.encode(sec1);
    identity.certificate.pem() + &block("EC PRIVATE KEY", &text)
}

fn block(label: &str, text: &str) -> String {
    format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
}

#[tokio::test]
async fn a_certificate_of_a_private_ca_is_accepted_once_the_ca_is_trusted() {
    let setup = Setup::new();
    let server = setup.server(&setup.server_identity()).await;
    let other = Ca::new("Another CA").pem();
    for pem in [
        setup.ca.pem(),
        format!("\u{feff}{}", setup.ca.pem()),
        setup.ca.pem().replace('\n', "\r\n"),
        setup
            .ca
            .pem()
            .replace('\n', "\n    ")
            .replace("-----B", "    -----B"),
        format!("Company CA, M\u{fc}ller\n{}\n# end", setup.ca.pem()),
        other.clone() + &setup.ca.pem(),
    ] {
        let backend = ReqwestBackend::builder().ca_certificate(&pem);
        let verdict = setup.check(&server, backend).await;
        assert!(verdict.is_ok(), "{pem:?}: {verdict:?}");
    }
    let backend = ReqwestBackend::builder()
        .ca_certificate(other)
        .ca_certificate(setup.ca.pem());
    assert!(setup.check(&server, backend).await.is_ok());
    assert_eq!(setup.calls(), (7, 7));
}

#[tokio::test]
async fn an_unknown_ca_is_unreachable_and_the_log_holds_no_secret() {
    let log = Log::of_the_process();
    let setup = Setup::new();
    let server = setup.server(&setup.server_identity()).await;
    let token = setup.authority.issue(UserToken::new("a"));
    for backend in [
        ReqwestBackend::builder(),
        ReqwestBackend::builder().ca_certificate(Ca::new("Another CA").pem()),
    ] {
        let denial = setup.check_token(&server, backend, &token).await;
        let denial = denial.unwrap_err();
        assert_eq!(denial.status(), 503);
        assert_eq!(denial.error().unwrap().kind(), ErrorKind::Unreachable);
        let text = chain(&denial);
        assert!(text.contains("UnknownIssuer"), "{text}");
    }
    assert_eq!(setup.calls(), (0, 0));
    let log = log.text();
    assert!(log.contains("UnknownIssuer"), "the failure was not logged");
    for secret in [&*token, SECRET, "YmFuazp0bHMtc2VjcmV0LTQ3MTE"] {
        assert!(!log.contains(secret));
    }
}

#[tokio::test]
async fn a_certificate_that_is_not_valid_for_this_server_now_is_refused() {
    let within = |first: i32, last: i32| {
        let mut params = valid_for(LOOPBACK);
        params.not_before = date_time_ymd(first, 1, 1);
        params.not_after = date_time_ymd(last, 1, 1);
        params
    };
    for (params, why) in [
        (valid_for("elsewhere.example"), "not valid for name"),
        (valid_for("127.0.0.2"), "not valid for name"),
        (within(2020, 2021), "expired"),
        (within(2999, 3000), "not valid yet"),
    ] {
        let setup = Setup::new();
        let server = setup.server(&setup.ca.issue(&params)).await;
        let backend = ReqwestBackend::builder().ca_certificate(setup.ca.pem());
        let denial = setup.check(&server, backend).await.unwrap_err();
        assert_eq!(denial.status(), 503, "{why}");
        assert_eq!(denial.error().unwrap().kind(), ErrorKind::Unreachable);
        let text = chain(&denial);
        assert!(text.contains(why), "{text}");
        assert_eq!(setup.calls(), (0, 0), "{why}");
    }
}

#[tokio::test]
async fn a_client_certificate_is_presented_where_the_server_asks_for_one() {
    let clients = Ca::new("CA of the clients");
    let client = clients.issue(&valid_for("bank"));
    let stranger = Ca::new("Another CA").issue(&valid_for("bank"));
    for version in [&TLS12, &TLS13] {
        let setup = Setup::new();
        let server = TlsServer::listen(
            &setup.authority,
            &setup.server_identity(),
            Clients::WithCertificateOf(&clients),
            &[version],
        )
        .await;
        let backend = || ReqwestBackend::builder().ca_certificate(setup.ca.pem());
        for refused in [backend(), backend().client_certificate(pem(&stranger))] {
            let denial = setup.check(&server, refused).await.unwrap_err();
            assert_eq!(denial.status(), 503, "{version:?}");
        }
        assert_eq!(setup.calls(), (0, 0), "{version:?}");
        for pem in [pem(&client), pem_with_sec1(&client)] {
            let verdict = setup.check(&server, backend().client_certificate(pem));
            let verdict = verdict.await;
            assert!(verdict.is_ok(), "{version:?}: {verdict:?}");
        }
    }
}

#[tokio::test]
async fn a_client_certificate_stays_unused_where_the_server_asks_for_none() {
    let setup = Setup::new();
    let server = setup.server(&setup.server_identity()).await;
    let client = Ca::new("CA of the clients").issue(&valid_for("bank"));
    let backend = ReqwestBackend::builder()
        .ca_certificate(setup.ca.pem())
        .client_certificate(pem(&client));
    assert!(setup.check(&server, backend).await.is_ok());
}

#[tokio::test]
async fn either_version_of_tls_will_do() {
    for version in [&TLS12, &TLS13] {
        let setup = Setup::new();
        let identity = setup.server_identity();
        let server = TlsServer::listen(&setup.authority, &identity, Clients::All, &[version]).await;
        let backend = ReqwestBackend::builder().ca_certificate(setup.ca.pem());
        let verdict = setup.check(&server, backend).await;
        assert!(verdict.is_ok(), "{version:?}: {verdict:?}");
        assert!(
            server
                .seen()
                .iter()
                .all(|fields| fields.contains_key("authorization"))
        );
    }
}

#[test]
fn a_limit_of_zero_is_refused_e5() {
    let backend = ReqwestBackend::builder;
    for (builder, setting) in [
        (
            backend().connect_timeout(Duration::ZERO),
            "connect_timeout is zero",
        ),
        (
            backend().max_response_length(0),
            "max_response_length is zero",
        ),
    ] {
        let error = builder.build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        let message = error.to_string();
        assert!(message.starts_with(setting), "{message}");
        assert!(message.contains("such as"), "{message}");
    }
}

#[test]
fn a_certificate_that_cannot_be_read_is_named_when_the_backend_is_built() {
    let ca = Ca::new("Private CA");
    let client = ca.issue(&valid_for("bank"));
    let other_key = KeyPair::generate().unwrap().serialize_pem();
    let certificate = client.certificate.pem();
    let backend = ReqwestBackend::builder;
    for (builder, setting) in [
        (
            backend().ca_certificate(block("CERTIFICATE", "!!!!")),
            "ca_certificate",
        ),
        (
            backend().ca_certificate(block("CERTIFICATE", "AAAA")),
            "ca_certificate",
        ),
        (
            backend().ca_certificate(ca.pem() + &block("CERTIFICATE", "AAAA")),
            "ca_certificate",
        ),
        (
            backend().ca_certificate(ca.pem().replace("-----END", "")),
            "ca_certificate",
        ),
        (
            backend().ca_certificate(client.key.serialize_pem()),
            "ca_certificate",
        ),
        (
            backend().client_certificate(certificate.replace("-----END", "") + &other_key),
            "client_certificate",
        ),
        (
            backend().client_certificate(certificate.clone() + &block("PRIVATE KEY", "!!!!")),
            "client_certificate",
        ),
        (
            backend().client_certificate(certificate.clone() + &block("PRIVATE KEY", "AAAA")),
            "client_certificate",
        ),
        (
            backend().client_certificate(block("CERTIFICATE", "AAAA") + &other_key),
            "client_certificate",
        ),
        (
            backend().client_certificate(certificate + &other_key),
            "client_certificate",
        ),
    ] {
        let error = builder.build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        let text = format!("{error}");
        assert!(
            text.starts_with(setting),
            "{setting}: {text}: {:?}",
            error.source()
        );
    }
}
