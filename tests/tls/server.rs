//! An authorization server behind TLS, with certificates that are made for the test.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use http::{HeaderMap, Request};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use mobilefirst::HttpBackend as _;
use mobilefirst_devserver::Authority;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::PrivateKeyDer;
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoClientAuth, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::support::ca::{Ca, Identity};

/// Which clients a server accepts.
pub(crate) enum Clients<'a> {
    All,
    WithCertificateOf(&'a Ca),
}

/// An [`Authority`] behind TLS on a free loopback port.
pub(crate) struct TlsServer {
    addr: SocketAddr,
    seen: Arc<Mutex<Vec<HeaderMap>>>,
    task: JoinHandle<()>,
}

impl TlsServer {
    pub(crate) async fn listen(
        authority: &Authority,
        identity: &Identity,
        clients: Clients<'_>,
        versions: &[&'static SupportedProtocolVersion],
    ) -> Self {
        let key = PrivateKeyDer::Pkcs8(identity.key.serialize_der().into());
        let config = ServerConfig::builder_with_provider(aws_lc_rs::default_provider().into())
            .with_protocol_versions(versions)
            .unwrap()
            .with_client_cert_verifier(verifier(clients))
            .with_single_cert(vec![identity.certificate.der().clone()], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let seen = Arc::<Mutex<Vec<HeaderMap>>>::default();
        let (authority, records) = (authority.clone(), seen.clone());
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (acceptor, authority) = (acceptor.clone(), authority.clone());
                tokio::spawn(serve(stream, acceptor, authority, records.clone()));
            }
        });
        Self { addr, seen, task }
    }

    pub(crate) fn url(&self) -> String {
        format!("https://{}/mfp/api", self.addr)
    }

    /// The header fields of each request so far.
    pub(crate) fn seen(&self) -> Vec<HeaderMap> {
        self.seen.lock().unwrap().clone()
    }
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn verifier(clients: Clients<'_>) -> Arc<dyn ClientCertVerifier> {
    let Clients::WithCertificateOf(ca) = clients else {
        return Arc::new(NoClientAuth);
    };
    let mut roots = RootCertStore::empty();
    roots.add(ca.certificate.der().clone()).unwrap();
    let provider = aws_lc_rs::default_provider().into();
    WebPkiClientVerifier::builder_with_provider(roots.into(), provider)
        .build()
        .unwrap()
}

async fn serve(
    stream: TcpStream,
    acceptor: TlsAcceptor,
    authority: Authority,
    seen: Arc<Mutex<Vec<HeaderMap>>>,
) {
    // A handshake that fails is the client's to report.
    let Ok(stream) = acceptor.accept(stream).await else {
        return;
    };
    let service = service_fn(async |request: Request<Incoming>| {
        let (parts, body) = request.into_parts();
        seen.lock().unwrap().push(parts.headers.clone());
        let body = body.collect().await.unwrap().to_bytes();
        let response = authority.send(Request::from_parts(parts, body)).await;
        response.map(|response| response.map(Full::new))
    });
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}
