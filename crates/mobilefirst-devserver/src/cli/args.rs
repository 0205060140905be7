//! The command line.

use std::net::{IpAddr, Ipv4Addr};

use lexopt::{Arg, Parser, ValueExt};

pub(crate) const HELP: &str = "\
A MobileFirst authorization server for development and tests.
It keeps everything in memory and secures nothing: never use it in production.

Usage: mobilefirst-devserver [options]

Options:
  --port <port>      port to listen on; 0 picks a free one [default: 9080]
  --bind <address>   IP address to listen on [default: 127.0.0.1]
  --client <id:secret:allowed scope>
                     register a confidential client; can be repeated. Elements of the
                     allowed scope may contain the wildcard *. The client test:test:*
                     always exists; --client test:... replaces it.
  -h, --help         print this help
  -V, --version      print the version

At startup, the server warns about each client that no resource server can use because
its allowed scope lacks authorization.introspect. GET /healthz answers 200 while the
server is running.

Example:
  mobilefirst-devserver --client bank:s3cret:authorization.introspect
";

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Serve(Settings),
    Help,
    Version,
}

impl Command {
    /// Reads the command line. An error is one line for the user.
    pub(crate) fn parse(mut parser: Parser) -> Result<Self, String> {
        let mut settings = Settings {
            bind: Ipv4Addr::LOCALHOST.into(),
            port: 9080,
            clients: vec![Client {
                id: "test".to_owned(),
                secret: "test".to_owned(),
                allowed_scope: "*".to_owned(),
            }],
        };
        while let Some(argument) = parser.next().map_err(one_line)? {
            match argument {
                Arg::Long("port") => settings.port = port(&value(&mut parser)?)?,
                Arg::Long("bind") => settings.bind = address(&value(&mut parser)?)?,
                Arg::Long("client") => {
                    register(&mut settings.clients, client(&value(&mut parser)?)?)
                }
                Arg::Short('h') | Arg::Long("help") => return Ok(Self::Help),
                Arg::Short('V') | Arg::Long("version") => return Ok(Self::Version),
                unknown => return Err(one_line(unknown.unexpected())),
            }
        }
        Ok(Self::Serve(settings))
    }
}

/// The address to listen on, and the clients to register.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) bind: IpAddr,
    pub(crate) port: u16,
    pub(crate) clients: Vec<Client>,
}

/// A confidential client to register.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Client {
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) allowed_scope: String,
}

fn value(parser: &mut Parser) -> Result<String, String> {
    parser.value().and_then(ValueExt::string).map_err(one_line)
}

fn port(text: &str) -> Result<u16, String> {
    text.parse()
        .map_err(|_| format!("--port {text:?} is not a port number (0 to 65535)"))
}

fn address(text: &str) -> Result<IpAddr, String> {
    text.parse()
        .map_err(|_| format!("--bind {text:?} is not an IP address"))
}

/// The error does not repeat the text, which may contain a secret.
fn client(text: &str) -> Result<Client, String> {
    let mut parts = text.splitn(3, ':').map(str::to_owned);
    match (parts.next(), parts.next(), parts.next()) {
        (Some(id), Some(secret), Some(allowed_scope)) if !id.is_empty() && !secret.is_empty() => {
            Ok(Client {
                id,
                secret,
                allowed_scope,
            })
        }
        _ => Err("--client needs <id:secret:allowed scope>, such as \
                  bank:s3cret:authorization.introspect"
            .to_owned()),
    }
}

/// Adds the client, replacing any other with the same ID.
fn register(clients: &mut Vec<Client>, client: Client) {
    clients.retain(|known| known.id != client.id);
    clients.push(client);
}

fn one_line(error: lexopt::Error) -> String {
    format!("{error}; see --help")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<Command, String> {
        Command::parse(Parser::from_args(arguments))
    }

    fn settings(arguments: &[&str]) -> Settings {
        match parsed(arguments) {
            Ok(Command::Serve(settings)) => settings,
            other => panic!("{other:?}"),
        }
    }

    fn clients(settings: &Settings) -> Vec<(&str, &str, &str)> {
        let clients = settings.clients.iter();
        clients
            .map(|c| (c.id.as_str(), c.secret.as_str(), c.allowed_scope.as_str()))
            .collect()
    }

    #[test]
    fn the_defaults_are_for_development() {
        let settings = settings(&[]);
        assert_eq!(settings.bind.to_string(), "127.0.0.1");
        assert_eq!(settings.port, 9080);
        assert_eq!(clients(&settings), [("test", "test", "*")]);
    }

    #[test]
    fn every_option_is_read() {
        let settings = settings(&[
            "--port=0",
            "--bind",
            "::1",
            "--client",
            "bank:s:authorization.introspect send*",
            "--client",
            "test:other:a:b",
        ]);
        assert_eq!(settings.bind.to_string(), "::1");
        assert_eq!(settings.port, 0);
        assert_eq!(
            clients(&settings),
            [
                ("bank", "s", "authorization.introspect send*"),
                ("test", "other", "a:b"),
            ]
        );
    }

    #[test]
    fn help_and_version_do_not_serve() {
        for (argument, command) in [
            ("--help", Command::Help),
            ("-h", Command::Help),
            ("--version", Command::Version),
            ("-V", Command::Version),
        ] {
            assert_eq!(parsed(&[argument]), Ok(command), "{argument}");
        }
    }

    #[test]
    fn an_invalid_argument_is_named_in_one_line() {
        for (arguments, name) in [
            (&["--port", "65536"][..], "--port"),
            (&["--port", "http"], "--port"),
            (&["--port"], "--port"),
            (&["--bind", "localhost"], "--bind"),
            (&["--client", "bank"], "--client"),
            (&["--client", "bank:s3cret"], "--client"),
            (&["--client", ":s:a"], "--client"),
            (&["--nope"], "--nope"),
            (&["nope"], "nope"),
        ] {
            let error = parsed(arguments).unwrap_err();
            assert!(
                error.contains(name) && error.lines().count() == 1,
                "{error}"
            );
        }
    }

    #[test]
    fn an_error_contains_no_secret() {
        assert!(
            !parsed(&["--client", "bank:hidden"])
                .unwrap_err()
                .contains("hidden")
        );
    }
}
