//! The memory of a cached answer.

use std::process::Command;

use benches::{bearing, check, validator};

use crate::runtime;

const ENTRIES: usize = 50_000;

/// Makes this program measure memory. It runs as a process of its own, whose memory nothing else
/// has used.
pub(crate) const CHILD: &str = "--memory-child";

pub(crate) fn bytes_per_entry() -> f64 {
    let program = std::env::current_exe().expect("this program");
    let output = Command::new(program).arg(CHILD).output().expect("a child");
    let text = String::from_utf8(output.stdout).expect("a number");
    text.trim().parse().expect("a number")
}

pub(crate) fn child() {
    let runtime = runtime();
    let validator = validator(|builder| builder.cache_capacity(2 * ENTRIES));
    // One-time allocations and the runtime's memory do not count.
    runtime.block_on(async {
        for number in 0..100 {
            check(&validator, &bearing(number)).await;
        }
    });
    let before = status("VmRSS:");
    runtime.block_on(async {
        for number in 100..100 + ENTRIES {
            check(&validator, &bearing(number)).await;
        }
    });
    let entries = validator.cache_stats().active_entries;
    assert_eq!(entries, Some(100 + ENTRIES));
    println!("{}", (status("VmRSS:") - before) / ENTRIES as f64);
}

/// A quantity of memory of this process in bytes, such as `VmRSS:`: proc_pid_status(5).
pub(crate) fn status(name: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find(|line| line.starts_with(name));
    let kibibytes = line.and_then(|line| line.split_whitespace().nth(1));
    kibibytes
        .and_then(|number| number.parse::<f64>().ok())
        .expect("a quantity of memory")
        * 1024.0
}
