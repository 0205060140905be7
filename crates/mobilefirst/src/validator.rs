//! The one place where it is decided whether a request is authorized.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::bearer::{self, Bearer, Unusable};
use crate::builder::TokenValidatorBuilder;
use crate::cache::flight::{Boarding, Flights};
use crate::cache::{CacheKey, KeySpace, TokenCache};
use crate::clock::{Clock, Moment};
use crate::error::Chain;
use crate::introspection::{Answer, Introspection, IntrospectionEndpoint};
use crate::{
    Credentials, Denial, Error, ErrorBody, ErrorKind, Permit, Reason, RequiredScope, Scope,
    ServerUrl,
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

pub(crate) type Outcome = Result<Answer, Error>;

pub(crate) struct Inner {
    pub(crate) settings: Settings,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) cache: Arc<dyn TokenCache>,
    pub(crate) keys: KeySpace,
    pub(crate) flights: Flights<CacheKey, Outcome>,
    pub(crate) endpoint: IntrospectionEndpoint,
    pub(crate) error_body: Option<ErrorBodyHook>,
}

pub(crate) type ErrorBodyHook = Box<dyn Fn(&Denial) -> ErrorBody + Send + Sync>;

/// What a builder may set.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) max_age: Duration,
    pub(crate) inactive_max_age: Duration,
    pub(crate) leeway: Duration,
    pub(crate) deadline: Duration,
    pub(crate) max_in_flight: usize,
    pub(crate) max_token_length: usize,
}

impl TokenValidator {
    /// To set up a validator for MobileFirst 8, Persistent Mobile Foundation 9, or any
    /// server with the same endpoints below `server`.
    ///
    /// `credentials` are those of this resource server, a confidential client whose
    /// allowed scope holds `authorization.introspect`.
    pub fn builder(server: ServerUrl, credentials: Credentials) -> TokenValidatorBuilder {
        TokenValidatorBuilder::new(server, credentials)
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
        self.check(authorization, S::SCOPE)
    }

    /// The same for a scope that is known at run time only.
    ///
    /// # Errors
    ///
    /// As for [`authorize`](Self::authorize).
    pub fn authorize_scope(
        &self,
        authorization: impl IntoIterator<Item: AsRef<[u8]>>,
        scope: &Scope,
    ) -> Authorize {
        self.check(authorization, scope.clone())
    }

    /// Forgets what is known about an access token: the next request that bears it is
    /// checked anew, whatever was under way.
    pub fn invalidate(&self, token: &str) {
        let key = self.inner.keys.key(&[token]);
        let forget = || self.inner.cache.remove(&key);
        self.inner.flights.forget(&key, forget);
    }

    /// Forgets what is known about every token.
    pub fn invalidate_all(&self) {
        let forget = || self.inner.cache.clear();
        self.inner.flights.forget_all(forget);
    }

    pub(crate) fn new(inner: Inner) -> Self {
        Self {
            inner: Arc::new(inner),
        }
    }

    fn check<S>(
        &self,
        authorization: impl IntoIterator<Item: AsRef<[u8]>>,
        required: Scope,
    ) -> Authorize<S> {
        let inner = &self.inner;
        let mut values = authorization.into_iter();
        let first = values.next();
        let bearer = match (&first, values.next()) {
            (None, _) => Err(Unusable::Missing),
            (Some(value), None) => inner.read(value.as_ref()),
            (Some(_), Some(_)) => Err(Unusable::Malformed),
        };
        let bearer = match bearer {
            Ok(bearer) => bearer,
            Err(unusable) => return Authorize::ready(inner.deny(Denial::unusable(unusable))),
        };
        let key = inner.keys.key(&[bearer.token]);
        let now = Moment::read(&*inner.clock);
        if let Some(known) = inner.look(&key, now) {
            return Authorize::ready(inner.judge(known, &required, now));
        }
        let inner = inner.clone();
        let token = bearer.token.to_owned();
        Authorize::pending(async move {
            match inner.ask(key, token).await {
                Ok(Answer::Introspection(introspection)) => {
                    inner.judge(introspection, &required, Moment::read(&*inner.clock))
                }
                Ok(Answer::Conflict(value)) => inner.deny(Denial::conflict(value)),
                Err(error) => inner.deny(error.into()),
            }
        })
    }
}

impl fmt::Debug for TokenValidator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenValidator")
            .field("settings", &self.inner.settings)
            .finish_non_exhaustive()
    }
}

