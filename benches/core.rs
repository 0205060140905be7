//! Times individual steps with criterion: `cargo bench -p benches`.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use benches::{bearing, check, check_cached, validator};
use criterion::{Criterion, criterion_group, criterion_main};
use highway::{HighwayHash, HighwayHasher, Key};
use mobilefirst::Scope;
use mobilefirst::challenge::{BearerChallenge, Challenge};
use quick_cache::sync::Cache;
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
    // The steps of a hit that any cache has to take.
    let token = &bearing.as_bytes()[7..];
    let keyed = |token: &[u8]| HighwayHasher::new(Key([1, 2, 3, 4])).hash128(token);
    c.bench_function("hit: keyed hash of the token", |b| {
        b.iter(|| keyed(black_box(token)));
    });
    c.bench_function("hit: SHA-256 of the token, in place of that", |b| {
        b.iter(|| Sha256::digest(black_box(token)));
    });
    let store = Cache::new(50_000);
    store.insert(keyed(token), Arc::new(()));
    c.bench_function("hit: lookup in the store", |b| {
        let key = keyed(token);
        b.iter(|| store.get(black_box(&key)));
    });
    c.bench_function("hit: clock reading", |b| b.iter(SystemTime::now));
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

fn hostile_challenges(c: &mut Criterion) {
    let parameters: Vec<_> = (0..10_000).map(|i| format!("p{i}=v")).collect();
    for (name, field) in [
        (
            "line breaks",
            "Bearer realm=\"a\r\nSet-Cookie: b\"".to_owned(),
        ),
        ("1 MiB of commas", ",".repeat(1024 * 1024)),
        ("64 KiB of commas", ",".repeat(64 * 1024 - 1)),
        (
            "10,000 parameters",
            format!("Bearer {}", parameters.join(", ")),
        ),
        (
            "a quote never closed",
            format!("Bearer realm=\"{}", "x".repeat(60_000)),
        ),
    ] {
        c.bench_function(&format!("hostile challenge: {name}"), |b| {
            b.iter(|| Challenge::parse_all([black_box(&field)]));
        });
    }
}

criterion_group!(all, hit, miss, refusal, hostile_challenges);
criterion_main!(all);
