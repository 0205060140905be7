//! What the authorization server said about a token, RFC 7662 §2.2.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::clock::Moment;
use crate::error::Error;
use crate::scope::{self, Scope};
use crate::token::mfp_objects::{Application, Device, User};
use crate::token::security_context::SecurityContext;
use crate::token::timestamp::Timestamp;
use crate::token::wire::{Head, MobileFirstParts, ValidationParts, nonsense, object, text};

/// What the authorization server said about a token, and when.
///
/// It is no decision: whether an active token is good for a route, and still good,
/// is judged on every request.
#[derive(Clone, Debug)]
pub enum Introspection {
    /// The token is active.
    Active(Arc<ActiveToken>),
    /// The token is expired, revoked, malformed or unknown; which, is not told.
    Inactive(Inactive),
}

/// When a token was said to be inactive.
#[derive(Clone, Copy, Debug)]
pub struct Inactive {
    pub(crate) received: Moment,
}

/// An active token, as the authorization server described it.
///
/// The answer is kept as it came, so no field is lost. [`scope`](Self::scope),
/// [`username`](Self::username), [`client_id`](Self::client_id) and the dates are at
/// hand; the other parts are read out of the answer at each call, which takes about a
/// microsecond: keep the value where you need it twice.
#[repr(C)]
pub struct ActiveToken {
    // What every request looks at stands first, close together. Dates are times since
    // 1970, as in a `Moment`.
    pub(crate) received: Moment,
    expires_at: Option<Duration>,
    not_before: Option<Duration>,
    scope: Box<str>,
    refreshing: AtomicBool,
    client_id: Option<Box<str>>,
    username: Option<Box<str>>,
    pub(crate) answer: Box<str>,
}

impl Introspection {
    /// Reads an answer. An inactive token is inactive whatever else is said of it.
    pub(crate) fn read(json: &[u8], received: Moment) -> Result<Self, Error> {
        #[derive(Deserialize)]
        struct Activity {
            active: bool,
        }
        let json = std::str::from_utf8(json).map_err(nonsense)?;
        match object::<Head>(json) {
            Ok(head) if head.active => {
                let token = ActiveToken::new(head, json, received);
                Ok(Self::Active(Arc::new(token)))
            }
            Ok(_) => Ok(Self::Inactive(Inactive { received })),
            Err(error) => match object(json) {
                Ok(Activity { active: false }) => Ok(Self::Inactive(Inactive { received })),
                _ => Err(error),
            },
        }
    }

    /// How long ago the answer came.
    pub(crate) fn age(&self, now: Moment) -> Duration {
        self.received().age(now)
    }

    pub(crate) fn received(&self) -> Moment {
        match self {
            Self::Active(token) => token.received,
            Self::Inactive(inactive) => inactive.received,
        }
    }
}

impl ActiveToken {
    /// The granted scope, with single spaces between the elements.
    pub fn scope(&self) -> &str {
        &self.scope
    }

    /// Whether each element of `required` is, exactly, an element of the granted scope.
    pub fn covers(&self, required: &Scope) -> bool {
        scope::covers(&self.scope, required)
    }

    /// The client that the token was issued to.
    pub fn client_id(&self) -> Option<&str> {
        self.client_id.as_deref()
    }

    /// The user; MobileFirst says `anonymous` where no user is logged in. In version 7 it
    /// is the [`user_id`](Self::user_id).
    pub fn username(&self) -> Option<&str> {
        self.username.as_deref()
    }

    /// When the token expires (`exp`), if ever.
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.expires_at.map(|date| UNIX_EPOCH + date)
    }

    /// When the token begins to be valid (`nbf`).
    pub fn not_before(&self) -> Option<SystemTime> {
        self.not_before.map(|date| UNIX_EPOCH + date)
    }

    /// When the authorization server gave this answer, by our clock.
    pub fn introspected_at(&self) -> SystemTime {
        UNIX_EPOCH + self.received.date
    }

    /// The app (`mfp-application`).
    pub fn application(&self) -> Option<Application> {
        self.part::<MobileFirstParts>().application
    }

    /// The device (`mfp-device`).
    pub fn device(&self) -> Option<Device> {
        self.part::<MobileFirstParts>().device
    }

    /// The user who is logged in (`mfp-user`).
    pub fn user(&self) -> Option<User> {
        self.part::<MobileFirstParts>().user
    }

    /// The custom data of the security checks by their names (`mfp-checks`).
    pub fn checks(&self) -> Map<String, Value> {
        self.part::<MobileFirstParts>().checks.unwrap_or_default()
    }

    /// The ID of the user (`user_id`), in version 7: from the ID token where the caller
    /// sent one, else the `prn` of the access token.
    pub fn user_id(&self) -> Option<String> {
        text(self.part::<ValidationParts>().user_id?)
    }

    /// What version 7 says of user, device and app (`security_context`); `None` in later
    /// versions.
    pub fn security_context(&self) -> Option<SecurityContext> {
        self.part::<ValidationParts>().security_context
    }

    /// Every field of the answer, known or unknown; none where a number in it is too large
    /// for JSON as Rust reads it.
    pub fn claims(&self) -> Map<String, Value> {
        self.part()
    }

    fn new(head: Head, json: &str, received: Moment) -> Self {
        Self {
            scope: head.scope,
            client_id: head.client_id,
            username: head
                .username
                .or_else(|| text(head.user_id?).map(Into::into)),
            expires_at: head.exp.map(Timestamp::since_epoch),
            not_before: head.nbf.map(Timestamp::since_epoch),
            answer: json.into(),
            received,
            refreshing: AtomicBool::new(false),
        }
    }

    /// The parts that this library knows were read when the answer came, so to read them
    /// again cannot fail.
    fn part<T: DeserializeOwned + Default>(&self) -> T {
        serde_json::from_str(&self.answer).unwrap_or_default()
    }

    /// Whether the token is within its dates at `now`. The time that has passed since
    /// the answer came counts too, so that no jump of the date lengthens a life.
    pub(crate) fn is_current(&self, now: Moment, leeway: Duration) -> bool {
        if self
            .not_before
            .is_some_and(|begin| now.date + leeway < begin)
        {
            return false;
        }
        let Some(end) = self.expires_at else {
            return true;
        };
        let granted = end.saturating_sub(self.received.date);
        now.date < end + leeway && now.uptime < self.received.uptime + granted + leeway
    }

    pub(crate) fn age(&self, now: Moment) -> Duration {
        self.received.age(now)
    }

    /// True for the one request that shall ask about this token ahead of time.
    pub(crate) fn begin_refresh(&self) -> bool {
        !self.refreshing.swap(true, Ordering::Relaxed)
    }

    /// The length of the answer in bytes: what an entry takes, near enough.
    pub(crate) fn size(&self) -> usize {
        self.answer.len()
    }
}

/// Shows no more than a log may hold: the answer has personal data in it.
impl fmt::Debug for ActiveToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ActiveToken")
            .field("client_id", &self.client_id)
            .field("scope", &self.scope)
            .field("expires_at", &self.expires_at())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
