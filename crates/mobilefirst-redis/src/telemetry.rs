//! Metrics, which every layer may use.

#[cfg_attr(not(feature = "metrics"), path = "telemetry/metrics_off.rs")]
pub(crate) mod metrics;
