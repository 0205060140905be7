//! The bodies of refusals.

use mobilefirst::{ErrorBody, ManualClock, Refusal, Scope};
use mobilefirst_devserver::{Authority, UserToken};

use super::{asking, call, version_8};
use crate::adapters::each_adapter;

/// A path, the scope of the token or none, the status of the refusal, and the scope that the
/// request needed, if the hook was given the request.
type Case = (
    &'static str,
    Option<&'static str>,
    u16,
    Option<&'static str>,
);

/// What the hook is told.
fn told(refusal: &Refusal<'_>) -> String {
    format!(
        "refused: {} {:?} {:?} {:?} {:?}",
        refusal.status().as_u16(),
        refusal.method(),
        refusal.path(),
        refusal.accept(),
        refusal.required_scope().map(Scope::as_str),
    )
}

/// Whether a refusal of each case has the body of the hook, and an empty one without a hook.
async fn assert_bodies(cases: &[Case]) {
    for adapter in each_adapter() {
        let (authority, clock) = (Authority::new(), ManualClock::default());
        let plain = asking(version_8(), &authority, &clock).build().unwrap();
        let with_hook = asking(version_8(), &authority, &clock)
            .error_body(|refusal| ErrorBody::text(told(refusal)))
            .build()
            .unwrap();
        let plain = adapter.serve(plain).await;
        let with_hook = adapter.serve(with_hook).await;
        for (path, scope, status, needed) in cases {
            if !adapter.serves(path) {
                continue;
            }
            let token = scope.map(|scope| authority.issue(UserToken::new(scope)));
            let field = token.map(|token| format!("Bearer {token}").into_bytes());
            let fields: Vec<_> = field.into_iter().collect();
            let name = adapter.name();
            let url = format!("http://{}", with_hook.address);
            let (answer, body) = call(&url, path, &fields).await;
            // axum removes the prefix of a nested router before its layers see the request.
            let seen = match name {
                "axum" => path.strip_prefix("/group").unwrap_or(path),
                _ => path,
            };
            let expected = match needed {
                // The client sends this `Accept`.
                Some(needed) => format!(
                    "refused: {status} {:?} {:?} {:?} {:?}",
                    Some("GET"),
                    Some(seen),
                    Some("*/*"),
                    Some(needed)
                ),
                None => format!("refused: {status} None None None None"),
            };
            assert_eq!((answer.status, body), (*status, expected), "{name} {path}");
            let url = format!("http://{}", plain.address);
            let (same, body) = call(&url, path, &fields).await;
            assert_eq!(same, answer, "{name} {path}");
            assert!(!body.contains("refused:"), "{name} {path}: {body}");
        }
    }
}

#[tokio::test]
async fn a_hook_is_told_of_the_request_that_is_refused_m1() {
    assert_bodies(&[
        ("/a", None, 401, Some("a")),
        ("/group/a", None, 401, Some("a")),
        ("/value", None, 401, Some("a b")),
        ("/a", Some("b"), 403, Some("a")),
        ("/value", Some("b"), 403, Some("a b")),
    ])
    .await;
}

#[tokio::test]
async fn every_adapter_gives_a_handlers_refusal_its_body_r5() {
    assert_bodies(&[
        ("/forbidden", Some("a"), 403, Some("a")),
        ("/narrow", Some("a"), 403, Some("a b")),
        ("/group/narrow", Some("a"), 403, Some("a b")),
        ("/required", None, 401, None),
    ])
    .await;
}
