//! What is special in warp: a rejected request goes on to the next route, and the order
//! of filters is the order of what they do.

use mobilefirst::{RequiredScope, TokenValidator};
use mobilefirst_devserver::{Authority, Endpoint, Fault, UserToken};
use mobilefirst_warp::{
    AndGranted, Authorized, Caller, Denied, RequireScope, ThenGranted, authorized,
    optional_authorized,
};
use warp::http::{HeaderValue, Response, StatusCode};
use warp::test::RequestBuilder;
use warp::{Filter, Rejection, Reply};

use crate::adapters::{A, AB, B};
use crate::support::asking;

const ORIGIN: &str = "https://app.example.com";

fn validator(authority: &Authority) -> TokenValidator {
    asking(authority).build().unwrap()
}

fn get(path: &str) -> RequestBuilder {
    warp::test::request().path(path)
}

fn bearing(path: &str, token: &str) -> RequestBuilder {
    get(path).header("authorization", format!("Bearer {token}"))
}

async fn answer<F>(request: RequestBuilder, routes: &F) -> (u16, String)
where
    F: Filter<Extract: Reply, Error = Rejection> + 'static,
{
    let response = request.reply(routes).await;
    let body = String::from_utf8(response.body().to_vec()).unwrap();
    (response.status().as_u16(), body)
}

fn seen(status: u16, body: &str) -> (u16, String) {
    (status, body.to_owned())
}

fn introspections(authority: &Authority) -> u64 {
    authority.calls().introspection
}

async fn guarded<S: RequiredScope>(_caller: Authorized<S>) -> &'static str {
    "guarded"
}

/// What a server makes of what no route wants: 404, whatever the cause.
async fn nowhere(_: Rejection) -> Result<impl Reply, Rejection> {
    Ok(warp::reply::with_status("nowhere", StatusCode::NOT_FOUND))
}

#[tokio::test]
async fn a_caller_is_what_the_route_of_a_group_hands_over_g9() {
    let authority = Authority::new();
    let validator = validator(&authority);
    let name = async |caller: Caller| caller.username().unwrap_or("nobody").to_owned();
    let name = warp::path!("name")
        .and(authorized(&validator))
        .then_granted(name);
    let group = RequireScope::of::<A>(&validator);
    let routes = warp::path("group").and(group.routes(name));
    let of = |scope| authority.issue(UserToken::new(scope).user("jdoe"));
    let (token, other) = (of("a"), of("b"));
    let granted = answer(bearing("/group/name", &token), &routes).await;
    assert_eq!(granted, seen(200, "jdoe"));
    // The group's check and the route's are one question.
    assert_eq!(introspections(&authority), 1);
    let refused = answer(bearing("/group/name", &other), &routes).await;
    assert_eq!(refused.0, 403);
}

#[tokio::test]
async fn refused_request_does_not_reach_an_open_sibling() {
    let authority = Authority::new();
    let validator = validator(&authority);
    let routes = warp::path!("balance")
        .and(warp::get())
        .and(authorized(&validator))
        .then_granted(guarded::<A>)
        .or(warp::get().map(|| "open"))
        .recover(nowhere);
    assert_eq!(answer(get("/balance"), &routes).await, seen(401, ""));
    let unknown = bearing("/balance", "unknown");
    assert_eq!(answer(unknown, &routes).await, seen(401, ""));
    let other = authority.issue(UserToken::new("b"));
    let short = bearing("/balance", &other);
    assert_eq!(answer(short, &routes).await, seen(403, ""));
    let token = authority.issue(UserToken::new("a"));
    let granted = bearing("/balance", &token);
    assert_eq!(answer(granted, &routes).await, seen(200, "guarded"));
    assert_eq!(answer(get("/elsewhere"), &routes).await, seen(200, "open"));
}

