//! The program around the gate.

mod args;
mod check;
mod logging;
mod metrics;
mod outcome;
mod serve;

use std::io::{self, Write};
use std::process::ExitCode;

use crate::cli::args::{Command, HELP};
use crate::cli::outcome::Failure;

/// Runs what the command line asks for.
pub(crate) fn main() -> ExitCode {
    let outcome = match Command::parse(lexopt::Parser::from_env()) {
        Ok(Command::Serve(file)) => serve::serve(&file),
        Ok(Command::Check(file)) => check::check(&file),
        Ok(Command::Help) => print(HELP),
        Ok(Command::Version) => print(concat!(
            "mobilefirst-gate ",
            env!("CARGO_PKG_VERSION"),
            "\n"
        )),
        Err(error) => Err(Failure::Usage(error)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("mobilefirst-gate: {failure}");
            failure.exit_code()
        }
    }
}

/// Writes to standard output. Errors are ignored: the reader may have closed the pipe.
fn print(text: &str) -> Result<(), Failure> {
    let _ = io::stdout().write_all(text.as_bytes());
    Ok(())
}