impl Inner {
    fn read<'a>(&self, value: &'a [u8]) -> Result<Bearer<'a>, Unusable> {
        let bearer = bearer::parse(value, self.settings.max_token_length)?;
        // A second word is the ID token of version 7.
        if bearer.id_token.is_some() {
            return Err(Unusable::Malformed);
        }
        Ok(bearer)
    }

    /// What the cache holds, if it is fresh enough.
    fn look(&self, key: &CacheKey, now: Moment) -> Option<Introspection> {
        if self.settings.max_age.is_zero() {
            return None;
        }
        let known = self.cache.get(key)?;
        let max_age = match &known {
            Introspection::Active(_) => self.settings.max_age,
            Introspection::Inactive(_) => self.settings.inactive_max_age,
        };
        let age = now.uptime.saturating_sub(known.received().uptime);
        (age < max_age).then_some(known)
    }

    /// The decision.
    fn judge<S>(
        &self,
        introspection: Introspection,
        required: &Scope,
        now: Moment,
    ) -> Result<Permit<S>, Denial> {
        let Introspection::Active(token) = introspection else {
            return self.deny(Denial::invalid_token());
        };
        if !token.is_current(now, self.settings.leeway) {
            return self.deny(Denial::invalid_token());
        }
        if !token.covers(required) {
            return self.deny(Denial::insufficient_scope(required));
        }
        Ok(Permit::new(token))
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

    /// Asks the authorization server: one call for all who wait for the same token.
    async fn ask(self: &Arc<Self>, key: CacheKey, token: String) -> Outcome {
        let token: Arc<str> = token.into();
        // A flight is cut off only where its runtime is shut down: then this request
        // begins another.
        for _ in 0..3 {
            let landed = || {
                let known = self.look(&key, Moment::read(&*self.clock))?;
                Some(Ok(Answer::Introspection(known)))
            };
            let (asker, keeper, token) = (self.clone(), self.clone(), token.clone());
            let work = || async move { asker.ask_within_deadline(&token).await };
            let land = move |outcome: &Outcome| keeper.keep(key, outcome);
            match self.flights.board(key, landed, work, land) {
                Boarding::Landed(outcome) => return outcome,
                Boarding::Waiting(flight) => {
                    if let Some(outcome) = flight.outcome().await {
                        return outcome;
                    }
                }
            }
        }
        Err(Error::new(
            ErrorKind::Interrupted,
            "the introspection was cut off",
        ))
    }

    async fn ask_within_deadline(&self, token: &str) -> Outcome {
        let work = self.endpoint.ask(token);
        let outcome = tokio::time::timeout(self.settings.deadline, work)
            .await
            .unwrap_or_else(|_| Err(crate::upstream::timeout()));
        if let Err(error) = &outcome {
            tracing::error!(kind = ?error.kind(), error = %Chain(error), "a token cannot be checked");
        }
        outcome
    }

    /// Keeps what may be kept: never an error, never a conflict.
    fn keep(&self, key: CacheKey, outcome: &Outcome) {
        if let Ok(Answer::Introspection(introspection)) = outcome
            && !self.settings.max_age.is_zero()
        {
            self.cache.insert(key, introspection.clone());
        }
    }
}

/// The future of [`TokenValidator::authorize`].
#[must_use = "nobody is authorized before this is awaited"]
pub struct Authorize<S = crate::AnyScope> {
    state: State<S>,
}

enum State<S> {
    Ready(Option<Result<Permit<S>, Denial>>),
    Pending(Pin<Box<dyn Future<Output = Result<Permit<S>, Denial>> + Send>>),
}

impl<S> Authorize<S> {
    /// For a route that serves strangers too: `None` where the request bears no token.
    /// A token that is there and not good is refused as ever.
    ///
    /// # Errors
    ///
    /// A [`Denial`], but not for [`MissingToken`](crate::Reason::MissingToken).
    pub async fn optional(self) -> Result<Option<Permit<S>>, Denial> {
        match self.await {
            Ok(permit) => Ok(Some(permit)),
            Err(denial) if denial.reason() == Reason::MissingToken => Ok(None),
            Err(denial) => Err(denial),
        }
    }

    fn ready(outcome: Result<Permit<S>, Denial>) -> Self {
        Self {
            state: State::Ready(Some(outcome)),
        }
    }

    fn pending(work: impl Future<Output = Result<Permit<S>, Denial>> + Send + 'static) -> Self {
        Self {
            state: State::Pending(Box::pin(work)),
        }
    }
}

/// A refusal that is at hand already.
impl<S> From<Denial> for Authorize<S> {
    fn from(denial: Denial) -> Self {
        Self::ready(Err(denial))
    }
}

impl<S> Future for Authorize<S> {
    type Output = Result<Permit<S>, Denial>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.state {
            State::Ready(outcome) => Poll::Ready(outcome.take().expect("polled after its end")),
            State::Pending(work) => work.as_mut().poll(cx),
        }
    }
}

impl<S> fmt::Debug for Authorize<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authorize").finish_non_exhaustive()
    }
}
