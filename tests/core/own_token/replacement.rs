//! The replacement of a token that the server refuses.

use super::*;

#[tokio::test]
async fn a_refused_token_is_replaced_once_and_the_caller_sees_nothing_o2() {
    let world = World::new();
    assert_eq!(world.status(&world.token()).await, 200);
    world.authority.revoke_own_tokens();
    assert_eq!(world.status(&world.token()).await, 200);
    assert_eq!(world.calls(), (2, 3));
}

#[tokio::test]
async fn a_token_that_is_always_refused_is_our_misconfiguration_o3() {
    for status in [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN] {
        let world = World::new();
        let fault = Fault::status(status);
        world.authority.fault_always(Endpoint::Introspection, fault);
        let denial = world.check(&world.token()).await.unwrap_err();
        assert_eq!(denial.reason(), Reason::Misconfigured);
        assert!(headers(&denial).is_empty());
        assert_eq!(world.calls(), (2, 2));
    }
}

#[tokio::test]
async fn a_token_that_is_refused_to_many_is_replaced_once_o4() {
    let world = World::new();
    assert_eq!(world.status(&world.token()).await, 200);
    world.authority.revoke_own_tokens();
    let tokens: Vec<_> = (0..50).map(|_| world.token()).collect();
    assert_eq!(at_once(&world, &tokens).await, [200; 50]);
    assert_eq!(world.calls().0, 2);
}

/// Lets two introspections be refused before either hears of it, and holds back the
/// second refusal until it is let through.
struct HeldBack {
    authority: Authority,
    calls: AtomicUsize,
    let_through: Arc<Notify>,
}

#[async_trait]
impl HttpBackend for HeldBack {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Error> {
        let answer = self.authority.send(request).await;
        // A token of our own, an introspection with it, and then those two.
        match self.calls.fetch_add(1, Ordering::Relaxed) + 1 {
            3 => {
                while self.calls.load(Ordering::Relaxed) < 4 {
                    tokio::task::yield_now().await;
                }
            }
            4 => self.let_through.notified().await,
            _ => {}
        }
        answer
    }
}

#[tokio::test]
async fn who_hears_late_of_a_refused_token_takes_the_one_that_replaced_it_o4() {
    let let_through = Arc::new(Notify::new());
    let world = World::through(|authority| HeldBack {
        authority,
        calls: AtomicUsize::new(0),
        let_through: let_through.clone(),
    });
    assert_eq!(world.status(&world.token()).await, 200);
    world.authority.revoke_own_tokens();
    let (first, second) = (world.token(), world.token());
    let early = async {
        let status = world.status(&first).await;
        assert_eq!(world.calls(), (2, 4));
        let_through.notify_one();
        status
    };
    assert_eq!(tokio::join!(early, world.status(&second)), (200, 200));
    assert_eq!(world.calls(), (2, 5));
}

#[tokio::test]
async fn refusals_do_not_cost_a_token_call_each_o5() {
    let world = World::new();
    let fault = Fault::status(StatusCode::UNAUTHORIZED);
    world.authority.fault_always(Endpoint::Introspection, fault);
    for _ in 0..50 {
        assert_eq!(world.status(&world.token()).await, 500);
    }
    assert_eq!(world.calls().0, 2);

    let world = World::new();
    world.authority.unregister("test");
    for _ in 0..50 {
        assert_eq!(world.status(&world.token()).await, 500);
    }
    assert_eq!(world.calls(), (1, 0));
    world.authority.register("test", "test", "*");
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(world.status(&world.token()).await, 200);
}

#[tokio::test]
async fn a_token_that_was_good_is_replaced_after_a_second_however_often_o5() {
    let world = World::new();
    assert_eq!(world.status(&world.token()).await, 200);
    for _ in 0..10 {
        world.authority.revoke_own_tokens();
        assert_eq!(world.status(&world.token()).await, 200);
        world.clock.advance(Duration::from_secs(1));
    }
    // A token endpoint that answered nonsense is asked again after a second too.
    for _ in 0..10 {
        world.authority.revoke_own_tokens();
        let fault = Fault::Respond(json("nonsense"));
        world.authority.fault(Endpoint::Token, fault);
        assert_eq!(world.status(&world.token()).await, 500);
        world.clock.advance(Duration::from_secs(1));
        assert_eq!(world.status(&world.token()).await, 200);
        world.clock.advance(Duration::from_secs(1));
    }
    // The pause that a lasting refusal brought about ends with the refusal.
    let refused = Fault::status(StatusCode::UNAUTHORIZED);
    world
        .authority
        .fault_always(Endpoint::Introspection, refused);
    for _ in 0..40 {
        assert_eq!(world.status(&world.token()).await, 500);
        world.clock.advance(Duration::from_secs(1));
    }
    world.authority.clear_faults();
    assert_eq!(world.status(&world.token()).await, 200);
    world.authority.revoke_own_tokens();
    assert_eq!(world.status(&world.token()).await, 200);
}

#[tokio::test]
async fn a_lasting_refusal_makes_replacements_rare_and_a_wavering_one_not_frequent_o5() {
    let world = World::new();
    let refused = Fault::status(StatusCode::UNAUTHORIZED);
    let lasting = refused.clone();
    world
        .authority
        .fault_always(Endpoint::Introspection, lasting);
    for _ in 0..60 {
        assert_eq!(world.status(&world.token()).await, 500);
        world.clock.advance(Duration::from_secs(1));
    }
    // At 0 s two, then after 1, 2, 4, 8 and 16 s.
    assert_eq!(world.calls().0, 7);

    // One node of two knows our token.
    let world = World::new();
    let mut calls = 0;
    world
        .authority
        .fault_each(Endpoint::Introspection, move || {
            calls += 1;
            (calls % 2 == 0).then(|| refused.clone())
        });
    for _ in 0..50 {
        world.status(&world.token()).await;
    }
    assert_eq!(world.calls().0, 2);
}
