//! Where the store is, and how to connect to it.

use std::time::Duration;

use mobilefirst::{Error, ErrorKind};
use redis::ProtocolVersion;
#[cfg(feature = "sentinel")]
use redis::RedisConnectionInfo;
#[cfg(feature = "cluster")]
use redis::cluster::ClusterClient;
#[cfg(feature = "sentinel")]
use redis::sentinel::SentinelClient;
use redis::{AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo};

use crate::connection::Connection;
use crate::tls::Tls;
use crate::trouble::Trouble;

/// Time to connect, with TLS and authentication. A cluster is connected node by node, and each
/// connection with TLS reads the system's certificates.
const CONNECT: Duration = Duration::from_secs(1);
#[cfg(feature = "cluster")]
const CONNECT_CLUSTER: Duration = Duration::from_secs(5);

/// Where the store is.
pub(crate) enum Target {
    Server(Box<Client>),
    #[cfg(feature = "sentinel")]
    Sentinel(Box<(tokio::sync::Mutex<SentinelClient>, RedisConnectionInfo)>),
    #[cfg(feature = "cluster")]
    Cluster(Box<ClusterClient>),
}

impl Target {
    pub(crate) fn server(url: &str, tls: &Tls) -> Result<Self, Error> {
        let client = tls.client(parse(url, tls)?);
        Ok(Self::Server(Box::new(client.map_err(unusable)?)))
    }

    /// `master` is a name that the Sentinels at `urls` know. User, password and database are
    /// those of the first URL.
    #[cfg(feature = "sentinel")]
    pub(crate) fn sentinel(urls: &[&str], master: &str, tls: &Tls) -> Result<Self, Error> {
        use redis::sentinel::{SentinelClientBuilder, SentinelServerType};

        let infos = parse_all(urls, tls)?;
        let Some(first) = infos.first() else {
            return Err(configuration("name at least one Sentinel"));
        };
        let settings = first.redis_settings().clone();
        let is_secure = matches!(first.addr(), ConnectionAddr::TcpTls { .. });
        // Sentinels have a database of their own, and no users of the store.
        let addrs = infos.iter().map(|info| info.addr().clone());
        let builder = SentinelClientBuilder::new(addrs, master, SentinelServerType::Master);
        let mut builder = builder
            .map_err(unusable)?
            .set_client_to_redis_db(settings.db());
        if let Some(user) = settings.username() {
            builder = builder.set_client_to_redis_username(user);
        }
        if let Some(password) = settings.password() {
            builder = builder.set_client_to_redis_password(password);
        }
        if is_secure {
            builder = builder.set_client_to_redis_tls_mode(redis::TlsMode::Secure);
        }
        #[cfg(feature = "tls")]
        if let Some(certificates) = tls.certificates() {
            builder = builder
                .set_client_to_redis_certificates(certificates.clone())
                .set_client_to_sentinel_certificates(certificates);
        }
        let client = tokio::sync::Mutex::new(builder.build().map_err(unusable)?);
        Ok(Self::Sentinel(Box::new((client, settings))))
    }

    #[cfg(feature = "cluster")]
    pub(crate) fn cluster(urls: &[&str], tls: &Tls) -> Result<Self, Error> {
        let infos = parse_all(urls, tls)?;
        let builder = redis::cluster::ClusterClientBuilder::new(infos)
            .use_protocol(ProtocolVersion::RESP3)
            .retries(1);
        #[cfg(feature = "tls")]
        let builder = match tls.certificates() {
            None => builder,
            Some(certificates) => builder.certs(certificates),
        };
        Ok(Self::Cluster(Box::new(builder.build().map_err(unusable)?)))
    }

    pub(crate) async fn connect(&self) -> Result<Connection, Trouble> {
        tokio::time::timeout(self.patience(), self.connect_at_leisure()).await?
    }

    /// How long it may take to connect, or to exchange greetings after that.
    pub(crate) fn patience(&self) -> Duration {
        match self {
            #[cfg(feature = "cluster")]
            Self::Cluster(_) => CONNECT_CLUSTER,
            _ => CONNECT,
        }
    }

    async fn connect_at_leisure(&self) -> Result<Connection, Trouble> {
        let client = match self {
            Self::Server(client) => Client::clone(client),
            #[cfg(feature = "sentinel")]
            Self::Sentinel(sentinel) => {
                let (sentinel, settings) = &**sentinel;
                let client = sentinel.lock().await.async_get_client().await?;
                let info = client.get_connection_info().clone();
                Client::open(info.set_redis_settings(settings.clone()))?
            }
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

#[cfg(any(feature = "sentinel", feature = "cluster"))]
fn parse_all(urls: &[&str], tls: &Tls) -> Result<Vec<ConnectionInfo>, Error> {
    urls.iter().map(|url| parse(url, tls)).collect()
}

fn parse(url: &str, tls: &Tls) -> Result<ConnectionInfo, Error> {
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
        #[cfg(feature = "tls")]
        crate::tls::trust_in_one_provider();
    }
    tls.check_use(info.addr())?;
    let settings = info.redis_settings().clone();
    // Without `CLIENT SETINFO`, which would have to be in each ACL.
    let settings = settings
        .set_protocol(ProtocolVersion::RESP3)
        .set_skip_set_lib_name();
    Ok(info.set_redis_settings(settings))
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
            let Err(error) = Target::server(url, &Tls::default()) else {
                panic!("{url}");
            };
            assert_eq!(error.kind(), ErrorKind::Configuration);
            let shown = format!("{error} {error:?}");
            assert!(shown.contains(word) && !shown.contains("s3cret"), "{shown}");
        }
        assert!(Target::server("redis://bank:s3cret@host:1/2", &Tls::default()).is_ok());
    }
}
