//! Introspection responses (RFC 7662 §2.2).

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::clock::Moment;
use crate::error::Error;
use crate::scope::{self, Scope};
use crate::token::derived::Derived;
use crate::token::device_id_place::DeviceIdPlace;
use crate::token::head::Head;
use crate::token::kept_text::{KeptText, Part};
use crate::token::mfp_objects::{Application, Device, StatusBit, User};
use crate::token::security_context::SecurityContext;
use crate::token::text::without_halves;
use crate::token::timestamp::Timestamp;
use crate::token::typed::typed;
use crate::token::wire::{
    DeviceIds, OnlyApplication, OnlyChecks, OnlyDevice, OnlyUser, ValidationParts, object,
    unreadable,
};

/// The authorization server's answer about a token, and the time it was received.
///
/// It is not a decision: whether an active token covers a route's scope and is within its
/// dates is checked for every request.
#[derive(Clone, Debug)]
pub enum Introspection {
    /// The token is active.
    Active(Arc<ActiveToken>),
    /// The token is expired, revoked, malformed or unknown. The server does not say which.
    Inactive(Inactive),
}

/// An answer that a token is inactive.
#[derive(Clone, Copy, Debug)]
pub struct Inactive {
    pub(crate) received: Moment,
    asked_after: u64,
}

/// An active token, as the authorization server described it.
///
/// The original answer is kept, so no field is lost. [`scope`](Self::scope),
/// [`username`](Self::username), [`client_id`](Self::client_id), the dates and the place of
/// the [`device_id`](Self::device_id) are parsed once. The other methods parse the answer at each call, which takes about a microsecond,
/// so store the result if you need it twice.
#[repr(C)]
pub struct ActiveToken {
    // The fields that every request reads come first, to share a cache line. Dates are
    // milliseconds since 1970.
    pub(crate) received: Moment,
    asked_after: AtomicU64,
    expires_at: Option<u64>,
    not_before: Option<u64>,
    text: KeptText,
    scope: Option<Part>,
    refreshing: AtomicBool,
    pub(crate) device_status: StatusBit,
    /// The token is bound to a key (`cnf`), whose possession nobody has proved to us.
    pub(crate) is_key_bound: bool,
    client_id: Option<Part>,
    username: Option<Part>,
    device_id: DeviceIdPlace,
    derived: Derived,
}

impl Introspection {
    /// Parses an answer. An inactive token is inactive even if other fields are invalid.
    pub(crate) fn read(json: &[u8], received: Moment) -> Result<Self, Error> {
        #[derive(Deserialize)]
        struct Activity {
            active: bool,
        }
        let json = std::str::from_utf8(json).map_err(unreadable)?;
        let json = &*without_halves(json);
        match object::<Head<'_>>(json) {
            Ok(head) if head.active => {
                let token = ActiveToken::new(head, json, received);
                Ok(Self::Active(Arc::new(token)))
            }
            Ok(_) => Ok(Self::Inactive(Inactive::new(received))),
            Err(error) => match object(json) {
                Ok(Activity { active: false }) => Ok(Self::Inactive(Inactive::new(received))),
                _ => Err(error),
            },
        }
    }

    /// Notes that the answer was asked for after the removal of this number.
    #[must_use]
    pub(crate) fn asked_for_after(mut self, removal: u64) -> Self {
        match &mut self {
            Self::Active(token) => token.note_asked_after(removal),
            Self::Inactive(inactive) => inactive.asked_after = removal,
        }
        self
    }

    /// Returns the number of the last removal before the answer was asked for.
    pub(crate) fn asked_after(&self) -> u64 {
        match self {
            Self::Active(token) => token.asked_after.load(Ordering::Relaxed),
            Self::Inactive(inactive) => inactive.asked_after,
        }
    }

    /// Returns the time since the answer was received.
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

impl Inactive {
    pub(crate) fn new(received: Moment) -> Self {
        Self {
            received,
            asked_after: 0,
        }
    }
}

impl ActiveToken {
    /// Returns the granted scope, with single spaces between the elements.
    pub fn scope(&self) -> &str {
        self.piece(self.scope).unwrap_or_default()
    }

    /// Whether each element of `required` is also an element of the granted scope.
    pub fn covers(&self, required: &Scope) -> bool {
        scope::covers(self.scope(), required)
    }

    /// Returns the ID of the client that the token was issued to.
    pub fn client_id(&self) -> Option<&str> {
        self.piece(self.client_id)
    }

    /// Returns the name of the user, for which MobileFirst sends `anonymous` if no user is
    /// logged in. In version 7, it is the [`user_id`](Self::user_id).
    pub fn username(&self) -> Option<&str> {
        self.piece(self.username)
    }

