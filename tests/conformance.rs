//! One table, on every adapter: the rows that the behaviour table marks with an A.

mod dropped;
mod rows;

use std::fmt::Write;
use std::time::Duration;

use http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, HeaderValue};
use mobilefirst::{Credentials, ErrorBody, ManualClock, TokenValidator, TokenValidatorBuilder};
use mobilefirst_devserver::{Authority, Calls, UserToken};

use crate::adapters::{Adapter, each_adapter};

/// A row: what is arranged at the authorization server, requests in order, and how many
/// calls they cost upstream.
pub(crate) struct Row {
    pub(crate) id: &'static str,
    pub(crate) arrange: fn(&Authority),
    pub(crate) steps: Vec<Step>,
    /// To the token endpoint, and to the introspection endpoint.
    pub(crate) calls: (u64, u64),
}

/// A request, and the answer that must come.
pub(crate) struct Step {
    pub(crate) path: &'static str,
    pub(crate) bearing: Bearing,
    pub(crate) answer: Answer,
}

/// What a request bears.
pub(crate) enum Bearing {
    /// These `Authorization` fields, byte for byte.
    Fields(Vec<Vec<u8>>),
    /// A token, issued for this row, behind this scheme and white space.
    Token(&'static str, UserToken),
    /// The token of the step before.
    Same,
}

/// The status, and every challenge, conflict or pause in the answer.
#[derive(Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<String>,
    /// The whole body of a 200, or what must stand in it.
    pub(crate) body: Option<&'static str>,
}

const SIGNIFICANT: [HeaderName; 3] = [
    WWW_AUTHENTICATE,
    HeaderName::from_static("mfp-conflict"),
    RETRY_AFTER,
];

/// A validator that asks `authority` without a socket.
fn validator(authority: &Authority, clock: &ManualClock) -> TokenValidatorBuilder {
    let server = "http://localhost/mfp/api".parse().unwrap();
    TokenValidator::builder(server, Credentials::new("test", "test").unwrap())
        .http_backend(authority.clone())
        .deadline(Duration::from_secs(1))
        .clock(clock.clone())
}

#[tokio::test]
async fn every_adapter_does_what_the_table_says() {
    let mut mismatches = String::new();
    for adapter in each_adapter() {
        for row in rows::all() {
            let clock = ManualClock::default();
            let authority = Authority::new().with_clock(clock.clone());
            let validator = validator(&authority, &clock).build().unwrap();
            let server = adapter.serve(validator).await;
            let url = format!("http://{}", server.address);
            run(&*adapter, &url, &authority, &row, &mut mismatches).await;
        }
    }
    assert!(mismatches.is_empty(), "\n{mismatches}");
}

async fn run(
    adapter: &dyn Adapter,
    url: &str,
    authority: &Authority,
    row: &Row,
    mismatches: &mut String,
) {
    (row.arrange)(authority);
    let mut fields = Vec::new();
    for (number, step) in row.steps.iter().enumerate() {
        match &step.bearing {
            Bearing::Fields(given) => fields.clone_from(given),
            Bearing::Token(scheme, token) => {
                let token = authority.issue(token.clone());
                fields = vec![format!("{scheme}{token}").into_bytes()];
            }
            Bearing::Same => {}
        }
        let (seen, body) = call(url, step.path, &fields).await;
        let exception = adapter.exception(row.id);
        let answer = exception.as_ref().unwrap_or(&step.answer);
        let expected = (answer.status, &answer.headers);
        if (seen.status, &seen.headers) != expected {
            let place = format!("{} {} step {number}", adapter.name(), row.id);
            writeln!(mismatches, "{place}: {expected:?} expected, {seen:?} seen").unwrap();
        }
        if let Some(text) = answer.body.filter(|text| !body.contains(text)) {
            let place = format!("{} {} step {number}", adapter.name(), row.id);
            writeln!(mismatches, "{place}: {text:?} expected, {body:?} seen").unwrap();
        }
        // X3: a refusal tells nothing of the upstream.
        if seen.status != 200 && (body.contains("localhost") || body.contains("mfp")) {
            writeln!(mismatches, "{} {}: {body}", adapter.name(), row.id).unwrap();
        }
    }
    let Calls {
        token,
        introspection,
        ..
    } = authority.calls();
    if (token, introspection) != row.calls {
        let (name, id) = (adapter.name(), row.id);
        let seen = (token, introspection);
        writeln!(
            mismatches,
            "{name} {id}: calls {:?} expected, {seen:?} seen",
            row.calls
        )
        .unwrap();
    }
}

async fn call(url: &str, path: &str, fields: &[Vec<u8>]) -> (Answer, String) {
    let mut headers = HeaderMap::new();
    for field in fields {
        headers.append("authorization", HeaderValue::from_bytes(field).unwrap());
    }
    let request = reqwest::Client::new().get(format!("{url}{path}"));
    let response = request.headers(headers).send().await.unwrap();
    let mut headers = Vec::new();
    for name in SIGNIFICANT {
        for value in response.headers().get_all(&name) {
            headers.push(format!("{name}: {}", value.to_str().unwrap()));
        }
    }
    let status = response.status().as_u16();
    let answer = Answer {
        status,
        headers,
        body: None,
    };
    (answer, response.text().await.unwrap())
}

#[tokio::test]
async fn a_refusal_has_the_body_that_the_server_gives_it() {
    for adapter in each_adapter() {
        let (authority, clock) = (Authority::new(), ManualClock::default());
        let validator = validator(&authority, &clock)
            .error_body(|denial| ErrorBody::text(format!("refused: {}", denial.status().as_u16())))
            .build()
            .unwrap();
        let server = adapter.serve(validator).await;
        let url = format!("http://{}", server.address);
        for path in ["/a", "/group/a", "/value"] {
            let (answer, body) = call(&url, path, &[]).await;
            let name = adapter.name();
            assert_eq!(
                answer.headers,
                ["www-authenticate: Bearer"],
                "{name} {path}"
            );
            assert_eq!(
                (answer.status, &*body),
                (401, "refused: 401"),
                "{name} {path}"
            );
        }
    }
}
