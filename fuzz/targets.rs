//! The fuzz targets, which the ordinary tests run too.
//!
//! A target panics if a promise is broken.

use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use mobilefirst::challenge::{BearerChallenge, Challenge};
use mobilefirst::{BaseUrl, Credentials, Error, HttpBackend, Scope, TokenValidator, async_trait};

type Target = fn(&[u8]);

/// The targets by name. Each has a folder of inputs in `corpus`.
pub(crate) const TARGETS: [(&str, Target); 6] = [
    ("authorization", authorization),
    ("challenges", challenges),
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
    static RUNTIME: Mutex<Option<tokio::runtime::Runtime>> = Mutex::new(None);
    let mut runtime = RUNTIME
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    let runtime = runtime.get_or_insert_with(|| {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_time().build().expect("a runtime")
    });
    let server = BaseUrl::insecure("http://localhost/mfp/api").expect("a URL");
    let credentials = Credentials::new("test", "test").expect("credentials");
    let validator = TokenValidator::builder(server, credentials)
        .http_backend(answers)
        .max_age(Duration::ZERO)
        .build()
        .expect("a validator");
    runtime
        .block_on(validator.authorize_scope(values, Scope::EMPTY))
        .is_ok()
}
