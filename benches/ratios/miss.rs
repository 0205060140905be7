//! A cache miss.

use std::hint::black_box;
use std::time::{Duration, Instant};

use benches::{SAMPLE, bearing, check, validator};
use bytes::Bytes;
use http::{Request, header};
use mobilefirst::ReqwestBackend;
use mobilefirst::{AnyScope, Credentials, HttpBackend, TokenValidator};
use mobilefirst_devserver::{Authority, UserToken};
use serde_json::Value;

use crate::{median, runtime};

/// The time of a miss without a network, over parsing its answer into a `Value`.
pub(crate) fn over_parse() -> f64 {
    const CALLS: usize = 200;
    let validator = validator(|builder| builder.max_age(Duration::ZERO));
    let bearing = bearing(1);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let work = async move {
        let mut ratios = Vec::new();
        for _ in 0..500 {
            let begin = Instant::now();
            for _ in 0..CALLS {
                let value = serde_json::from_slice::<Value>(black_box(SAMPLE.as_bytes()));
                black_box(value).expect("a value");
            }
            let parse = begin.elapsed().as_secs_f64();
            let begin = Instant::now();
            for _ in 0..CALLS {
                check(&validator, &bearing).await;
            }
            ratios.push(begin.elapsed().as_secs_f64() / parse);
        }
        median(ratios)
    };
    // In a task, like a handler.
    let runtime = runtime.expect("a runtime");
    runtime.block_on(async { tokio::spawn(work).await.expect("a ratio") })
}

/// Allocations by a miss without a network, among them the one by `async_trait` for the backend.
pub(crate) fn allocations() -> f64 {
    const CALLS: usize = 1000;
    let validator = validator(|builder| builder.max_age(Duration::ZERO));
    let bearing = bearing(1);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.expect("a runtime");
    // The first one also gets our own token.
    runtime.block_on(check(&validator, &bearing));
    let counted = allocation_counter::measure(|| {
        runtime.block_on(async {
            for _ in 0..CALLS {
                check(&validator, &bearing).await;
            }
        });
    });
    counted.count_total as f64 / CALLS as f64
}

/// The time of a miss over a bare POST of the same form, with the same client and server.
pub(crate) fn over_bare_p50() -> f64 {
    // The server has its own threads, so that both kinds of call find it in the same state.
    let far = runtime();
    let authority = Authority::new();
    let devserver = far
        .block_on(authority.listen("127.0.0.1:0"))
        .expect("a dev server");
    let url = devserver.url();
    let own = authority.issue(UserToken::new("authorization.introspect"));
    let token = authority.issue(UserToken::new("a").user("jdoe"));
    let near = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    // In a task, like a handler.
    let work = async move {
        let backend = ReqwestBackend::new().expect("a backend");
        let credentials = Credentials::new("test", "test").expect("credentials");
        let validator = TokenValidator::builder(url.parse().expect("a URL"), credentials)
            .http_backend(backend.clone())
            .max_age(Duration::ZERO)
            .build()
            .expect("a validator");
        let bearing = [format!("Bearer {token}")];
        let form = Bytes::from(format!("token={token}&token_type_hint=access_token"));
        let (mut bare, mut checked) = (Vec::new(), Vec::new());
        for _ in 0..6000 {
            let begin = Instant::now();
            let request = Request::post(format!("{url}/az/v1/introspection"))
                .header(header::AUTHORIZATION, format!("Bearer {own}"))
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(form.clone());
            let response = backend.send(request.expect("a request")).await;
            assert!(response.expect("an answer").status().is_success());
            bare.push(begin.elapsed().as_secs_f64());

            let begin = Instant::now();
            let verdict = validator.authorize::<AnyScope>(&bearing).await;
            assert!(verdict.is_ok());
            checked.push(begin.elapsed().as_secs_f64());
        }
        median(checked) / median(bare)
    };
    let near = near.expect("a runtime");
    near.block_on(async { tokio::spawn(work).await.expect("a ratio") })
}
