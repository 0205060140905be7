//! The cache in version 7, whose answers hold for both tokens and one scope.

use super::*;

#[tokio::test]
async fn a_kept_token_is_refused_at_the_instant_of_its_end() {
    let world = world();
    let token = UserToken::new("a").lifetime(Duration::from_secs(10));
    world
        .clock
        .set(std::time::UNIX_EPOCH + Duration::from_secs(1_893_456_000));
    let token = world.authority.issue(token);
    assert_eq!(world.status(&token).await, 200);
    world.clock.advance(Duration::from_millis(9_999));
    assert_eq!(world.status(&token).await, 200);
    world.clock.advance(Duration::from_millis(1));
    assert_eq!(world.status(&token).await, 401);
    assert_eq!(calls(&world), 1);
}

#[tokio::test]
async fn an_answer_serves_only_the_same_tokens_and_scope() {
    let world = world();
    let token = UserToken::new("a b").user("jdoe");
    let (access, id) = world.authority.issue_with_id_token(token);
    let both = format!("{access} {id}");
    for (bearing, scope, asked) in [
        (&access, "a", 1),
        (&access, "a", 1),
        (&access, "b", 2),
        (&access, "a b", 3),
        (&access, "", 4),
        (&both, "a", 5),
        (&both, "a", 5),
        (&access, "a", 5),
        (&both, "", 6),
    ] {
        let permit = world.check_scope(bearing, scope).await.unwrap();
        assert_eq!(calls(&world), asked, "{scope}");
        let user = permit.token().security_context().unwrap().user.id;
        assert_eq!(user.is_some(), *bearing == both, "{scope}");
    }
}

#[tokio::test]
async fn spaces_between_two_tokens_make_no_other_question_k20() {
    let world = world();
    let token = UserToken::new("a").user("jdoe");
    let (access, id) = world.authority.issue_with_id_token(token);
    let spaces = |count| " ".repeat(count);
    for count in 1..=5_000 {
        let both = format!("{access}{}{id}", spaces(count));
        assert_eq!(world.status(&both).await, 200, "{count}");
    }
    for (before, after) in [(0, 1), (1, 0), (7, 7)] {
        let both = format!("{}{access} {id}{}", spaces(before), spaces(after));
        assert_eq!(world.status(&both).await, 200);
    }
    let bearing = [format!("bEARER  {access}  {id}")];
    let verdict = world.validator.authorize::<AnyScope>(bearing).await;
    assert_eq!(super::status(&verdict), 200);
    assert_eq!(calls(&world), 1);
    assert_eq!(world.validator.cache_stats().active_entries, Some(1));
    // One token with spaces around it is another question than two.
    for count in 0..100 {
        let one = format!("{}{access}{}", spaces(count), spaces(count));
        assert_eq!(world.status(&one).await, 200);
    }
    assert_eq!(calls(&world), 2);
}

#[tokio::test]
async fn versions_share_no_entry() {
    let cache = Arc::new(MemoryCache::new(100));
    let (authority, clock) = (Authority::new(), ManualClock::default());
    let token = authority.issue(UserToken::new("a"));
    let bearing = [format!("Bearer {token}")];
    let server = "http://localhost/mfp".parse().unwrap();
    let later = TokenValidator::builder(server, Credentials::new("test", "test").unwrap())
        .http_backend(authority.clone().with_base_path("/mfp"))
        .clock(clock.clone())
        .cache(cache.clone());
    let seven = builder(&authority).clock(clock.clone()).cache(cache);
    for builder in [later, seven] {
        let validator = builder.build().unwrap();
        assert!(validator.authorize::<AnyScope>(&bearing).await.is_ok());
    }
    let calls = authority.calls();
    assert_eq!((calls.introspection, calls.validation), (1, 1));
}

#[tokio::test]
async fn a_forgotten_token_is_forgotten_with_every_id_token_and_scope() {
    let world = world();
    let (access, id) = world.authority.issue_with_id_token(UserToken::new("a b"));
    let both = format!("{access} {id}");
    let ways = [(&access, "a"), (&access, "b"), (&both, "a")];
    for (bearing, scope) in ways {
        assert!(world.check_scope(bearing, scope).await.is_ok());
    }
    world.authority.revoke(&access);
    for (bearing, scope) in ways {
        assert!(world.check_scope(bearing, scope).await.is_ok());
    }
    world.validator.invalidate(&access);
    for (bearing, scope) in ways {
        assert!(world.check_scope(bearing, scope).await.is_err());
    }
    assert_eq!(calls(&world), 6);
}

#[tokio::test(start_paused = true)]
async fn a_token_forgotten_while_it_is_asked_about_is_not_kept_k8() {
    let world = world();
    let token = world.token();
    let second = Duration::from_secs(1);
    world
        .authority
        .fault(Endpoint::Validation, Fault::Delay(second));
    let forget = async {
        tokio::time::sleep(second / 2).await;
        world.validator.invalidate(&token);
    };
    let (status, ()) = tokio::join!(world.status(&token), forget);
    assert_eq!(status, 200);
    assert_eq!(world.status(&token).await, 200);
    assert_eq!(calls(&world), 2);
}

#[tokio::test]
async fn requests_at_once_share_one_question() {
    let world = world();
    let token = world.token();
    assert_eq!(at_once(&world, &vec![token; 100]).await, [200; 100]);
    assert_eq!(calls(&world), 1);
}

#[tokio::test]
async fn a_token_in_use_is_asked_about_ahead_of_time_as_it_was_k10() {
    let world = world();
    let (access, id) = world
        .authority
        .issue_with_id_token(UserToken::new("a").user("jdoe"));
    let both = format!("{access} {id}");
    let user = async || {
        let permit = world.check_scope(&both, "a").await.unwrap();
        permit.token().security_context().unwrap().user.id
    };
    assert_eq!(user().await.as_deref(), Some("jdoe"));
    world.clock.advance(Duration::from_secs(50));
    assert_eq!(user().await.as_deref(), Some("jdoe"));
    while world.authority.calls().validation < 2 {
        tokio::task::yield_now().await;
    }
    tokio::task::yield_now().await;
    world.clock.advance(Duration::from_secs(20));
    assert_eq!(user().await.as_deref(), Some("jdoe"));
    assert_eq!(calls(&world), 2);
}
