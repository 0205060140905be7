//! A cache hit.

use std::hash::Hash;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use benches::{bearing, check, check_cached, validator};
use highway::{HighwayHash, HighwayHasher};
use mobilefirst::TokenValidator;
use quick_cache::sync::Cache;
use sha2::{Digest, Sha256};

use crate::{median, runtime};

/// The number of tokens in use: too many for a processor's fastest caches.
const TOKENS: usize = 1000;

fn warm() -> (TokenValidator, Vec<String>) {
    let validator = validator(|builder| builder.max_age(Duration::from_secs(3600)));
    let bearings: Vec<_> = (0..TOKENS).map(bearing).collect();
    runtime().block_on(async {
        for bearing in &bearings {
            check(&validator, bearing).await;
        }
    });
    (validator, bearings)
}

pub(crate) fn allocations() -> f64 {
    let (validator, bearings) = warm();
    let counted = allocation_counter::measure(|| {
        for bearing in &bearings {
            check_cached(&validator, bearing);
        }
    });
    counted.count_total as f64 / TOKENS as f64
}

/// The time of a hit over its floor: a keyed hash of the token, one lookup in the store, and one
/// clock reading.
pub(crate) fn over_floor() -> f64 {
    let key = highway::Key([1, 2, 3, 4]);
    over(|token| HighwayHasher::new(key).hash128(token))
}

/// A hit over the former floor, whose hash is SHA-256.
pub(crate) fn over_sha256_floor() -> f64 {
    over(|token| -> [u8; 32] { Sha256::digest(token).into() })
}

fn over<K: Clone + Eq + Hash>(digest: impl Fn(&[u8]) -> K) -> f64 {
    let (validator, bearings) = warm();
    let store = Cache::<K, Arc<()>>::new(50_000);
    let digest = |bearing: &str| digest(&bearing.as_bytes()[7..]);
    for bearing in &bearings {
        store.insert(digest(bearing), Arc::new(()));
    }
    let round = || {
        let floor = time(&bearings, |bearing| {
            black_box(store.get(&digest(bearing)));
            black_box(SystemTime::now());
        });
        let hit = time(&bearings, |bearing| check_cached(&validator, bearing));
        hit / floor
    };
    median((0..300).map(|_| round()).collect())
}

fn time(bearings: &[String], work: impl Fn(&str)) -> f64 {
    let begin = Instant::now();
    for bearing in bearings {
        work(black_box(bearing));
    }
    begin.elapsed().as_secs_f64()
}

/// The throughput of two threads over one, each with its own tokens.
pub(crate) fn scaling() -> f64 {
    let (validator, bearings) = warm();
    let (left, right) = bearings.split_at(TOKENS / 2);
    let round = || {
        let one = hits(&validator, &[left]);
        let two = hits(&validator, &[left, right]);
        two / one
    };
    median((0..15).map(|_| round()).collect())
}

/// The throughput of two threads over one, all with the same token.
pub(crate) fn scaling_same_token() -> f64 {
    let (validator, bearings) = warm();
    let same = vec![bearings[0].clone(); TOKENS / 2];
    let round = || {
        let one = hits(&validator, &[&same]);
        let two = hits(&validator, &[&same, &same]);
        two / one
    };
    median((0..15).map(|_| round()).collect())
}

fn hits(validator: &TokenValidator, parts: &[&[String]]) -> f64 {
    let stop = AtomicBool::new(false);
    let count = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for part in parts {
            scope.spawn(|| {
                let mut own = 0;
                while !stop.load(Ordering::Relaxed) {
                    for bearing in *part {
                        check_cached(validator, bearing);
                    }
                    own += part.len() as u64;
                }
                count.fetch_add(own, Ordering::Relaxed);
            });
        }
        std::thread::sleep(Duration::from_millis(200));
        stop.store(true, Ordering::Relaxed);
    });
    count.into_inner() as f64
}