#[tokio::test]
async fn refused_token_does_not_reach_an_open_sibling_of_an_optional_route() {
    let authority = Authority::new();
    let routes = warp::path!("greeting")
        .and(optional_authorized(&validator(&authority)))
        .then_granted(async |_: Option<Authorized<A>>| "greeting")
        .or(warp::get().map(|| "open"));
    let unknown = bearing("/greeting", "unknown");
    assert_eq!(answer(unknown, &routes).await, seen(401, ""));
    assert_eq!(
        answer(get("/greeting"), &routes).await,
        seen(200, "greeting")
    );
}

#[tokio::test]
async fn route_checks_only_what_is_for_it() {
    let authority = Authority::new();
    let routes = warp::path!("balance")
        .and(warp::get())
        .and(authorized(&validator(&authority)))
        .then_granted(guarded::<A>);
    let post = bearing("/balance", "unknown").method("POST");
    assert_eq!(answer(post, &routes).await.0, 405);
    let elsewhere = bearing("/elsewhere", "unknown");
    assert_eq!(answer(elsewhere, &routes).await.0, 404);
    assert_eq!(introspections(&authority), 0);
}

#[tokio::test]
async fn what_is_extracted_before_and_after_the_check_reaches_the_handler() {
    let authority = Authority::new();
    let token = authority.issue(UserToken::new("a").user("jdoe"));
    let transfer = async |account: u32, caller: Authorized<A>, cents: u64| {
        let name = caller.token().username().unwrap().to_owned();
        format!("{name} pays {cents} to {account}")
    };
    let routes = warp::path!("transfer" / u32)
        .and(authorized(&validator(&authority)))
        .and_granted(warp::body::json())
        .then_granted(transfer);
    let request = bearing("/transfer/7", &token).body("250");
    let reply = answer(request, &routes).await;
    assert_eq!(reply, seen(200, "jdoe pays 250 to 7"));
}

#[tokio::test]
async fn a_body_that_is_read_before_the_check_is_a_mistake_in_the_setup_d6() {
    let authority = Authority::new();
    let token = authority.issue(UserToken::new("a"));
    let order = async |_: u64, _caller: Authorized<A>| "ordered";
    let routes = warp::path!("order")
        .and(warp::body::json())
        .and(authorized(&validator(&authority)))
        .then_granted(order)
        .or(warp::path("order").map(|| "open"));
    let granted = bearing("/order", &token).body("5");
    assert_eq!(answer(granted, &routes).await, seen(500, ""));
    let refused = get("/order").body("5");
    assert_eq!(answer(refused, &routes).await, seen(500, ""));
}

#[tokio::test]
async fn a_rejection_after_the_check_goes_on_to_the_next_route_and_a_refusal_does_not() {
    let authority = Authority::new();
    let token = authority.issue(UserToken::new("a"));
    let order = async |_caller: Authorized<A>, _: u64| "ordered";
    let routes = warp::path!("order")
        .and(warp::post())
        .and(authorized(&validator(&authority)))
        .and_granted(warp::body::content_length_limit(2).and(warp::body::json()))
        .then_granted(order)
        .or(warp::path!("order")
            .and(warp::post())
            .and(warp::body::bytes())
            .map(|body: bytes::Bytes| format!("{} bytes", body.len())))
        .or(warp::path!("elsewhere")
            .and(warp::body::bytes())
            .map(|_| "open"));
    let long = |request: RequestBuilder| {
        request
            .method("POST")
            .header("content-length", "3")
            .body("555")
    };
    let granted = long(bearing("/order", &token));
    assert_eq!(answer(granted, &routes).await, seen(200, "3 bytes"));
    assert_eq!(answer(long(get("/order")), &routes).await, seen(401, ""));
    let elsewhere = long(get("/elsewhere"));
    assert_eq!(answer(elsewhere, &routes).await, seen(200, "open"));
}

