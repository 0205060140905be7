//! The reqwest backend on the wire.

use std::time::{Duration, Instant};

use http::header::{AUTHORIZATION, LOCATION};
use mobilefirst::{AnyScope, BaseUrl, Credentials, Reason, TokenValidator};
use mobilefirst_devserver::{Authority, Endpoint, Fault, UserToken};
use mockito::{Matcher, Server, ServerGuard};

const OWN_TOKEN: &str = r#"{"access_token":"own","token_type":"Bearer","expires_in":3599}"#;

async fn validator(server: &str) -> TokenValidator {
    let server: BaseUrl = server.parse().unwrap();
    TokenValidator::builder(server, Credentials::new("bank", "s3cret").unwrap())
        .deadline(Duration::from_secs(2))
        .build()
        .unwrap()
}

async fn reason(server: &str) -> Option<Reason> {
    let verdict = validator(server)
        .await
        .authorize::<AnyScope>(["Bearer a+b=="])
        .await;
    verdict.err().map(|denial| denial.reason())
}

async fn with_own_token() -> ServerGuard {
    let mut server = Server::new_async().await;
    let token = server
        .mock("POST", "/mfp/api/az/v1/token")
        .with_body(OWN_TOKEN);
    token.create_async().await;
    server
}

#[tokio::test]
async fn both_requests_are_what_the_protocol_says() {
    let mut server = Server::new_async().await;
    let form = "application/x-www-form-urlencoded";
    let token = server
        .mock("POST", "/mfp/api/az/v1/token")
        .match_header("authorization", "Basic YmFuazpzM2NyZXQ=")
        .match_header("content-type", form)
        .match_header("content-length", Matcher::Any)
        .match_body("grant_type=client_credentials&scope=authorization.introspect")
        .with_body(OWN_TOKEN)
        .expect(1)
        .create_async()
        .await;
    let introspection = server
        .mock("POST", "/mfp/api/az/v1/introspection")
        .match_header("authorization", "Bearer own")
        .match_header("content-type", form)
        .match_header("cookie", Matcher::Missing)
        .match_body("token=a%2Bb%3D%3D&token_type_hint=access_token")
        .with_body(r#"{"active":true,"scope":"a"}"#)
        .with_header("set-cookie", "session=1")
        .expect(1)
        .create_async()
        .await;
    assert_eq!(reason(&format!("{}/mfp/api/", server.url())).await, None);
    token.assert_async().await;
    introspection.assert_async().await;
}

#[tokio::test]
async fn a_redirect_is_not_followed_i6() {
    let mut elsewhere = Server::new_async().await;
    let trap = elsewhere
        .mock("POST", Matcher::Any)
        .expect(0)
        .create_async()
        .await;
    let trap_get = elsewhere
        .mock("GET", Matcher::Any)
        .expect(0)
        .create_async()
        .await;
    for status in [301, 302, 303, 307, 308] {
        for (mut server, endpoint) in [
            (with_own_token().await, "introspection"),
            (Server::new_async().await, "token"),
        ] {
            let path = format!("/mfp/api/az/v1/{endpoint}");
            server
                .mock("POST", &*path)
                .with_status(status)
                .with_header(LOCATION, &elsewhere.url())
                .create_async()
                .await;
            let url = format!("{}/mfp/api", server.url());
            let seen = reason(&url).await;
            assert_eq!(seen, Some(Reason::InvalidResponse), "{endpoint} {status}");
        }
    }
    trap.assert_async().await;
    trap_get.assert_async().await;
}

#[tokio::test]
async fn a_body_without_end_is_cut_off_i5() {
    for fault in [Fault::Oversized(1024 * 1024 + 1), Fault::Endless] {
        let authority = Authority::new().with_client("bank", "s3cret", "*");
        let devserver = authority.listen("127.0.0.1:0").await.unwrap();
        let token = authority.issue(UserToken::new("a"));
        authority.fault(Endpoint::Introspection, fault);
        let validator = validator(&devserver.url()).await;
        let begin = Instant::now();
        let bearing = [format!("Bearer {token}")];
        let denial = validator.authorize::<AnyScope>(&bearing).await.unwrap_err();
        assert_eq!(denial.reason(), Reason::InvalidResponse);
        // Cut off by its length: the deadline, 2 s, is far away.
        assert!(begin.elapsed() < Duration::from_secs(2));
        assert!(validator.authorize::<AnyScope>(&bearing).await.is_ok());
    }
}

#[tokio::test]
async fn no_connection_is_unavailable_u1() {
    // A port that was free a moment ago.
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let url = format!("http://127.0.0.1:{port}/mfp/api");
    assert_eq!(reason(&url).await, Some(Reason::Unavailable));

    // A server that speaks no TLS.
    let server = with_own_token().await;
    let url = server.url().replace("http://", "https://");
    assert_eq!(reason(&url).await, Some(Reason::Unavailable));
}

#[tokio::test]
async fn a_reset_connection_is_tried_again_once() {
    let authority = Authority::new().with_client("bank", "s3cret", "*");
    let devserver = authority.listen("127.0.0.1:0").await.unwrap();
    let token = authority.issue(UserToken::new("a"));
    authority.fault(Endpoint::Introspection, Fault::Reset);
    let validator = validator(&devserver.url()).await;
    let bearing = [(AUTHORIZATION, format!("Bearer {token}"))];
    let values = bearing.iter().map(|(_, value)| value);
    assert!(validator.authorize::<AnyScope>(values).await.is_ok());
    assert_eq!(authority.calls().introspection, 2);
}
