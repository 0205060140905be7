//! Where the store is, and how to connect to it.

use std::time::Duration;

use mobilefirst::{Error, ErrorKind};
use redis::ProtocolVersion;
#[cfg(feature = "cluster")]
use redis::cluster::ClusterClient;
#[cfg(feature = "sentinel")]
use redis::sentinel::SentinelClient;
use redis::{AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo};

use crate::connection::Connection;
use crate::trouble::Trouble;

/// Time to connect, with TLS and authentication.
const CONNECT: Duration = Duration::from_secs(1);

/// Where the store is.
pub(crate) enum Target {
    Server(Box<Client>),
    #[cfg(feature = "sentinel")]
    Sentinel(Box<tokio::sync::Mutex<SentinelClient>>),
    #[cfg(feature = "cluster")]
    Cluster(Box<ClusterClient>),
}

impl Target {
    pub(crate) fn server(url: &str, root: Option<Vec<u8>>) -> Result<Self, Error> {
        let info = parse(url)?;
        let client = match root {
            None => Client::open(info),
            #[cfg(feature = "tls")]
            Some(root) => Client::build_with_tls(
                info,
                redis::TlsCertificates {
                    client_tls: None,
                    root_cert: Some(root),
                },
            ),
            #[cfg(not(feature = "tls"))]
            Some(_) => Client::open(info),
        };
        Ok(Self::Server(Box::new(client.map_err(unusable)?)))
    }

    /// `master` is a name that the Sentinels at `urls` know. User, password and database are
    /// those of the first URL.
    #[cfg(feature = "sentinel")]
    pub(crate) fn sentinel(urls: &[&str], master: &str) -> Result<Self, Error> {
        use redis::sentinel::{SentinelNodeConnectionInfo, SentinelServerType};

        let infos = urls
            .iter()
            .map(|url| parse(url))
            .collect::<Result<Vec<_>, _>>()?;
        let Some(first) = infos.first() else {
            return Err(configuration("name at least one Sentinel"));
        };
        let mut node = SentinelNodeConnectionInfo::default()
            .set_redis_connection_info(first.redis_settings().clone());
        if matches!(first.addr(), ConnectionAddr::TcpTls { .. }) {
            node = node.set_tls_mode(redis::TlsMode::Secure);
        }
        // Sentinels have a database of their own, and no users of the store.
        let sentinels = infos.into_iter().map(|info| {
            let settings = redis::RedisConnectionInfo::default().set_skip_set_lib_name();
            info.set_redis_settings(settings)
        });
        let client = SentinelClient::build(
            sentinels.collect(),
            String::from(master),
            Some(node),
            SentinelServerType::Master,
        );
        let client = client.map_err(unusable)?;
        Ok(Self::Sentinel(Box::new(tokio::sync::Mutex::new(client))))
    }

    #[cfg(feature = "cluster")]
    pub(crate) fn cluster(urls: &[&str], root: Option<Vec<u8>>) -> Result<Self, Error> {
        let infos = urls
            .iter()
            .map(|url| parse(url))
            .collect::<Result<Vec<_>, _>>()?;
        let builder = redis::cluster::ClusterClientBuilder::new(infos)
            .use_protocol(ProtocolVersion::RESP3)
            .retries(1);
        #[cfg(feature = "tls")]
        let builder = match root {
            None => builder,
            root_cert => builder.certs(redis::TlsCertificates {
                client_tls: None,
                root_cert,
            }),
        };
        #[cfg(not(feature = "tls"))]
        let _ = root;
        Ok(Self::Cluster(Box::new(builder.build().map_err(unusable)?)))
    }

    pub(crate) async fn connect(&self) -> Result<Connection, Trouble> {
        tokio::time::timeout(CONNECT, self.connect_at_leisure()).await?
    }

    async fn connect_at_leisure(&self) -> Result<Connection, Trouble> {
        let client = match self {
            Self::Server(client) => Client::clone(client),
            #[cfg(feature = "sentinel")]
            Self::Sentinel(sentinel) => sentinel.lock().await.async_get_client().await?,
            #[cfg(feature = "cluster")]
            Self::Cluster(cluster) => {
                return Ok(Connection::Cluster(cluster.get_async_connection().await?));
            }
        };
        // The calls are bounded where they are made.
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(None)
            .set_response_timeout(None);
        let connection = client
            .get_multiplexed_async_connection_with_config(&config)
            .await?;
        Ok(Connection::Server(connection))
    }
}

fn parse(url: &str) -> Result<ConnectionInfo, Error> {
    let info = url.into_connection_info().map_err(|_| {
        // The library's error may quote the URL, and with it a password.
        configuration(
            "the store's URL is unusable: it must be like redis://user:password@host:6379/0, or \
             rediss:// for TLS",
        )
    })?;
    if let ConnectionAddr::TcpTls { insecure, .. } = info.addr() {
        if !cfg!(feature = "tls") {
            return Err(configuration(
                "the store's URL is rediss://, but the feature `tls` of mobilefirst-redis is off",
            ));
        }
        if *insecure {
            return Err(configuration(
                "the store's URL ends with #insecure, which would accept any certificate: leave \
                 it out, and name your own CA where you need one",
            ));
        }
        trust_in_one_provider();
    }
    let settings = info.redis_settings().clone();
    // Without `CLIENT SETINFO`, which would have to be in each ACL.
    let settings = settings
        .set_protocol(ProtocolVersion::RESP3)
        .set_skip_set_lib_name();
    Ok(info.set_redis_settings(settings))
}

/// The client library takes the process's default for TLS. If the features of other crates leave
/// that open, and nobody has chosen, rustls would panic.
fn trust_in_one_provider() {
    #[cfg(feature = "tls")]
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // An error is that somebody chose meanwhile.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    }
}

fn unusable(error: redis::RedisError) -> Error {
    let kind = error.kind();
    configuration(format!("the client of the store can't be set up: {kind:?}"))
}

fn configuration(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::Configuration, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_url_is_refused_and_its_password_not_shown() {
        for (url, word) in [
            ("", "redis://user"),
            ("http://bank:s3cret@host", "redis://user"),
            ("redis://bank:s3cret@", "redis://user"),
            ("redis://bank:s3cret@host/x", "redis://user"),
            ("redis://bank:s3cret@host:70000", "redis://user"),
            #[cfg(feature = "tls")]
            ("rediss://bank:s3cret@host/#insecure", "#insecure"),
            #[cfg(not(feature = "tls"))]
            ("rediss://bank:s3cret@host", "feature `tls`"),
        ] {
            let Err(error) = Target::server(url, None) else {
                panic!("{url}");
            };
            assert_eq!(error.kind(), ErrorKind::Configuration);
            let shown = format!("{error} {error:?}");
            assert!(shown.contains(word) && !shown.contains("s3cret"), "{shown}");
        }
        assert!(Target::server("redis://bank:s3cret@host:1/2", None).is_ok());
    }
}
