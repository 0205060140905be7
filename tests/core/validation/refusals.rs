//! What the server says no with, and what the caller sees of it.

use super::*;

#[tokio::test]
async fn the_servers_refusals_are_passed_on_with_the_status_of_their_code() {
    for (status, said, expected_status, expected) in [
        (401, "Bearer", 401, "Bearer"),
        (401, r#"Bearer realm="r""#, 401, r#"Bearer realm="r""#),
        // By the whole grammar: another scheme beside it, and a text that no caller should
        // have to read.
        (
            401,
            r#"Basic realm="s", bearer Realm = "r\"s",, Digest nonce="n""#,
            401,
            r#"Bearer realm="r\"s""#,
        ),
        (401, r#"Bearer realm="ä""#, 401, "Bearer"),
        (
            401,
            r#"Bearer realm="r", error="invalid_token", error_description="too old, get another""#,
            401,
            r#"Bearer realm="r", error="invalid_token", error_description="too old, get another""#,
        ),
        // The status is that of the code, whatever the server's was.
        (
            401,
            r#"Bearer realm="r", error="insufficient_scope", scope="a c""#,
            403,
            r#"Bearer realm="r", error="insufficient_scope", scope="a c""#,
        ),
        (
            403,
            r#"Bearer realm="r", error="insufficient_scope""#,
            403,
            r#"Bearer realm="r", error="insufficient_scope", scope="a b""#,
        ),
        // A scope that the client SDKs could not read is as none.
        (
            403,
            r#"Bearer error="insufficient_scope", scope="a,c""#,
            403,
            r#"Bearer error="insufficient_scope", scope="a b""#,
        ),
        // Parameters stand anew in the order that the client SDKs read.
        (
            403,
            r#"Bearer scope="c", error_description="scope=x", error="insufficient_scope""#,
            403,
            r#"Bearer error="insufficient_scope", scope="c", error_description="scope=x""#,
        ),
        (
            404,
            r#"Bearer realm="r", error="invalid_request""#,
            400,
            r#"Bearer realm="r", error="invalid_request""#,
        ),
        // A scope stands where it belongs only.
        (
            401,
            r#"Bearer error="invalid_token", scope="a b""#,
            401,
            r#"Bearer error="invalid_token""#,
        ),
        (
            403,
            r#"Bearer realm="r", error="another", error_description="d""#,
            401,
            r#"Bearer error="invalid_token""#,
        ),
    ] {
        let expected = format!("www-authenticate: {expected}");
        let seen = seen(refusal(status, said.as_bytes())).await;
        assert_eq!(seen, (expected_status, vec![expected]), "{said}");
    }
}

#[tokio::test]
async fn a_bad_challenge_beside_the_servers_own_makes_no_500_w6() {
    let invalid = r#"www-authenticate: Bearer error="invalid_token""#;
    let lacks = r#"www-authenticate: Bearer error="insufficient_scope", scope="a""#;
    let cases: [(u16, &[&[u8]], u16, &str); 9] = [
        (
            401,
            &[b"Basic realm=My Realm", b"Bearer error=invalid_token"],
            401,
            invalid,
        ),
        (
            401,
            &[b"Bearer error=invalid_token", b"Basic realm=\""],
            401,
            invalid,
        ),
        (
            401,
            &[b"Basic realm=My Realm, Bearer error=invalid_token"],
            401,
            invalid,
        ),
        (
            401,
            &[b"", b"\xff", b"Bearer, error=\"invalid_token\""],
            401,
            invalid,
        ),
        (
            401,
            &[b"Bearer", b"Bearer error=\"invalid_token\""],
            401,
            invalid,
        ),
        (
            401,
            &[
                b"Bearer error=invalid_token",
                b"Bearer a==",
                b"Bearer x=1, x=2",
            ],
            401,
            invalid,
        ),
        (
            403,
            &[b"Bearer", b"bearer ERROR=insufficient_scope, scope=a"],
            403,
            lacks,
        ),
        // The scope that is missing may be all that the server says.
        (403, &[b"Bearer scope=a"], 403, lacks),
        (
            403,
            &[b"Bearer error=\"\", scope=a", b"Basic realm=My Realm"],
            403,
            lacks,
        ),
    ];
    for (status, fields, expected, header) in cases {
        let mut answer = response(StatusCode::from_u16(status).unwrap(), "");
        for field in fields {
            let value = HeaderValue::from_bytes(field).unwrap();
            answer.headers_mut().append(WWW_AUTHENTICATE, value);
        }
        let shown: Vec<_> = fields
            .iter()
            .map(|f| f.escape_ascii().to_string())
            .collect();
        assert_eq!(
            seen(answer).await,
            (expected, vec![header.to_owned()]),
            "{shown:?}"
        );
    }
}

/// Our own trouble never looks like the caller's fault.
#[tokio::test]
async fn an_answer_that_is_no_refusal_of_the_caller_is_500() {
    for challenge in [
        "Basic realm=\"gateway\"",
        "Bearer abc==",
        "Bearer realm=\"",
        "Bearer realm=\"r\", error=\"a\", error=\"b\"",
    ] {
        let seen = seen(refusal(401, challenge.as_bytes())).await;
        assert_eq!(seen, (500, vec![]), "{challenge}");
    }
    assert_eq!(
        seen(refusal(400, br#"Bearer error="another""#)).await.0,
        500
    );
    let active = r#"{"active":true,"scope":"a b"}"#;
    for status in [201, 204, 302, 307, 400, 401, 403, 404, 405, 410, 418] {
        let status = StatusCode::from_u16(status).unwrap();
        assert_eq!(
            seen(response(status, active)).await,
            (500, vec![]),
            "{status}"
        );
    }
    // A route that requires no scope can't miss one.
    let world = world();
    answer(
        &world,
        refusal(403, br#"Bearer error="insufficient_scope""#),
    );
    assert_eq!(world.status("access").await, 500);
}

#[tokio::test]
async fn a_text_that_no_header_should_carry_is_left_out() {
    let huge = "x".repeat(20_000);
    for (said, expected) in [
        (
            format!(r#"Bearer realm="{huge}", error="invalid_token", error_description="{huge}""#),
            r#"Bearer error="invalid_token""#,
        ),
        (
            format!(r#"Bearer error="insufficient_scope", scope="{huge}""#),
            r#"Bearer error="insufficient_scope", scope="a b""#,
        ),
        // A refusal is printed and logged: it quotes no token.
        (
            r#"Bearer realm="r", error="invalid_token", error_description="not good: access""#
                .to_owned(),
            r#"Bearer realm="r", error="invalid_token""#,
        ),
        (
            r#"Bearer realm="id", error="insufficient_scope", scope="id""#.to_owned(),
            r#"Bearer error="insufficient_scope", scope="a b""#,
        ),
    ] {
        let (_, headers) = seen(refusal(403, said.as_bytes())).await;
        assert_eq!(headers, [format!("www-authenticate: {expected}")]);
    }
}

#[tokio::test]
async fn inactive_in_json_is_an_invalid_token() {
    let invalid_token = r#"www-authenticate: Bearer error="invalid_token""#;
    for status in [200, 400, 401, 403, 404] {
        let status = StatusCode::from_u16(status).unwrap();
        let seen = seen(response(status, r#"{"active":false,"scope":"a b"}"#)).await;
        assert_eq!(seen, (401, vec![invalid_token.to_owned()]), "{status}");
    }
    let world = World::of(Authority::new().with_validation_refusals_as_json(), builder);
    assert_eq!(world.status("unknown").await, 401);
}

/// An app that meets this asks for a token and calls again; a stranger it is not.
#[tokio::test]
async fn a_token_that_the_server_takes_for_none_is_refused_where_strangers_are_served() {
    let world = world();
    answer(&world, refusal(401, br#"Bearer realm="r""#));
    let bearing = ["Bearer access"];
    let verdict = world.validator.authorize::<AnyScope>(bearing);
    let denial = verdict.optional().await.unwrap_err();
    assert_eq!(denial.reason(), Reason::InvalidToken);
}

#[tokio::test]
async fn a_bad_token_is_remembered_for_seconds_and_any_other_refusal_is_not() {
    let world = world();
    for (seconds, asked) in [(0, 1), (9, 1), (1, 2)] {
        world.clock.advance(Duration::from_secs(seconds));
        assert_eq!(world.status("bad").await, 401);
        assert_eq!(calls(&world), asked);
    }
    for said in [
        r#"Bearer realm="r""#,
        r#"Bearer error="invalid_request""#,
        r#"Bearer error="insufficient_scope", scope="c""#,
    ] {
        let token = world.token();
        answer(&world, refusal(401, said.as_bytes()));
        assert_ne!(world.status(&token).await, 200);
        assert_eq!(world.status(&token).await, 200, "{said}");
    }
}

/// The token was good when it was last asked about, and is used again near the end of that.
#[tokio::test]
async fn a_refusal_ahead_of_time_ends_what_was_known() {
    for said in [
        r#"Bearer error="invalid_token""#,
        r#"Bearer error="insufficient_scope", scope="c""#,
    ] {
        let world = world();
        let token = world.token();
        assert_eq!(world.status(&token).await, 200);
        world.clock.advance(Duration::from_secs(50));
        world.authority.fault_always(
            Endpoint::Validation,
            Fault::Respond(refusal(403, said.as_bytes())),
        );
        assert_eq!(world.status(&token).await, 200);
        while world.authority.calls().validation < 2 {
            tokio::task::yield_now().await;
        }
        tokio::task::yield_now().await;
        assert_ne!(world.status(&token).await, 200, "{said}");
    }
}
