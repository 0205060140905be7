//! A guard and an extractor on one route. (warp has no place for what a guard found.)

mod actix_web;
mod axum;
mod rocket;

use std::time::Duration;

use mobilefirst::{TokenValidator, scopes};
use mobilefirst_devserver::{Authority, UserToken};

use crate::support::asking;

scopes! {
    Uncached = "a", max_age = Duration::ZERO;
    Minute = "a", max_age = Duration::from_secs(60);
}

/// A path, the scope of the token, the answers to two requests, and the introspections after
/// each. The path names the guard, then the extractor.
const TABLE: [(&str, &str, Answer, [u64; 2]); 8] = [
    ("/a/a", "a", (200, None), [1, 1]),
    ("/uncached/a", "a", (200, None), [1, 2]),
    ("/uncached/uncached", "a", (200, None), [1, 2]),
    ("/uncached/minute", "a", (200, None), [1, 2]),
    // The guard may have let an older answer pass.
    ("/a/uncached", "a", (200, None), [2, 3]),
    ("/minute/uncached", "a", (200, None), [2, 3]),
    ("/a/b", "a b", (200, None), [1, 1]),
    ("/a/b", "a", (403, Some(BOTH)), [1, 1]),
];

type Answer = (u16, Option<&'static str>);

/// With a token for `b` alone, the app would be refused by the guard next.
const BOTH: &str = r#"Bearer error="insufficient_scope", scope="a b""#;

async fn one_check_is_made(
    name: &str,
    call: impl AsyncFn(TokenValidator, &str, &str) -> (u16, Option<String>),
) {
    for (path, scope, answer, asked) in TABLE {
        let authority = Authority::new();
        let validator = asking(&authority).build().unwrap();
        let bearer = format!("Bearer {}", authority.issue(UserToken::new(scope)));
        for asked in asked {
            let (status, challenge) = call(validator.clone(), path, &bearer).await;
            assert_eq!((status, challenge.as_deref()), answer, "{name}: {path}");
            assert_eq!(authority.calls().introspection, asked, "{name}: {path}");
        }
    }
}
