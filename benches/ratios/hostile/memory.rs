//! Memory that requests hold whose senders have hung up.
//!
//! The server hangs. 40,000 requests come, each with a token of its own of 16 KiB, the
//! longest that is taken, and each is dropped after the first poll. In a process of its own,
//! where nothing else has used the memory before.

use std::process::Command;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use benches::validator;

use super::server::Server;
use super::{hang_up, request};
use crate::memory::status;
use crate::runtime;

const REQUESTS: usize = 40_000;
const DEADLINE: Duration = Duration::from_secs(5);

/// The argument with which this program measures in a process of its own.
pub(crate) const CHILD: &str = "--flood-memory-child";

/// The most that the memory grew by, in MiB.
pub(crate) fn peak() -> f64 {
    measured().0
}

/// By how much it has grown after the deadline, in MiB.
pub(crate) fn after() -> f64 {
    measured().1
}

fn measured() -> (f64, f64) {
    static MEASURED: OnceLock<(f64, f64)> = OnceLock::new();
    *MEASURED.get_or_init(|| {
        let program = std::env::current_exe().expect("this program");
        let output = Command::new(program).arg(CHILD).output().expect("a child");
        let text = String::from_utf8(output.stdout).expect("two numbers");
        let mut numbers = text
            .split_whitespace()
            .map(|n| n.parse().expect("a number"));
        let mut next = || numbers.next().expect("two numbers");
        (next(), next())
    })
}

pub(crate) fn child() {
    runtime().block_on(async {
        let server = Arc::new(Server::new(64, Duration::from_millis(1)));
        let validator = validator(|builder| builder.http_backend(server).deadline(DEADLINE));
        // The server worked: there is a token of our own.
        let first = request(&validator, "good").await;
        first.expect("a permit");
        let before = status("VmRSS:");
        for number in 0..REQUESTS {
            hang_up(&validator, &format!("hang{number:x>16380}")).await;
            tokio::task::yield_now().await;
        }
        let peak = status("VmHWM:");
        tokio::time::sleep(DEADLINE + Duration::from_secs(1)).await;
        let after = status("VmRSS:");
        let mib = |bytes: f64| (bytes - before) / 1024.0 / 1024.0;
        println!("{} {}", mib(peak), mib(after));
    });
}
