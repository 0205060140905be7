//! The verdict on a request: a permit or a denial, and what it is judged against.

pub(crate) mod denial;
pub(crate) mod device_policy;
pub(crate) mod error_body;
pub(crate) mod error_body_hook;
pub(crate) mod grpc;
pub(crate) mod origin;
pub(crate) mod permit;
pub(crate) mod refusal;
pub(crate) mod refused_body;
pub(crate) mod request_info;
pub(crate) mod requirement;
mod scopes;
