//! A group guard carries the maximum age of its type, not only the scope.

use std::time::Duration;

use mobilefirst::{TokenValidator, scopes};
use mobilefirst_devserver::{Authority, UserToken};

use crate::support::asking;
use crate::support::log::join_logs;

scopes! {
    /// Asks the authorization server about every request.
    Uncached = "a", max_age = Duration::ZERO;
}

const REQUESTS: u64 = 3;

fn validator(authority: &Authority) -> TokenValidator {
    asking(authority).build().unwrap()
}

fn bearer(authority: &Authority) -> String {
    format!("Bearer {}", authority.issue(UserToken::new("a")))
}

#[actix_web::test]
async fn a_max_age_of_zero_asks_about_every_request_in_actix_web() {
    use actix_web::test::{TestRequest, call_service, init_service};
    use actix_web::{App, web};
    use mobilefirst_actix_web::RequireScope;

    let authority = Authority::new();
    let group = web::scope("/group")
        .route("/a", web::get().to(async || "a"))
        .wrap(RequireScope::of::<Uncached>());
    let app = App::new()
        .app_data(web::Data::new(validator(&authority)))
        .service(group);
    let app = init_service(app).await;
    let bearer = bearer(&authority);
    for asked in 1..=REQUESTS {
        let request = TestRequest::with_uri("/group/a")
            .insert_header(("authorization", bearer.as_str()))
            .to_request();
        assert_eq!(call_service(&app, request).await.status(), 200);
        assert_eq!(authority.calls().introspection, asked);
    }
}

#[tokio::test]
async fn a_max_age_of_zero_asks_about_every_request_in_axum() {
    use axum::Router;
    use axum::body::Body;
    use axum::http::Request;
    use axum::routing::get;
    use mobilefirst_axum::RequireScopeLayer;
    use tower::ServiceExt;

    let authority = Authority::new();
    let app: Router = Router::new()
        .route("/a", get(async || "a"))
        .layer(RequireScopeLayer::of::<Uncached>(validator(&authority)));
    let bearer = bearer(&authority);
    for asked in 1..=REQUESTS {
        let request = Request::get("/a").header("authorization", &bearer);
        let request = request.body(Body::empty()).unwrap();
        let response = app.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(authority.calls().introspection, asked);
    }
}

#[rocket::get("/a")]
fn rocket_route(_caller: mobilefirst_rocket::Caller) -> &'static str {
    "a"
}

#[tokio::test]
async fn a_max_age_of_zero_asks_about_every_request_in_rocket() {
    use mobilefirst_rocket::{MobileFirst, RequireScope};
    use rocket::config::{Config, LogLevel};
    use rocket::http::{Header, Status};
    use rocket::local::asynchronous::Client;
    use rocket::routes;

    join_logs();
    let authority = Authority::new();
    let config = Config {
        log_level: LogLevel::Off,
        ..Config::debug_default()
    };
    let group = RequireScope::of::<Uncached>();
    let rocket = rocket::custom(config)
        .attach(MobileFirst::with(validator(&authority)))
        .mount("/", group.routes(routes![rocket_route]));
    let client = Client::untracked(rocket).await.unwrap();
    let bearer = bearer(&authority);
    for asked in 1..=REQUESTS {
        let bearer = Header::new("authorization", bearer.clone());
        let response = client.get("/a").header(bearer).dispatch().await;
        assert_eq!(response.status(), Status::Ok);
        assert_eq!(authority.calls().introspection, asked);
    }
}

#[tokio::test]
async fn a_max_age_of_zero_asks_about_every_request_in_warp() {
    use mobilefirst_warp::RequireScope;
    use warp::Filter;

    let authority = Authority::new();
    let routes = warp::path!("a").and(warp::get()).map(|| "a");
    let group = RequireScope::of::<Uncached>(&validator(&authority)).routes(routes);
    let bearer = bearer(&authority);
    for asked in 1..=REQUESTS {
        let request = warp::test::request().path("/a");
        let response = request.header("authorization", &bearer).reply(&group).await;
        assert_eq!(response.status(), 200);
        assert_eq!(authority.calls().introspection, asked);
    }
}
