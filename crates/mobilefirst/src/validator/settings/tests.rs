use serde_json::{Value, json};

use super::*;

fn required() -> Value {
    json!({
        "server_url": "https://mfp.example.com/mfp/api",
        "client_id": "bank",
        "client_secret": "s3cret",
    })
}

/// Reads the required settings, with `other` added or replaced.
fn read(other: Value) -> Result<TokenValidatorBuilder, String> {
    let mut all = required();
    let Value::Object(other) = other else {
        panic!("not an object");
    };
    all.as_object_mut().unwrap().extend(other);
    let settings: Settings = serde_json::from_value(all).map_err(|e| e.to_string())?;
    assert!(!format!("{settings:?}").contains("s3cret"));
    TokenValidator::builder_from_settings(&settings).map_err(|e| e.to_string())
}

fn shown(settings: Value) -> String {
    format!("{:?}", read(settings).unwrap())
}

#[test]
fn a_missing_setting_has_the_builder_s_default() {
    let server = "https://mfp.example.com/mfp/api".parse().unwrap();
    let credentials = Credentials::new("bank", "s3cret").unwrap();
    let builder = TokenValidator::builder(server, credentials);
    assert_eq!(shown(json!({})), format!("{builder:?}"));
}

#[test]
fn every_setting_reaches_the_builder() {
    let server = BaseUrl::insecure("http://mfp.internal/mfp/api").unwrap();
    let credentials = Credentials::new("shop", "s3cret").unwrap();
    let builder = TokenValidator::builder(server, credentials)
        .max_age(Duration::from_secs(1))
        .inactive_max_age(Duration::from_secs(2))
        .without_refresh_ahead()
        .serve_stale(Duration::from_secs(8))
        .cache_capacity(3)
        .leeway(Duration::from_secs(4))
        .deadline(Duration::from_millis(500))
        .max_in_flight(6)
        .max_token_length(7)
        .device_policy(DevicePolicy::allow_all());
    let settings = json!({
        "server_url": "http://mfp.internal/mfp/api",
        "insecure_http": true,
        "client_id": "shop",
        "max_age": 1,
        "inactive_max_age": 2,
        "refresh_ahead": false,
        "serve_stale": 8,
        "cache_capacity": 3,
        "leeway": 4.0,
        "deadline": 0.5,
        "max_in_flight": 6,
        "max_token_length": 7,
        "device_policy": "allow-all",
    });
    assert_eq!(shown(settings), format!("{builder:?}"));
}

#[test]
fn version_7_needs_no_credentials_and_later_ones_do() {
    let server = "https://mfp.example.com/bank";
    let builder =
        TokenValidator::builder_v7(server.parse().unwrap()).max_age(Duration::from_secs(1));
    let settings = json!({ "version": 7, "server_url": server, "max_age": 1 });
    let settings: Settings = serde_json::from_value(settings).unwrap();
    let read = TokenValidator::builder_from_settings(&settings).unwrap();
    assert_eq!(format!("{read:?}"), format!("{builder:?}"));

    assert_eq!(shown(json!({ "version": 8 })), shown(json!({})));
    assert_eq!(shown(json!({ "version": 9 })), shown(json!({})));
    for (settings, missing) in [
        (json!({ "server_url": server }), "client_id"),
        (
            json!({ "server_url": server, "client_id": "a" }),
            "client_secret",
        ),
        (json!({ "version": 7 }), "server_url"),
    ] {
        let error = serde_json::from_value::<Settings>(settings).unwrap_err();
        assert_eq!(error.to_string(), format!("missing field `{missing}`"));
    }
}

#[test]
fn the_client_authenticates_itself_as_set() {
    let credentials = |name: &str| {
        let mut all = required();
        all["client_authentication"] = json!(name);
        all["client_secret"] = json!("s3cret+");
        let settings: Settings = serde_json::from_value(all).ok()?;
        settings.credentials().ok()
    };
    for (name, authentication) in [
        ("basic", ClientAuthentication::Basic),
        ("basic-form-encoded", ClientAuthentication::BasicFormEncoded),
        ("body", ClientAuthentication::Body),
    ] {
        let expected = Credentials::new("bank", "s3cret+").unwrap();
        let expected = expected.authenticated_by(authentication).authorization();
        assert_eq!(credentials(name).unwrap().authorization(), expected);
    }
    assert!(credentials("Basic").is_none());
}

