//! The binary: an [`Authority`] on a port until Ctrl-C.

mod cli;

use std::io::{self, Write};
use std::process::ExitCode;

use mobilefirst_devserver::Authority;

use crate::cli::args::{Command, HELP, Settings};
use crate::cli::warnings::unusable_clients;
use crate::cli::welcome::welcome;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let outcome = match Command::parse(lexopt::Parser::from_env()) {
        Ok(Command::Serve(settings)) => serve(settings).await,
        Ok(Command::Help) => {
            print(HELP);
            Ok(())
        }
        Ok(Command::Version) => {
            print(concat!(
                "mobilefirst-devserver ",
                env!("CARGO_PKG_VERSION"),
                "\n"
            ));
            Ok(())
        }
        Err(error) => Err(error),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("mobilefirst-devserver: {error}");
            ExitCode::from(2)
        }
    }
}

async fn serve(settings: Settings) -> Result<(), String> {
    let authority = Authority::new();
    for client in &settings.clients {
        authority.register(&client.id, &client.secret, &client.allowed_scope);
    }
    let server = authority.listen((settings.bind, settings.port)).await;
    let server = server.map_err(|error| cannot_listen(&settings, &error))?;
    print(&welcome(&server, &settings.clients));
    for warning in unusable_clients(&settings.clients).await {
        eprintln!("mobilefirst-devserver: warning: {warning}");
    }
    let stopped = tokio::signal::ctrl_c().await;
    stopped.map_err(|error| format!("cannot wait for Ctrl-C: {error}"))
}

fn cannot_listen(settings: &Settings, error: &io::Error) -> String {
    let Settings { bind, port, .. } = settings;
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            format!("port {port} is already in use; choose another with --port")
        }
        io::ErrorKind::PermissionDenied => {
            format!("no permission to listen on port {port}; choose another with --port")
        }
        io::ErrorKind::AddrNotAvailable => {
            format!("{bind} is not an address of this machine; choose another with --bind")
        }
        _ => format!("cannot listen on {bind}, port {port}: {error}"),
    }
}

/// Writes to standard output. Errors are ignored: the reader may have closed the pipe.
fn print(text: &str) {
    let _ = io::stdout().write_all(text.as_bytes());
}
