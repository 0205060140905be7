//! Processes that share a store, on a real Valkey or Redis that the test starts.
//!
//! `MFP_STORE_SERVER` names the program; otherwise it is `valkey-server` or `redis-server` of the
//! `PATH`. Without one, these tests say that they were left out. Real time passes here, because
//! the servers' does.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall panic")]

#[path = "fleet/attacker.rs"]
mod attacker;
#[path = "support/ca.rs"]
mod ca;
#[path = "fleet/chaos.rs"]
mod chaos;
#[path = "fleet/cluster.rs"]
mod cluster;
#[path = "fleet/cut_off.rs"]
mod cut_off;
#[path = "fleet/gates.rs"]
mod gates;
#[path = "fleet/instance.rs"]
mod instance;
#[expect(dead_code, reason = "tests of the core read the log of a thread")]
#[path = "support/log.rs"]
mod log;
#[path = "fleet/pair.rs"]
mod pair;
#[path = "fleet/process.rs"]
mod process;
#[path = "fleet/proxy.rs"]
mod proxy;
#[path = "fleet/removals.rs"]
mod removals;
#[path = "fleet/sentinel.rs"]
mod sentinel;
#[path = "fleet/server.rs"]
mod server;
#[path = "fleet/sharing.rs"]
mod sharing;
#[path = "fleet/tampering.rs"]
mod tampering;
#[path = "fleet/tls.rs"]
mod tls;
#[path = "fleet/tls_server.rs"]
mod tls_server;
#[path = "fleet/trouble.rs"]
mod trouble;
