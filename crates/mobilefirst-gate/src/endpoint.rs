//! The endpoints that proxies ask.

pub(crate) mod auth;
pub(crate) mod denied;
pub(crate) mod envoy;
pub(crate) mod grpc;
pub(crate) mod nginx;
