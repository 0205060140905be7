//! The fairing.

use std::error::Error as _;
use std::fmt;

use mobilefirst::{Error, ErrorKind, TokenPlace, TokenValidator, TokenValidatorBuilder};
use rocket::fairing::{self, Fairing, Info, Kind};
use rocket::{Build, Ignite, Request, Response, Rocket};

use crate::configuration;
use crate::denied::Denied;
use crate::slot::{self, Storage};

/// A fairing that builds the validator and completes refusals.
///
/// It puts the [`TokenValidator`] into Rocket's managed state. A handler takes it from
/// there as `&State<TokenValidator>`, for example to
/// [`invalidate`](TokenValidator::invalidate) a token. It also adds the header fields to
/// every refusal, which neither a request guard nor a catcher can do.
///
/// The launch fails if the settings are unusable, or if it is attached twice; the log says
/// what to do.
pub struct MobileFirst {
    source: Source,
}

enum Source {
    Configuration(Box<dyn Fn(TokenValidatorBuilder) -> TokenValidatorBuilder + Send + Sync>),
    Validator(TokenValidator),
}

impl MobileFirst {
    /// Reads the settings from the table `mobilefirst` of Rocket's configuration;
    /// [`Settings`](mobilefirst::Settings) lists them.
    pub fn fairing() -> Self {
        Self::custom(|builder| builder)
    }

    /// Reads the settings like [`fairing`](Self::fairing), then lets `set` add what a
    /// configuration cannot hold.
    ///
    /// ```
    /// use mobilefirst_rocket::MobileFirst;
    ///
    /// let fairing = MobileFirst::custom(|builder| {
    ///     builder.error_body(|refusal| refusal.problem())
    /// });
    /// let rocket = rocket::build().attach(fairing);
    /// ```
    pub fn custom(
        set: impl Fn(TokenValidatorBuilder) -> TokenValidatorBuilder + Send + Sync + 'static,
    ) -> Self {
        let source = Source::Configuration(Box::new(set));
        Self { source }
    }

    /// Uses `validator` and reads no configuration.
    pub fn with(validator: TokenValidator) -> Self {
        let source = Source::Validator(validator);
        Self { source }
    }

    fn validator(&self, rocket: &Rocket<Build>) -> Result<TokenValidator, Error> {
        if rocket.state::<Attached>().is_some() {
            return Err(Error::new(
                ErrorKind::Configuration,
                "`MobileFirst` is attached twice: attach it once",
            ));
        }
        // Rocket panics if a second value of a type is managed.
        if rocket.state::<TokenValidator>().is_some() {
            return Err(Error::new(
                ErrorKind::Configuration,
                "a `TokenValidator` is already managed: pass it to `MobileFirst::with` instead",
            ));
        }
        match &self.source {
            Source::Configuration(set) => {
                let settings = configuration::settings(rocket.figment())?;
                set(TokenValidator::builder_from_settings(&settings)?).build()
            }
            Source::Validator(validator) => Ok(validator.clone()),
        }
    }
}

impl fmt::Debug for MobileFirst {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MobileFirst").finish_non_exhaustive()
    }
}

#[rocket::async_trait]
impl Fairing for MobileFirst {
    fn info(&self) -> Info {
        Info {
            name: "MobileFirst",
            // No singleton: Rocket would drop the first of two without a word.
            kind: Kind::Ignite | Kind::Response,
        }
    }

    async fn on_ignite(&self, rocket: Rocket<Build>) -> fairing::Result {
        match self.validator(&rocket) {
            Ok(validator) => Ok(rocket.manage(Attached(validator.clone())).manage(validator)),
            Err(error) => {
                let cause = error.source().map(tracing::field::display);
                tracing::error!(cause, "MobileFirst cannot be set up: {error}");
                Err(rocket)
            }
        }
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        if let Some(denied) = Denied::of(request) {
            denied.complete(response);
        }
        if slot::with(request, |kept| kept.storage == Storage::Forbidden) {
            response.set_raw_header("Cache-Control", TokenPlace::CACHE_CONTROL);
        }
    }
}

pub(crate) const NOT_ATTACHED: &str =
    "MobileFirst is not attached: call `.attach(MobileFirst::fairing())`";

/// The validator, in managed state, as proof that the fairing completes refusals. A
/// `TokenValidator` that someone else manages proves nothing.
pub(crate) struct Attached(pub(crate) TokenValidator);

/// For sentinels: whether to abort the launch. Logs what to do.
pub(crate) fn is_missing(rocket: &Rocket<Ignite>) -> bool {
    let missing = rocket.state::<Attached>().is_none();
    if missing {
        tracing::error!("{NOT_ATTACHED}");
    }
    missing
}
