//! What stands in an event, and what does not.

use mobilefirst_devserver::UserToken;
use proptest::prelude::*;
use serde_json::json;

use super::*;

const METADATA: &str = r#"{"deviceID":"said","os":"android","osVersion":"14","brand":"Acme",
    "model":"A1","mfpAppName":"x","mfpAppVersion":"y","appVersionDisplay":"1.0.3",
    "appVersionCode":"17","appStoreId":"com.said","appStoreLabel":"Bank"}"#;

fn info(metadata: &[u8]) -> RequestInfo {
    let query = "/balance?access_token=s3cret-in-the-query";
    RequestInfo::new("POST", query, |name| match name {
        "user-agent" => Some(b"WLNativeAPI"),
        "x-wl-analytics-tracking-id" => Some(b"7f2c"),
        "x-mfp-analytics-metadata" => Some(metadata),
        _ => None,
    })
}

impl Reported {
    /// The event about a request with this `Authorization` field.
    async fn event(&self, authorization: &str, scope: &str, request: Option<&[u8]>) -> Value {
        let scope: Scope = scope.parse().unwrap();
        let validator = &self.world.validator;
        let mut work = validator.authorize_scope(Some(authorization), &scope);
        if let Some(metadata) = request {
            work = work.for_request(|| info(metadata));
        }
        let _ = work.await;
        let before = self.service.posts().len();
        assert_eq!(self.reporter.flush().await, 0);
        let posts = self.service.posts();
        assert_eq!(posts.len(), before + 1);
        posts[before].events[0].clone()
    }
}

fn sited() -> Reported {
    Reported::with(|builder| {
        builder
            .base_url("https://bank.example.com/v1/".parse().unwrap())
            .server_address("192.0.2.7".parse().unwrap())
    })
}

#[tokio::test(start_paused = true)]
async fn an_event_of_a_granted_request_tells_of_app_and_device() {
    let reported = sited();
    let token = UserToken::new("a")
        .field(
            "mfp-application",
            json!({"id": "com.sample.bank", "version": "2.0"}),
        )
        .field("mfp-device", json!({"id": "d1", "hardware": "Pixel 9"}));
    let token = reported.world.authority.issue(token);
    let metadata = METADATA.as_bytes();
    let event = reported
        .event(&format!("Bearer {token}"), "a", Some(metadata))
        .await;
    let expected = json!({
        "_type": "NetworkTransaction",
        "timestamp": 1_000_000,
        "timezone": 0,
        "authSuccess": true,
        "validationCode": "AUTHORIZATION_SUCCESS",
        "responseCode": 200,
        "requestMethod": "POST",
        "resourceURL": "https://bank.example.com/v1/balance",
        "serverProcessingTime": 0,
        "userAgent": "WLNativeAPI",
        "trackingID": "7f2c",
        "serverIpAddress": "192.0.2.7",
        "appID": "com.sample.bank",
        "appName": "Bank",
        "appVersion": "2.0",
        "appVersionCode": "17",
        "deviceID": "d1",
        "deviceBrand": "Acme",
        "deviceModel": "Pixel 9",
        "deviceOS": "android",
        "deviceOSversion": "14",
    });
    assert_eq!(event, expected);
}

