//! What the challenges of a resource make the client do.

use super::*;

/// Fields as they are on the wire.
fn refusal(status: u16, fields: &[&[u8]]) -> Response<Bytes> {
    let mut response = response(StatusCode::from_u16(status).unwrap(), "refused");
    for field in fields {
        let value = HeaderValue::from_bytes(field).unwrap();
        response.headers_mut().append(WWW_AUTHENTICATE, value);
    }
    response
}

#[tokio::test]
async fn a_bad_challenge_does_not_keep_the_client_from_a_good_one_w1() {
    let good: &[u8] = b"Bearer scope=\"a\"";
    let long = [b"Negotiate ", "x".repeat(100_000).as_bytes()].concat();
    let cases: [&[&[u8]]; 16] = [
        &[b"Basic realm=My Realm", good],
        &[good, b"Basic realm=My Realm"],
        &[b"Basic realm=My Realm, Bearer scope=\"a\""],
        &[b"Bearer scope=\"a\", Basic realm=\"My Realm"],
        &[b"", good],
        &[b"=", b"\"", good, b",,"],
        &[b"Basic realm=\"M\xfcller\", Bearer scope=\"a\""],
        &[b"Basic realm=M\xfcller, Bearer scope=\"a\""],
        &[b"\xff\xfe", good],
        &[b"Negotiate YIIBbg+/==, NTLM", good],
        &[b"Bearer realm=a, realm=b", good],
        &[b"Bearer abc==, bearer SCOPE = a"],
        &[b"Bearer, scope=\"a\""],
        &[b"Bearer, error=\"invalid_request\", scope=\"a\""],
        &[b"Bearer scope=\"b,c\"", good],
        &[&long, good],
    ];
    for fields in cases {
        let caller = Caller::new();
        caller.script([refusal(401, fields), json("ok")]);
        let shown = fields.iter().map(|field| field.escape_ascii().to_string());
        let shown: Vec<_> = shown
            .map(|text| text.chars().take(60).collect::<String>())
            .collect();
        assert_eq!(caller.status(OTHER).await, 200, "{shown:?}");
        let token = caller.seen()[1].authorization.clone().unwrap();
        let token = token.strip_prefix("Bearer ").unwrap();
        assert!(
            caller.world.check_scope(token, "a").await.is_ok(),
            "{shown:?}"
        );
    }
}

#[tokio::test]
async fn of_several_challenges_the_one_that_says_most_counts_w2() {
    let ascending: [&[u8]; 4] = [
        b"Bearer realm=\"a long realm that says nothing\"",
        b"Bearer error=\"invalid_request\"",
        b"Bearer scope=\"s\"",
        b"Bearer error=\"insufficient_scope\", scope=\"es\"",
    ];
    for (index, more) in ascending.iter().enumerate() {
        for less in &ascending[..index] {
            let expected = match index {
                1 => "RegisteredClient",
                2 => "s",
                _ => "es",
            };
            for fields in [[*more, less], [less, more]] {
                let caller = Caller::new();
                caller.script([refusal(401, &fields), json("ok")]);
                assert_eq!(caller.status(OTHER).await, 200);
                let token = caller.seen()[1].authorization.clone().unwrap();
                let token = token.strip_prefix("Bearer ").unwrap();
                let verdict = caller.world.check_scope(token, expected).await;
                assert!(verdict.is_ok(), "{expected}");
            }
        }
    }
}

