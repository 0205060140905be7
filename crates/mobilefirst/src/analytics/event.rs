//! An event: what is recorded while the request waits, and what is serialized later.

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;

use crate::analytics::clip::{clipped, clipped_path};
use crate::analytics::metadata::Metadata;
use crate::analytics::validation_code;
use crate::base_url::BaseUrl;
use crate::clock::{Clock, since_epoch};
use crate::observe::observer::{Decision, Verdict};
use crate::token::introspection::ActiveToken;
use crate::verdict::request_info::RequestInfo;

/// Maximum length of the metadata field, in bytes. The client SDKs send about 400.
const LONGEST_METADATA: usize = 2048;

/// A recorded decision. It has only what must be read while the request waits, bounded in
/// size. A token is shared instead of copied, and read when the event is serialized.
pub(crate) struct Noted {
    timestamp: u64,
    processing_time: u64,
    outcome: Outcome,
    request: Option<Request>,
}

enum Outcome {
    Granted(Arc<ActiveToken>),
    Denied { status: u16, code: &'static str },
}

struct Request {
    method: Box<str>,
    path: Box<str>,
    user_agent: Option<Box<str>>,
    tracking_id: Option<Box<str>>,
    metadata: Option<Box<[u8]>>,
}

/// What all events have in common.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) base_url: Option<BaseUrl>,
    pub(crate) server_address: Option<IpAddr>,
}

impl Noted {
    /// Records a decision. `None` for an anonymous request on a route where the token is
    /// optional, because it was neither authorized nor refused.
    pub(crate) fn of(decision: &Decision<'_>, clock: &dyn Clock) -> Option<Self> {
        let outcome = match decision.verdict() {
            Verdict::Granted(token) => Outcome::Granted(token.clone()),
            Verdict::Denied(denial) => Outcome::Denied {
                status: denial.status().as_u16(),
                code: validation_code::of(denial),
            },
            Verdict::Anonymous => return None,
        };
        let milliseconds = |duration: std::time::Duration| duration.as_millis() as u64;
        Some(Self {
            timestamp: milliseconds(since_epoch(clock.now())),
            processing_time: milliseconds(decision.elapsed()),
            outcome,
            request: decision.request().map(Request::of),
        })
    }

    fn event(&self, site: &Site) -> Event<'_> {
        let request = self.request.as_ref();
        let base = site.base_url.as_ref().map_or("", BaseUrl::as_str);
        let metadata = request.and_then(|request| request.metadata.as_deref());
        let metadata = metadata.map(Metadata::read).unwrap_or_default();
        let event = Event {
            kind: "NetworkTransaction",
            timestamp: self.timestamp,
            timezone: 0,
            auth_success: false,
            validation_code: validation_code::SUCCESS,
            response_code: 200,
            request_method: request.map(|request| &*request.method),
            resource_url: request.map(|request| format!("{base}{}", request.path)),
            server_processing_time: self.processing_time,
            user_agent: request.and_then(|request| request.user_agent.as_deref()),
            tracking_id: request.and_then(|request| request.tracking_id.as_deref()),
            server_ip_address: site.server_address,
            app_id: None,
            app_name: metadata.app_name,
            app_version: None,
            app_version_code: metadata.app_version_code,
            device_id: None,
            device_brand: metadata.brand,
            device_model: None,
            device_os: metadata.os,
            device_os_version: metadata.os_version,
        };
        match &self.outcome {
            // The authorization server's answer takes precedence over the caller's metadata.
            Outcome::Granted(token) => {
                let (app, device) = (App::of(token), Device::of(token));
                Event {
                    auth_success: true,
                    app_id: app.id,
                    app_version: app.version,
                    device_id: device.id,
                    device_model: device.model,
                    ..event
                }
            }
            Outcome::Denied { status, code } => Event {
                validation_code: code,
                response_code: *status,
                app_id: metadata.app_id,
                app_version: metadata.app_version,
                device_id: metadata.device_id,
                device_model: metadata.model,
                ..event
            },
        }
    }
}

impl Request {
    fn of(info: &RequestInfo) -> Self {
        let field = |value: Option<&[u8]>| value.map(|value| clipped(value).into());
        let metadata = info.analytics_metadata();
        Self {
            method: clipped(info.method().as_bytes()).into(),
            path: clipped_path(info.path().as_bytes()).into(),
            user_agent: field(info.user_agent()),
            tracking_id: field(info.analytics_tracking_id()),
            metadata: metadata
                .filter(|field| field.len() <= LONGEST_METADATA)
                .map(Into::into),
        }
    }
}

/// Serializes events into a request body: an array, even for a single event.
pub(crate) fn to_json<'a>(events: impl Iterator<Item = &'a Noted>, site: &Site) -> Bytes {
    let events: Vec<_> = events.map(|noted| noted.event(site)).collect();
    // Serializing text and numbers cannot fail.
    serde_json::to_vec(&events).unwrap_or_default().into()
}

/// A `NetworkTransaction` with the field names of the analytics service, which does not
/// accept `null`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    #[serde(rename = "_type")]
    kind: &'static str,
    /// Milliseconds since 1970.
    timestamp: u64,
    /// The timestamp is UTC.
    timezone: i32,
    auth_success: bool,
    validation_code: &'static str,
    response_code: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_method: Option<&'a str>,
    #[serde(rename = "resourceURL", skip_serializing_if = "Option::is_none")]
    resource_url: Option<String>,
    /// Milliseconds.
    server_processing_time: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<&'a str>,
    #[serde(rename = "trackingID", skip_serializing_if = "Option::is_none")]
    tracking_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    server_ip_address: Option<IpAddr>,
    #[serde(rename = "appID", skip_serializing_if = "Option::is_none")]
    app_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    app_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    app_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    app_version_code: Option<String>,
    #[serde(rename = "deviceID", skip_serializing_if = "Option::is_none")]
    device_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_brand: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_model: Option<String>,
    #[serde(rename = "deviceOS", skip_serializing_if = "Option::is_none")]
    device_os: Option<String>,
    #[serde(rename = "deviceOSversion", skip_serializing_if = "Option::is_none")]
    device_os_version: Option<String>,
}

/// The app, from the answer of any server version.
#[derive(Default)]
struct App {
    id: Option<String>,
    version: Option<String>,
}

/// The device, from the answer of any server version.
#[derive(Default)]
struct Device {
    id: Option<String>,
    model: Option<String>,
}

impl App {
    fn of(token: &ActiveToken) -> Self {
        if let Some(app) = token.application() {
            return Self {
                id: app.id,
                version: app.version,
            };
        }
        let context = token.security_context();
        context.map_or_else(Self::default, |context| Self {
            id: context.application.id,
            version: context.application.version,
        })
    }
}

impl Device {
    fn of(token: &ActiveToken) -> Self {
        if let Some(device) = token.device() {
            return Self {
                id: device.id,
                model: device.hardware,
            };
        }
        let context = token.security_context();
        context.map_or_else(Self::default, |context| Self {
            id: context.device.id,
            model: context.device.model,
        })
    }
}
