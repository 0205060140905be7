//! The adapter for warp.

mod driver;
mod filters;

pub(crate) use self::driver::Warp;
