//! The default [`HttpBackend`], over reqwest and rustls.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use http::header::ACCEPT_ENCODING;
use http::{HeaderMap, HeaderValue, Request, Response};
use reqwest::redirect;

use crate::error::{Error, ErrorKind};
use crate::upstream::http_backend::HttpBackend;
use crate::upstream::pem;

const MAX_RESPONSE_LENGTH: usize = 1024 * 1024;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Few, and not for long: what lies between closes idle connections without notice.
const MAX_IDLE_CONNECTIONS: usize = 16;
const IDLE_TIMEOUT: Duration = Duration::from_secs(20);

/// Sends requests with reqwest: keep-alive connections, TLS by rustls with the
/// platform's trusted certificates, no redirects, no decompression.
///
/// `https` goes through the environment's proxy (`HTTPS_PROXY` or `ALL_PROXY`, but
/// for the hosts in `NO_PROXY`); `http` never does, so that a proxy sees no token.
///
/// ```no_run
/// use mobilefirst::ReqwestBackend;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let backend = ReqwestBackend::builder()
///     .ca_certificate(std::fs::read("ca.pem")?) // beside the platform's own
///     .build()?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct ReqwestBackend {
    clients: Arc<Clients>,
    max_response_length: usize,
}

/// The client in use. Only a new one is sure to open new connections.
struct Clients {
    current: RwLock<Current>,
    builder: ReqwestBackendBuilder,
}

struct Current {
    client: reqwest::Client,
    /// Whether a connection of it may have been used before.
    is_used: bool,
}

impl ReqwestBackend {
    /// Creates a backend with the defaults.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`] where TLS cannot be set up.
    pub fn new() -> Result<Self, Error> {
        Self::builder().build()
    }

    /// Returns a builder that sets certificates, timeouts and limits.
    pub fn builder() -> ReqwestBackendBuilder {
        ReqwestBackendBuilder {
            ca_certificates: Vec::new(),
            client_certificate: None,
            connect_timeout: CONNECT_TIMEOUT,
            max_response_length: MAX_RESPONSE_LENGTH,
        }
    }

