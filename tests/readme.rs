#![doc = include_str!("../README.md")]

#[doc = include_str!("../docs/migrating.md")]
mod migrating {}
