//! Tokens in the query and in cookies.

use actix_web::web;
use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::Request;
use mobilefirst::{TokenPlace, TokenValidator};
use mobilefirst_devserver::{Authority, UserToken};
use tower::ServiceExt;
use warp::Filter;

use crate::adapters::A;
use crate::support::asking;

const QUERY: TokenPlace = TokenPlace::query();
const COOKIE: TokenPlace = TokenPlace::cookie("token");

/// The status, and `Cache-Control`.
type Answer = (u16, Option<String>);

type Fields<'a> = &'a [(&'static str, String)];

async fn of_axum(validator: TokenValidator, path: &str, fields: Fields<'_>) -> Answer {
    use mobilefirst_axum::{Authorized, RequireScopeLayer, TokenFromLayer};

    let guarded = || get(async |_: Authorized<A>| "ok");
    let route = |path: &str, place| {
        let layer = TokenFromLayer::new(place);
        Router::new().route(path, guarded()).route_layer(layer)
    };
    let group = Router::new()
        .route("/group", get(async || "ok"))
        .route_layer(RequireScopeLayer::of::<A>(validator.clone()))
        .route_layer(TokenFromLayer::new(QUERY));
    let app = Router::new()
        .merge(route("/query", QUERY))
        .merge(route("/cookie", COOKIE))
        .merge(group)
        .route("/header", guarded())
        .with_state(validator);
    let mut request = Request::get(path);
    for (name, value) in fields {
        request = request.header(*name, value);
    }
    let response = app.oneshot(request.body(Body::empty()).unwrap()).await;
    let response = response.unwrap();
    let value = response.headers().get("cache-control");
    let value = value.map(|value| value.to_str().unwrap().to_owned());
    (response.status().as_u16(), value)
}

async fn of_actix_web(validator: TokenValidator, path: &str, fields: Fields<'_>) -> Answer {
    use actix_web::test::{TestRequest, call_service, init_service};
    use mobilefirst_actix_web::{Authorized, RequireScope, TokenFrom};

    let route = |path: &str, place| {
        let resource = web::resource(path).get(async |_: Authorized<A>| "ok");
        resource.wrap(TokenFrom::new(place))
    };
    let group = web::resource("/group")
        .get(async || "ok")
        .wrap(RequireScope::of::<A>())
        .wrap(TokenFrom::new(QUERY));
    let app = actix_web::App::new()
        .app_data(web::Data::new(validator))
        .service(route("/query", QUERY))
        .service(route("/cookie", COOKIE))
        .service(group)
        .route("/header", web::get().to(async |_: Authorized<A>| "ok"));
    let app = init_service(app).await;
    let mut request = TestRequest::get().uri(path);
    for (name, value) in fields {
        request = request.append_header((*name, value.as_str()));
    }
    let response = call_service(&app, request.to_request()).await;
    let value = response.headers().get("cache-control");
    let value = value.map(|value| value.to_str().unwrap().to_owned());
    (response.status().as_u16(), value)
}

async fn of_rocket(validator: TokenValidator, path: &str, fields: Fields<'_>) -> Answer {
    use mobilefirst_rocket::{Authorized, Caller, MobileFirst, RequireScope};
    use rocket::http::Header;
    use rocket::local::asynchronous::Client;

    #[rocket::get("/query")]
    fn query(_caller: Caller) {}
    #[rocket::get("/group")]
    fn group(_caller: Caller) {}
    #[rocket::get("/cookie")]
    fn cookie(_caller: Caller) {}
    #[rocket::get("/header")]
    fn header(_caller: Authorized<A>) {}

    let of_query = RequireScope::of::<A>().token_from(QUERY);
    let of_cookie = RequireScope::of::<A>().token_from(COOKIE);
    let rocket = rocket::build()
        .attach(MobileFirst::with(validator))
        .mount("/", of_query.routes(rocket::routes![query, group]))
        .mount("/", of_cookie.routes(rocket::routes![cookie]))
        .mount("/", rocket::routes![header]);
    let client = Client::untracked(rocket).await.unwrap();
    let mut request = client.get(path.to_owned());
    for (name, value) in fields {
        request.add_header(Header::new(*name, value.clone()));
    }
    let response = request.dispatch().await;
    let value = response.headers().get_one("cache-control");
    (response.status().code, value.map(str::to_owned))
}

async fn of_warp(validator: TokenValidator, path: &str, fields: Fields<'_>) -> Answer {
    use mobilefirst_warp::{Authorized, ThenGranted, authorized, authorized_from};

    let route = |path: &'static str, place| {
        warp::path(path)
            .and(warp::path::end())
            .and(authorized_from(&validator, place))
            .then_granted(async |_: Authorized<A>| "ok")
    };
    let header = warp::path!("header")
        .and(authorized(&validator))
        .then_granted(async |_: Authorized<A>| "ok");
    // For every response of these routes, as the documentation advises.
    let app = route("query", QUERY)
        .or(route("group", QUERY))
        .or(route("cookie", COOKIE))
        .with(warp::reply::with::header(
            "cache-control",
            TokenPlace::CACHE_CONTROL,
        ))
        .or(header);
    let mut request = warp::test::request().path(path);
    for (name, value) in fields {
        request = request.header(*name, value);
    }
    let response = request.reply(&app).await;
    let value = response.headers().get("cache-control");
    let value = value.map(|value| value.to_str().unwrap().to_owned());
    (response.status().as_u16(), value)
}

/// Each case: the path, header fields, the status, and whether the response must not be stored.
async fn assert_answers(
    cases: impl Fn(&str) -> Vec<(String, Vec<(&'static str, String)>, u16, bool)>,
) {
    let authority = Authority::new();
    let token = authority.issue(UserToken::new("a"));
    let validator = || asking(&authority).build().unwrap();
    for (path, fields, status, is_not_stored) in cases(&token) {
        for (name, (seen, cache_control)) in [
            ("axum", of_axum(validator(), &path, &fields).await),
            ("actix-web", of_actix_web(validator(), &path, &fields).await),
            ("Rocket", of_rocket(validator(), &path, &fields).await),
            ("warp", of_warp(validator(), &path, &fields).await),
        ] {
            assert_eq!(seen, status, "{name} {path} {fields:?}");
            let is_no_store = cache_control.as_deref() == Some("no-store, private");
            // A warp filter can't tell, so all responses of the route say so.
            if name != "warp" || is_not_stored {
                assert_eq!(is_no_store, is_not_stored, "{name} {path} {fields:?}");
            }
        }
    }
}

fn header(token: &str) -> (&'static str, String) {
    ("authorization", format!("Bearer {token}"))
}

fn cookie(token: &str) -> (&'static str, String) {
    ("cookie", format!("theme=dark; token={token}"))
}

#[actix_web::test]
async fn a_token_in_the_query_is_taken_where_the_route_says_so_q3() {
    assert_answers(|token| {
        let mut cases = Vec::new();
        for path in ["/query", "/group"] {
            let with = |query: String| format!("{path}?{query}");
            let of = |token: &str| with(format!("month=5&access_token={token}"));
            cases.extend([
                (of(token), vec![], 200, true),
                (of("unknown"), vec![], 401, true),
                (of(""), vec![], 400, true),
                (path.to_owned(), vec![header(token)], 200, false),
                (path.to_owned(), vec![], 401, false),
                (path.to_owned(), vec![cookie(token)], 401, false),
            ]);
        }
        cases
    })
    .await;
}

#[actix_web::test]
async fn a_token_in_a_cookie_is_taken_where_the_route_says_so_q4() {
    assert_answers(|token| {
        let path = || "/cookie".to_owned();
        vec![
            (path(), vec![cookie(token)], 200, true),
            (path(), vec![cookie("unknown")], 401, true),
            (path(), vec![cookie("")], 401, false),
            (path(), vec![header(token)], 200, false),
            (format!("/cookie?access_token={token}"), vec![], 401, false),
        ]
    })
    .await;
}

#[actix_web::test]
async fn a_request_with_two_tokens_is_refused_q5() {
    assert_answers(|token| {
        let query = format!("/query?access_token={token}");
        let twice = format!("{query}&access_token={token}");
        let basic = ("authorization", "Basic abc".to_owned());
        vec![
            (query.clone(), vec![header(token)], 400, true),
            (query, vec![basic], 400, true),
            (twice, vec![], 400, true),
            (
                "/cookie".to_owned(),
                vec![header(token), cookie(token)],
                400,
                true,
            ),
        ]
    })
    .await;
}

#[actix_web::test]
async fn no_other_route_takes_a_token_from_elsewhere_q6() {
    assert_answers(|token| {
        let path = format!("/header?access_token={token}");
        vec![
            (path.clone(), vec![], 401, false),
            (path, vec![cookie(token)], 401, false),
        ]
    })
    .await;
}
