//! The command line.

use std::path::PathBuf;

use lexopt::{Arg, Parser};

pub(crate) const HELP: &str = "\
Lets nginx, Envoy, Caddy and other proxies guard any server with MobileFirst.

Usage: mobilefirst-gate --config <file> [--check]

Options:
  --config <file>  the configuration, in TOML
  --check          check the configuration, and whether tokens can be checked; then end
  -h, --help       print this help
  -V, --version    print the version

Signals:
  SIGHUP           read routes and secrets anew; keep the old ones if the new are bad
  SIGTERM, SIGINT  accept no more connections, answer what was asked, and end

Exit codes:
  0  stopped by a signal, or all checks passed
  1  cannot listen, or tokens cannot be checked
  2  the command line or the configuration is wrong
";

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Serve(PathBuf),
    Check(PathBuf),
    Help,
    Version,
}

impl Command {
    /// Reads the command line. An error is one line for the user.
    pub(crate) fn parse(mut parser: Parser) -> Result<Self, String> {
        let one_line = |error: lexopt::Error| format!("{error}; see --help");
        let mut file = None;
        let mut command: fn(PathBuf) -> Self = Self::Serve;
        while let Some(argument) = parser.next().map_err(one_line)? {
            match argument {
                Arg::Long("config") => {
                    file = Some(parser.value().map_err(one_line)?.into());
                }
                Arg::Long("check") => command = Self::Check,
                Arg::Short('h') | Arg::Long("help") => return Ok(Self::Help),
                Arg::Short('V') | Arg::Long("version") => return Ok(Self::Version),
                unknown => return Err(one_line(unknown.unexpected())),
            }
        }
        let file = file.ok_or("name the configuration with --config; see --help")?;
        Ok(command(file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_names_a_file_and_what_to_do() {
        let serve = || Ok(Command::Serve("a.toml".into()));
        let check = || Ok(Command::Check("a.toml".into()));
        for (arguments, command) in [
            (&["--config", "a.toml"][..], serve()),
            (&["--config=a.toml"], serve()),
            (&["--check", "--config", "a.toml"], check()),
            (&["--config", "a.toml", "--check"], check()),
            (&["-h"], Ok(Command::Help)),
            (&["--config", "a.toml", "--version"], Ok(Command::Version)),
        ] {
            assert_eq!(Command::parse(Parser::from_args(arguments)), command);
        }
    }

    #[test]
    fn a_mistake_is_named_in_one_line() {
        for (arguments, name) in [
            (&[][..], "--config"),
            (&["--check"], "--config"),
            (&["--config"], "--config"),
            (&["a.toml"], "a.toml"),
            (&["--listen", "a"], "--listen"),
        ] {
            let error = Command::parse(Parser::from_args(arguments)).unwrap_err();
            assert!(
                error.contains(name) && error.lines().count() == 1,
                "{error}"
            );
        }
    }
}
