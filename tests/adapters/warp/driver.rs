//! The server that the conformance suite calls.

use async_trait::async_trait;
use mobilefirst::{Denial, RequiredScope, TokenValidator};
use mobilefirst_warp::{
    AndGranted, Authorized, Caller, Denied, RequireScope, ThenGranted, authorized,
    authorized_scope, optional_authorized,
};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use warp::{Filter, Reply};

use crate::adapters::{A, AB, Adapter, B, Read, Server, facts};

pub(crate) struct Warp;

async fn typed<S: RequiredScope>(caller: Authorized<S>) -> impl Reply {
    warp::reply::json(&facts(&caller))
}

async fn any(caller: Caller) -> impl Reply {
    warp::reply::json(&facts(&caller))
}

async fn optional(caller: Option<Authorized<A>>) -> String {
    match caller {
        Some(caller) => facts(&caller).to_string(),
        None => "stranger".to_owned(),
    }
}

async fn forbidden(caller: Authorized<A>) -> Result<&'static str, Denied> {
    Err(caller.forbidden())?
}

async fn narrow(caller: Authorized<A>) -> Result<impl Reply, Denied> {
    Ok(warp::reply::json(&facts(&caller.narrow::<B>()?)))
}

async fn required(
    validator: TokenValidator,
    caller: Option<Authorized<A>>,
) -> Result<String, Denied> {
    let caller = caller.ok_or_else(|| validator.deny(Denial::missing_token()))?;
    Ok(facts(&caller).to_string())
}

async fn number(_caller: Authorized<A>, number: u64) -> String {
    number.to_string()
}

#[async_trait]
impl Adapter for Warp {
    fn name(&self) -> &'static str {
        "warp"
    }

    async fn serve(&self, validator: TokenValidator) -> Server {
        let post = |path| warp::path(path).and(warp::path::end()).and(warp::post());
        let get = |path| warp::path(path).and(warp::path::end()).and(warp::get());
        // The group's scope once more: version 7 is asked about each scope by itself.
        let in_group = get("a")
            .and(authorized(&validator))
            .then_granted(typed::<A>);
        let narrow_in_group = get("narrow")
            .and(authorized(&validator))
            .then_granted(narrow);
        let number_in_group = post("number")
            .and(warp::body::json())
            .map(|number: u64| number.to_string());
        let group = RequireScope::of::<A>(&validator)
            .routes(in_group.or(narrow_in_group).or(number_in_group));
        let own = validator.clone();
        let required = get("required")
            .map(move || own.clone())
            .and(optional_authorized(&validator))
            .then_granted(required);
        let value = authorized_scope(&validator, "a b".parse::<mobilefirst::Scope>().unwrap());
        let routes = get("public")
            .map(|| "public")
            .or(get("any").and(authorized(&validator)).then_granted(any))
            .or(get("read")
                .and(authorized(&validator))
                .then_granted(typed::<Read>))
            .or(get("a")
                .and(authorized(&validator))
                .then_granted(typed::<A>))
            .or(get("b")
                .and(authorized(&validator))
                .then_granted(typed::<B>))
            .or(get("ab")
                .and(authorized(&validator))
                .then_granted(typed::<AB>))
            .or(get("value").and(value).then_granted(any))
            .or(post("number")
                .and(authorized(&validator))
                .and_granted(warp::body::json())
                .then_granted(number))
            .or(warp::path("group").and(group))
            .or(get("optional")
                .and(optional_authorized(&validator))
                .then_granted(optional))
            .or(get("forbidden")
                .and(authorized(&validator))
                .then_granted(forbidden))
            .or(get("narrow")
                .and(authorized(&validator))
                .then_granted(narrow))
            .or(required);
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut running = JoinSet::new();
        running.spawn(warp::serve(routes).incoming(listener).run());
        Server {
            address,
            _running: Box::new(running),
        }
    }
}
