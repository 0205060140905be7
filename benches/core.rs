//! Times of single steps, by criterion: `cargo bench -p benches`.

use std::hint::black_box;
use std::time::Duration;

use benches::{bearing, check, check_cached, validator};
use criterion::{Criterion, criterion_group, criterion_main};
use mobilefirst::{BearerChallenge, Scope};
use sha2::{Digest, Sha256};

fn hit(c: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let cached = validator(|builder| builder.max_age(Duration::from_secs(3600)));
    let bearing = bearing(1);
    runtime.block_on(check(&cached, &bearing));
    c.bench_function("hit", |b| {
        b.iter(|| check_cached(&cached, black_box(&bearing)))
    });
    c.bench_function("hit: SHA-256 of the token", |b| {
        b.iter(|| Sha256::digest(black_box(&bearing.as_bytes()[7..])));
    });
}

fn miss(c: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build();
    let runtime = runtime.expect("a runtime");
    let uncached = validator(|builder| builder.max_age(Duration::ZERO));
    let bearing = bearing(1);
    c.bench_function("miss, without a network", |b| {
        b.iter(|| runtime.block_on(check(&uncached, black_box(&bearing))));
    });
}

fn refusal(c: &mut Criterion) {
    let scope = Scope::from_static("RegisteredClient accessRestricted");
    c.bench_function("challenge", |b| {
        b.iter(|| {
            let challenge = BearerChallenge::new().with_error("insufficient_scope");
            challenge.with_scope(black_box(&scope)).to_header_value()
        });
    });
}

criterion_group!(all, hit, miss, refusal);
criterion_main!(all);
