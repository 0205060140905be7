//! The verdict on a request: a permit or a denial, and what it is judged against.

pub(crate) mod denial;
pub(crate) mod error_body;
pub(crate) mod grpc;
pub(crate) mod permit;
pub(crate) mod requirement;
