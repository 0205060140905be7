//! Whom TLS trusts, and as whom it presents us.

use mobilefirst::{Error, ErrorKind};
use redis::{Client, ConnectionAddr, ConnectionInfo, RedisResult};
#[cfg(feature = "tls")]
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};

const CA: &str = "ca_certificate";
const CLIENT: &str = "client_certificate";

/// Certificates in PEM. By default those of the system are trusted, and none is presented.
#[derive(Clone, Default)]
pub(crate) struct Tls {
    pub(crate) ca: Option<Vec<u8>>,
    /// The certificate, its chain and its private key.
    pub(crate) client: Option<Vec<u8>>,
}

impl Tls {
    /// Returns an error if something is set that can't be read.
    #[cfg(feature = "tls")]
    pub(crate) fn check(&self) -> Result<(), Error> {
        trust_in_one_provider();
        if let Some(pem) = &self.ca {
            let mut trusted = rustls::RootCertStore::empty();
            for certificate in certificates(CA, pem)? {
                trusted.add(certificate).map_err(|e| refused(CA, e))?;
            }
        }
        if let Some(pem) = &self.client {
            let chain = certificates(CLIENT, pem)?;
            let key = PrivateKeyDer::from_pem_slice(pem).map_err(|_| {
                configuration(format!(
                    "{CLIENT}: this text holds no private key that can be read: put it behind the \
                     certificate, in PEM and not encrypted"
                ))
            })?;
            let nobody = rustls::RootCertStore::empty();
            let config = rustls::ClientConfig::builder().with_root_certificates(nobody);
            let config = config.with_client_auth_cert(chain, key);
            config.map_err(|e| refused(CLIENT, e))?;
        }
        Ok(())
    }

    #[cfg(not(feature = "tls"))]
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.is_set() {
            return Err(configuration(format!(
                "{CA} or {CLIENT} is set, but the feature `tls` of mobilefirst-redis is off"
            )));
        }
        Ok(())
    }

    /// Returns an error if certificates are set for a server that is asked without TLS.
    pub(crate) fn check_use(&self, addr: &ConnectionAddr) -> Result<(), Error> {
        if self.is_set() && !matches!(addr, ConnectionAddr::TcpTls { .. }) {
            return Err(configuration(format!(
                "{CA} or {CLIENT} is set, but the store's URL is redis://, without TLS: write \
                 rediss://"
            )));
        }
        Ok(())
    }

    pub(crate) fn client(&self, info: ConnectionInfo) -> RedisResult<Client> {
        #[cfg(feature = "tls")]
        if let Some(certificates) = self.certificates() {
            return Client::build_with_tls(info, certificates);
        }
        Client::open(info)
    }

    #[cfg(feature = "tls")]
    pub(crate) fn certificates(&self) -> Option<redis::TlsCertificates> {
        let client_tls = self.client.clone().map(|pem| redis::ClientTlsConfig {
            client_cert: pem.clone(),
            client_key: pem,
        });
        self.is_set().then(|| redis::TlsCertificates {
            client_tls,
            root_cert: self.ca.clone(),
        })
    }

    fn is_set(&self) -> bool {
        self.ca.is_some() || self.client.is_some()
    }
}

/// The client library takes the process's default for TLS. If the features of other crates leave
/// that open, and nobody has chosen, rustls would panic.
#[cfg(feature = "tls")]
pub(crate) fn trust_in_one_provider() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // An error is that somebody chose meanwhile.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    }
}

/// The certificates in a text, at least one.
#[cfg(feature = "tls")]
fn certificates(setting: &str, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, Error> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        _ => Err(configuration(format!(
            "{setting}: this text holds no certificate that can be read: pass the content of a PEM \
             file, with `-----BEGIN CERTIFICATE-----`"
        ))),
    }
}

#[cfg(feature = "tls")]
fn refused(setting: &str, error: rustls::Error) -> Error {
    let message = format!("{setting}: the certificate is of no use: {error}");
    Error::with_source(ErrorKind::Configuration, message, error)
}

fn configuration(message: String) -> Error {
    Error::new(ErrorKind::Configuration, message)
}

#[cfg(all(test, feature = "tls"))]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_is_refused() {
        let empty_block = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let broken_block = "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n";
        for text in ["", "/etc/ca.pem", "0\u{82}", empty_block, broken_block] {
            let pem = Some(text.as_bytes().to_vec());
            for (setting, tls) in [
                (
                    CA,
                    Tls {
                        ca: pem.clone(),
                        ..Tls::default()
                    },
                ),
                (
                    CLIENT,
                    Tls {
                        client: pem.clone(),
                        ..Tls::default()
                    },
                ),
            ] {
                let error = tls.check().unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Configuration);
                assert!(error.to_string().starts_with(setting), "{text}: {error}");
            }
        }
    }
}
