//! Building a store.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use mobilefirst::{Error, ErrorKind};
use tokio::sync::oneshot;

use crate::link::Link;
use crate::listener;
use crate::names::Names;
use crate::seal::SealingKeys;
use crate::settings::StoreSettings;
use crate::store::RedisStore;
use crate::target::Target;
use crate::telemetry::metrics;
use crate::tls::Tls;

const PREFIX: &str = "mfp:";
const TIMEOUT: Duration = Duration::from_millis(50);
const CUT_OFF_MAX_AGE: Duration = Duration::from_secs(1);

/// Builds a [`RedisStore`]; every setting has a default.
pub struct RedisStoreBuilder {
    place: Place,
    keys: SealingKeys,
    prefix: String,
    timeout: Duration,
    cut_off_max_age: Duration,
    tls: Tls,
}

enum Place {
    Server(String),
    #[cfg(feature = "sentinel")]
    Sentinel(Vec<String>, String),
    #[cfg(feature = "cluster")]
    Cluster(Vec<String>),
}

impl RedisStore {
    /// Returns a builder for the store at `url`, whose contents `keys` seal.
    ///
    /// The URL is `redis://user:password@host:6379/0`, or `rediss://` for TLS. User, password,
    /// port and database may be left out.
    ///
    /// # Errors
    ///
    /// Returns [`Configuration`](ErrorKind::Configuration) if the URL is unusable.
    pub fn builder(url: &str, keys: SealingKeys) -> Result<RedisStoreBuilder, Error> {
        RedisStoreBuilder::new(Place::Server(url.to_owned()), keys)
    }

    /// Returns a builder with these settings.
    ///
    /// # Errors
    ///
    /// Returns [`Configuration`](ErrorKind::Configuration) if a setting is unusable.
    pub fn builder_from_settings(settings: &StoreSettings) -> Result<RedisStoreBuilder, Error> {
        let mut builder = Self::builder(&settings.url, settings.keys.parse()?)?;
        builder.tls = settings.tls()?;
        if let Some(prefix) = &settings.prefix {
            builder = builder.prefix(prefix);
        }
        if let Some(timeout) = settings.seconds("timeout", settings.timeout)? {
            builder = builder.timeout(timeout);
        }
        if let Some(age) = settings.seconds("cut_off_max_age", settings.cut_off_max_age)? {
            builder = builder.cut_off_max_age(age);
        }
        Ok(builder)
    }

    /// Returns a builder for the store that the Sentinels at `urls` call `master`.
    ///
    /// User, password and database of the first URL are those of the store. Sentinels are asked
    /// without a password. If the first URL is `rediss://`, the store is asked over TLS too.
    ///
    /// # Errors
    ///
    /// Returns [`Configuration`](ErrorKind::Configuration) if a URL is unusable.
    #[cfg(feature = "sentinel")]
    #[cfg_attr(docsrs, doc(cfg(feature = "sentinel")))]
    pub fn sentinel(
        urls: &[&str],
        master: &str,
        keys: SealingKeys,
    ) -> Result<RedisStoreBuilder, Error> {
        let urls = urls.iter().map(|url| (*url).to_owned()).collect();
        RedisStoreBuilder::new(Place::Sentinel(urls, master.to_owned()), keys)
    }

    /// Returns a builder for the cluster to which the nodes at `urls` belong: a few that are likely
    /// to be up are enough.
    ///
    /// The answers are spread over the cluster. Invalidations are kept in one slot, that of the
    /// key `mfp:removed`.
    ///
    /// # Errors
    ///
    /// Returns [`Configuration`](ErrorKind::Configuration) if a URL is unusable.
    #[cfg(feature = "cluster")]
    #[cfg_attr(docsrs, doc(cfg(feature = "cluster")))]
    pub fn cluster(urls: &[&str], keys: SealingKeys) -> Result<RedisStoreBuilder, Error> {
        let urls = urls.iter().map(|url| (*url).to_owned()).collect();
        RedisStoreBuilder::new(Place::Cluster(urls), keys)
    }
}

impl RedisStoreBuilder {
    fn new(place: Place, keys: SealingKeys) -> Result<Self, Error> {
        place.target(&Tls::default())?;
        Ok(Self {
            place,
            keys,
            prefix: PREFIX.to_owned(),
            timeout: TIMEOUT,
            cut_off_max_age: CUT_OFF_MAX_AGE,
            tls: Tls::default(),
        })
    }

