//! An instance of a fleet: a validator with a connection to the store of its own.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use mobilefirst::{AnyScope, Clock, Credentials, SystemClock};
use mobilefirst::{TokenValidator, TokenValidatorBuilder};
use mobilefirst_devserver::{Authority, UserToken};
use mobilefirst_redis::{RedisStore, RedisStoreBuilder, SealingKeys};

use super::server::until;

pub(crate) const KEY: &str = "mcTf9vEDt+lX7lBnb0Vt3ulmmQw/1BQpVtb9gLs2qoI=";
const HOUR: Duration = Duration::from_secs(3600);

/// The default.
pub(crate) const MAX_AGE: Duration = Duration::from_secs(60);

pub(crate) struct Instance {
    pub(crate) validator: TokenValidator,
    pub(crate) store: RedisStore,
    pub(crate) authority: Authority,
}

/// What an instance's clock says, next to the right time.
#[derive(Clone, Copy)]
pub(crate) enum Date {
    Right,
    HourSlow,
    HourFast,
}

impl Clock for Date {
    fn now(&self) -> SystemTime {
        match self {
            Self::Right => SystemTime::now(),
            Self::HourSlow => SystemTime::now() - HOUR,
            Self::HourFast => SystemTime::now() + HOUR,
        }
    }

    fn uptime(&self) -> Duration {
        SystemClock.uptime()
    }
}

pub(crate) fn keys() -> SealingKeys {
    KEY.parse().unwrap()
}

impl Instance {
    /// An instance that is in step.
    pub(crate) async fn join(authority: &Authority, url: &str) -> Self {
        let instance = Self::with(authority, url, Date::Right, MAX_AGE, |store| store);
        instance.is_in_step().await;
        instance
    }

    pub(crate) fn with(
        authority: &Authority,
        url: &str,
        date: Date,
        max_age: Duration,
        set: impl FnOnce(RedisStoreBuilder) -> RedisStoreBuilder,
    ) -> Self {
        let builder = set(RedisStore::builder(url, keys()).unwrap());
        Self::of(authority, builder, date, max_age)
    }

    pub(crate) fn of(
        authority: &Authority,
        builder: RedisStoreBuilder,
        date: Date,
        max_age: Duration,
    ) -> Self {
        Self::build(authority, builder, |validator| {
            validator.clock(Arc::new(date)).max_age(max_age)
        })
    }

    /// An instance whose validator has other settings.
    pub(crate) fn building(
        authority: &Authority,
        url: &str,
        set: impl FnOnce(TokenValidatorBuilder) -> TokenValidatorBuilder,
    ) -> Self {
        Self::build(authority, RedisStore::builder(url, keys()).unwrap(), set)
    }

    fn build(
        authority: &Authority,
        builder: RedisStoreBuilder,
        set: impl FnOnce(TokenValidatorBuilder) -> TokenValidatorBuilder,
    ) -> Self {
        let store = builder.build().unwrap();
        let server = "http://localhost/mfp/api".parse().unwrap();
        let credentials = Credentials::new("test", "test").unwrap();
        let validator = TokenValidator::builder(server, credentials)
            .http_backend(authority.clone())
            .without_refresh_ahead()
            .remote_store(store.clone());
        Self {
            validator: set(validator).build().unwrap(),
            store,
            authority: authority.clone(),
        }
    }

    pub(crate) async fn is_in_step(&self) {
        until("connected", async || self.store.is_connected()).await;
    }

    pub(crate) async fn is_cut_off(&self) {
        until("cut off", async || !self.store.is_connected()).await;
    }

    /// The status that a caller with this token gets.
    pub(crate) async fn status(&self, token: &str) -> u16 {
        let bearing = [format!("Bearer {token}")];
        match self.validator.authorize::<AnyScope>(bearing).await {
            Ok(_) => 200,
            Err(denial) => denial.status().as_u16(),
        }
    }

    /// Introspections so far, of the whole fleet.
    pub(crate) fn introspections(&self) -> u64 {
        self.authority.calls().introspection
    }
}

/// A token of the user `jdoe`, which outlives an hour's difference between clocks.
pub(crate) fn issue(authority: &Authority) -> String {
    let day = 24 * HOUR;
    authority.issue(UserToken::new("a").user("jdoe").lifetime(day))
}
