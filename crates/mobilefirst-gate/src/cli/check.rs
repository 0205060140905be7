//! `--check`

use std::path::Path;

use mobilefirst_gate::Gate;

use crate::cli::outcome::{Failure, read};
use crate::cli::print;

/// Checks the configuration, and whether tokens can be checked.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn check(file: &Path) -> Result<(), Failure> {
    let config = read(file)?;
    let gate = Gate::new(&config).map_err(|error| Failure::Config(file.to_owned(), error))?;
    print(&format!("{}: the configuration is right\n", file.display()))?;
    let health = gate.validator().check().await;
    match health.is_healthy() {
        true => print(&format!("{health}\n")),
        false => Err(Failure::Running(format!(
            "tokens cannot be checked:\n{health}"
        ))),
    }
}
