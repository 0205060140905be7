//! The binary: a gate on its sockets until SIGTERM or Ctrl-C.

use std::process::ExitCode;

mod cli;

fn main() -> ExitCode {
    cli::main()
}
