//! `MFP-Conflict`, which reports that a client's state changed during the check of its token.

use http::{HeaderMap, HeaderName, HeaderValue};

/// The header field with which MobileFirst asks a client to retry its request.
pub(crate) const MFP_CONFLICT: HeaderName = HeaderName::from_static("mfp-conflict");

/// Returns the field's value as received, or `true`, because the client SDKs do not retry
/// without a value.
pub(crate) fn value(headers: &HeaderMap) -> HeaderValue {
    let value = headers.get(MFP_CONFLICT).cloned();
    value.unwrap_or(HeaderValue::from_static("true"))
}
