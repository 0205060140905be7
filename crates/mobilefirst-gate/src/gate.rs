//! The gate, without a socket.

use std::fmt;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use mobilefirst::TokenValidator;

use crate::config::Config;
use crate::config::error::ConfigError;
use crate::endpoint::{auth, denied, envoy, nginx};
use crate::peer::Peer;
use crate::policy::{CurrentPolicy, Origin, Policy};

/// Decides for proxies whether a request may pass.
///
/// Clones share state, so [`reload`](Self::reload) concerns all of them.
///
/// ```
/// use http::Request;
/// use mobilefirst_gate::{Config, Gate, Peer};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let config: Config = r#"
///     [mobilefirst]
///     server_url = "https://mfp.example.com/mfp/api"
///     client_id = "gate"
///     client_secret = "s3cret"
/// "#
/// .parse()?;
/// let gate = Gate::new(&config)?;
/// let proxy = Peer::Address([127, 0, 0, 1].into());
/// let question = Request::get("/auth?scope=accessRestricted").body(())?;
/// let answer = gate.answer(proxy, question).await;
/// assert_eq!(answer.status(), 401);
/// assert_eq!(answer.headers()["www-authenticate"], "Bearer");
/// # Ok(()) }
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(run()).unwrap();
/// ```
#[derive(Clone)]
pub struct Gate {
    pub(crate) policy: CurrentPolicy,
}

impl Gate {
    /// Creates a gate with the settings in `config`.
    ///
    /// # Errors
    ///
    /// Returns an error if a setting of the section `[mobilefirst]` is unusable.
    pub fn new(config: &Config) -> Result<Self, ConfigError> {
        let (validator, store) = config.validator()?;
        let origin = Origin::Settings(config.mobilefirst.clone(), store);
        Ok(Self::of(Policy::new(config, validator, origin)))
    }

    /// Creates a gate that checks tokens with `validator`, whatever the section `[mobilefirst]`
    /// says.
    pub fn with_validator(config: &Config, validator: TokenValidator) -> Self {
        Self::of(Policy::new(config, validator, Origin::Given))
    }

    fn of(policy: Policy) -> Self {
        Self {
            policy: CurrentPolicy::new(policy),
        }
    }

    /// Answers a question of a proxy. The body of `question` is not read.
    ///
    /// It never fails: trouble of any kind is a refusal. Must be polled within a tokio runtime.
    pub async fn answer<B>(&self, peer: Peer, question: Request<B>) -> Response<Bytes> {
        let (question, _) = question.into_parts();
        let policy = self.policy.get();
        match question.uri.path() {
            "/auth" => auth::answer(&policy, peer, &question).await,
            "/nginx" => nginx::answer(&policy, peer, &question).await,
            "/denied" => denied::answer(&policy, &question),
            path => match path.strip_prefix("/envoy/") {
                Some(rest) => envoy::answer(&policy, peer, &question, rest).await,
                None => {
                    let mut response = Response::new(Bytes::new());
                    *response.status_mut() = StatusCode::NOT_FOUND;
                    response
                }
            },
        }
    }

    /// Replaces routes, trusted proxies and the validator by those of `config`. Questions that
    /// are being answered end under what they began with.
    ///
    /// What the gate listens on stays as it is. The validator, with its cached answers, is kept
    /// as long as the sections `[mobilefirst]` and `[store]` and their secrets stay the same. Must
    /// be polled within a tokio runtime.
    ///
    /// # Errors
    ///
    /// Returns an error, and changes nothing, if a setting is unusable, or if the authorization
    /// server refuses the new credentials.
    pub async fn reload(&self, config: &Config) -> Result<(), ConfigError> {
        let old = self.policy.get();
        let (validator, origin) = match &old.origin {
            Origin::Given => (old.validator.clone(), Origin::Given),
            Origin::Settings(settings, store) if settings.is_same(&config.mobilefirst) => {
                let origin = Origin::Settings(config.mobilefirst.clone(), store.clone());
                (old.validator.clone(), origin)
            }
            Origin::Settings(..) => {
                let (validator, store) = config.validator()?;
                accepted(&validator).await?;
                let origin = Origin::Settings(config.mobilefirst.clone(), store);
                (validator, origin)
            }
        };
        self.policy.replace(Policy::new(config, validator, origin));
        Ok(())
    }

    /// Whether the store of the fleet answers at the moment; `None` if there is none.
    ///
    /// It connects in the background, and requests are served either way.
    pub fn store_is_connected(&self) -> Option<bool> {
        match &self.policy.get().origin {
            Origin::Settings(_, Some(store)) => Some(store.is_connected()),
            Origin::Settings(_, None) | Origin::Given => None,
        }
    }

    /// Returns the validator in use.
    pub fn validator(&self) -> TokenValidator {
        self.policy.get().validator.clone()
    }
}

/// Whether the server accepts our credentials. If it cannot be asked, nothing speaks against
/// them.
async fn accepted(validator: &TokenValidator) -> Result<(), ConfigError> {
    let health = validator.check().await;
    let findings = [health.credentials(), health.introspection()];
    match findings.into_iter().find_map(|finding| finding.error()) {
        Some(error) => Err(ConfigError::new(error.to_string())),
        None => Ok(()),
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate").finish_non_exhaustive()
    }
}
