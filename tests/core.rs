//! The rows of the behaviour table that are the core's own, against the dev server as a
//! value: no socket, and a clock that stands still.

mod analytics;
mod beside;
mod cache;
mod challenges;
mod client;
mod flights;
mod forget;
mod health;
mod hostile;
mod introspection;
mod metrics;
mod objects;
mod own_refusals;
mod own_token;
mod policy;
mod request;
mod rotation;
mod runtimes;
mod secrets;
mod shared_store;
mod spans;
mod token_end;
mod trace_context;
mod trouble;
mod validation;

use bytes::Bytes;
use http::{Response, StatusCode};
use mobilefirst::{
    AnyScope, Credentials, ManualClock, Scope, TokenValidator, TokenValidatorBuilder,
};
use mobilefirst_devserver::{Authority, Endpoint, Fault, UserToken};

use crate::support::log::Log;
use crate::support::{
    Recorder, World, asking, at_once, headers, is_pending, json, response, settle, status,
};
