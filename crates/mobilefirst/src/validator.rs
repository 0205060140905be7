//! The one place where it is decided whether a request is authorized.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::answers::{Answers, Asked, Known};
use crate::authorize::Judged;
use crate::bearer::{self, Bearer, Unusable};
use crate::builder::TokenValidatorBuilder;
use crate::cache::CacheStats;
use crate::clock::Moment;
use crate::endpoint::{Answer, Protocol, Question};
use crate::health::HealthCheck;
use crate::introspection::Introspection;
use crate::observer::Evidence;
use crate::report::{Observers, Report};
use crate::{
    Authorize, Credentials, Denial, ErrorBody, Permit, RequiredScope, Requirement, ServerUrl,
};

/// Judges requests by the tokens that they bear.
///
/// Build one per process and clone it into every place that needs it: clones share
/// one cache and one token of our own.
///
/// ```
/// use http::{HeaderMap, header::AUTHORIZATION};
/// use mobilefirst::{Credentials, Denial, RequiredScope, Scope, TokenValidator};
///
/// struct AccessRestricted;
/// impl RequiredScope for AccessRestricted {
///     const SCOPE: Scope = Scope::from_static("accessRestricted");
/// }
///
/// async fn greet(validator: &TokenValidator, headers: &HeaderMap) -> Result<String, Denial> {
///     let authorization = headers.get_all(AUTHORIZATION);
///     let permit = validator.authorize::<AccessRestricted>(authorization).await?;
///     Ok(format!("hello, {}", permit.token().username().unwrap_or("stranger")))
/// }
///
/// # #[cfg(feature = "reqwest")]
/// # fn main() -> Result<(), mobilefirst::Error> {
/// let server = "https://mfp.example.com/mfp/api".parse()?;
/// let validator = TokenValidator::builder(server, Credentials::new("bank", "s3cret")?).build()?;
/// # Ok(()) }
/// # #[cfg(not(feature = "reqwest"))]
/// # fn main() {}
/// ```
#[derive(Clone)]
pub struct TokenValidator {
    inner: Arc<Inner>,
}

struct Inner {
    limits: Limits,
    answers: Answers,
    health: HealthCheck,
    error_body: Option<ErrorBodyHook>,
    observers: Arc<Observers>,
}

/// What bounds the decision.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    pub(crate) leeway: Duration,
    pub(crate) max_token_length: usize,
}

pub(crate) type ErrorBodyHook = Box<dyn Fn(&Denial) -> ErrorBody + Send + Sync>;

impl TokenValidator {
    /// To set up a validator for MobileFirst 8, Persistent Mobile Foundation 9, or any
    /// server with the same endpoints below `server`.
    ///
    /// `credentials` are those of this resource server, a confidential client whose
    /// allowed scope holds `authorization.introspect`.
    pub fn builder(server: ServerUrl, credentials: Credentials) -> TokenValidatorBuilder {
        TokenValidatorBuilder::new(server, Protocol::Introspection(credentials))
    }

    /// To set up a validator for MobileFirst Platform 7, whose validation endpoint is below
    /// `project_url`: `https://host:port/<project name>`. It takes no credentials of ours.
    ///
    /// A caller sends `Bearer <access token> <ID token>`, the second of which may be
    /// missing. The server checks the scope too, and its refusals are passed on: their
    /// challenges are parsed and written anew.
    ///
    /// ```
    /// # #[cfg(feature = "reqwest")]
    /// # fn main() -> Result<(), mobilefirst::Error> {
    /// use mobilefirst::TokenValidator;
    ///
    /// let validator = TokenValidator::v7("https://mfp.example.com/bank".parse()?).build()?;
    /// # Ok(()) }
    /// # #[cfg(not(feature = "reqwest"))]
    /// # fn main() {}
    /// ```
    pub fn v7(project_url: ServerUrl) -> TokenValidatorBuilder {
        TokenValidatorBuilder::new(project_url, Protocol::Validation)
    }

    /// Judges a request by the values of all its `Authorization` fields.
    ///
    /// Pass every value there is, in whatever type the framework has: that there are
    /// two is for this function to see. The answer is at hand at once where it is
    /// cached; else the future asks the authorization server when it is polled, which
    /// must be within a tokio runtime. It borrows nothing.
    ///
    /// # Errors
    ///
    /// A [`Denial`], with the status and the header fields of the response.
    pub fn authorize<S: RequiredScope>(
        &self,
        authorization: impl IntoIterator<Item: AsRef<[u8]>>,
    ) -> Authorize<S> {
        self.judge_request(authorization, Requirement::of::<S>())
    }

    /// The same for a scope, or a whole [`Requirement`], that is known at run time only.
    ///
    /// # Errors
    ///
    /// As for [`authorize`](Self::authorize).
    pub fn authorize_scope(
        &self,
        authorization: impl IntoIterator<Item: AsRef<[u8]>>,
        requirement: impl Into<Requirement>,
    ) -> Authorize {
        self.judge_request(authorization, requirement.into())
    }

