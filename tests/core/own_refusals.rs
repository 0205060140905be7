//! Refusals that a handler makes from its caller's permit.

use std::sync::mpsc;

use mobilefirst::{
    AnyScope, Denial, ErrorBody, Permit, Reason, Refusal, RequestInfo, RequiredScope,
};
use tracing::Level;

use super::*;

struct Transfer;
impl RequiredScope for Transfer {
    const SCOPE: Scope = Scope::from_static("transfer a");
}

struct Audit;
impl RequiredScope for Audit {
    const SCOPE: Scope = Scope::from_static("audit");
}

async fn granted(world: &World, scope: &str, required: &str) -> Permit {
    let token = world.authority.issue(UserToken::new(scope));
    world.check_scope(&token, required).await.unwrap()
}

fn challenge(scope: &str) -> String {
    format!(r#"www-authenticate: Bearer error="insufficient_scope", scope="{scope}""#)
}

#[tokio::test]
async fn a_challenge_names_the_scope_of_the_guard_too_r2() {
    let world = World::new();
    let transfer = Scope::from_static("transfer a");
    for (required, named) in [
        ("a b", "a b transfer"),
        ("a", "a transfer"),
        ("", "transfer a"),
    ] {
        let permit = granted(&world, "b a", required).await;
        for denial in [
            permit.insufficient_scope(&transfer),
            permit.narrow::<Transfer>().unwrap_err(),
            permit.clone().into_any().insufficient_scope(&transfer),
        ] {
            assert_eq!(denial.reason(), Reason::InsufficientScope);
            assert_eq!(headers(&denial), [challenge(named)]);
        }
    }
}

#[tokio::test]
async fn a_challenge_that_would_lead_nowhere_is_not_made_r3() {
    let world = World::new();
    let permit = granted(&world, "a b", "a").await;
    let covered = permit.insufficient_scope(&Scope::from_static("b a"));
    let empty = permit.insufficient_scope(&Scope::EMPTY);
    for denial in [covered, empty, Denial::insufficient_scope(&Scope::EMPTY)] {
        assert_eq!(denial.reason(), Reason::Forbidden);
        assert_eq!(denial.status(), StatusCode::FORBIDDEN);
        assert_eq!(headers(&denial), [""; 0]);
    }
}

#[tokio::test]
async fn a_permit_is_narrowed_without_a_call_r4() {
    let world = World::new();
    let permit = granted(&world, "a b transfer", "b").await;
    let calls = world.calls();
    let narrowed: Permit<Transfer> = permit.narrow().unwrap();
    assert_eq!(narrowed.token().scope(), "a b transfer");
    let denial = narrowed.narrow::<Audit>().unwrap_err();
    assert_eq!(headers(&denial), [challenge("b transfer a audit")]);
    assert_eq!(world.calls(), calls);
}

#[tokio::test]
async fn a_body_that_is_there_stays_r5() {
    let world = World::with(|builder| {
        builder.error_body(|refusal| ErrorBody::text(refusal.denial().reason().as_str()))
    });
    let permit = granted(&world, "a", "a").await;
    let other = World::with(|builder| builder.error_body(|_| ErrorBody::text("other")));
    let text = |denial: Denial| denial.body().map(|body| body.bytes().clone());
    let forbidden = permit.forbidden();
    assert_eq!(text(forbidden.clone()).unwrap(), "forbidden");
    assert_eq!(text(other.validator.deny(forbidden)).unwrap(), "forbidden");
    let lacking = permit.narrow::<Audit>().unwrap_err();
    assert_eq!(text(lacking).unwrap(), "insufficient_scope");
    assert_eq!(text(Denial::forbidden()), None);
    let missing = world.validator.deny(Denial::missing_token());
    assert_eq!(text(missing).unwrap(), "missing_token");
}

#[tokio::test]
async fn a_query_does_not_reach_the_hook_m1() {
    let told = |refusal: &Refusal<'_>| ErrorBody::text(refusal.path().unwrap_or("none"));
    let world = World::with(|builder| builder.error_body(told));
    let request = || RequestInfo::new("GET", "/a?access_token=s3cret", |_| None);
    let check = world.validator.authorize::<AnyScope>([""; 0]);
    let denial = check.for_request(request).await.unwrap_err();
    assert_eq!(denial.body().unwrap().bytes(), "/a");
}

#[tokio::test]
async fn a_hook_is_told_of_no_request_without_one_m2() {
    let world = World::with(|builder| {
        builder.error_body(|refusal| {
            ErrorBody::text(match (refusal.request(), refusal.required_scope()) {
                (None, None) => "neither",
                (None, Some(_)) => "scope",
                _ => "request",
            })
        })
    });
    let text = |denial: &Denial| denial.body().unwrap().bytes().clone();
    assert_eq!(text(&world.validator.deny(Denial::forbidden())), "neither");
    assert_eq!(text(&world.check("none").await.unwrap_err()), "scope");

    let (told, heard) = mpsc::channel();
    let world = World::with(|builder| {
        builder.error_body(move |_| {
            told.send(()).unwrap();
            ErrorBody::text("refused")
        })
    });
    let check = world.validator.authorize::<AnyScope>([""; 0]);
    assert!(check.optional().await.unwrap().is_none());
    assert!(heard.try_recv().is_err(), "nobody is refused");
}

#[tokio::test]
async fn a_hook_that_panics_costs_no_caller_the_refusal_m4() {
    let world = World::with(|builder| builder.error_body(|_| panic!("for the test")));
    let log = Log::of_this_thread(Level::ERROR);
    let denial = world.check("none").await.unwrap_err();
    assert_eq!(denial.status(), StatusCode::UNAUTHORIZED);
    let challenge = r#"www-authenticate: Bearer error="invalid_token""#;
    assert_eq!(headers(&denial), [challenge]);
    assert!(denial.body().is_none());
    let permit = granted(&world, "a", "a").await;
    assert!(permit.forbidden().body().is_none());
    let lines = log.lines();
    let told = |line: &String| line.contains("the hook for error bodies panicked");
    assert_eq!(
        lines.iter().filter(|line| told(line)).count(),
        2,
        "{lines:?}"
    );
}

#[test]
fn problem_details_of_a_status_without_a_phrase_have_no_title_m3() {
    let body = ErrorBody::problem(StatusCode::from_u16(499).unwrap());
    assert_eq!(body.bytes(), r#"{"type":"about:blank","status":499}"#);
}

#[tokio::test]
async fn problem_details_reveal_nothing_m3() {
    let world = World::with(|builder| builder.error_body(|refusal| refusal.problem()));
    let request = || RequestInfo::new("GET", "/secret", |_| None);
    let check = world.validator.authorize::<Transfer>(["Bearer s3cret"]);
    let denial = check.for_request(request).await.unwrap_err();
    let body = denial.body().unwrap();
    assert_eq!(body.content_type(), "application/problem+json");
    let problem = r#"{"type":"about:blank","title":"Unauthorized","status":401}"#;
    assert_eq!(body.bytes(), problem);
}

#[tokio::test]
async fn what_a_handler_refuses_is_logged() {
    let world = World::new();
    let log = Log::of_this_thread(Level::DEBUG);
    let permit = granted(&world, "a", "a").await;
    // The guard's decision.
    log.lines();
    let _ = permit.forbidden();
    let line = r#"DEBUG refused by a handler: a handler refuses the caller reason="forbidden""#;
    assert_eq!(log.lines(), [line]);
}
