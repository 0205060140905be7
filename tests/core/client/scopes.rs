//! Scopes that are given, learnt, guessed and corrected. The resources' calls are counted.

use mobilefirst::{Resource, Scope, Unanswered};

use super::net::Caller;
use super::*;

fn with(bank: impl FnOnce(Resource) -> Resource) -> Caller {
    Caller::with(|builder| {
        let resource = |url: &str| url.parse::<Resource>().unwrap();
        builder
            .resource(bank(resource("https://bank.example")))
            .resource(resource("https://other.example"))
    })
}

async fn get_hundred(caller: &Caller, uri: impl Fn(u32) -> String) -> usize {
    for n in 0..100 {
        assert_eq!(caller.get(&uri(n)).await, 200);
    }
    caller.seen().len()
}

#[tokio::test]
async fn a_hundred_items_cost_one_learning_w7() {
    let items = Scope::from_static("items");
    let item = |n| format!("https://bank.example/items/{n}?page={n}");
    // The guard's own token is one of the calls to the token endpoint.
    let caller = Caller::new();
    assert_eq!(get_hundred(&caller, item).await, 102, "learnt");
    assert_eq!(caller.token_calls(), 3);

    let caller = with(|bank| bank.scope(items.clone()));
    assert_eq!(
        get_hundred(&caller, item).await,
        100,
        "given for the origin"
    );
    assert_eq!(caller.token_calls(), 2);

    let caller = with(|bank| bank.route("GET /items/{id}".parse().unwrap(), items));
    assert_eq!(get_hundred(&caller, item).await, 100, "given for a pattern");
    assert_eq!(caller.token_calls(), 2);
}

#[tokio::test]
async fn a_pattern_learns_once_where_paths_do_not_tell_w7() {
    let mixed = |n: u32| {
        let end = if n.is_multiple_of(2) {
            "orders"
        } else {
            "profile"
        };
        format!("https://bank.example/users/{n}/{end}")
    };
    let caller = with(|bank| bank.learn("GET /users/{id}/orders".parse().unwrap()));
    // Both are learnt once: 401, 403 and 200 each.
    assert_eq!(get_hundred(&caller, mixed).await, 104);
    // Without the pattern, the path is no help.
    assert_eq!(get_hundred(&Caller::new(), mixed).await, 201);
}

#[tokio::test]
async fn a_scope_that_is_wrong_is_corrected_once_w8() {
    let item = |n| format!("https://bank.example/items/{n}");
    let wrong = || Scope::from_static("wrong");
    let caller = with(|bank| bank.route("GET /items/{id}".parse().unwrap(), wrong()));
    assert_eq!(get_hundred(&caller, item).await, 101, "given for a pattern");

    // One that is given for the whole origin stays for what has no neighbour.
    let caller = with(|bank| bank.scope(wrong()));
    for (uri, calls) in [("/items/1", 2), ("/items/1", 1), ("/balance", 2)] {
        assert_eq!(caller.get(&format!("https://bank.example{uri}")).await, 200);
        assert_eq!(caller.seen().len(), calls, "{uri}");
    }

    let caller = Caller::new();
    assert_eq!(caller.get(&item(1)).await, 200);
    caller.seen();
    // Another route: the guess costs one request, not two, and its neighbour none.
    for (uri, calls) in [("/1/orders", 2), ("/1/orders", 1), ("/items/2", 1)] {
        assert_eq!(caller.get(&format!("https://bank.example{uri}")).await, 200);
        assert_eq!(caller.seen().len(), calls, "{uri}");
    }
    // The route wants more from now on.
    caller.script([wants("items more"), json("ok"), json("ok")]);
    for calls in [2, 1] {
        assert_eq!(caller.get(&item(1)).await, 200);
        assert_eq!(caller.seen().len(), calls);
    }
}

#[tokio::test]
async fn a_guess_makes_no_call_fail_w9() {
    const PUBLIC: &str = "https://bank.example/public";
    let caller = Caller::new();
    assert_eq!(caller.get("https://bank.example/items/1").await, 200);
    let sent = |caller: &Caller| {
        let seen = caller.seen().into_iter();
        seen.map(|seen| seen.authorization.is_some())
            .collect::<Vec<_>>()
    };
    sent(&caller);
    assert_eq!(caller.get(PUBLIC).await, 200);
    assert_eq!(sent(&caller), [true]);
    // Refused in a way that names no scope.
    for said in ["Bearer error=other", "Basic realm=x"] {
        caller.script([challenge(401, said), json("ok")]);
        assert_eq!(caller.get(PUBLIC).await, 200);
        assert_eq!(sent(&caller), [true, false], "{said}");
    }
    // What the token is refused for once more is asked without it.
    caller.script([
        challenge(401, "Bearer"),
        challenge(401, "Bearer"),
        json("ok"),
    ]);
    assert_eq!(caller.get(PUBLIC).await, 200);
    assert_eq!(sent(&caller), [true, true, false]);
    // A handler's own refusal is not about the token.
    caller.script([response(StatusCode::FORBIDDEN, "not yours")]);
    assert_eq!(caller.get(PUBLIC).await, 403);
    assert_eq!(sent(&caller), [true]);
    // No token is to be had.
    caller.world.clock.advance(Duration::from_secs(3600));
    let authority = &caller.world.authority;
    authority.register("test", "test", "authorization.introspect");
    assert_eq!(caller.get(PUBLIC).await, 200);
    assert_eq!(sent(&caller), [false]);
}

#[tokio::test]
async fn what_one_origin_asks_for_is_nothing_to_another_w10() {
    let caller = Caller::new();
    assert_eq!(caller.get("https://bank.example/items/1").await, 200);
    caller.seen();
    // The same path on another host.
    caller.script([json("ok")]);
    assert_eq!(caller.get("https://other.example/items/1").await, 200);
    assert_eq!(caller.seen()[0].authorization, None);
    // As many scopes as it likes displace nothing.
    for n in 0..1000 {
        caller.script([wants(&format!("s{n}")), json("ok")]);
        assert_eq!(caller.get(&format!("{OTHER}{n}")).await, 200);
    }
    caller.seen();
    let before = caller.token_calls();
    assert_eq!(caller.get("https://bank.example/items/2").await, 200);
    assert_eq!(caller.seen().len(), 1);
    assert_eq!(caller.token_calls(), before);
}

#[tokio::test]
async fn a_scope_beyond_all_measure_is_not_asked_for_w10() {
    for (length, tries) in [(2048, 2), (2049, 1)] {
        let caller = Caller::new();
        caller.script([wants(&"s".repeat(length)), json("ok")]);
        let request = Request::get(OTHER).body(Bytes::new()).unwrap();
        let response = caller.client.send(request).await.unwrap();
        assert_eq!(caller.seen().len(), tries);
        let why = response.extensions().get::<Unanswered>();
        let expected = (length > 2048).then_some(&Unanswered::ScopeTooLong);
        assert_eq!(why, expected);
        assert_eq!(caller.token_calls(), tries as u64 - 1);
    }
}
