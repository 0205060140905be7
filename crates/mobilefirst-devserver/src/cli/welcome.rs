//! The text that the binary prints once it is listening.

use std::fmt::Write;

use mobilefirst_devserver::DevServer;

use crate::cli::args::Client;

/// The URLs to configure, the registered clients, and commands to copy.
pub(crate) fn welcome(server: &DevServer, clients: &[Client]) -> String {
    let url = server.url();
    let base_path = server.authority().base_path();
    let control = url.strip_suffix(&base_path).unwrap_or(&url);
    let mut text = format!("MobileFirst development server: {url}\n");
    // Writing to a String cannot fail.
    if is_on_loopback(server) {
        let _ = writeln!(text, "Console: {control}/");
    }
    let _ = writeln!(text, "Version 7 project URL: {}\n", server.project_url());
    text += "Confidential clients and their allowed scopes:\n";
    for client in clients {
        let _ = writeln!(text, "  {}: {}", client.id, client.allowed_scope);
    }
    let _ = write!(
        text,
        "
Issue a token that lasts 60 seconds:
  curl -d 'scope=RegisteredClient accessRestricted' -d user=jdoe -d lifetime=60 {control}/devserver/tokens
Revoke it:
  curl -d token=<access_token> {control}/devserver/revoke

Press Ctrl-C to stop.
"
    );
    text
}

/// Whether callers on this machine can reach the server by a loopback address, which the console
/// requires.
fn is_on_loopback(server: &DevServer) -> bool {
    let address = server.addr().ip();
    address.is_loopback() || address.is_unspecified()
}
