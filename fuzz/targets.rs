//! The fuzz targets, which the ordinary tests run too.
//!
//! A target panics if a promise is broken.

use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, Response};
use mobilefirst::challenge::{BearerChallenge, Challenge};
use mobilefirst::{BaseUrl, Credentials, Error, HttpBackend, Scope, TokenValidator, async_trait};
use mobilefirst_gate::{Gate, Peer};
use percent_encoding::percent_decode_str;

type Target = fn(&[u8]);

/// The targets by name. Each has a folder of inputs in `corpus`.
pub(crate) const TARGETS: [(&str, Target); 8] = [
    ("authorization", authorization),
    ("challenges", challenges),
    ("gate_denied", gate_denied),
    ("gate_path", gate_path),
    ("introspection", introspection),
    ("scope", scope),
    ("server_url", server_url),
    ("token_response", token_response),
];

/// `Authorization`, one value per line: only the good token passes, and only as a single `Bearer`.
pub(crate) fn authorization(data: &[u8]) {
    let values: Vec<_> = data.split(|byte| *byte == b'\n').collect();
    let granted = judge(&values, Answers::default());
    let is_good = |value: &[u8]| {
        let words = value.split(|byte| *byte == b' ');
        let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
        matches!(words[..], [scheme, b"good"] if scheme.eq_ignore_ascii_case(b"bearer"))
    };
    assert!(!granted || (values.len() == 1 && is_good(values[0])));
}

/// `WWW-Authenticate`, one value per line: what can be read survives printing and parsing again,
/// and is the same with and without losses.
pub(crate) fn challenges(data: &[u8]) {
    let values = || data.split(|byte| *byte == b'\n');
    let challenges = Challenge::parse_lossy(values());
    if let Ok(all) = Challenge::parse_all(values()) {
        assert_eq!(all, challenges);
    }
    for challenge in &challenges {
        let again = Challenge::parse_all([challenge.to_string()]);
        assert_eq!(again.as_deref(), Ok(std::slice::from_ref(challenge)));
    }
    let Some(bearer) = BearerChallenge::find(&challenges) else {
        return;
    };
    let again = Challenge::parse_all([bearer.to_header_value().as_bytes()]);
    assert_eq!(
        BearerChallenge::find(&again.unwrap_or_default()),
        Some(bearer)
    );
}

/// An answer of the introspection endpoint: only `"active": true` lets a caller in.
pub(crate) fn introspection(data: &[u8]) {
    let granted = judge(
        &[b"Bearer good".as_slice()],
        Answers {
            introspection: Some(Bytes::copy_from_slice(data)),
            ..Answers::default()
        },
    );
    assert!(!granted || data.windows(4).any(|window| window == b"true"));
}

/// An answer of the token endpoint: every answer leads to a verdict.
pub(crate) fn token_response(data: &[u8]) {
    let values = [b"Bearer good".as_slice()];
    let answers = Answers {
        token: Some(Bytes::copy_from_slice(data)),
        ..Answers::default()
    };
    let _ = judge(&values, answers);
}

/// A scope: an accepted scope can be put into a challenge.
pub(crate) fn scope(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Ok(scope) = text.parse::<Scope>() else {
        return;
    };
    assert_eq!(scope.elements().collect::<Vec<_>>().join(" "), text);
    challenges(
        BearerChallenge::new()
            .with_scope(&scope)
            .to_string()
            .as_bytes(),
    );
}

/// A server URL: an accepted URL is accepted again, and is `https` or a loopback address.
pub(crate) fn server_url(data: &[u8]) {
    let Ok(url) = String::from_utf8_lossy(data).parse::<BaseUrl>() else {
        return;
    };
    assert_eq!(url.as_str().parse::<BaseUrl>().as_ref().ok(), Some(&url));
    let hosts = ["http://localhost", "http://127.", "http://[::1]"];
    let is_local = hosts.iter().any(|host| url.as_str().starts_with(host));
    assert!(is_local || url.as_str().starts_with("https://"), "{url}");
}

/// A path at the gate, whose table guards `/admin` and makes all else public: what passes is not
/// `/admin`, however carelessly a server reads it.
pub(crate) fn gate_path(data: &[u8]) {
    let mut question = Request::new(());
    *question.uri_mut() = "/auth".parse().expect("a path");
    let Ok(target) = HeaderValue::from_bytes(data) else {
        return;
    };
    let fields = question.headers_mut();
    fields.insert("x-forwarded-method", HeaderValue::from_static("GET"));
    fields.insert("x-forwarded-uri", target);
    if gate_answer(question).status() != 200 {
        return;
    }
    let mut text = String::from_utf8_lossy(data).into_owned();
    for _ in 0..3 {
        assert_ne!(first_segment(&text), "ADMIN", "{text}");
        text = percent_decode_str(&text).decode_utf8_lossy().into_owned();
    }
}

