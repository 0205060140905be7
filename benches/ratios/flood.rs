//! A flood of bad tokens.

use benches::{bearing, check, validator};
use mobilefirst::AnyScope;

use crate::runtime;

/// The number of active entries that 100,000 inactive tokens evict.
pub(crate) fn evictions() -> f64 {
    const ACTIVE: usize = 40_000;
    runtime().block_on(async {
        let validator = validator(|builder| builder);
        for number in 0..ACTIVE {
            check(&validator, &bearing(number)).await;
        }
        for number in 0..100_000 {
            let bearing = [format!("Bearer bad{number}")];
            let verdict = validator.authorize::<AnyScope>(bearing).await;
            assert!(verdict.is_err());
        }
        let misses = validator.cache_stats().misses;
        for number in 0..ACTIVE {
            check(&validator, &bearing(number)).await;
        }
        (validator.cache_stats().misses - misses) as f64
    })
}