#[tokio::test]
async fn a_token_that_has_ended_is_replaced_once_w3() {
    for said in [
        refusal(401, &[b"Bearer"]),
        refusal(401, &[b"Bearer realm=\"r\""]),
        refusal(401, &[b"Bearer, error=\"invalid_token\""]),
        refusal(401, &[b"Bearer scope=\"RegisteredClient\""]),
        refusal(401, &[b"Basic realm=My Realm", b"Bearer"]),
        refusal(403, &[b"Bearer error=\"invalid_token\""]),
        refusal(401, &[]),
    ] {
        let caller = Caller::new();
        caller.script([challenge(401, "Bearer"), json("ok")]);
        assert_eq!(caller.status(OTHER).await, 200);
        caller.seen();
        caller.world.clock.advance(Duration::from_secs(60));
        caller.script([said.clone(), json("ok")]);
        assert_eq!(caller.status(OTHER).await, 200, "{said:?}");
        let seen = caller.seen();
        assert_ne!(seen[0].authorization, seen[1].authorization, "{said:?}");

        // Once, even if much time passes in between.
        caller.world.clock.advance(Duration::from_secs(60));
        caller.script((0..4).map(|_| said.clone()));
        let last = caller.call(OTHER).await.unwrap();
        assert_eq!((last.status(), last.body()), (said.status(), said.body()));
        assert_eq!(caller.seen().len(), 2, "{said:?}");
    }
}

#[tokio::test]
async fn a_scope_without_an_error_is_asked_for_once_w4() {
    for status in [401, 403] {
        let caller = Caller::new();
        let said = refusal(status, &[b"Bearer scope=\"a b\""]);
        caller.script([challenge(401, "Bearer"), said.clone(), json("ok")]);
        assert_eq!(caller.status(OTHER).await, 200);
        let token = caller.seen()[2].authorization.clone().unwrap();
        let token = token.strip_prefix("Bearer ").unwrap();
        assert!(caller.world.check_scope(token, "a b").await.is_ok());
    }
    // Who has the scope and is refused is not helped by another token.
    let caller = Caller::new();
    let said = |scope: &str| refusal(403, &[format!("Bearer scope=\"{scope}\"").as_bytes()]);
    caller.script([said("a b"), said("b a"), json("ok")]);
    assert_eq!(caller.status(OTHER).await, 403);
    assert_eq!(caller.seen().len(), 2);
    assert_eq!(caller.token_calls(), 1);
}

#[tokio::test]
async fn what_no_token_would_help_is_the_callers_w5() {
    for said in [
        refusal(401, &[b"Basic realm=\"proxy\""]),
        refusal(401, &[b"Bearer realm=\""]),
        refusal(401, &[b"Bearer error=\"invalid_request\""]),
        refusal(401, &[b"Bearer error=\"insufficient_scope\""]),
        refusal(401, &[b"Bearer error=\"use_dpop_nonce\""]),
        refusal(403, &[b"Bearer"]),
        refusal(403, &[b"Bearer error=\"access_denied\", scope=\"x\""]),
        refusal(403, &[b"Basic realm=My Realm"]),
        refusal(403, &[]),
        refusal(400, &[b"Bearer error=\"invalid_request\""]),
        refusal(407, &[b"Bearer scope=\"a\""]),
    ] {
        let caller = Caller::new();
        caller.script([challenge(401, "Bearer"), said.clone(), json("ok")]);
        let last = caller.call(OTHER).await.unwrap();
        assert_eq!((last.status(), last.body()), (said.status(), said.body()));
        assert_eq!(caller.seen().len(), 2, "{said:?}");
        assert_eq!(caller.token_calls(), 1, "{said:?}");
    }
    // No challenge gets a token that belongs to the authorization server.
    let caller = Caller::new();
    let said = refusal(403, &[b"Bearer scope=\"authorization.introspect\""]);
    caller.script([said, json("ok")]);
    assert_eq!(caller.status(OTHER).await, 403);
    assert_eq!(caller.token_calls(), 0);
}

#[tokio::test]
async fn a_challenge_that_makes_no_sense_is_the_callers() {
    for answer in [
        challenge(401, "Bearer realm=\""),
        challenge(401, "Basic realm=x"),
        challenge(403, "Bearer error=insufficient_scope"),
        challenge(403, "Bearer error=insufficient_scope, scope=\"a,b\""),
        response(StatusCode::UNAUTHORIZED, "no challenge"),
        response(StatusCode::SERVICE_UNAVAILABLE, "trouble"),
    ] {
        let caller = Caller::new();
        caller.script([answer.clone()]);
        let response = caller.call(OTHER).await.unwrap();
        assert_eq!(response.status(), answer.status());
        assert_eq!(response.body(), answer.body());
        assert_eq!(caller.seen().len(), 1);
    }
}
