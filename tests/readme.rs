#![doc = include_str!("../README.md")]

#[doc = include_str!("../docs/migrating.md")]
mod migrating {}

#[doc = include_str!("../docs/operations.md")]
mod operations {}
