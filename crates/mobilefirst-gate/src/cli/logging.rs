//! The log, on standard error.

use mobilefirst_gate::Config;
use tracing::level_filters::LevelFilter;

/// Begins to log as the configuration says.
pub(crate) fn begin(config: &Config) {
    let level: LevelFilter = config.log_level().parse().unwrap_or(LevelFilter::INFO);
    let log = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_target(false)
        .with_ansi(false)
        .with_writer(std::io::stderr);
    // Only another subscriber of this process could be in the way, and there is none.
    let _ = match config.logs_json() {
        true => log.json().try_init(),
        false => log.try_init(),
    };
}