    /// Forgets what is known about an access token: the next request that bears it is
    /// checked anew, whatever was under way.
    ///
    /// In version 7 answers are kept by ID token and scope too, so all of them are
    /// forgotten, as by [`invalidate_all`](Self::invalidate_all).
    pub fn invalidate(&self, token: &str) {
        self.inner.answers.forget(token);
    }

    /// Forgets what is known about every token.
    pub fn invalidate_all(&self) {
        self.inner.answers.forget_all();
    }

    /// What the cache did so far.
    pub fn cache_stats(&self) -> CacheStats {
        self.inner.answers.stats()
    }

    pub(crate) fn health_check(&self) -> &HealthCheck {
        &self.inner.health
    }

    pub(crate) fn new(
        limits: Limits,
        answers: Answers,
        health: HealthCheck,
        error_body: Option<ErrorBodyHook>,
        observers: Observers,
    ) -> Self {
        let inner = Inner {
            limits,
            answers,
            health,
            error_body,
            observers: Arc::new(observers),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    fn judge_request<S>(
        &self,
        authorization: impl IntoIterator<Item: AsRef<[u8]>>,
        required: Requirement,
    ) -> Authorize<S> {
        let inner = &self.inner;
        let answers = &inner.answers;
        let report = Report::begin(&inner.observers, &required.scope, answers.clock());
        let unasked = |unusable| Judged {
            verdict: inner.deny(Denial::unusable(unusable)),
            evidence: Evidence::default(),
        };
        let mut values = authorization.into_iter();
        let first = values.next();
        let credentials = match (&first, values.next()) {
            (None, _) => Err(Unusable::Missing),
            (Some(value), None) => bearer::credentials(value.as_ref()),
            (Some(_), Some(_)) => Err(Unusable::Malformed),
        };
        let credentials = match credentials {
            Ok(credentials) => credentials,
            Err(unusable) => return Authorize::ready(unasked(unusable), report),
        };
        // What is known was asked about, and what was asked about had been parsed: so a
        // look comes before the parsing.
        let key = answers.key(credentials, &required.scope);
        let now = answers.now();
        if let Some((known, cache)) = answers.cached(&key, credentials, &required, now) {
            let known = Known::Fresh(Answer::Introspection(known));
            let judged = Judged {
                verdict: inner.judge(known, &required, now),
                evidence: cache.into(),
            };
            return Authorize::ready(judged, report);
        }
        let question = match inner.parse(credentials) {
            Ok(bearer) => Question::new(bearer, &required.scope),
            Err(unusable) => return Authorize::ready(unasked(unusable), report),
        };
        let inner = inner.clone();
        let work = async move {
            let answers = &inner.answers;
            let Asked { outcome, evidence } = answers.ask(key, question, required.max_age).await;
            let verdict = match outcome {
                Ok(known) => inner.judge(known, &required, answers.now()),
                Err(error) => inner.deny(error.into()),
            };
            Judged { verdict, evidence }
        };
        Authorize::pending(work, report)
    }
}

impl fmt::Debug for TokenValidator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenValidator")
            .field("limits", &self.inner.limits)
            .finish_non_exhaustive()
    }
}

impl Inner {
    fn parse<'a>(&self, credentials: &'a [u8]) -> Result<Bearer<'a>, Unusable> {
        let bearer = bearer::parse(credentials, self.limits.max_token_length)?;
        match self.answers.takes(&bearer) {
            true => Ok(bearer),
            false => Err(Unusable::Malformed),
        }
    }

    /// The decision.
    fn judge<S>(
        &self,
        known: Known,
        required: &Requirement,
        now: Moment,
    ) -> Result<Permit<S>, Denial> {
        let permit = match known {
            Known::Fresh(Answer::Introspection(Introspection::Active(token))) => {
                Permit::fresh(token)
            }
            Known::Stale(Introspection::Active(token)) => Permit::stale(token),
            Known::Fresh(Answer::Conflict(value)) => return self.deny(Denial::conflict(value)),
            Known::Fresh(Answer::Refused(challenge)) => {
                return self.deny(Denial::refused(&challenge));
            }
            Known::Fresh(Answer::Introspection(Introspection::Inactive(_)))
            | Known::Stale(Introspection::Inactive(_)) => {
                return self.deny(Denial::invalid_token());
            }
        };
        if !permit.token().is_current(now, self.limits.leeway) {
            return self.deny(Denial::invalid_token());
        }
        if !permit.token().covers(&required.scope) {
            return self.deny(Denial::insufficient_scope(&required.scope));
        }
        Ok(permit)
    }

    fn deny<S>(&self, denial: Denial) -> Result<Permit<S>, Denial> {
        Err(match &self.error_body {
            Some(body) => {
                let body = body(&denial);
                denial.with_body(body)
            }
            None => denial,
        })
    }
}
