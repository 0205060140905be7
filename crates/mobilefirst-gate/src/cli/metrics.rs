//! The metrics of this process, for Prometheus.

use std::time::Duration;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

/// How often the recorder tidies up what was recorded and not scraped.
const UPKEEP: Duration = Duration::from_secs(5);

/// Bounds of the histogram of calls to the authorization server, in seconds.
const BUCKETS: [f64; 10] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];

/// Begins to record, in a task of the current runtime.
pub(crate) fn begin() -> Result<PrometheusHandle, String> {
    let builder = PrometheusBuilder::new().set_buckets(&BUCKETS);
    let recorder = builder.and_then(PrometheusBuilder::install_recorder);
    let handle = recorder.map_err(|error| format!("cannot record metrics: {error}"))?;
    let upkeep = handle.clone();
    tokio::spawn(async move {
        let mut interval = tokio::time::interval(UPKEEP);
        loop {
            interval.tick().await;
            upkeep.run_upkeep();
        }
    });
    Ok(handle)
}
