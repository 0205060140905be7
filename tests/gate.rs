//! The gate, as proxies and operators meet it.

pub(crate) mod driver;
