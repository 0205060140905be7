//! Metrics and log throttling, which every layer may use.

pub(crate) mod log_throttle;
#[cfg_attr(not(feature = "metrics"), path = "telemetry/metrics_off.rs")]
pub(crate) mod metrics;
