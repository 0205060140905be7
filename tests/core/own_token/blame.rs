//! What the log says about the cause of a failure.

use super::*;

#[tokio::test]
async fn the_operator_is_told_cause_and_fix_o6() {
    let world = World::new();
    world.authority.unregister("test");
    let denial = world.check(&world.token()).await.unwrap_err();
    let cause = std::error::Error::source(&denial).unwrap().to_string();
    assert!(
        cause.contains("register the confidential client `test`"),
        "{cause}"
    );

    let world = World::new();
    world.authority.register("test", "test", "other");
    let denial = world.check(&world.token()).await.unwrap_err();
    let cause = std::error::Error::source(&denial).unwrap().to_string();
    assert!(
        cause.contains("add it to the client's allowed scope"),
        "{cause}"
    );

    let world = World::new();
    let fault = Fault::status(StatusCode::NOT_FOUND);
    world.authority.fault(Endpoint::Token, fault);
    let denial = world.check(&world.token()).await.unwrap_err();
    let cause = std::error::Error::source(&denial).unwrap().to_string();
    assert!(cause.contains("correct the URL"), "{cause}");
}

/// Everything that the refusal tells the operator.
fn cause(denial: &Denial) -> String {
    let mut cause = std::error::Error::source(denial);
    let mut text = denial.to_string();
    while let Some(error) = cause {
        text += &format!(": {error}");
        cause = error.source();
    }
    text
}

#[tokio::test]
async fn a_403_of_a_gateway_is_not_blamed_on_our_client_e3() {
    let basic = |status| {
        let mut answer = response(status, "<html>");
        let value = HeaderValue::from_static("Basic realm=My Proxy");
        answer.headers_mut().insert(WWW_AUTHENTICATE, value);
        answer
    };
    for answer in [
        response(StatusCode::FORBIDDEN, ""),
        response(StatusCode::FORBIDDEN, r#"["invalid_scope"]"#),
        basic(StatusCode::FORBIDDEN),
    ] {
        for endpoint in [
            Endpoint::Token,
            Endpoint::Introspection,
            Endpoint::Validation,
        ] {
            let world = match endpoint {
                Endpoint::Validation => World::of(Authority::new(), |authority| {
                    TokenValidator::builder_v7("http://localhost/mfp".parse().unwrap())
                        .http_backend(authority.clone())
                }),
                _ => World::new(),
            };
            world
                .authority
                .fault_always(endpoint, Fault::Respond(answer.clone()));
            let denial = world.check(&world.token()).await.unwrap_err();
            assert_eq!(denial.status(), 500, "{endpoint:?}");
            let text = cause(&denial);
            assert!(text.contains("403 without a"), "{endpoint:?}: {text}");
            assert!(
                text.contains("gateways and firewalls"),
                "{endpoint:?}: {text}"
            );
            assert!(
                !text.contains("scope") && !text.contains("secret"),
                "{text}"
            );
        }
    }
    // A challenge for `Bearer`, or an error code, comes from the server itself.
    let mut answer = response(StatusCode::FORBIDDEN, "");
    for value in [
        "Basic realm=My Proxy",
        "Bearer, error=\"insufficient_scope\"",
    ] {
        answer
            .headers_mut()
            .append(WWW_AUTHENTICATE, HeaderValue::from_static(value));
    }
    let world = World::new();
    world
        .authority
        .fault_always(Endpoint::Introspection, Fault::Respond(answer));
    let text = cause(&world.check(&world.token()).await.unwrap_err());
    assert!(text.contains("allowed scope"), "{text}");
    let world = World::new();
    let answer = response(StatusCode::FORBIDDEN, r#"{"error":"invalid_client"}"#);
    world
        .authority
        .fault_always(Endpoint::Token, Fault::Respond(answer));
    let text = cause(&world.check(&world.token()).await.unwrap_err());
    assert!(text.contains("correct its secret here"), "{text}");
}

#[test]
fn a_validator_that_is_not_set_up_is_not_blamed_on_the_server_e4() {
    let denial = Denial::not_set_up("there is no validator in the state: add it");
    let text = cause(&denial);
    assert_eq!(denial.status(), 500);
    assert!(
        text.contains("there is no validator in the state: add it"),
        "{text}"
    );
    assert!(!text.contains("authorization server"), "{text}");
    assert_eq!(denial.error().unwrap().kind(), ErrorKind::Configuration);
    assert_eq!(headers(&denial), [""; 0]);
}