#[tokio::test]
async fn server_may_answer_a_refusal_itself() {
    let authority = Authority::new();
    let own_answer = |reply: Result<&'static str, Denied>| match reply {
        Ok(reply) => reply.into_response(),
        Err(denied) => {
            let text = denied.to_string();
            let (parts, _) = denied.into_response().into_parts();
            Response::from_parts(parts, text).into_response()
        }
    };
    let routes = warp::path!("balance")
        .and(authorized(&validator(&authority)))
        .then_granted(guarded::<A>)
        .map(own_answer)
        .or(warp::get().map(|| "open"));
    let response = get("/balance").reply(&routes).await;
    assert_eq!(response.headers()["www-authenticate"], "Bearer");
    assert_eq!(response.status(), 401);
    assert_eq!(response.body(), "the request has no bearer token");
}

/// A group behind `/accounts`, and open routes after it: one with the group's path.
fn group(
    validator: &TokenValidator,
) -> impl Filter<Extract: Reply, Error = Rejection> + Clone + 'static {
    let balance = warp::path!("balance")
        .and(warp::get())
        .and(authorized(validator))
        .then_granted(guarded::<A>);
    let order = warp::path!("order")
        .and(warp::post())
        .and(warp::body::json())
        .map(|order: u64| format!("order {order}"));
    let payees = warp::path!("name").and(warp::get()).map(|| "payee");
    let payees = warp::path("payees").and(RequireScope::of::<AB>(validator).routes(payees));
    let accounts = RequireScope::of::<A>(validator).routes(balance.or(order).or(payees));
    let open = warp::path("accounts").map(|| "open");
    warp::path("accounts")
        .and(accounts)
        .or(open.and(warp::get()))
        .or(warp::path!("public").map(|| "public"))
        .recover(nowhere)
}

#[tokio::test]
async fn request_that_a_group_refuses_does_not_reach_an_open_sibling() {
    let authority = Authority::new();
    let routes = group(&validator(&authority));
    let other = authority.issue(UserToken::new("b"));
    for path in ["/accounts/balance", "/accounts/other", "/accounts"] {
        assert_eq!(answer(get(path), &routes).await, seen(401, ""), "{path}");
        let short = bearing(path, &other);
        assert_eq!(answer(short, &routes).await, seen(403, ""), "{path}");
    }
}

#[tokio::test]
async fn request_that_a_group_grants_and_does_not_know_goes_on() {
    let authority = Authority::new();
    let routes = group(&validator(&authority));
    let token = authority.issue(UserToken::new("a"));
    let known = bearing("/accounts/balance", &token);
    assert_eq!(answer(known, &routes).await, seen(200, "guarded"));
    let other = bearing("/accounts/other", &token);
    assert_eq!(answer(other, &routes).await, seen(200, "open"));
}

#[tokio::test]
async fn request_outside_of_a_group_is_not_checked() {
    let authority = Authority::new();
    let routes = group(&validator(&authority));
    let public = bearing("/public", "unknown");
    assert_eq!(answer(public, &routes).await, seen(200, "public"));
    let elsewhere = bearing("/elsewhere", "unknown");
    assert_eq!(answer(elsewhere, &routes).await, seen(404, "nowhere"));
    assert_eq!(introspections(&authority), 0);
}

#[tokio::test]
async fn group_checks_before_method_and_body() {
    let authority = Authority::new();
    let order = warp::path!("order")
        .and(warp::post())
        .and(warp::body::json())
        .map(|order: u64| format!("order {order}"));
    let orders = RequireScope::of::<A>(&validator(&authority)).routes(order);
    let routes = warp::path("accounts").and(orders);
    let token = authority.issue(UserToken::new("a"));
    let put = || get("/accounts/order").method("PUT");
    let post = |body| get("/accounts/order").method("POST").body(body);
    let bearer = format!("Bearer {token}");
    let granted = |request: RequestBuilder| request.header("authorization", &bearer);
    assert_eq!(answer(put(), &routes).await.0, 401);
    assert_eq!(answer(post("no JSON"), &routes).await.0, 401);
    assert_eq!(answer(granted(put()), &routes).await.0, 405);
    assert_eq!(answer(granted(post("no JSON")), &routes).await.0, 400);
    let good = granted(post("5"));
    assert_eq!(answer(good, &routes).await, seen(200, "order 5"));
}

