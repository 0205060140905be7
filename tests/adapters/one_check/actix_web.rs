//! In actix-web.

use actix_web::{App, HttpResponse, Scope, web};
use mobilefirst_actix_web::{Authorized, Caller, RequireScope};

use actix_web::test::{TestRequest, call_service, init_service};
use mobilefirst::{RequiredScope, TokenValidator};
use tracing::Level;

use super::{Minute, Uncached, one_check_is_made};
use crate::adapters::{A, B};
use crate::support::log::Log;

fn route<G: RequiredScope, S: RequiredScope>(
    path: &str,
) -> Scope<
    impl actix_web::dev::ServiceFactory<
        actix_web::dev::ServiceRequest,
        Config = (),
        Response = actix_web::dev::ServiceResponse<impl actix_web::body::MessageBody>,
        Error = actix_web::Error,
        InitError = (),
    >,
> {
    let handler = async |caller: Authorized<S>| HttpResponse::Ok().body(caller.scope().to_owned());
    web::scope(path)
        .route("", web::get().to(handler))
        .wrap(RequireScope::of::<G>())
}

async fn call(validator: TokenValidator, path: &str, bearer: &str) -> (u16, Option<String>) {
    let app = App::new()
        .app_data(web::Data::new(validator))
        .service(route::<A, A>("/a/a"))
        .service(route::<A, B>("/a/b"))
        .service(route::<A, Uncached>("/a/uncached"))
        .service(route::<Minute, Uncached>("/minute/uncached"))
        .service(route::<Uncached, A>("/uncached/a"))
        .service(route::<Uncached, Minute>("/uncached/minute"))
        .service(route::<Uncached, Uncached>("/uncached/uncached"));
    let app = init_service(app).await;
    let request = TestRequest::with_uri(path).insert_header(("authorization", bearer));
    let response = call_service(&app, request.to_request()).await;
    let challenge = response.headers().get("www-authenticate");
    let challenge = challenge.map(|field| field.to_str().unwrap().to_owned());
    (response.status().as_u16(), challenge)
}

#[actix_web::test]
async fn a_guard_and_an_actix_web_extractor_make_one_check_g10() {
    one_check_is_made("actix-web", call).await;
}

#[actix_web::test]
async fn a_caller_without_a_guard_is_our_own_trouble_in_actix_web_g9() {
    let log = Log::of_this_thread(Level::ERROR);
    let app = App::new().route("/", web::get().to(async |_: Caller| "in"));
    let app = init_service(app).await;
    let response = call_service(&app, TestRequest::with_uri("/").to_request()).await;
    assert_eq!(response.status(), 500);
    assert_eq!(actix_web::test::read_body(response).await, "");
    let lines = log.lines().join("");
    assert!(
        lines.contains("`Caller` is not in a `RequireScope`"),
        "{lines}"
    );
}
