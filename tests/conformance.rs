//! One table, on every adapter: the rows that the behaviour table marks with an A.

mod bodies;
mod dropped;
mod rows;

use std::fmt::Write;
use std::time::Duration;

use http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, HeaderValue};
use mobilefirst::{Credentials, ManualClock, TokenValidator, TokenValidatorBuilder};
use mobilefirst_devserver::{Authority, Endpoint, UserToken};

use crate::adapters::{Adapter, each_adapter};

/// A row: what is arranged at the authorization server, requests in order, and how many
/// calls they cost upstream.
pub(crate) struct Row {
    pub(crate) fact: &'static str,
    /// The row of docs/behaviour.md that it shows.
    pub(crate) id: &'static str,
    pub(crate) arrange: Arrange,
    pub(crate) steps: Vec<Step>,
    /// To the token endpoint, and to the one that is asked about tokens.
    pub(crate) calls: (u64, u64),
}

/// Sets what the row needs; the endpoint is the one that is asked about tokens.
pub(crate) type Arrange = fn(&Authority, Endpoint);

/// A version of the protocol, and the rows as they are there.
struct Profile {
    name: &'static str,
    endpoint: Endpoint,
    builder: fn() -> TokenValidatorBuilder,
    rows: fn() -> Vec<Row>,
}

const PROFILES: [Profile; 2] = [
    Profile {
        name: "version 8",
        endpoint: Endpoint::Introspection,
        builder: version_8,
        rows: rows::all,
    },
    Profile {
        name: "version 7",
        endpoint: Endpoint::Validation,
        builder: version_7,
        rows: rows::version7::all,
    },
];

/// The rows of docs/behaviour.md that the suite shows.
pub(crate) fn ids() -> Vec<&'static str> {
    let profiles = PROFILES.iter();
    let rows = profiles.flat_map(|profile| (profile.rows)());
    rows.map(|row| row.id).collect()
}

/// A request, and the answer that must come.
pub(crate) struct Step {
    pub(crate) path: &'static str,
    pub(crate) bearing: Bearing,
    /// What a POST sends as JSON; without it, the request is a GET.
    pub(crate) body: Option<&'static str>,
    pub(crate) answer: Answer,
}

/// What a request bears.
pub(crate) enum Bearing {
    /// These `Authorization` fields, byte for byte.
    Fields(Vec<Vec<u8>>),
    /// A token, issued for this row, behind this scheme and white space.
    Token(&'static str, UserToken),
    /// An access token and its ID token, issued for this row.
    Both(UserToken),
    /// What the step before bore.
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

fn version_8() -> TokenValidatorBuilder {
    let server = "http://localhost/mfp/api".parse().unwrap();
    TokenValidator::builder(server, Credentials::new("test", "test").unwrap())
}

fn version_7() -> TokenValidatorBuilder {
    TokenValidator::builder_v7("http://localhost/mfp".parse().unwrap())
}

/// Lets the validator ask `authority` without a socket.
fn asking(
    builder: TokenValidatorBuilder,
    authority: &Authority,
    clock: &ManualClock,
) -> TokenValidatorBuilder {
    builder
        .http_backend(authority.clone())
        .deadline(Duration::from_secs(1))
        .clock(clock.clone())
}

#[tokio::test]
async fn every_adapter_does_what_the_table_says() {
    let mut mismatches = String::new();
    for profile in PROFILES {
        for adapter in each_adapter() {
            for row in (profile.rows)() {
                if !row.steps.iter().all(|step| adapter.serves(step.path)) {
                    continue;
                }
                let clock = ManualClock::default();
                let authority = Authority::new().with_clock(clock.clone());
                let validator = asking((profile.builder)(), &authority, &clock);
                let server = adapter.serve(validator.build().unwrap()).await;
                let url = format!("http://{}", server.address);
                (row.arrange)(&authority, profile.endpoint);
                let seen = run(&*adapter, &url, &authority, &row).await;
                for mismatch in seen {
                    let (version, name) = (profile.name, adapter.name());
                    let (fact, id) = (row.fact, row.id);
                    writeln!(mismatches, "{version} {name}: {fact} ({id}): {mismatch}").unwrap();
                }
            }
        }
    }
    assert!(mismatches.is_empty(), "\n{mismatches}");
}

/// Makes the requests of a row, and tells what was not as it must be.
async fn run(adapter: &dyn Adapter, url: &str, authority: &Authority, row: &Row) -> Vec<String> {
    let mut mismatches = Vec::new();
    let mut fields = Vec::new();
    for (number, step) in row.steps.iter().enumerate() {
        match &step.bearing {
            Bearing::Fields(given) => fields.clone_from(given),
            Bearing::Token(scheme, token) => {
                let token = authority.issue(token.clone());
                fields = vec![format!("{scheme}{token}").into_bytes()];
            }
            Bearing::Both(token) => {
                let (access, id) = authority.issue_with_id_token(token.clone());
                fields = vec![format!("Bearer {access} {id}").into_bytes()];
            }
            Bearing::Same => {}
        }
        let (seen, body) = send(url, step.path, &fields, step.body).await;
        let exception = adapter.exception(row.fact);
        let answer = exception.as_ref().unwrap_or(&step.answer);
        let expected = (answer.status, &answer.headers);
        if (seen.status, &seen.headers) != expected {
            mismatches.push(format!(
                "step {number}: {expected:?} expected, {seen:?} seen"
            ));
        }
        if let Some(text) = answer.body.filter(|text| !body.contains(text)) {
            mismatches.push(format!("step {number}: {text:?} expected, {body:?} seen"));
        }
        // X3: a refusal tells nothing of the upstream.
        if seen.status != 200 && (body.contains("localhost") || body.contains("mfp")) {
            mismatches.push(format!("step {number}: {body}"));
        }
    }
    // A profile asks one of the two.
    let calls = authority.calls();
    let seen = (calls.token, calls.introspection + calls.validation);
    if seen != row.calls {
        let expected = row.calls;
        mismatches.push(format!("calls {expected:?} expected, {seen:?} seen"));
    }
    mismatches
}

async fn call(url: &str, path: &str, fields: &[Vec<u8>]) -> (Answer, String) {
    send(url, path, fields, None).await
}

async fn send(
    url: &str,
    path: &str,
    fields: &[Vec<u8>],
    body: Option<&'static str>,
) -> (Answer, String) {
    let mut headers = HeaderMap::new();
    for field in fields {
        headers.append("authorization", HeaderValue::from_bytes(field).unwrap());
    }
    let (client, url) = (reqwest::Client::new(), format!("{url}{path}"));
    let request = match body {
        Some(body) => client
            .post(url)
            .header("content-type", "application/json")
            .body(body),
        None => client.get(url),
    };
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
