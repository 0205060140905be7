//! Which devices, and which kinds of token, are refused although the token is active.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use mobilefirst::{Decision, DevicePolicy, DeviceStatus, MemoryCache, Observer, Reason, Verdict};
use serde_json::{Value, json};
use tracing::Level;

use super::*;

fn on_device(world: &World, status: &str) -> String {
    let token = UserToken::new("a").device_status(DeviceStatus::Other(status.to_owned()));
    world.authority.issue(token)
}

async fn reason(world: &World, token: &str) -> Option<Reason> {
    world.check(token).await.err().map(|denial| denial.reason())
}

#[tokio::test]
async fn every_status_but_active_and_expired_is_refused_p1() {
    let world = World::new();
    for status in [
        "LOST",
        "STOLEN",
        "DISABLED",
        "lost",
        "Stolen",
        "SUSPENDED",
        "",
    ] {
        let token = on_device(&world, status);
        for asked in ["asked", "from the cache"] {
            let denial = world.check(&token).await.unwrap_err();
            assert_eq!(denial.reason(), Reason::BlockedDevice, "{status} {asked}");
            assert_eq!(denial.status(), StatusCode::FORBIDDEN, "{status} {asked}");
            assert_eq!(headers(&denial), [""; 0], "{status} {asked}");
        }
        // A challenge would send the client for a token that is refused as well.
        let denial = world.check_scope(&token, "b").await.unwrap_err();
        assert_eq!(denial.reason(), Reason::BlockedDevice, "{status}");
    }
}

#[tokio::test]
async fn a_device_that_is_not_blocked_passes_p2() {
    let world = World::new();
    for status in ["ACTIVE", "EXPIRED", "expired"] {
        assert_eq!(
            world.status(&on_device(&world, status)).await,
            200,
            "{status}"
        );
    }
    for device in [Value::Null, json!({}), json!({"id": "d", "status": null})] {
        let token = UserToken::new("a").field("mfp-device", device.clone());
        let token = world.authority.issue(token);
        assert_eq!(world.status(&token).await, 200, "{device}");
    }
    let token = world
        .authority
        .issue(UserToken::new("a").without("mfp-device"));
    assert_eq!(world.status(&token).await, 200);

    let server = |authority: &Authority| {
        TokenValidator::builder_v7("http://localhost/mfp".parse().unwrap())
            .http_backend(authority.clone())
    };
    let world = World::of(Authority::new(), server);
    assert_eq!(world.status(&on_device(&world, "LOST")).await, 200);
}

#[tokio::test]
async fn a_policy_allows_what_it_names_p3() {
    let default = DevicePolicy::default();
    let unknown = DeviceStatus::Other("any text".to_owned());
    for (policy, passing) in [
        (default, vec![]),
        (default.allow(DeviceStatus::Lost), vec!["LOST"]),
        (default.allow(DeviceStatus::Active), vec![]),
        (
            default
                .allow(DeviceStatus::Stolen)
                .allow(DeviceStatus::Disabled),
            vec!["STOLEN", "DISABLED"],
        ),
        (default.allow(unknown), vec!["SUSPENDED"]),
        (
            DevicePolicy::allow_all(),
            vec!["LOST", "STOLEN", "DISABLED", "SUSPENDED"],
        ),
    ] {
        let world = World::with(|builder| builder.device_policy(policy));
        for status in ["LOST", "STOLEN", "DISABLED", "SUSPENDED"] {
            let expected = match passing.contains(&status) {
                true => None,
                false => Some(Reason::BlockedDevice),
            };
            let seen = reason(&world, &on_device(&world, status)).await;
            assert_eq!(seen, expected, "{policy:?} {status}");
        }
    }
}

#[tokio::test]
async fn validators_with_one_cache_have_policies_of_their_own_p3() {
    let cache = Arc::new(MemoryCache::new(10));
    let strict = World::with(|builder| builder.cache(cache.clone()));
    let lenient = strict.beside(|b| b.cache(cache).device_policy(DevicePolicy::allow_all()));
    let token = on_device(&strict, "LOST");
    for _ in 0..2 {
        assert_eq!(strict.status(&token).await, 403);
        assert_eq!(lenient.status(&token).await, 200);
    }
    assert_eq!(strict.calls().1, 1);
}

#[tokio::test]
async fn a_token_that_is_bound_to_a_key_is_no_bearer_token_p4() {
    let world = World::new();
    for cnf in [
        json!({"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}),
        json!({"x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2"}),
        json!({}),
        json!([]),
        json!("jkt"),
        json!(false),
    ] {
        let token = UserToken::new("a").field("cnf", cnf.clone());
        let token = world.authority.issue(token);
        for _ in 0..2 {
            let denial = world.check(&token).await.unwrap_err();
            assert_eq!(denial.reason(), Reason::InvalidToken, "{cnf}");
            let challenge = r#"www-authenticate: Bearer error="invalid_token""#;
            assert_eq!(headers(&denial), [challenge], "{cnf}");
        }
    }
    let token = UserToken::new("a").field("cnf", Value::Null);
    let token = world.authority.issue(token);
    assert_eq!(world.status(&token).await, 200);
}

#[tokio::test]
async fn a_device_that_is_blocked_later_is_found_out_within_max_age_p5() {
    let blocked = || json(r#"{"active":true,"mfp-device":{"status":"STOLEN"}}"#);
    let plain = World::with(|builder| builder.without_refresh_ahead());
    let token = plain.token();
    assert_eq!(plain.status(&token).await, 200);
    plain.clock.advance(Duration::from_millis(59_999));
    assert_eq!(plain.status(&token).await, 200);
    plain.clock.advance(Duration::from_millis(1));
    plain.answer(blocked());
    assert_eq!(plain.status(&token).await, 403);

    let token = plain.token();
    assert_eq!(plain.status(&token).await, 200);
    plain.validator.invalidate(&token);
    plain.answer(blocked());
    assert_eq!(plain.status(&token).await, 403);

    let stale = World::with(|b| {
        b.serve_stale(Duration::from_secs(600))
            .without_refresh_ahead()
    });
    let token = on_device(&stale, "LOST");
    assert_eq!(stale.status(&token).await, 403);
    stale.clock.advance(Duration::from_secs(60));
    stale
        .authority
        .fault_always(Endpoint::Introspection, Fault::Reset);
    assert_eq!(reason(&stale, &token).await, Some(Reason::BlockedDevice));
}

#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<Reason>>>);

impl Observer for Seen {
    fn decided(&self, decision: &Decision<'_>) {
        if let Verdict::Denied(denial) = decision.verdict() {
            self.0.lock().unwrap().push(denial.reason());
        }
    }
}

#[tokio::test]
async fn a_blocked_device_is_seen_by_observers_p6() {
    let seen = Seen::default();
    let world = World::with(|builder| builder.observer(seen.clone()));
    let log = Log::of_this_thread(Level::DEBUG);
    assert_eq!(world.status(&on_device(&world, "LOST")).await, 403);
    assert_eq!(*seen.0.lock().unwrap(), [Reason::BlockedDevice]);
    let lines = log.lines();
    let refused = lines.iter().find(|line| line.contains("refused"));
    let refused = refused.expect("a line");
    assert!(refused.contains(r#"reason="blocked_device""#), "{refused}");
}
