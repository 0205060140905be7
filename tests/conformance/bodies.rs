//! The bodies of refusals.

use mobilefirst::{ErrorBody, ManualClock};
use mobilefirst_devserver::{Authority, UserToken};

use super::{asking, call, version_8};
use crate::adapters::each_adapter;

/// A path, the scope of the token or none, and the status of the refusal.
type Case = (&'static str, Option<&'static str>, u16);

/// Whether a refusal of each case has the body of the hook, and an empty one without a hook.
async fn assert_bodies(cases: &[Case]) {
    for adapter in each_adapter() {
        let (authority, clock) = (Authority::new(), ManualClock::default());
        let plain = asking(version_8(), &authority, &clock).build().unwrap();
        let with_hook = asking(version_8(), &authority, &clock)
            .error_body(|denial| ErrorBody::text(format!("refused: {}", denial.status().as_u16())))
            .build()
            .unwrap();
        let plain = adapter.serve(plain).await;
        let with_hook = adapter.serve(with_hook).await;
        for (path, scope, status) in cases {
            if !adapter.serves(path) {
                continue;
            }
            let token = scope.map(|scope| authority.issue(UserToken::new(scope)));
            let field = token.map(|token| format!("Bearer {token}").into_bytes());
            let fields: Vec<_> = field.into_iter().collect();
            let name = adapter.name();
            let url = format!("http://{}", with_hook.address);
            let (answer, body) = call(&url, path, &fields).await;
            let expected = format!("refused: {status}");
            assert_eq!((answer.status, body), (*status, expected), "{name} {path}");
            let url = format!("http://{}", plain.address);
            let (same, body) = call(&url, path, &fields).await;
            assert_eq!(same, answer, "{name} {path}");
            assert!(!body.contains("refused:"), "{name} {path}: {body}");
        }
    }
}

#[tokio::test]
async fn a_refusal_has_the_body_that_the_server_gives_it() {
    assert_bodies(&[
        ("/a", None, 401),
        ("/group/a", None, 401),
        ("/value", None, 401),
    ])
    .await;
}

#[tokio::test]
async fn every_adapter_gives_a_handlers_refusal_its_body_r5() {
    assert_bodies(&[
        ("/forbidden", Some("a"), 403),
        ("/narrow", Some("a"), 403),
        ("/group/narrow", Some("a"), 403),
        ("/required", None, 401),
    ])
    .await;
}
