//! What is attached to a Rocket.

use std::error::Error as _;
use std::fmt;

use mobilefirst::{Error, ErrorKind, TokenValidator, TokenValidatorBuilder};
use rocket::fairing::{self, Fairing, Info, Kind};
use rocket::{Build, Ignite, Request, Response, Rocket};

use crate::configuration;
use crate::denied::Denied;

/// Sets up the validator and completes refusals: a fairing.
///
/// It puts the [`TokenValidator`] into Rocket's managed state, where a handler that has
/// to [`invalidate`](TokenValidator::invalidate) a token takes it as
/// `&State<TokenValidator>`; and it adds to each refusal its header fields, which neither
/// a request guard nor a catcher could do.
///
/// Settings that cannot be used fail the launch, and the log says what to do.
pub struct MobileFirst {
    source: Source,
}

enum Source {
    Configuration(Box<dyn Fn(TokenValidatorBuilder) -> TokenValidatorBuilder + Send + Sync>),
    Validator(TokenValidator),
}

impl MobileFirst {
    /// Takes the settings from the table `mobilefirst` of Rocket's configuration, as
    /// [`Settings`](mobilefirst::Settings) lists them.
    pub fn fairing() -> Self {
        Self::custom(|builder| builder)
    }

    /// The same, and adds what no configuration can hold.
    ///
    /// ```
    /// use mobilefirst::ErrorBody;
    /// use mobilefirst_rocket::MobileFirst;
    ///
    /// let fairing = MobileFirst::custom(|builder| {
    ///     builder.error_body(|denial| ErrorBody::text(denial.to_string()))
    /// });
    /// let rocket = rocket::build().attach(fairing);
    /// ```
    pub fn custom(
        set: impl Fn(TokenValidatorBuilder) -> TokenValidatorBuilder + Send + Sync + 'static,
    ) -> Self {
        let source = Source::Configuration(Box::new(set));
        Self { source }
    }

    /// Uses this validator, and reads no configuration.
    pub fn with(validator: TokenValidator) -> Self {
        let source = Source::Validator(validator);
        Self { source }
    }

    fn validator(&self, rocket: &Rocket<Build>) -> Result<TokenValidator, Error> {
        // To manage a second one is a panic of Rocket's.
        if rocket.state::<TokenValidator>().is_some() {
            return Err(Error::new(
                ErrorKind::Configuration,
                "a `TokenValidator` is managed already: pass it to `MobileFirst::with` instead",
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
            kind: Kind::Ignite | Kind::Response | Kind::Singleton,
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
