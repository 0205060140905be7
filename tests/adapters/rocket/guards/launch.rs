//! What fails the launch, and the settings in Rocket's configuration.

use super::*;

#[get("/denied")]
fn denied() -> Result<(), Denied> {
    Ok(())
}

#[tokio::test]
async fn a_forgotten_fairing_aborts_the_launch() {
    let validator = builder(&Authority::new()).build().unwrap();
    let group = RequireScope::of::<A>();
    let each: Vec<Vec<Route>> = vec![
        routes![balance],
        routes![optional],
        routes![anyway],
        routes![denied],
        group.routes(routes![grouped]),
    ];
    for routes in each {
        // A validator alone would not do: nobody would add the challenges.
        let rocket = bare(Figment::new()).manage(validator.clone());
        let error = rocket.mount("/", routes).ignite().await.unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::SentinelAborts(_)),
            "{error}"
        );
    }
}

#[get("/unaware")]
fn unaware() -> &'static str {
    "guarded"
}

#[tokio::test]
async fn where_no_sentinel_could_tell_every_request_is_refused() {
    let group = RequireScope::of::<A>();
    let rocket = bare(Figment::new()).mount("/", group.routes(routes![unaware]));
    let unattached = client(rocket).await;
    let response = get(&unattached, "/unaware", "").await;
    assert_eq!(response.status(), Status::InternalServerError);

    let authority = Authority::new();
    let outside = client(attached(&authority).mount("/", routes![grouped])).await;
    let response = get(&outside, "/grouped", "").await;
    assert_eq!(response.status(), Status::InternalServerError);
}

#[tokio::test]
async fn a_second_validator_fails_the_launch() {
    let authority = Authority::new();
    let validator = builder(&authority).build().unwrap();
    let error = attached(&authority).manage(validator).ignite().await;
    assert!(matches!(
        error.unwrap_err().kind(),
        ErrorKind::FailedFairings(_)
    ));
}

#[tokio::test]
async fn a_second_fairing_fails_the_launch_and_the_log_says_why() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone());
    let _guard = tracing::subscriber::set_default(subscriber.finish());
    let authority = Authority::new();
    let second = MobileFirst::with(builder(&authority).build().unwrap());
    let error = attached(&authority).attach(second).ignite().await;
    assert!(matches!(
        error.unwrap_err().kind(),
        ErrorKind::FailedFairings(_)
    ));
    let lines = log.take();
    assert!(lines.contains("attached twice: attach it once"), "{lines}");
}

fn configured(toml: &str) -> Rocket<Build> {
    bare(Figment::from(Toml::string(toml).nested()))
}

const GOOD: &str = "
    [default.mobilefirst]
    server_url = 'http://localhost:9080/mfp/api'
    client_id = 'bank'
    client_secret = 's3cret'
    deadline = 1.5
    max_token_length = 10
";

#[tokio::test]
async fn the_settings_come_from_rockets_configuration() {
    let authority = Authority::new().with_client("bank", "s3cret", "authorization.introspect");
    let backend = authority.clone();
    let fairing = MobileFirst::custom(move |builder| {
        builder
            .max_token_length(1000)
            .http_backend(backend.clone())
            .error_body(|_| ErrorBody::text("refused"))
    });
    let rocket = configured(GOOD).attach(fairing);
    let client = client(rocket.mount("/", routes![balance])).await;
    let token = authority.issue(UserToken::new("a"));
    let response = get(&client, "/balance", &token).await;
    assert_eq!(response.into_string().await.unwrap(), "guarded");
    let response = get(&client, "/balance", "").await;
    assert_eq!(challenges(&response), ["Bearer"]);
    assert_eq!(response.into_string().await.unwrap(), "refused");
}

#[tokio::test]
async fn the_plain_fairing_takes_the_configuration_as_it_is() {
    let rocket = configured(GOOD).attach(MobileFirst::fairing());
    let client = client(rocket.mount("/", routes![balance])).await;
    let response = get(&client, "/balance", "longer-than-10").await;
    assert_eq!(response.status(), Status::BadRequest);
}

#[tokio::test]
async fn an_unusable_setting_fails_the_launch_and_the_log_says_what_to_do() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone());
    let _guard = tracing::subscriber::set_default(subscriber.finish());
    for (toml, advice) in [
        (String::new(), "[default.mobilefirst]"),
        (
            format!("{GOOD}max_agee = 1"),
            "no setting mobilefirst.max_agee",
        ),
        (
            GOOD.replace("localhost", "mfp.example.com"),
            "set insecure_http",
        ),
        (GOOD.replace("'s3cret'", "['s3cret']"), "put it in quotes"),
        (GOOD.replace("'s3cret'", "'s3cret ä'"), "printable ASCII"),
        (GOOD.replace("1.5", "0"), "deadline is zero"),
    ] {
        let rocket = configured(&toml).attach(MobileFirst::fairing());
        let error = rocket.ignite().await.unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::FailedFairings(_)),
            "{toml}"
        );
        let lines = log.take();
        assert_eq!(lines.lines().count(), 1, "{lines}");
        assert!(lines.contains(advice), "{lines}");
        assert!(
            !format!("{lines} {error} {error:?}").contains("s3cret"),
            "{lines}"
        );
    }
}

/// What is logged meanwhile.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn take(&self) -> String {
        let bytes = mem::take(&mut *self.0.lock().unwrap());
        String::from_utf8(bytes).unwrap()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
