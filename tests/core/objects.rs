//! An object is read from an object only: a list of values in the order of our fields, which serde
//! would take for one, is nothing that a server means.

use mobilefirst::{ErrorKind, Reason};
use serde_json::{Value, json};

use super::*;

/// What our own fields would hold, one after another, and in which order.
const ANSWER: &str = r#"[true,null,null,null,null,"a",null,null,null,null,null]"#;

async fn error_kind(world: &World) -> Option<ErrorKind> {
    let denial = world.check(&world.token()).await.unwrap_err();
    denial.error().map(mobilefirst::Error::kind)
}

#[tokio::test]
async fn the_token_endpoints_answers_are_objects_j1() {
    for (status, body) in [
        (200, r#"["own","Bearer",3600]"#),
        (200, r#" ["own",null,null]"#),
        (400, r#"["invalid_scope"]"#),
        (400, r#"["invalid_client"]"#),
    ] {
        let world = World::new();
        let answer = response(StatusCode::from_u16(status).unwrap(), body);
        world
            .authority
            .fault(Endpoint::Token, Fault::Respond(answer));
        assert_eq!(
            error_kind(&world).await,
            Some(ErrorKind::InvalidResponse),
            "{body}"
        );
        assert_eq!(world.calls(), (1, 0), "{body}");
    }
}

#[tokio::test]
async fn the_answer_about_a_token_is_an_object_j2() {
    for body in [
        ANSWER,
        "[false]",
        "[true]",
        "\n[false]",
        r#"[{"active":false}]"#,
    ] {
        let world = World::new();
        let token = world.token();
        world.answer(json(body));
        let denial = world.check(&token).await.unwrap_err();
        assert_eq!(denial.reason(), Reason::InvalidResponse, "{body}");
        assert_eq!(world.status(&token).await, 200, "{body}");

        for status in [200, 400, 401] {
            let authority = Authority::new();
            let seven = World::of(authority, |authority| {
                TokenValidator::builder_v7("http://localhost/mfp".parse().unwrap())
                    .http_backend(authority.clone())
            });
            let token = seven.token();
            let answer = response(StatusCode::from_u16(status).unwrap(), body);
            seven
                .authority
                .fault(Endpoint::Validation, Fault::Respond(answer));
            let denial = seven.check(&token).await.unwrap_err();
            assert_eq!(denial.reason(), Reason::InvalidResponse, "{status} {body}");
            assert_eq!(seven.status(&token).await, 200, "{body}");
        }
    }
}

#[tokio::test]
async fn what_an_answer_holds_is_an_object_too_j3() {
    let part = |name: &str, value: Value| json!({ "active": true, "scope": "a", name: value });
    let context = |name: &str, value: Value| part("security_context", json!({ name: value }));
    let three = json!(["id", "b", "c", {}]);
    let five = json!(["id", "b", "c", "d", "ACTIVE", {}]);
    for body in [
        part("mfp-application", three.clone()),
        part("mfp-application", json!([])),
        part("mfp-device", five.clone()),
        part("mfp-user", json!(["id", "b", "c", 0, {}, {}])),
        part("mfp-checks", json!([])),
    ] {
        let world = World::new();
        world.answer(json(body.to_string()));
        assert_eq!(
            error_kind(&world).await,
            Some(ErrorKind::InvalidResponse),
            "{body}"
        );
    }
    for body in [
        part("security_context", json!(["jdoe", {}, {}, {}, {}])),
        part("security_context", json!([])),
        context("imf.user", json!(["id", "b", "c", {}, {}])),
        context("imf.device", five),
        context("imf.application", three),
    ] {
        let seven = World::of(Authority::new(), |authority| {
            TokenValidator::builder_v7("http://localhost/mfp".parse().unwrap())
                .http_backend(authority.clone())
        });
        let answer = Fault::Respond(json(body.to_string()));
        seven.authority.fault(Endpoint::Validation, answer);
        assert_eq!(
            error_kind(&seven).await,
            Some(ErrorKind::InvalidResponse),
            "{body}"
        );
    }
}