#[test]
fn an_unusable_setting_is_named_with_advice_and_without_the_secret() {
    for (other, name, advice) in [
        (json!({"max_agee": 1}), "max_agee", "max_age"),
        (
            json!({"server_url": "mfp"}),
            "server_url",
            "should look like",
        ),
        (
            json!({"server_url": "http://a.example/"}),
            "server_url",
            "insecure_http",
        ),
        (
            json!({"server_url": "https://u:s3cret@a/"}),
            "server_url",
            "credentials",
        ),
        (json!({"client_id": "a:b"}), "client_id", "register another"),
        (
            json!({"client_secret": "s3cret ä"}),
            "client_secret",
            "printable ASCII",
        ),
        (json!({"client_secret": ["s3cret"]}), "", "quotes"),
        (json!({"version": 6}), "version", "8, or 7"),
        (json!({"max_age": -1}), "max_age", "negative"),
        (
            json!({"max_age": -1.5}),
            "max_age is -1.5",
            "seconds, zero or more",
        ),
        (
            json!({"server_url": "https://a.example/mfp/api/az/v1/token"}),
            "server_url",
            "write https://a.example/mfp/api instead",
        ),
        (
            json!({"client_secret": "s3cret\n"}),
            "client_secret",
            "ends with a line end",
        ),
        (json!({"deadline": 1e30}), "deadline", "too big"),
        (json!({"device_policy": "allow"}), "allow", "`allow-all`"),
    ] {
        let message = read(other).unwrap_err();
        assert!(message.contains(name), "{message}");
        assert!(message.contains(advice), "{message}");
        assert!(!message.contains("s3cret"), "{message}");
    }
}

#[test]
fn a_secret_that_is_a_whole_number_is_its_digits_n4() {
    let secret = |secret: Value| {
        let mut all = required();
        all["client_secret"] = secret;
        let settings: Settings = serde_json::from_value(all).map_err(|e| e.to_string())?;
        assert!(!format!("{settings:?}").contains("12345"));
        let credentials = settings.credentials().map_err(|e| e.to_string())?;
        Ok::<_, String>(credentials.authorization())
    };
    for (number, digits) in [(json!(12_345), "12345"), (json!(-12_345), "-12345")] {
        assert_eq!(secret(number), secret(json!(digits)));
    }
    for other in [json!(12_345.5), json!(1e30), json!(true), json!([12_345])] {
        let message = secret(other).unwrap_err();
        assert!(message.contains("put it in quotes"), "{message}");
        assert!(!message.contains("12345"), "{message}");
    }
}

#[test]
fn a_duration_may_be_a_text_n5() {
    let number = json!({"max_age": 90, "deadline": 0.5, "leeway": 0});
    let text = json!({"max_age": "1.5m", "deadline": "500ms", "leeway": "0s"});
    assert_eq!(shown(text), shown(number));
    let message = read(json!({"max_age": "s3cret"})).unwrap_err();
    assert!(message.contains("a text such as"), "{message}");
}

/// A file with this content, removed at the end.
struct SecretFile(std::path::PathBuf);

impl SecretFile {
    fn new(name: &str, content: &[u8]) -> Self {
        let name = format!("mobilefirst-{}-{name}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, content).unwrap();
        Self(path)
    }

    fn credentials(&self) -> Result<Credentials, String> {
        let mut all = required();
        all.as_object_mut().unwrap().remove("client_secret");
        all["client_secret_file"] = json!(self.0);
        let settings: Settings = serde_json::from_value(all).unwrap();
        settings.credentials().map_err(|e| e.to_string())
    }
}

impl Drop for SecretFile {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).unwrap();
    }
}