#[tokio::test(start_paused = true)]
async fn an_event_of_a_refusal_has_the_callers_word_for_it() {
    let reported = sited();
    let expected = json!({
        "_type": "NetworkTransaction",
        "timestamp": 1_000_000,
        "timezone": 0,
        "authSuccess": false,
        "validationCode": "AUTHORIZATION_FAILED_INSUFFICIENT_SCOPE",
        "responseCode": 403,
        "requestMethod": "POST",
        "resourceURL": "https://bank.example.com/v1/balance",
        "serverProcessingTime": 0,
        "userAgent": "WLNativeAPI",
        "trackingID": "7f2c",
        "serverIpAddress": "192.0.2.7",
        "appID": "com.said",
        "appName": "Bank",
        "appVersion": "1.0.3",
        "appVersionCode": "17",
        "deviceID": "said",
        "deviceBrand": "Acme",
        "deviceModel": "A1",
        "deviceOS": "android",
        "deviceOSversion": "14",
    });
    let authorization = format!("Bearer {}", reported.token);
    let metadata = METADATA.as_bytes();
    let event = reported.event(&authorization, "b", Some(metadata)).await;
    assert_eq!(event, expected);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_known_is_left_out() {
    let reported = Reported::new();
    let event = reported.event("Bearer unknown", "a", None).await;
    let expected = json!({
        "_type": "NetworkTransaction",
        "timestamp": 1_000_000,
        "timezone": 0,
        "authSuccess": false,
        "validationCode": "AUTHORIZATION_FAILED_INVALID_ACCESS_TOKEN",
        "responseCode": 401,
        "serverProcessingTime": 0,
    });
    assert_eq!(event, expected);
}

#[tokio::test(start_paused = true)]
async fn every_kind_of_refusal_is_told() {
    for (authorization, fault, code, status) in [
        (
            "Basic x",
            None,
            "AUTHORIZATION_FAILED_MISSING_AUTH_HEADER",
            401,
        ),
        ("Bearer", None, "AUTHORIZATION_FAILED", 400),
        (
            "Bearer x",
            Some(Fault::conflict(http::HeaderValue::from_static("v"))),
            "AUTHORIZATION_PENDING",
            409,
        ),
        (
            "Bearer x",
            Some(Fault::status(StatusCode::INTERNAL_SERVER_ERROR)),
            "AUTHORIZATION_FAILED_INTERNAL_SERVER_ERROR",
            503,
        ),
        (
            "Bearer x",
            Some(Fault::status(StatusCode::FORBIDDEN)),
            "TOKEN_FAILED_UNKNOWN_CLIENT",
            500,
        ),
    ] {
        let reported = Reported::new();
        if let Some(fault) = fault {
            let authority = &reported.world.authority;
            authority.fault_always(Endpoint::Introspection, fault);
        }
        let event = reported.event(authorization, "a", None).await;
        assert_eq!(event["validationCode"], code);
        assert_eq!(event["responseCode"], status, "{code}");
        assert_eq!(event["authSuccess"], false);
    }
}

#[tokio::test(start_paused = true)]
async fn version_7_tells_of_app_and_device_in_its_own_way() {
    let service = Service::default();
    let reporter = builder(&service).build().unwrap();
    let authority = Authority::new();
    let validator = TokenValidator::builder_v7("http://localhost/bank".parse().unwrap())
        .http_backend(authority.clone().with_project_path("/bank"))
        .observer(reporter.clone())
        .build()
        .unwrap();
    let context = json!({
        "imf.application": {"id": "com.sample.bank", "version": "2.0"},
        "imf.device": {"id": "d1", "model": "Pixel 9"},
    });
    let token = UserToken::new("a").field("security_context", context);
    let (access, id) = authority.issue_with_id_token(token);
    let authorization = [format!("Bearer {access} {id}")];
    let scope = Scope::from_static("a");
    let verdict = validator.authorize_scope(authorization, &scope).await;
    verdict.unwrap();
    assert_eq!(reporter.flush().await, 0);
    let event = &service.taken()[0];
    for (name, value) in [
        ("appID", "com.sample.bank"),
        ("appVersion", "2.0"),
        ("deviceID", "d1"),
        ("deviceModel", "Pixel 9"),
    ] {
        assert_eq!(event[name], value);
    }
}

#[tokio::test(start_paused = true)]
async fn a_stranger_where_strangers_are_served_makes_no_event() {
    let reported = Reported::new();
    let none: [&str; 0] = [];
    let work = reported.world.validator.authorize::<AnyScope>(none);
    assert!(work.optional().await.unwrap().is_none());
    assert_eq!(reported.stats(), (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn broken_metadata_cost_no_event_and_leave_no_trace() {
    let reported = Reported::new();
    let huge = format!(r#"{{"os":"{}"}}"#, "a".repeat(3000));
    let enormous = format!(r#"{{"os":"{}"}}"#, "a".repeat(9000));
    let deep = format!(r#"{{"os":{}1{}}}"#, "[".repeat(900), "]".repeat(900));
    let fields: [&[u8]; 11] = [
        b"",
        b"nonsense",
        b"\xff\xfe",
        b"{\"os\":\"\xff\"}",
        b"[]",
        b"null",
        br#"{"os":"android""#,
        br#"{"os":{"a":1},"brand":[],"model":true,"deviceID":null}"#,
        huge.as_bytes(),
        enormous.as_bytes(),
        deep.as_bytes(),
    ];
    for field in fields {
        let event = reported.event("Bearer unknown", "a", Some(field)).await;
        assert_eq!(event["userAgent"], "WLNativeAPI");
        for name in ["deviceOS", "deviceBrand", "deviceModel", "deviceID"] {
            let shown = String::from_utf8_lossy(&field[..field.len().min(40)]);
            assert_eq!(event.get(name), None, "{shown}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_header_makes_an_event_of_bounded_size(
        metadata in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..3000),
            "\\{\"(os|brand|deviceID)\":(\"\\PC{0,900}\"|[0-9]{1,40}|[\\[{]{1,300})\\}".prop_map(String::into_bytes),
        ],
        agent in proptest::collection::vec(any::<u8>(), 0..9000),
        path in "/\\PC{0,3000}",
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap();
        let reported = Reported::new();
        let event = runtime.block_on(async {
            let none: [&str; 0] = [];
            let work = reported.world.validator.authorize::<AnyScope>(none);
            let request = || RequestInfo::new("GET", &path, |name| match name {
                "user-agent" => Some(&*agent),
                "x-mfp-analytics-metadata" => Some(&*metadata),
                _ => None,
            });
            assert!(work.for_request(request).await.is_err());
            assert_eq!(reported.reporter.flush().await, 0);
            reported.service.taken().remove(0)
        });
        prop_assert_eq!(&event["requestMethod"], "GET");
        for (name, value) in event.as_object().unwrap() {
            let longest = if name == "resourceURL" { 1024 } else { 256 };
            let length = value.as_str().map_or(0, |text| text.chars().count());
            prop_assert!(length <= longest, "{} has {}", name, length);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn no_secret_is_sent_or_shown() {
    let log = Log::of_this_thread(tracing::Level::TRACE);
    let reported = Reported::with(|builder| builder.capacity(100));
    let service = &reported.service;
    service.answer(&[
        Answer::Status(401),
        Answer::Status(500),
        Answer::Fail(ErrorKind::Unreachable),
        Answer::Status(302),
    ]);
    let authorization = format!("Bearer {}", reported.token);
    let validator = &reported.world.validator;
    for scope in ["a", "b"] {
        let scope: Scope = scope.parse().unwrap();
        let work = validator.authorize_scope(Some(&authorization), &scope);
        let _ = work.for_request(|| info(METADATA.as_bytes())).await;
    }
    assert_eq!(
        reported
            .reporter
            .flush_within(Duration::from_secs(60))
            .await,
        0
    );
    reported.decide(0, 120).await;
    service.wait_for(5).await;
    let mut shown = vec![
        format!("{:?} {:?}", reported.reporter, builder(service)),
        log.lines().join("\n"),
    ];
    for advice in [
        "correct the user name `reporter`",
        "correct the URL",
        "the queue is full",
    ] {
        assert!(shown[1].contains(advice), "{advice}: {}", shown[1]);
    }
    for post in service.posts() {
        shown.push(format!("{:?} {}", post.headers, post.path));
        shown.push(Value::from(post.events).to_string());
    }
    let secrets = ["s3cret", "cmVwb3J0ZXI6", &reported.token, "jdoe"];
    for text in shown {
        for secret in secrets {
            assert!(!text.contains(secret), "{secret} is in {text}");
        }
    }
}
