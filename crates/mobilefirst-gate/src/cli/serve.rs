//! Serving, until a signal.

use std::io;
use std::path::Path;

use mobilefirst_gate::{Config, Gate, Server};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::cli::outcome::{Failure, read};
use crate::cli::{logging, metrics};

/// Serves until SIGTERM or SIGINT, and reads the configuration anew at each SIGHUP.
#[tokio::main]
pub(crate) async fn serve(file: &Path) -> Result<(), Failure> {
    let config = read(file)?;
    logging::begin(&config);
    // Before anything is counted.
    let metrics = metrics::begin().map_err(Failure::Running)?;
    let gate = Gate::new(&config).map_err(|error| Failure::Config(file.to_owned(), error))?;
    let running = |error: io::Error| Failure::Running(error.to_string());
    let [hangup, terminate, interrupt] = [
        signal(SignalKind::hangup()).map_err(running)?,
        signal(SignalKind::terminate()).map_err(running)?,
        signal(SignalKind::interrupt()).map_err(running)?,
    ];
    let server = Server::bind(&config, &gate).await.map_err(running)?;
    tracing::info!("serving: {config}");
    tokio::spawn(reload_at(hangup, file.to_owned(), gate.clone()));
    tokio::spawn(warn_if_unhealthy(gate));
    server
        .metrics(move || metrics.render())
        .run(first_of(terminate, interrupt))
        .await;
    tracing::info!("stopped");
    Ok(())
}

/// The library logs what is wrong.
async fn warn_if_unhealthy(gate: Gate) {
    gate.validator().check().await;
}

async fn first_of(mut terminate: Signal, mut interrupt: Signal) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping: what was asked is still answered");
}

async fn reload_at(mut hangup: Signal, file: std::path::PathBuf, gate: Gate) {
    while hangup.recv().await.is_some() {
        match reload(&file, &gate).await {
            Ok(()) => {
                tracing::info!("reloaded routes and secrets; sockets and log stay as they are")
            }
            Err(failure) => tracing::error!("the old configuration stays in force: {failure}"),
        }
    }
}

async fn reload(file: &Path, gate: &Gate) -> Result<(), Failure> {
    let config: Config = read(file)?;
    let reloaded = gate.reload(&config).await;
    reloaded.map_err(|error| Failure::Config(file.to_owned(), error))
}
