//! Measures what the library promises about speed and load, as ratios and counts within one
//! run: `cargo run --release -p benches --bin ratios`.
//!
//! Prints one `name value unit bound` a line, and ends with the exit code 1 where a bound is
//! missed. `ratios NAME…` measures only those whose name begins so.

mod cold;
mod fleet;
mod flood;
mod gate;
mod guard;
mod hit;
mod hostile;
mod memory;
mod miss;
mod outage;

use std::process::ExitCode;

use crate::hostile::{
    bad_tokens, flood as token_flood, hung_store, invalidate, memory as flood_memory, overload,
    pool, stale, standing_runtime,
};

/// A promise, and how to measure it.
struct Promise {
    name: &'static str,
    unit: &'static str,
    bound: Bound,
    measure: fn() -> f64,
}

#[derive(Clone, Copy)]
enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

impl Bound {
    fn is_kept(self, value: f64) -> bool {
        match self {
            Self::AtMost(bound) => value <= bound,
            Self::AtLeast(bound) => value >= bound,
        }
    }
}

impl std::fmt::Display for Bound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::AtMost(bound) => write!(f, "<={bound}"),
            Self::AtLeast(bound) => write!(f, ">={bound}"),
        }
    }
}

// A table, one promise a line.
#[rustfmt::skip]
fn promises() -> Vec<(&'static str, Vec<Promise>)> {
    use Bound::{AtLeast, AtMost};
    let promise = |name, unit, bound, measure| Promise { name, unit, bound, measure };
    let speed = vec![
        promise("hit_allocations", "allocations", AtMost(0.0), hit::allocations),
        promise("hit_over_floor", "times", AtMost(1.6), hit::over_floor),
        promise("hit_over_sha256_floor", "times", AtMost(0.75), hit::over_sha256_floor),
        promise("hit_scaling", "times", AtLeast(1.9), hit::scaling),
        promise("hit_scaling_same_token", "times", AtLeast(1.6), hit::scaling_same_token),
        promise("miss_allocations", "allocations", AtMost(12.5), miss::allocations),
        promise("miss_over_parse", "times", AtMost(1.25), miss::over_parse),
        promise("miss_over_bare_p50", "times", AtMost(1.10), miss::over_bare_p50),
        promise("cold_1000_introspections", "calls", AtMost(1.0), cold::introspections),
        promise("cold_1000_token_calls", "calls", AtMost(1.0), cold::token_calls),
        promise("bytes_per_entry", "bytes", AtMost(960.0), memory::bytes_per_entry),
        promise("guard_actix_web", "times", AtLeast(0.97), guard::actix_web),
        promise("guard_warp", "times", AtLeast(0.97), guard::warp),
        promise("guard_rocket", "times", AtLeast(0.97), guard::rocket),
        promise("guard_axum", "times", AtLeast(0.97), guard::axum),
        promise("gate_auth_over_bare", "times", AtLeast(0.95), gate::auth_over_bare),
    ];
    let hostile_callers = vec![
        promise("flood_evictions", "entries", AtMost(0.0), flood::evictions),
        promise("flood_rss", "MiB", AtMost(64.0), flood_memory::peak),
        promise("flood_rss_after", "MiB", AtMost(64.0), flood_memory::after),
        promise("victims_bad_tokens", "share", AtMost(0.0), bad_tokens::refused),
        promise("victims_flood_4000_known", "share", AtMost(0.0), token_flood::known_at_4000),
        promise("victims_flood_4000_new", "share", AtMost(0.05), token_flood::new_at_4000),
        promise("victims_flood_8000_known", "share", AtMost(0.0), token_flood::known_at_8000),
        promise("victims_flood_8000_new", "share", AtMost(0.10), token_flood::new_at_8000),
        promise("overload_goodput_1_4", "of capacity", AtLeast(0.9), overload::goodput_at_1_4),
        promise("overload_goodput_5", "of capacity", AtLeast(0.9), overload::goodput_at_5),
        promise("stale_by_caller", "grants", AtMost(0.0), stale::grants),
        promise("granted_after_invalidate", "grants", AtMost(0.0), invalidate::grants),
    ];
    let trouble = vec![
        promise("outage_p99_over_deadline", "deadlines", AtMost(1.05), outage::p99_over_deadline),
        promise("outage_p99_over_deadline_open", "deadlines", AtMost(0.05), outage::p99_over_deadline_open),
        promise("dead_pool_recovery", "deadlines", AtMost(1.2), pool::dead_recovery),
        promise("reset_pool_refusals", "refusals", AtMost(0.0), pool::reset_refusals),
        promise("standing_runtime", "refusals", AtMost(0.0), standing_runtime::refusals),
        promise("hung_store_tasks", "tasks", AtMost(10.0), hung_store::tasks),
    ];
    let mut fleet = vec![
        promise("store_dead_over_none", "times", AtMost(1.05), fleet::dead_over_none),
    ];
    match fleet::program() {
        Some(_) => fleet.extend([
            promise("fleet_introspections", "calls", AtMost(1000.0), fleet::introspections),
            promise("fleet_invalidation_p99_over_ping", "times", AtMost(20.0), fleet::invalidation_p99_over_ping),
            promise("store_hit_over_get", "times", AtMost(1.5), fleet::hit_over_get),
        ]),
        None => println!("# left out: the fleet, for lack of a valkey-server or redis-server in PATH"),
    }
    vec![
        ("Speed", speed),
        ("Hostile callers", hostile_callers),
        ("Trouble around us", trouble),
        ("A fleet with a store", fleet),
    ]
}

fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    match wanted.first().map(String::as_str) {
        Some(memory::CHILD) => {
            memory::child();
            return ExitCode::SUCCESS;
        }
        Some(flood_memory::CHILD) => {
            flood_memory::child();
            return ExitCode::SUCCESS;
        }
        _ => {}
    }
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|w| name.starts_with(w));
    let mut missed = 0;
    for (title, mut promises) in promises() {
        promises.retain(|promise| is_wanted(promise.name));
        if !promises.is_empty() {
            println!("# {title}");
        }
        missed += promises.iter().filter(|promise| !promise.check()).count();
    }
    ExitCode::from(u8::from(missed > 0))
}

impl Promise {
    /// Measures it and prints the line; whether it is kept.
    fn check(&self) -> bool {
        let Self {
            name, unit, bound, ..
        } = self;
        let value = (self.measure)();
        let is_kept = bound.is_kept(value);
        let verdict = if is_kept { "" } else { " MISSED" };
        let value = (value * 1000.0).round() / 1000.0;
        println!("{name} {value} {unit} {bound}{verdict}");
        is_kept
    }
}

/// The middle of the values.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime")
}
