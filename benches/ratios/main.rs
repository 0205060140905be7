//! Measures what the library promises about speed and load, as ratios and counts within one
//! run: `cargo run --release -p benches --bin ratios`.
//!
//! Prints `name value bound`, one promise per line. The exit code is 1 if a bound is missed.
//! `ratios NAME…` measures only the promises whose names start with `NAME`.

mod cold;
mod flood;
mod guard;
mod hit;
mod memory;
mod miss;
mod outage;

use std::process::ExitCode;

/// A promise and how to measure it.
struct Promise {
    name: &'static str,
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

fn promises() -> Vec<Promise> {
    use Bound::{AtLeast, AtMost};
    let promise = |name, bound, measure| Promise {
        name,
        bound,
        measure,
    };
    vec![
        promise("hit_allocations", AtMost(0.0), hit::allocations),
        promise("hit_over_floor", AtMost(1.5), hit::over_floor),
        promise("hit_scaling", AtLeast(1.8), hit::scaling),
        promise("miss_over_bare_p50", AtMost(1.10), miss::over_bare_p50),
        promise(
            "cold_1000_introspections",
            AtMost(1.0),
            cold::introspections,
        ),
        promise("cold_1000_token_calls", AtMost(1.0), cold::token_calls),
        promise("bytes_per_entry", AtMost(1200.0), memory::bytes_per_entry),
        promise("guard_actix_web", AtLeast(0.95), guard::actix_web),
        promise("guard_warp", AtLeast(0.95), guard::warp),
        promise("guard_rocket", AtLeast(0.95), guard::rocket),
        promise("guard_axum", AtLeast(0.95), guard::axum),
        promise("flood_evictions", AtMost(0.0), flood::evictions),
        promise(
            "outage_p99_over_deadline",
            AtMost(1.05),
            outage::p99_over_deadline,
        ),
        promise(
            "outage_p99_over_deadline_open",
            AtMost(0.05),
            outage::p99_over_deadline_open,
        ),
    ]
}

fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    if wanted.first().is_some_and(|name| name == memory::CHILD) {
        memory::child();
        return ExitCode::SUCCESS;
    }
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|w| name.starts_with(w));
    let mut missed = 0;
    for Promise {
        name,
        bound,
        measure,
    } in promises()
    {
        if !is_wanted(name) {
            continue;
        }
        let value = measure();
        let verdict = if bound.is_kept(value) { "" } else { " MISSED" };
        println!(
            "{name} {} {bound}{verdict}",
            (value * 1000.0).round() / 1000.0
        );
        missed += u32::from(!bound.is_kept(value));
    }
    ExitCode::from(u8::from(missed > 0))
}

/// The median of the values.
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
