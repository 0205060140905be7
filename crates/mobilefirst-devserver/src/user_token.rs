//! Describing a token before it is issued.

use std::time::{Duration, SystemTime};

use mobilefirst::DeviceStatus;
use serde_json::{Map, Value, json};

use crate::time::{after, milliseconds};

/// A token to [issue](crate::Authority::issue), as an app would get it.
///
/// Without a user, the caller is `anonymous`, as after a login of the app alone.
///
/// ```
/// use std::time::Duration;
/// use mobilefirst_devserver::{Authority, UserToken};
///
/// let authority = Authority::new();
/// let token = authority.issue(
///     UserToken::new("RegisteredClient accessRestricted")
///         .user("jdoe")
///         .lifetime(Duration::from_secs(60))
///         .field("acr", "urn:example:strong"),
/// );
/// ```
#[derive(Clone, Debug)]
pub struct UserToken {
    pub(crate) scope: String,
    pub(crate) lifetime: Duration,
    user: Option<String>,
    client_id: String,
    application: String,
    device: String,
    device_status: DeviceStatus,
    attributes: Map<String, Value>,
    not_before: Option<SystemTime>,
    fields: Map<String, Value>,
    omitted: Vec<String>,
}

impl UserToken {
    /// An anonymous token with this scope, which the answer repeats verbatim.
    pub fn new(scope: impl Into<String>) -> Self {
        Self {
            scope: scope.into(),
            lifetime: Duration::from_secs(60 * 60),
            user: None,
            client_id: "b1c5f3a2-4491-4f48-94d1-df541247e6ee".to_owned(),
            application: "com.example.app".to_owned(),
            device: "0d7c9f11-6fe3-348a-a13f-e1bf5fcccf03".to_owned(),
            device_status: DeviceStatus::Active,
            attributes: Map::new(),
            not_before: None,
            fields: Map::new(),
            omitted: Vec::new(),
        }
    }

    /// Sets the logged-in user: `username` and `mfp-user`.
    #[must_use]
    pub fn user(mut self, id: impl Into<String>) -> Self {
        self.user = Some(id.into());
        self
    }

    /// Sets the `client_id`, which identifies one installation of an app.
    #[must_use]
    pub fn client_id(mut self, id: impl Into<String>) -> Self {
        self.client_id = id.into();
        self
    }

    /// Sets the `id` in `mfp-application`.
    #[must_use]
    pub fn application(mut self, id: impl Into<String>) -> Self {
        self.application = id.into();
        self
    }

    /// Sets the `id` in `mfp-device`.
    #[must_use]
    pub fn device(mut self, id: impl Into<String>) -> Self {
        self.device = id.into();
        self
    }

    /// Sets the `status` in `mfp-device`. Default: [`DeviceStatus::Active`]. The server still
    /// calls the token active: judging the device is up to the resource server.
    ///
    /// ```
    /// use mobilefirst::DeviceStatus;
    /// use mobilefirst_devserver::UserToken;
    ///
    /// let token = UserToken::new("accessRestricted").device_status(DeviceStatus::Stolen);
    /// ```
    #[must_use]
    pub fn device_status(mut self, status: DeviceStatus) -> Self {
        self.device_status = status;
        self
    }

    /// Adds one of the user's `attributes` in `mfp-user`, or replaces it. It has no effect
    /// without a [`user`](Self::user).
    ///
    /// ```
    /// use mobilefirst_devserver::UserToken;
    ///
    /// let token = UserToken::new("accessRestricted")
    ///     .user("jdoe")
    ///     .attribute("branch", "Bern");
    /// ```
    #[must_use]
    pub fn attribute(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.attributes.insert(name.into(), value.into());
        self
    }

    /// Sets the time from issue to expiry. Default: one hour.
    #[must_use]
    pub fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// Adds `nbf`, in seconds since the epoch (RFC 7662 §2.2). The server still calls the
    /// token active: judging `nbf` is up to the resource server.
    #[must_use]
    pub fn not_before(mut self, date: SystemTime) -> Self {
        self.not_before = Some(date);
        self
    }

    /// Adds a field to the answer, or replaces it. This changes only the answer: setting
    /// `exp` does not change when the token expires, and `cnf` (RFC 7800) binds the token to
    /// a key only in the eyes of the resource server.
    #[must_use]
    pub fn field(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.fields.insert(name.into(), value.into());
        self
    }

    /// Adds or replaces several fields, such as those of a [`serde_json::Map`].
    #[must_use]
    pub fn fields(mut self, fields: impl IntoIterator<Item = (String, Value)>) -> Self {
        self.fields.extend(fields);
        self
    }

    /// Leaves the field `name` out of the answer.
    #[must_use]
    pub fn without(mut self, name: impl Into<String>) -> Self {
        self.omitted.push(name.into());
        self
    }

    /// The introspection response for this token if it is issued at `now`, in milliseconds
    /// since the epoch.
    pub(crate) fn answer(&self, now: u64) -> Map<String, Value> {
        let mut answer = Map::new();
        let mut set = |name: &str, value: Value| answer.insert(name.to_owned(), value);
        set("active", true.into());
        set("scope", self.scope.as_str().into());
        set("client_id", self.client_id.as_str().into());
        set(
            "username",
            self.user.as_deref().unwrap_or("anonymous").into(),
        );
        set("exp", after(now, self.lifetime).into());
        set("mfp-application", application(&self.application));
        set("mfp-device", device(&self.device, &self.device_status));
        set(
            "mfp-user",
            match self.user.as_deref() {
                Some(id) => user(id, now, &self.attributes),
                None => Value::Null,
            },
        );
        set("mfp-checks", json!({}));
        if let Some(date) = self.not_before {
            set("nbf", (milliseconds(date) / 1000).into());
        }
        answer.extend(self.fields.clone());
        for name in &self.omitted {
            answer.remove(name);
        }
        answer
    }
}

fn application(id: &str) -> Value {
    json!({ "id": id, "clientPlatform": "android", "version": "1.0" })
}

fn device(id: &str, status: &DeviceStatus) -> Value {
    json!({
        "id": id,
        "hardware": "Android SDK built for x86",
        "platform": "android 12",
        "deviceDisplayName": null,
        "status": status.as_str(),
    })
}

fn user(id: &str, now: u64, attributes: &Map<String, Value>) -> Value {
    json!({
        "id": id,
        "displayName": id,
        "authenticatedBy": "UserLogin",
        "authenticatedAt": now,
        "attributes": attributes,
    })
}