/// The first segment, as a server that is careless in every way would see it.
fn first_segment(target: &str) -> String {
    let path = target.split(['?', '#']).next().unwrap_or_default();
    let mut segments = Vec::new();
    for segment in path.split(['/', '\\']) {
        let name = segment.split([';', '\0']).next().unwrap_or_default();
        match name.trim() {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            name => segments.push(name.trim_end_matches(['.', ' '])),
        }
    }
    segments.first().unwrap_or(&"").to_uppercase()
}

/// A verdict at `/denied`: whatever it says, the answer is a refusal, with a field of a refusal.
pub(crate) fn gate_denied(data: &[u8]) {
    let Ok(verdict) = HeaderValue::from_bytes(data) else {
        return;
    };
    let mut question = Request::new(());
    *question.uri_mut() = "/denied".parse().expect("a path");
    question
        .headers_mut()
        .insert("x-mobilefirst-verdict", verdict);
    let answer = gate_answer(question);
    assert!([400, 401, 403, 404, 409, 500, 503].contains(&answer.status().as_u16()));
    for name in answer.headers().keys() {
        let known = [
            "www-authenticate",
            "mfp-conflict",
            "retry-after",
            "content-type",
        ];
        assert!(known.contains(&name.as_str()), "{name}");
    }
    let challenges = answer.headers().get_all("www-authenticate");
    for challenge in challenges {
        assert!(challenge.as_bytes().starts_with(b"Bearer"));
    }
}

/// What a gate with the table of [`gate_path`] answers.
fn gate_answer(question: Request<()>) -> Response<Bytes> {
    static GATE: OnceLock<Gate> = OnceLock::new();
    let gate = GATE.get_or_init(|| {
        let config = r#"
            trusted_proxies = ["127.0.0.1"]
            [mobilefirst]
            server_url = "http://localhost/mfp/api"
            client_id = "test"
            client_secret = "test"
            [[route]]
            path = "/admin"
            scope = "a"
            [[route]]
            path = "/admin/*"
            scope = "a"
            [[route]]
            path = "/*"
            public = true
        "#;
        let config = config.parse().expect("a configuration");
        Gate::with_validator(&config, validator(Answers::default()))
    });
    let proxy = Peer::Address([127, 0, 0, 1].into());
    block_on(gate.answer(proxy, question))
}

/// The authorization server's answers. `None` is the answer of a well-behaved server.
#[derive(Default)]
struct Answers {
    token: Option<Bytes>,
    introspection: Option<Bytes>,
}

#[async_trait]
impl HttpBackend for Answers {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Error> {
        const TOKEN: &[u8] = br#"{"access_token":"own","expires_in":3600}"#;
        const ACTIVE: &[u8] = br#"{"active":true}"#;
        const INACTIVE: &[u8] = br#"{"active":false}"#;
        let is_good = request.body().starts_with(b"token=good&");
        let (own, default) = match request.uri().path() {
            path if path.ends_with("/token") => (&self.token, TOKEN),
            _ if is_good => (&self.introspection, ACTIVE),
            _ => (&self.introspection, INACTIVE),
        };
        let body = own.clone().unwrap_or(Bytes::from_static(default));
        Ok(Response::new(body))
    }
}

/// Whether a request with these `Authorization` values is let through.
fn judge(values: &[&[u8]], answers: Answers) -> bool {
    block_on(validator(answers).authorize_scope(values, Scope::EMPTY)).is_ok()
}

fn validator(answers: Answers) -> TokenValidator {
    let server = BaseUrl::insecure("http://localhost/mfp/api").expect("a URL");
    let credentials = Credentials::new("test", "test").expect("credentials");
    TokenValidator::builder(server, credentials)
        .http_backend(answers)
        .max_age(Duration::ZERO)
        .build()
        .expect("a validator")
}

fn block_on<F: Future>(future: F) -> F::Output {
    static RUNTIME: Mutex<Option<tokio::runtime::Runtime>> = Mutex::new(None);
    let mut runtime = RUNTIME
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    let runtime = runtime.get_or_insert_with(|| {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_time().build().expect("a runtime")
    });
    runtime.block_on(future)
}
