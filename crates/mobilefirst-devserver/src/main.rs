//! The binary: an [`Authority`] on a port until Ctrl-C.

mod args;
mod warnings;

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::process::ExitCode;

use mobilefirst_devserver::{Authority, DevServer};

use crate::args::{Client, Command, HELP, Settings};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let outcome = match args::parse(lexopt::Parser::from_env()) {
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
    for warning in warnings::of(&server, &settings.clients).await {
        eprintln!("mobilefirst-devserver: warning: {warning}");
    }
    let stopped = tokio::signal::ctrl_c().await;
    stopped.map_err(|error| format!("cannot wait for Ctrl-C: {error}"))
}

fn cannot_listen(settings: &Settings, error: &io::Error) -> String {
    let Settings { bind, port, .. } = settings;
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            format!("port {port} is taken; choose another with --port")
        }
        io::ErrorKind::PermissionDenied => {
            format!("port {port} is not allowed to this user; choose another with --port")
        }
        io::ErrorKind::AddrNotAvailable => {
            format!("{bind} is no address of this machine; choose another with --bind")
        }
        _ => format!("cannot serve on {bind}, port {port}: {error}"),
    }
}

fn welcome(server: &DevServer, clients: &[Client]) -> String {
    let url = server.url();
    let base_path = server.authority().base_path();
    let control = url.strip_suffix(&base_path).unwrap_or(&url);
    let mut text = format!("MobileFirst development server: {url}\n");
    let _ = writeln!(
        text,
        "As version 7, project URL: {}\n",
        server.project_url()
    );
    text += "Confidential clients, with their allowed scopes:\n";
    for client in clients {
        // A String takes all that is written to it.
        let _ = writeln!(text, "  {}: {}", client.id, client.allowed_scope);
    }
    let _ = write!(
        text,
        "
Issue a token, for 60 seconds:
  curl -d 'scope=RegisteredClient accessRestricted' -d user=jdoe -d lifetime=60 {control}/devserver/tokens
Revoke it:
  curl -d token=<access_token> {control}/devserver/revoke

Ctrl-C ends the server.
"
    );
    text
}

/// To standard output, even if nobody reads it any more.
fn print(text: &str) {
    let _ = io::stdout().write_all(text.as_bytes());
}
