//! Secrets.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusBuilder;
use mobilefirst::{BaseUrl, CacheKey, Decision, Introspection, MemoryCache, Observer, TokenCache};

use super::*;

/// A cache that remembers every key and entry that it saw.
struct Watched {
    cache: MemoryCache,
    seen: Arc<Mutex<Vec<String>>>,
}

impl TokenCache for Watched {
    fn get(&self, key: &CacheKey) -> Option<Introspection> {
        self.cache.get(key)
    }

    fn insert(&self, key: CacheKey, introspection: Introspection, epoch: u64) {
        let mut text = format!("{key:?} {introspection:?}");
        if let Introspection::Active(token) = &introspection {
            text += &format!("{:?}", token.claims());
        }
        self.seen.lock().unwrap().push(text);
        self.cache.insert(key, introspection, epoch);
    }

    fn epoch(&self, key: &CacheKey) -> u64 {
        self.cache.epoch(key)
    }

    fn remove(&self, key: &CacheKey) {
        self.cache.remove(key);
    }

    fn clear(&self) {
        self.cache.clear();
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = format!("{error} {error:?}");
    let mut source = error.source();
    while let Some(cause) = source {
        text += &format!(" {cause} {cause:?}");
        source = cause.source();
    }
    text
}

/// An observer that prints all that it is told.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<String>>>);

impl Observer for Told {
    fn decided(&self, decision: &Decision<'_>) {
        self.0.lock().unwrap().push(format!("{decision:?}"));
    }
}

/// X1, X2: every way through the validator, over a real socket, and everything that is
/// printed, logged, measured, told or kept on the way.
#[tokio::test]
async fn no_secret_is_printed_logged_or_kept_x1() {
    const SECRET: &str = "very+secret%2Fsecret";
    let log = Log::of_the_process();
    let recorder = PrometheusBuilder::new().build_recorder();
    let measured = recorder.handle();
    let _guard = ::metrics::set_default_local_recorder(&recorder);
    let told = Told::default();
    let analytics = analytics::Service::default();
    let reporter = analytics::builder(&analytics).build().unwrap();
    let authority = Authority::new().with_client("bank", SECRET, "authorization.introspect");
    let devserver = authority.listen("127.0.0.1:0").await.unwrap();
    let seen = Arc::<Mutex<Vec<String>>>::default();
    let credentials = Credentials::new("bank", SECRET).unwrap();
    let server: BaseUrl = devserver.url().parse().unwrap();
    let builder = TokenValidator::builder(server.clone(), credentials.clone())
        .deadline(Duration::from_millis(500))
        .observer(told.clone())
        .observer(reporter.clone())
        .cache(Watched {
            cache: MemoryCache::new(100),
            seen: seen.clone(),
        });
    let mut printed = vec![format!(
        "{credentials:?} {builder:?} {authority:?} {devserver:?}"
    )];
    let validator = builder.build().unwrap();
    let world = World {
        authority: authority.clone(),
        clock: ManualClock::default(),
        validator,
    };
    let mut tokens = Vec::new();
    let mut faults = vec![
        None,
        Some(Fault::status(StatusCode::UNAUTHORIZED)),
        Some(Fault::status(StatusCode::BAD_GATEWAY)),
        Some(Fault::status(StatusCode::FOUND)),
        Some(Fault::Hang),
        Some(Fault::Reset),
        Some(Fault::Endless),
    ];
    for body in [
        "nonsense",
        r#"{"active":"yes"}"#,
        r#"{"active":true,"exp":"x"}"#,
    ] {
        faults.push(Some(Fault::Respond(json(body))));
    }
    for fault in faults {
        let token = world.token();
        if let Some(fault) = fault {
            authority.fault(Endpoint::Introspection, fault);
        }
        for scope in ["a", "not.granted"] {
            match world.check_scope(&token, scope).await {
                Ok(permit) => printed.push(format!("{permit:?}")),
                Err(denial) => printed.push(chain(&denial)),
            }
        }
        tokens.push(token);
    }
    tokens.push("inactive-token-aaaaaaaaaaaa".to_owned());
    printed.push(chain(
        &world.check(&tokens[tokens.len() - 1]).await.unwrap_err(),
    ));
    let malformed = "Bearer secret-token-one secret-token-two";
    let denial = world.validator.authorize::<AnyScope>([malformed]).await;
    printed.push(chain(&denial.unwrap_err()));
    tokens.push("secret-token-one".to_owned());
    // Version 7, whose server quotes both tokens in a challenge.
    let (access, id) = authority.issue_with_id_token(UserToken::new("a"));
    let both = format!("{access} {id}");
    let builder = TokenValidator::builder_v7(devserver.project_url().parse().unwrap())
        .observer(told.clone())
        .observer(reporter.clone());
    printed.push(format!("{builder:?}"));
    let seven = World {
        authority: authority.clone(),
        clock: ManualClock::default(),
        validator: builder.build().unwrap(),
    };
    let quoting =
        format!(r#"Bearer realm="{access}", error="invalid_request", error_description="{both}""#);
    let mut quoted = response(StatusCode::UNAUTHORIZED, "");
    quoted
        .headers_mut()
        .insert(http::header::WWW_AUTHENTICATE, quoting.parse().unwrap());
    for response in [quoted, json(both.clone()), response(StatusCode::GONE, "")] {
        authority.fault(Endpoint::Validation, Fault::Respond(response));
        printed.push(chain(&seven.check(&both).await.unwrap_err()));
    }
    printed.push(format!("{:?}", seven.check(&both).await.unwrap()));
    tokens.extend([access, id]);
    authority.unregister("bank");
    let world = World {
        validator: TokenValidator::builder(server, credentials)
            .build()
            .unwrap(),
        ..world
    };
    printed.push(chain(&world.check(&world.token()).await.unwrap_err()));
    printed.push(format!("{:?}", world.validator));

    printed.push(format!("{reporter:?}"));
    assert_eq!(reporter.shutdown().await, 0);
    printed.push(format!("{:?}", analytics.posts()));
    assert!(printed[printed.len() - 1].contains("NetworkTransaction"));
    let kept = seen.lock().unwrap().join("\n");
    let log = log.text();
    assert!(log.contains("TRACE"), "nothing was logged at all");
    assert!(
        log.contains("register the confidential client `bank`"),
        "{log}"
    );
    let told = told.0.lock().unwrap().join("\n");
    assert!(told.contains("InvalidToken") && told.contains("ActiveToken"));
    let measured = measured.render();
    assert!(measured.contains("mobilefirst_decisions_total"));
    let everything = printed.join("\n") + &kept + &log + &told + &measured;
    let basic = "YmFuazp2ZXJ5K3NlY3JldCUyRnNlY3JldA";
    for secret in tokens
        .iter()
        .map(String::as_str)
        .chain([SECRET, basic, "s3cret"])
    {
        if let Some(at) = everything.find(secret) {
            let place = &everything[at.saturating_sub(200)..at];
            panic!("a secret stands after: {place}");
        }
    }
}
