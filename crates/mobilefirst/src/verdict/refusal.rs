//! What a refusal's body is made from.

use http::StatusCode;

use crate::scope::Scope;
use crate::verdict::denial::Denial;
use crate::verdict::error_body::ErrorBody;
use crate::verdict::request_info::RequestInfo;

/// A refusal and the request it answers, for the hook that makes the body; see
/// [`error_body`](crate::TokenValidatorBuilder::error_body).
///
/// What describes the request comes from the caller, unchecked: escape it before it goes
/// into HTML.
///
/// ```
/// use mobilefirst::{ErrorBody, Refusal};
///
/// fn body(refusal: &Refusal<'_>) -> ErrorBody {
///     match refusal.accept() {
///         Some(accept) if accept.contains("text/html") => {
///             ErrorBody::text("Please log in again.")
///         }
///         _ => refusal.problem(),
///     }
/// }
/// # let builder: fn(mobilefirst::TokenValidatorBuilder) -> _ = |b| b.error_body(body);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Refusal<'a> {
    pub(crate) denial: &'a Denial,
    pub(crate) required: Option<&'a Scope>,
    pub(crate) request: Option<&'a RequestInfo>,
}

impl<'a> Refusal<'a> {
    /// Returns the refusal: its reason, its status and its header fields.
    pub fn denial(&self) -> &'a Denial {
        self.denial
    }

    /// Returns the status of the response.
    pub fn status(&self) -> StatusCode {
        self.denial.status()
    }

    /// Returns the request's method, such as `GET`. `None` if the request is
    /// [unknown](Self::request).
    pub fn method(&self) -> Option<&'a str> {
        self.request.map(RequestInfo::method)
    }

    /// Returns the request's path without its query, of at most 8 KiB. `None` if the request
    /// is [unknown](Self::request). In a nested router of axum it lacks the router's prefix.
    pub fn path(&self) -> Option<&'a str> {
        self.request.map(RequestInfo::path)
    }

    /// Returns the request's `Accept` field. `None` if it has none, or if the request is
    /// [unknown](Self::request).
    pub fn accept(&self) -> Option<&'a str> {
        self.request?.accept()
    }

    /// Returns the scope that the request needs: that of the route, and what a handler
    /// required beyond it. `None` if a handler refused [without a
    /// permit](crate::TokenValidator::deny).
    pub fn required_scope(&self) -> Option<&'a Scope> {
        self.required
    }

    /// Returns the description of the request. Every adapter gives one. `None` if none was
    /// given to [`for_request`](crate::Authorize::for_request), and if a handler refused
    /// [without a permit](crate::TokenValidator::deny).
    pub fn request(&self) -> Option<&'a RequestInfo> {
        self.request
    }

    /// Creates [problem details](ErrorBody::problem) with the status of this refusal.
    pub fn problem(&self) -> ErrorBody {
        ErrorBody::problem(self.status())
    }
}
