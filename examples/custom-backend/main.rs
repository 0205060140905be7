//! A validator with another HTTP client: `cargo run --example custom-backend`.
//!
//! The client is hyper-util's, over HTTP/1.1 without TLS, which is enough for an
//! authorization server on this machine. The code around it meets the contract of
//! [`HttpBackend`].

use std::error::Error as StdError;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{self, Client};
use hyper_util::rt::TokioExecutor;
use mobilefirst::{
    Credentials, Denial, Error, ErrorKind, HttpBackend, Permit, TokenValidator, async_trait, scopes,
};
use mobilefirst_devserver::{Authority, UserToken};

const MAX_RESPONSE_LENGTH: usize = 1024 * 1024;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Sends requests with hyper-util's client, which does not follow redirects.
struct HyperBackend {
    client: Client<HttpConnector, Full<Bytes>>,
}

impl HyperBackend {
    fn new() -> Self {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(CONNECT_TIMEOUT));
        Self {
            client: Client::builder(TokioExecutor::new()).build(connector),
        }
    }
}

#[async_trait]
impl HttpBackend for HyperBackend {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Error> {
        let sent = self.client.request(request.map(Full::new)).await;
        let (parts, body) = sent.map_err(unanswered)?.into_parts();
        let body = Limited::new(body, MAX_RESPONSE_LENGTH).collect().await;
        let body = body.map_err(unread)?.to_bytes();
        Ok(Response::from_parts(parts, body))
    }
}

/// The kind decides whether the validator retries: it does not if there was no connection.
fn unanswered(error: legacy::Error) -> Error {
    let (kind, message) = match error.is_connect() {
        true => (ErrorKind::Unreachable, "no connection"),
        false => (ErrorKind::Interrupted, "no answer came"),
    };
    Error::with_source(kind, message, error)
}

fn unread(error: Box<dyn StdError + Send + Sync>) -> Error {
    let (kind, message) = match error.is::<LengthLimitError>() {
        true => (ErrorKind::InvalidResponse, "the answer is too long"),
        false => (ErrorKind::Interrupted, "the answer broke off"),
    };
    Error::with_source(kind, message, error)
}

scopes! {
    AccessRestricted = "accessRestricted";
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn StdError>> {
    // The authorization server: in production, your MobileFirst Server.
    let authority = Authority::new().with_client("bank", "s3cret", "authorization.introspect");
    let devserver = authority.listen("127.0.0.1:0").await?;

    let credentials = Credentials::new("bank", "s3cret")?;
    let validator = TokenValidator::builder(devserver.url().parse()?, credentials)
        .http_backend(HyperBackend::new())
        .build()?;

    let token = authority.issue(UserToken::new("accessRestricted").user("jdoe"));
    let other = authority.issue(UserToken::new("RegisteredClient"));
    let [bearing, other] = [token.as_str(), &other].map(|token| format!("Bearer {token}"));

    let verdict = validator.authorize::<AccessRestricted>([""; 0]).await;
    show("no token", &verdict, "401 www-authenticate: Bearer");

    let verdict = validator.authorize::<AccessRestricted>([other]).await;
    let insufficient =
        r#"403 www-authenticate: Bearer error="insufficient_scope", scope="accessRestricted""#;
    show("another scope", &verdict, insufficient);

    let verdict = validator.authorize::<AccessRestricted>([&bearing]).await;
    show("the right scope", &verdict, "granted to jdoe");

    // Without `invalidate`, the cached answer would be valid for another minute.
    authority.revoke(&token);
    validator.invalidate(&token);
    let verdict = validator.authorize::<AccessRestricted>([&bearing]).await;
    let invalid = r#"401 www-authenticate: Bearer error="invalid_token""#;
    show("revoked", &verdict, invalid);
    Ok(())
}

/// Prints a verdict, and panics if it is not the expected one.
fn show(case: &str, verdict: &Result<Permit<AccessRestricted>, Denial>, expected: &str) {
    let shown = match verdict {
        Ok(permit) => format!("granted to {}", permit.token().username().unwrap_or("-")),
        Err(denial) => denial.headers().fold(
            denial.status().as_str().to_owned(),
            |shown, (name, value)| {
                format!(
                    "{shown} {name}: {}",
                    String::from_utf8_lossy(value.as_bytes())
                )
            },
        ),
    };
    println!("{case:<16} {shown}");
    assert_eq!(shown, expected, "{case}");
}
