//! The one place where it is decided whether a request is authorized.

pub(crate) mod authorize;
pub(crate) mod builder;
pub(crate) mod settings;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::Moment;
use crate::header::authorization::{self, Bearer, Unusable};
use crate::health::Health;
use crate::health::check::HealthCheck;
use crate::lookup::Lookup;
use crate::lookup::cache_key::CacheKey;
use crate::lookup::evidence::{CacheResult, Evidence};
use crate::lookup::outcome::Outcome;
use crate::lookup::stats::CacheStats;
use crate::observe::decision_span::{DecisionSpan, Observers};
use crate::protocol::question::{Answer, Question};
use crate::token::introspection::Introspection;
use crate::validator::authorize::{Authorize, Judged};
use crate::verdict::denial::Denial;
use crate::verdict::error_body::ErrorBody;
use crate::verdict::permit::Permit;
use crate::verdict::requirement::{RequiredScope, Requirement};

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
    lookup: Lookup,
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
        self.inner.lookup.forget(token);
    }

    /// Forgets what is known about every token.
    pub fn invalidate_all(&self) {
        self.inner.lookup.forget_all();
    }

    /// What the cache did so far.
    pub fn cache_stats(&self) -> CacheStats {
        self.inner.lookup.stats()
    }

    /// Finds out whether tokens can be checked just now: whether the authorization server
    /// answers, takes our credentials, and lets us introspect.
    ///
    /// Use it for a readiness endpoint and for alarms, and once at start-up, to tell of
    /// a wrong secret before the first caller meets it:
    ///
    /// ```
    /// use http::{Response, StatusCode};
    /// use mobilefirst::TokenValidator;
    ///
    /// /// `GET /healthz`, open to everyone.
    /// async fn healthz(validator: &TokenValidator) -> Response<String> {
    ///     let health = validator.check().await;
    ///     let mut response = Response::new(serde_json::json!(health).to_string());
    ///     if !health.is_healthy() {
    ///         *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    ///     }
    ///     response
    /// }
    /// ```
    ///
    /// **It is no liveness probe.** An outage of the authorization server is nothing that
    /// a restart of this process would mend, and a process that is killed loses the
    /// answers that still serve. Where routes without a guard, or answers that are kept,
    /// shall be served on through an outage, it is no readiness probe either: then let it
    /// raise an alarm only.
    ///
    /// It asks as for a caller: with our own token, which is fetched where there is none,
    /// about that same token; in version 7 about a token that nobody has. The answer is
    /// there within the [`deadline`](crate::TokenValidatorBuilder::deadline), and a server
    /// that is left alone for a moment is not asked. Nothing gets into the cache.
    ///
    /// Whoever calls it how often, there is one such call at a time, and what it found
    /// holds for 5 s. A failure is a `WARN` with cause and fix, one of a kind in ten seconds.
    /// A check that is dropped does the others no harm. The future borrows nothing, and must
    /// be polled within a tokio runtime; elsewhere it finds that it is not.
    pub fn check(&self) -> impl Future<Output = Health> + Send + use<> {
        self.inner.health.clone().health()
    }

    pub(crate) fn new(
        limits: Limits,
        lookup: Lookup,
        health: HealthCheck,
        error_body: Option<ErrorBodyHook>,
        observers: Observers,
    ) -> Self {
        let inner = Inner {
            limits,
            lookup,
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
        let lookup = &inner.lookup;
        let span = DecisionSpan::begin(&inner.observers, &required.scope, lookup.clock());
        let unusable = |unusable| Judged {
            verdict: inner.deny(Denial::unusable(unusable)),
            evidence: Evidence::default(),
        };
        let field = match authorization::only(authorization) {
            Ok(field) => field,
            Err(reason) => return Authorize::ready(unusable(reason), span),
        };
        let credentials = match authorization::credentials(field.as_ref()) {
            Ok(credentials) => credentials,
            Err(reason) => return Authorize::ready(unusable(reason), span),
        };
        // What is cached was asked about, and what was asked about had been parsed: so the
        // cache comes before the parser.
        let key = lookup.key(credentials, &required.scope);
        let now = lookup.now();
        if let Some(cached) = lookup.cached(&key, &required, now) {
            let evidence = match cached.is_refresh_due && inner.refresh(key, credentials, &required)
            {
                true => CacheResult::Refreshed.into(),
                false => CacheResult::Hit.into(),
            };
            let answer = Answer::Introspection(cached.introspection);
            let verdict = inner.judge(answer, &required, now);
            return Authorize::ready(Judged { verdict, evidence }, span);
        }
        let question = match inner.parse(credentials) {
            Ok(bearer) => Question::new(bearer, &required.scope),
            Err(reason) => return Authorize::ready(unusable(reason), span),
        };
        let inner = inner.clone();
        let work = async move {
            let Outcome { answer, evidence } =
                inner.lookup.ask(key, question, required.max_age).await;
            let verdict = match answer {
                Ok(answer) => inner.judge(answer, &required, inner.lookup.now()),
                Err(error) => inner.deny(error.into()),
            };
            Judged { verdict, evidence }
        };
        Authorize::pending(work, span)
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
        let bearer = authorization::parse(credentials, self.limits.max_token_length)?;
        match self.lookup.endpoint().takes(&bearer) {
            true => Ok(bearer),
            false => Err(Unusable::Malformed),
        }
    }

    /// Asks about a cached token ahead of time; says whether this request started that.
    fn refresh(&self, key: CacheKey, credentials: &[u8], required: &Requirement) -> bool {
        let bearer = self.parse(credentials);
        bearer.is_ok_and(|bearer| {
            let question = Question::new(bearer, &required.scope);
            self.lookup.refresh(key, question)
        })
    }

    /// The decision.
    fn judge<S>(
        &self,
        answer: Answer,
        required: &Requirement,
        now: Moment,
    ) -> Result<Permit<S>, Denial> {
        let permit = match answer {
            Answer::Introspection(Introspection::Active(token)) => Permit::fresh(token),
            Answer::Stale(token) => Permit::stale(token),
            Answer::Introspection(Introspection::Inactive(_)) => {
                return self.deny(Denial::invalid_token());
            }
            Answer::Conflict(value) => return self.deny(Denial::conflict(value)),
            Answer::Refused(challenge) => return self.deny(Denial::refused(&challenge)),
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