#[tokio::test]
async fn group_within_a_group_asks_for_more_and_asks_upstream_once() {
    let authority = Authority::new();
    let routes = group(&validator(&authority));
    let token = authority.issue(UserToken::new("a"));
    let response = bearing("/accounts/payees/name", &token)
        .reply(&routes)
        .await;
    let challenge = r#"Bearer error="insufficient_scope", scope="a b""#;
    assert_eq!(response.headers()["www-authenticate"], challenge);
    assert_eq!(introspections(&authority), 1);
    let token = authority.issue(UserToken::new("a b"));
    let granted = bearing("/accounts/payees/name", &token);
    assert_eq!(answer(granted, &routes).await, seen(200, "payee"));
    assert_eq!(introspections(&authority), 2);
}

/// A guarded route and a guarded group, open to the pages of [`ORIGIN`].
fn with_cors(
    authority: &Authority,
) -> impl Filter<Extract: Reply, Error = Rejection> + Clone + 'static {
    let validator = validator(authority);
    let balance = warp::path!("balance")
        .and(warp::get())
        .and(authorized(&validator))
        .then_granted(guarded::<A>);
    let name = warp::path!("name").and(warp::get()).map(|| "payee");
    let payees = warp::path("payees").and(RequireScope::of::<B>(&validator).routes(name));
    let cors = warp::cors()
        .allow_origin(ORIGIN)
        .allow_methods(["GET"])
        .allow_headers(["authorization"])
        .expose_headers(["www-authenticate", "mfp-conflict"]);
    balance.or(payees).with(cors)
}

#[tokio::test]
async fn preflight_is_answered_without_a_token() {
    let authority = Authority::new();
    let routes = with_cors(&authority);
    for path in ["/balance", "/payees/name"] {
        let response = get(path)
            .method("OPTIONS")
            .header("origin", ORIGIN)
            .header("access-control-request-method", "GET")
            .header("access-control-request-headers", "authorization")
            .reply(&routes)
            .await;
        assert_eq!(response.status(), 200, "{path}");
        let headers = response.headers();
        assert_eq!(headers["access-control-allow-origin"], ORIGIN);
        assert_eq!(headers["access-control-allow-headers"], "authorization");
        assert!(!headers.contains_key("www-authenticate"));
    }
}

#[tokio::test]
async fn page_on_another_origin_sees_the_refusal() {
    let authority = Authority::new();
    let routes = with_cors(&authority);
    let conflict = Fault::conflict(HeaderValue::from_static("v"));
    authority.fault(Endpoint::Introspection, conflict);
    for (request, status, name) in [
        (get("/balance"), 401, "www-authenticate"),
        (get("/payees/name"), 401, "www-authenticate"),
        (bearing("/balance", "unknown"), 409, "mfp-conflict"),
    ] {
        let response = request.header("origin", ORIGIN).reply(&routes).await;
        assert_eq!(response.status(), status);
        let headers = response.headers();
        assert!(headers.contains_key(name));
        assert_eq!(headers["access-control-allow-origin"], ORIGIN);
        let exposed = headers["access-control-expose-headers"].to_str().unwrap();
        assert!(exposed.contains(name), "{exposed}");
    }
}

#[tokio::test]
async fn page_on_a_foreign_origin_is_stopped_before_any_check() {
    let authority = Authority::new();
    let request = bearing("/balance", "unknown").header("origin", "https://evil.example.com");
    let response = request.reply(&with_cors(&authority)).await;
    assert_eq!(response.status(), 403);
    assert!(!response.headers().contains_key("www-authenticate"));
    assert_eq!(introspections(&authority), 0);
}
