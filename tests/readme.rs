#![doc = include_str!("../README.md")]

#[doc = include_str!("../docs/calling.md")]
pub mod calling {}

#[doc = include_str!("../docs/checks.md")]
pub mod checks {}

#[doc = include_str!("../docs/devserver.md")]
pub mod devserver {}

#[doc = include_str!("../docs/migrating.md")]
pub mod migrating {}

#[doc = include_str!("../docs/gate.md")]
pub mod gate {}

#[doc = include_str!("../docs/operations.md")]
pub mod operations {}

#[doc = include_str!("../crates/mobilefirst/README.md")]
pub mod mobilefirst {}

#[doc = include_str!("../crates/mobilefirst-actix-web/README.md")]
pub mod mobilefirst_actix_web {}

#[doc = include_str!("../crates/mobilefirst-axum/README.md")]
pub mod mobilefirst_axum {}

#[doc = include_str!("../crates/mobilefirst-devserver/README.md")]
pub mod mobilefirst_devserver {}

#[doc = include_str!("../crates/mobilefirst-gate/README.md")]
pub mod mobilefirst_gate {}
#[doc = include_str!("../crates/mobilefirst-redis/README.md")]
pub mod mobilefirst_redis {}

#[doc = include_str!("../crates/mobilefirst-rocket/README.md")]
pub mod mobilefirst_rocket {}

#[doc = include_str!("../crates/mobilefirst-warp/README.md")]
pub mod mobilefirst_warp {}