    async fn read_body(&self, mut response: reqwest::Response) -> Result<Bytes, Error> {
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(failure)? {
            if body.len() + chunk.len() > self.max_response_length {
                return Err(Error::invalid_response(format!(
                    "the server's answer is longer than {} bytes, the limit that \
                     `ReqwestBackendBuilder::max_response_length` sets",
                    self.max_response_length
                )));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    }
}

impl fmt::Debug for ReqwestBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReqwestBackend")
            .field("max_response_length", &self.max_response_length)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl HttpBackend for ReqwestBackend {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Error> {
        let request = reqwest::Request::try_from(request)
            .map_err(|e| unusable("the request cannot be sent", e))?;
        let client = self.clients.read().client.clone();
        let response = client.execute(request).await.map_err(failure)?;
        self.clients.mark_used();
        let status = response.status();
        let headers = response.headers().clone();
        let body = self.read_body(response).await?;
        let mut response = Response::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }

    /// The client is replaced by one without connections.
    fn renew_connections(&self) -> bool {
        self.clients.renew()
    }
}

impl Clients {
    fn read(&self) -> RwLockReadGuard<'_, Current> {
        self.current.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Current> {
        self.current.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn mark_used(&self) {
        if !self.read().is_used {
            self.write().is_used = true;
        }
    }

    fn renew(&self) -> bool {
        if !self.read().is_used {
            return false;
        }
        // It was built from the same settings before; if it can't be now, the old one serves on.
        let Ok(client) = self.builder.client() else {
            return false;
        };
        *self.write() = Current {
            client,
            is_used: false,
        };
        true
    }
}

/// Configures a [`ReqwestBackend`].
#[derive(Clone)]
#[must_use]
pub struct ReqwestBackendBuilder {
    ca_certificates: Vec<Vec<u8>>,
    client_certificate: Option<Vec<u8>>,
    connect_timeout: Duration,
    max_response_length: usize,
}

impl ReqwestBackendBuilder {
    /// Trusts the certificates in this PEM text, beside the platform's own. May be
    /// called more than once.
    pub fn ca_certificate(mut self, pem: impl AsRef<[u8]>) -> Self {
        self.ca_certificates.push(pem.as_ref().to_vec());
        self
    }

    /// Presents this client certificate, in PEM with the certificate, its chain and
    /// its private key (PKCS #8 or SEC 1).
    pub fn client_certificate(mut self, pem: impl AsRef<[u8]>) -> Self {
        self.client_certificate = Some(pem.as_ref().to_vec());
        self
    }

    /// Sets the maximum duration of connecting, TLS included. Default 3 s. A shorter deadline of
    /// the validator ends it sooner.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Sets the maximum length of a response body, in bytes. Default 1 MiB.
    pub fn max_response_length(mut self, bytes: usize) -> Self {
        self.max_response_length = bytes;
        self
    }

    /// Builds the backend.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`] where a certificate cannot be read, or a limit is zero.
    pub fn build(self) -> Result<ReqwestBackend, Error> {
        if self.connect_timeout.is_zero() {
            return Err(Error::configuration(
                "connect_timeout is zero: no connection could ever be made; set it to more, such \
                 as 3 s",
            ));
        }
        if self.max_response_length == 0 {
            return Err(Error::configuration(
                "max_response_length is zero: every answer would be too long; set it to more, \
                 such as 1048576 bytes",
            ));
        }
        let current = Current {
            client: self.client()?,
            is_used: false,
        };
        Ok(ReqwestBackend {
            max_response_length: self.max_response_length,
            clients: Arc::new(Clients {
                current: RwLock::new(current),
                builder: self,
            }),
        })
    }

    fn client(&self) -> Result<reqwest::Client, Error> {
        let mut client = reqwest::Client::builder()
            .user_agent(concat!("mobilefirst/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .referer(false)
            .no_proxy()
            // Other crates of the program may turn features of reqwest on. None may change what
            // is sent, or who checks certificates.
            .tls_backend_rustls()
            .no_gzip()
            .no_brotli()
            .no_deflate()
            .no_zstd()
            .no_hickory_dns()
            .default_headers(identity_encoding())
            .pool_max_idle_per_host(MAX_IDLE_CONNECTIONS)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .connect_timeout(self.connect_timeout);
        if let Some(url) = proxy_url()? {
            let proxy = reqwest::Proxy::https(url)
                .map_err(|e| unusable("the proxy in the environment is no URL", e))?;
            client = client.proxy(proxy.no_proxy(reqwest::NoProxy::from_env()));
        }
        for pem in &self.ca_certificates {
            let certificates = reqwest::Certificate::from_pem_bundle(&pem::certificates(pem)?)
                .and_then(|all| try_out(|client| client.tls_certs_only(all.clone())).map(|()| all))
                .map_err(|e| unusable("ca_certificate: the certificate cannot be read", e))?;
            if certificates.is_empty() {
                return Err(Error::configuration(
                    "ca_certificate: the certificate cannot be read: it has no end",
                ));
            }
            client = client.tls_certs_merge(certificates);
        }
        if let Some(pem) = &self.client_certificate {
            // The parser's own error may quote the key: it is not passed on.
            let identity = reqwest::Identity::from_pem(&pem::identity(pem)?)
                .and_then(|it| try_out(|client| client.identity(it.clone())).map(|()| it))
                .map_err(|_| {
                    Error::configuration(
                        "client_certificate: the certificate or its private key cannot be read, \
                         or they do not belong together",
                    )
                })?;
            client = client.identity(identity);
        }
        client
            .build()
            .map_err(|e| unusable("the HTTP client cannot be set up", e))
    }
}

impl fmt::Debug for ReqwestBackendBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReqwestBackendBuilder")
            .field("ca_certificates", &self.ca_certificates.len())
            .field("client_certificate", &self.client_certificate.is_some())
            .field("connect_timeout", &self.connect_timeout)
            .field("max_response_length", &self.max_response_length)
            .finish()
    }
}

/// RFC 9110 §12.5.3: nothing here unpacks a compressed answer.
fn identity_encoding() -> HeaderMap {
    HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static("identity"))])
}

/// The proxy of the environment. SOCKS needs a feature of reqwest that is off here; ignoring it
/// would send tokens another way than the operator wants.
fn proxy_url() -> Result<Option<String>, Error> {
    let url = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|url| !url.is_empty()));
    match &url {
        Some(url) if url.to_ascii_lowercase().starts_with("socks") => Err(Error::configuration(
            "the proxy in the environment is a SOCKS proxy, which is not supported: name an \
             http proxy, or unset HTTPS_PROXY and ALL_PROXY",
        )),
        _ => Ok(url),
    }
}

/// Builds a client with one setting alone. reqwest looks into certificates and keys only when it
/// builds a client, and its error does not say which one it was.
fn try_out(
    set: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder,
) -> Result<(), reqwest::Error> {
    let client = reqwest::Client::builder().tls_backend_rustls().no_proxy();
    set(client.tls_certs_only([])).build().map(drop)
}

fn unusable(message: &'static str, error: reqwest::Error) -> Error {
    Error::with_source(ErrorKind::Configuration, message, error.without_url())
}

fn failure(error: reqwest::Error) -> Error {
    let error = error.without_url();
    let (kind, message) = if error.is_timeout() {
        (ErrorKind::Timeout, "the server did not answer in time")
    } else if error.is_connect() {
        (ErrorKind::Unreachable, "no connection to the server")
    } else {
        (
            ErrorKind::Interrupted,
            "the connection to the server ended before an answer came",
        )
    };
    Error::with_source(kind, message, error)
}
