//! Shared by all measurements: a sample answer, a server without a socket, and validators.

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use mobilefirst::{
    AnyScope, Credentials, Error, HttpBackend, TokenValidator, TokenValidatorBuilder,
};

/// A typical introspection response of MobileFirst Server for a user's token.
pub const SAMPLE: &str = r#"{"active":true,"scope":"RegisteredClient accessRestricted","username":"jdoe","client_id":"5a3e0c0e-9a55-4f43-8d0c-7a3c24b3a9a1","exp":4893456000000,"mfp-application":{"id":"com.sample.bank","clientPlatform":"ios","version":"2.1.0"},"mfp-device":{"id":"F5C8E3D0-1B7D-4C55-9C70-0B2A60B3B1F4","hardware":"iPhone15,2","platform":"ios 17.4","deviceDisplayName":"John's phone","status":"ACTIVE"},"mfp-user":{"id":"jdoe","displayName":"John Doe","authenticatedBy":"UserLogin","authenticatedAt":1893452400000,"attributes":{"role":"customer"}},"mfp-checks":{"UserLogin":{"remaining":3}}}"#;

/// An authorization server without a socket. Tokens that start with `bad` are inactive, all
/// others active.
#[derive(Debug)]
pub struct Oracle;

#[async_trait]
impl HttpBackend for Oracle {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Error> {
        let answer = if request.uri().path().ends_with("/token") {
            r#"{"access_token":"own","token_type":"Bearer","expires_in":3599}"#
        } else if request.body().starts_with(b"token=bad") {
            r#"{"active":false}"#
        } else {
            SAMPLE
        };
        Ok(Response::new(Bytes::from_static(answer.as_bytes())))
    }
}

/// A validator that asks the [`Oracle`].
pub fn validator(
    set: impl FnOnce(TokenValidatorBuilder) -> TokenValidatorBuilder,
) -> TokenValidator {
    let server = "http://localhost/mfp/api".parse().expect("a URL");
    let credentials = Credentials::new("bank", "s3cret").expect("credentials");
    let builder = TokenValidator::builder(server, credentials).http_backend(Oracle);
    set(builder).build().expect("a validator")
}

/// The `Authorization` value for token `number`, which is 400 bytes long.
pub fn bearing(number: usize) -> String {
    format!("Bearer {number:x>400}")
}

/// Checks a request with this `Authorization` value.
pub async fn check(validator: &TokenValidator, authorization: &str) {
    let verdict = validator.authorize::<AnyScope>([authorization]).await;
    verdict.expect("an active token");
}

/// Checks a request that hits the cache, without an executor.
pub fn check_cached(validator: &TokenValidator, authorization: &str) {
    let verdict = validator.authorize::<AnyScope>([authorization]);
    let waker = std::task::Waker::noop();
    let mut cx = std::task::Context::from_waker(waker);
    let verdict = std::pin::pin!(verdict).poll(&mut cx);
    assert!(matches!(verdict, std::task::Poll::Ready(Ok(_))));
}
