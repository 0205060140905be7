//! `--check`

use std::path::Path;
use std::time::Duration;

use mobilefirst_gate::Gate;
use tokio::time::{sleep, timeout};

use crate::cli::outcome::{Failure, read};
use crate::cli::{logging, print};

/// How long the store may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// Checks the configuration, whether tokens can be checked, and whether the store answers.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn check(file: &Path) -> Result<(), Failure> {
    let config = read(file)?;
    let gate = Gate::new(&config).map_err(|error| Failure::Config(file.to_owned(), error))?;
    print(&format!("{}: the configuration is right\n", file.display()))?;
    if gate.store_is_connected().is_some() {
        // It says why the store does not answer.
        logging::begin(&config);
        print(store(&gate).await)?;
    }
    let health = gate.validator().check().await;
    match health.is_healthy() {
        true => print(&format!("{health}\n")),
        false => Err(Failure::Running(format!(
            "tokens cannot be checked:\n{health}"
        ))),
    }
}

/// A store that is down is no failure: requests are served without it.
async fn store(gate: &Gate) -> &'static str {
    let connected = async {
        while gate.store_is_connected() != Some(true) {
            sleep(Duration::from_millis(20)).await;
        }
    };
    match timeout(PATIENCE, connected).await {
        Ok(()) => "store: passed\n",
        Err(_) => "store: no answer; requests are served without it\n",
    }
}
