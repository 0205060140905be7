//! Two realms in one application, as each adapter's documentation sets them up.

use actix_web::web;
use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::{Request, StatusCode};
use mobilefirst::TokenValidator;
use mobilefirst_devserver::{Authority, UserToken};
use tower::ServiceExt;
use warp::Filter;

use crate::adapters::A;
use crate::support::asking;

struct Realms {
    bank: TokenValidator,
    shop: TokenValidator,
}

async fn of_axum(realms: &Realms, path: &str, bearing: &str) -> u16 {
    use mobilefirst_axum::{Authorized, RequireScopeLayer};

    let realm = |validator: &TokenValidator| {
        let guard = RequireScopeLayer::of::<A>(validator.clone());
        let group = Router::new().route("/a", get(async || "ok")).layer(guard);
        Router::new()
            .route("/a", get(async |_: Authorized<A>| "ok"))
            .nest("/group", group)
            .with_state(validator.clone())
    };
    let app: Router = Router::new()
        .nest("/bank", realm(&realms.bank))
        .nest("/shop", realm(&realms.shop));
    let request = Request::get(path).header("authorization", bearing);
    let response = app.oneshot(request.body(Body::empty()).unwrap()).await;
    response.unwrap().status().as_u16()
}

async fn of_actix_web(realms: &Realms, path: &str, bearing: &str) -> u16 {
    use actix_web::test::{TestRequest, call_service, init_service};
    use mobilefirst_actix_web::{Authorized, RequireScope};

    let realm = |name: &str, validator: &TokenValidator| {
        let group = web::scope("/group")
            .route("/a", web::get().to(async || "ok"))
            .wrap(RequireScope::of::<A>());
        web::scope(name)
            .app_data(web::Data::new(validator.clone()))
            .route("/a", web::get().to(async |_: Authorized<A>| "ok"))
            .service(group)
    };
    // A guard around the whole scope sees the scope's data too.
    let wrapped = web::scope("/wrapped")
        .app_data(web::Data::new(realms.shop.clone()))
        .route("/a", web::get().to(async || "ok"))
        .wrap(RequireScope::of::<A>());
    let app = actix_web::App::new()
        .app_data(web::Data::new(realms.bank.clone()))
        .service(realm("/bank", &realms.bank))
        .service(realm("/shop", &realms.shop))
        .service(wrapped);
    let app = init_service(app).await;
    let path = match path {
        "/shop/group/a" => "/wrapped/a",
        path => path,
    };
    let request = TestRequest::get().uri(path);
    let request = request.insert_header(("authorization", bearing));
    call_service(&app, request.to_request())
        .await
        .status()
        .as_u16()
}

async fn of_rocket(realms: &Realms, path: &str, bearing: &str) -> u16 {
    use mobilefirst_rocket::{Caller, MobileFirst, RequireScope};
    use rocket::http::Header;
    use rocket::local::asynchronous::Client;

    #[rocket::get("/a")]
    fn a(_caller: Caller) -> &'static str {
        "ok"
    }
    let of_bank = RequireScope::of::<A>();
    let of_shop = RequireScope::of::<A>().validator(realms.shop.clone());
    let rocket = rocket::build()
        .attach(MobileFirst::with(realms.bank.clone()))
        .mount("/bank", of_bank.routes(rocket::routes![a]))
        .mount("/bank/group", of_bank.routes(rocket::routes![a]))
        .mount("/shop", of_shop.routes(rocket::routes![a]))
        .mount("/shop/group", of_shop.routes(rocket::routes![a]));
    let client = Client::untracked(rocket).await.unwrap();
    let request = client.get(path.to_owned());
    let request = request.header(Header::new("authorization", bearing.to_owned()));
    request.dispatch().await.status().code
}

async fn of_warp(realms: &Realms, path: &str, bearing: &str) -> u16 {
    use mobilefirst_warp::{Authorized, RequireScope, ThenGranted, authorized};

    let realm = |name: &'static str, validator: &TokenValidator| {
        let a = warp::path!("a")
            .and(authorized(validator))
            .then_granted(async |_: Authorized<A>| "ok");
        let group = RequireScope::of::<A>(validator);
        let group = warp::path("group").and(group.routes(warp::path!("a").map(|| "ok")));
        warp::path(name).and(a.or(group))
    };
    let app = realm("bank", &realms.bank).or(realm("shop", &realms.shop));
    let request = warp::test::request().path(path);
    let request = request.header("authorization", bearing);
    request.reply(&app).await.status().as_u16()
}

#[actix_web::test]
async fn each_realm_takes_the_tokens_of_its_own_server_l1() {
    let authorities = [Authority::new(), Authority::new()];
    let realms = Realms {
        bank: asking(&authorities[0]).build().unwrap(),
        shop: asking(&authorities[1]).build().unwrap(),
    };
    let tokens = authorities.each_ref().map(|authority| {
        let token = authority.issue(UserToken::new("a"));
        format!("Bearer {token}")
    });
    for (path, own) in [
        ("/bank/a", 0),
        ("/shop/a", 1),
        ("/bank/group/a", 0),
        ("/shop/group/a", 1),
    ] {
        for (index, token) in tokens.iter().enumerate() {
            let expected = match index == own {
                true => StatusCode::OK.as_u16(),
                false => StatusCode::UNAUTHORIZED.as_u16(),
            };
            for (name, status) in [
                ("axum", of_axum(&realms, path, token).await),
                ("actix-web", of_actix_web(&realms, path, token).await),
                ("Rocket", of_rocket(&realms, path, token).await),
                ("warp", of_warp(&realms, path, token).await),
            ] {
                assert_eq!(status, expected, "{name} {path} {index}");
            }
        }
    }
}
