//! `MFP-Conflict`: a client's state changed while its token was checked.

use http::{HeaderMap, HeaderName, HeaderValue};

/// The header field with which MobileFirst asks a client to send its request again.
pub(crate) const MFP_CONFLICT: HeaderName = HeaderName::from_static("mfp-conflict");

/// The field's value as received. Without a value the client SDKs don't send again.
pub(crate) fn value(headers: &HeaderMap) -> HeaderValue {
    let value = headers.get(MFP_CONFLICT).cloned();
    value.unwrap_or(HeaderValue::from_static("true"))
}
