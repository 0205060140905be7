//! The ways to reach an authority: in this process, or on a port. Faults take effect here.

pub(crate) mod backend;
pub(crate) mod reply;
pub(crate) mod server;
mod validator;