    /// Returns when the token expires (`exp`), if ever.
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.expires_at.map(date)
    }

    /// Returns when the token becomes valid (`nbf`).
    pub fn not_before(&self) -> Option<SystemTime> {
        self.not_before.map(date)
    }

    /// Returns when the authorization server gave this answer, by our clock.
    pub fn introspected_at(&self) -> SystemTime {
        UNIX_EPOCH + self.received.date()
    }

    /// Returns the app (`mfp-application`).
    pub fn application(&self) -> Option<Application> {
        self.part::<OnlyApplication>().application
    }

    /// Returns the device (`mfp-device`).
    pub fn device(&self) -> Option<Device> {
        self.part::<OnlyDevice>().device
    }

    /// Returns the ID of the device, in any version: the `id` in `mfp-device`, or in version 7's
    /// security context. Quicker than reading the whole [`device`](Self::device).
    pub fn device_id(&self) -> Option<String> {
        if let Some(known) = self.device_id.of(self.answer()) {
            return known.map(str::to_owned);
        }
        let parts: DeviceIds = self.part();
        let id = parts.device.unwrap_or_default().id;
        id.or_else(|| parts.context.unwrap_or_default().device.id)
    }

    /// Returns the user who is logged in (`mfp-user`).
    pub fn user(&self) -> Option<User> {
        self.part::<OnlyUser>().user
    }

    /// Returns the custom data of the security checks, by their names (`mfp-checks`).
    pub fn checks(&self) -> Map<String, Value> {
        self.part::<OnlyChecks>().checks.unwrap_or_default()
    }

    /// Returns the ID of the user in version 7 (`user_id`): from the ID token if the caller
    /// sent one, otherwise the `prn` of the access token.
    pub fn user_id(&self) -> Option<String> {
        self.part::<ValidationParts>().user_id
    }

    /// Returns user, device and app in version 7 (`security_context`); `None` in later
    /// versions.
    pub fn security_context(&self) -> Option<SecurityContext> {
        self.part::<ValidationParts>().security_context
    }

    /// Returns all fields of the answer, including unknown ones. Of a field that is given twice,
    /// the last counts.
    #[doc(alias = "jwt")]
    pub fn claims(&self) -> Map<String, Value> {
        self.part()
    }

    /// Reads the answer into a type of your own, with the fields that you need.
    ///
    /// ```
    /// use mobilefirst::{ActiveToken, Error};
    /// use serde::Deserialize;
    ///
    /// #[derive(Deserialize)]
    /// struct Claims {
    ///     tenant: String,
    /// }
    ///
    /// fn tenant(token: &ActiveToken) -> Result<String, Error> {
    ///     Ok(token.claims_as::<Claims>()?.tenant)
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error of the kind [`InvalidResponse`](crate::ErrorKind::InvalidResponse) if
    /// the answer does not fit the type. It does not quote the answer.
    pub fn claims_as<T: DeserializeOwned>(&self) -> Result<T, Error> {
        typed(Value::Object(self.claims()), "the token's claims")
    }

    /// Returns what `derive` makes of this answer, and keeps it as long as the answer is cached.
    ///
    /// For something that many requests with the same token need, and that depends on the
    /// answer alone. A value of one type is kept; those of other types are made anew each time.
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use mobilefirst::ActiveToken;
    ///
    /// struct Greeting(String);
    ///
    /// fn greeting(token: &ActiveToken) -> Arc<Greeting> {
    ///     token.derived(|token| {
    ///         let user = token.user().and_then(|user| user.display_name);
    ///         Greeting(format!("hello, {}", user.unwrap_or_default()))
    ///     })
    /// }
    /// ```
    pub fn derived<T: Any + Send + Sync>(&self, derive: impl FnOnce(&Self) -> T) -> Arc<T> {
        self.derived.get(|| derive(self))
    }

    fn new(head: Head<'_>, json: &str, received: Moment) -> Self {
        let device_id = DeviceIdPlace::find(&head, json);
        let username = head.username.or(head.user_id);
        let parts = [
            Some(&head.scope),
            head.client_id.as_ref(),
            username.as_ref(),
        ];
        let (text, [scope, client_id, username]) = KeptText::new(json, parts);
        Self {
            text,
            scope,
            device_status: head.device.status,
            is_key_bound: head.is_key_bound,
            client_id,
            username,
            device_id,
            derived: Derived::default(),
            expires_at: head.exp.map(Timestamp::millis),
            not_before: head.nbf.map(Timestamp::millis),
            received,
            refreshing: AtomicBool::new(false),
            asked_after: AtomicU64::new(0),
        }
    }

    /// The answer, as the authorization server wrote it.
    pub(crate) fn answer(&self) -> &str {
        self.text.answer()
    }

    #[inline]
    fn piece(&self, part: Option<Part>) -> Option<&str> {
        part.map(|part| self.text.part(part))
    }

    /// Parses a part of the answer. This cannot fail, because the whole answer was checked when it
    /// was received.
    fn part<T: DeserializeOwned + Default>(&self) -> T {
        serde_json::from_str(self.answer()).unwrap_or_default()
    }

    /// Whether the token is within its dates at `now`. The elapsed time since the answer is
    /// checked too, so that a jump of the date cannot extend a token's lifetime.
    #[inline]
    pub(crate) fn is_current(&self, now: Moment, leeway: Duration) -> bool {
        let has_begun = self
            .not_before
            .is_none_or(|begin| now.is_from(begin, leeway));
        let has_ended = |end| !now.is_before(end, leeway, self.received);
        has_begun && !self.expires_at.is_some_and(has_ended)
    }

    pub(crate) fn note_asked_after(&self, removal: u64) {
        self.asked_after.store(removal, Ordering::Relaxed);
    }

    pub(crate) fn age(&self, now: Moment) -> Duration {
        self.received.age(now)
    }

    /// Returns true for exactly one caller, which then refreshes this answer ahead of time.
    pub(crate) fn begin_refresh(&self) -> bool {
        !self.refreshing.swap(true, Ordering::Relaxed)
    }

    /// Returns the length of the answer in bytes, as an estimate of a cache entry's size.
    pub(crate) fn size(&self) -> usize {
        self.answer().len()
    }
}

fn date(millis: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(millis)
}

/// Shows only what may be logged, because the answer contains personal data.
impl fmt::Debug for ActiveToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ActiveToken")
            .field("client_id", &self.client_id())
            .field("scope", &self.scope())
            .field("expires_at", &self.expires_at())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
