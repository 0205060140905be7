//! The adapter for Rocket.

mod driver;
mod guards;

pub(crate) use self::driver::Rocket;