#[test]
fn a_secret_in_a_file_is_the_secret_without_one_line_break() {
    let expected = |secret| Credentials::new("bank", secret).unwrap().authorization();
    for (content, secret) in [
        ("s3cret", "s3cret"),
        ("s3cret\n", "s3cret"),
        ("s3cret\r\n", "s3cret"),
        ("s3 cret", "s3 cret"),
    ] {
        let file = SecretFile::new("read", content.as_bytes());
        let seen = file.credentials().unwrap().authorization();
        assert_eq!(seen, expected(secret), "{content:?}");
    }
}

#[test]
fn a_secret_file_that_cannot_be_used_is_named_without_its_content() {
    for (content, advice) in [
        (&b"\n"[..], "is empty"),
        (b"s3cret\n\n", "ends with a line end"),
        (b" s3cret", "begins with white space"),
        (b"s3cret\xff", "UTF-8"),
        (&[b's'; 70_000], "too long"),
    ] {
        let message = SecretFile::new("bad", content).credentials().unwrap_err();
        assert!(message.contains("client_secret_file"), "{message}");
        assert!(message.contains(advice), "{message}");
        assert!(!message.contains("s3cret"), "{message}");
    }
    let both = read(json!({"client_secret_file": "/nowhere"})).unwrap_err();
    assert!(both.contains("remove one"), "{both}");
    let mut missing = required();
    missing.as_object_mut().unwrap().remove("client_secret");
    missing["client_secret_file"] = json!("/nowhere");
    let settings: Settings = serde_json::from_value(missing).unwrap();
    let message = settings.credentials().unwrap_err().to_string();
    assert!(message.contains("cannot read /nowhere"), "{message}");
}

#[test]
fn settings_are_read_by_name_only_j4() {
    let list = json!([
        8,
        "https://mfp.example.com/mfp/api",
        "bank",
        "s3cret",
        "basic",
        60
    ]);
    let mut whole = list.clone();
    let rest = vec![Value::Null; 8].into_iter().chain([json!(false)]);
    whole.as_array_mut().unwrap().extend(rest);
    for other in [list, whole, json!("s3cret"), json!(1), Value::Null] {
        let error = serde_json::from_value::<Settings>(other.clone()).unwrap_err();
        let message = error.to_string();
        assert!(
            message.contains("a table of settings"),
            "{other}: {message}"
        );
        assert!(!message.contains("bank"), "{message}");
    }
}

#[test]
fn an_absurd_setting_is_refused_by_name_with_one_to_write_e5() {
    for (other, found, advice) in [
        (json!({"deadline": 0}), "deadline is zero", "such as 5 s"),
        (
            json!({"deadline": 1e-12}),
            "deadline is zero",
            "such as 5 s",
        ),
        (
            json!({"max_in_flight": 0}),
            "max_in_flight is zero",
            "such as 64",
        ),
        (
            json!({"max_in_flight": 65_536}),
            "max_in_flight is 65536",
            "such as 64",
        ),
        (
            json!({"max_token_length": 0}),
            "max_token_length is zero",
            "such as 16384",
        ),
        (
            json!({"leeway": 3601}),
            "leeway is 3601s, more than an hour",
            "a few seconds",
        ),
        (
            json!({"cache_capacity": 100_000_001}),
            "cache_capacity is 100000001",
            "such as 50000",
        ),
        (
            json!({"cache_capacity": 0, "serve_stale": 1}),
            "serve_stale is set, and cache_capacity is zero",
            "leave serve_stale out",
        ),
    ] {
        let error = read(other)
            .unwrap()
            .clock(crate::ManualClock::default())
            .build();
        let message = error.unwrap_err().to_string();
        assert!(message.contains(found), "{message}");
        assert!(message.contains(advice), "{message}");
    }
    for other in [
        json!({"max_age": 0, "inactive_max_age": 0, "serve_stale": 0, "leeway": 0}),
        json!({"cache_capacity": 0, "max_token_length": 1, "max_in_flight": 65_535}),
        json!({"max_age": 1e19, "inactive_max_age": 1e19, "serve_stale": 1e19, "deadline": 1e19}),
    ] {
        assert!(read(other.clone()).unwrap().build().is_ok(), "{other}");
    }
}