    /// Sets what all keys in the store begin with. Default: `mfp:`. Fleets with different sealing
    /// keys need different prefixes.
    ///
    /// 1 to 100 letters, digits, or `: . _ - /`.
    pub fn prefix(mut self, prefix: &str) -> Self {
        prefix.clone_into(&mut self.prefix);
        self
    }

    /// Sets how long a request may wait for the store, before the authorization server is asked.
    /// Default: 50 ms. At least 1 ms.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets how old cached answers may get while this process is cut off from the store, and so
    /// can't hear of removals. Default: 1 s. Stale answers
    /// ([`serve_stale`](mobilefirst::TokenValidatorBuilder::serve_stale)) are limited too.
    ///
    /// This is how long an instance that is cut off may serve a revoked token. It costs calls:
    /// with 1 s, while the store is down, each token in use is introspected once a second instead
    /// of once in `max_age`. With [`Duration::MAX`], answers may get as old as usual, and revoked
    /// tokens are served as long.
    pub fn cut_off_max_age(mut self, age: Duration) -> Self {
        self.cut_off_max_age = age;
        self
    }

    /// Trusts the CA certificates in this PEM text, **and no others**, to name the servers of
    /// `rediss://` URLs: those of a Sentinel and of the master that it names, or of all nodes of a
    /// cluster. Default: those of the system.
    #[cfg(feature = "tls")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
    pub fn ca_certificate(mut self, pem: impl AsRef<[u8]>) -> Self {
        self.tls.ca = Some(pem.as_ref().to_vec());
        self
    }

    /// Presents this client certificate to the servers of `rediss://` URLs, in PEM with the
    /// certificate, its chain and its private key (PKCS #8, PKCS #1 or SEC 1). Default: none.
    #[cfg(feature = "tls")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
    pub fn client_certificate(mut self, pem: impl AsRef<[u8]>) -> Self {
        self.tls.client = Some(pem.as_ref().to_vec());
        self
    }

    /// Returns the store, and begins to connect in the background. It is no error if the store is
    /// down.
    ///
    /// # Errors
    ///
    /// Returns [`Configuration`](ErrorKind::Configuration) if a setting is unusable, or no thread
    /// can be started.
    pub fn build(self) -> Result<RedisStore, Error> {
        if self.timeout < Duration::from_millis(1) {
            return Err(configuration(
                "the store's timeout is below 1 ms, so it would never be asked",
            ));
        }
        let names = Names::new(&self.prefix)?;
        self.tls.check()?;
        let target = self.place.target(&self.tls)?;
        let link = Link::new(target, names, self.keys, self.timeout, self.cut_off_max_age);
        let link = link.ok_or_else(|| configuration("this system has no random numbers"))?;
        let link = Arc::new(link);
        metrics::describe();
        let (running, stop) = oneshot::channel();
        listener::start(link.clone(), stop).map_err(|e| {
            let message = "the thread that listens to the store can't be started";
            Error::with_source(ErrorKind::Configuration, message, e)
        })?;
        Ok(RedisStore::new(link, running))
    }
}

impl Place {
    fn target(&self, tls: &Tls) -> Result<Target, Error> {
        match self {
            Self::Server(url) => Target::server(url, tls),
            #[cfg(feature = "sentinel")]
            Self::Sentinel(urls, master) => Target::sentinel(&refs(urls), master, tls),
            #[cfg(feature = "cluster")]
            Self::Cluster(urls) => Target::cluster(&refs(urls), tls),
        }
    }
}

#[cfg(any(feature = "sentinel", feature = "cluster"))]
fn refs(urls: &[String]) -> Vec<&str> {
    urls.iter().map(String::as_str).collect()
}

/// Shows neither URLs, which may hold a password, nor keys.
impl fmt::Debug for RedisStoreBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStoreBuilder")
            .field("keys", &self.keys)
            .field("prefix", &self.prefix)
            .field("timeout", &self.timeout)
            .field("cut_off_max_age", &self.cut_off_max_age)
            .field("ca_certificate", &self.tls.ca.is_some())
            .field("client_certificate", &self.tls.client.is_some())
            .finish_non_exhaustive()
    }
}

fn configuration(message: &'static str) -> Error {
    Error::new(ErrorKind::Configuration, message)
}
