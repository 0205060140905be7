use actix_web::{App, HttpServer, Responder, web};
use async_trait::async_trait;
use mobilefirst::{Denial, RequiredScope, TokenValidator};
use mobilefirst_actix_web::{
    Authorized, Caller, Denied, Guarded, OptionalAuthorized, RequireScope,
};

use super::{A, AB, Adapter, B, Read, Server, facts};

pub(crate) struct ActixWeb;

async fn typed<S: RequiredScope>(caller: Authorized<S>) -> impl Responder {
    web::Json(facts(&caller))
}

async fn any(caller: Authorized) -> impl Responder {
    web::Json(facts(&caller))
}

async fn guarded(caller: Caller) -> impl Responder {
    web::Json(facts(&caller))
}

async fn optional(caller: OptionalAuthorized<A>) -> String {
    match caller.as_ref() {
        Some(permit) => facts(permit).to_string(),
        None => "stranger".to_owned(),
    }
}

async fn forbidden(caller: Authorized<A>) -> Result<&'static str, Denied> {
    Err(caller.forbidden())?
}

async fn narrow(caller: Authorized<A>) -> Result<impl Responder, Denied> {
    Ok(web::Json(facts(&caller.narrow::<B>()?)))
}

async fn narrow_guarded(caller: Caller) -> Result<impl Responder, Denied> {
    Ok(web::Json(facts(&caller.narrow::<B>()?)))
}

async fn required(
    validator: web::Data<TokenValidator>,
    caller: OptionalAuthorized<A>,
) -> Result<String, Denied> {
    let missing = || validator.deny(Denial::missing_token());
    let caller = caller.as_ref().ok_or_else(missing)?;
    Ok(facts(caller).to_string())
}

async fn number(Guarded(_, number): Guarded<A, web::Json<u64>>) -> String {
    number.to_string()
}

async fn number_in_group(number: web::Json<u64>) -> String {
    number.to_string()
}

#[async_trait]
impl Adapter for ActixWeb {
    fn name(&self) -> &'static str {
        "actix-web"
    }

    async fn serve(&self, validator: TokenValidator) -> Server {
        let validator = web::Data::new(validator);
        let value = RequireScope::new("a b".parse::<mobilefirst::Scope>().unwrap());
        let server = HttpServer::new(move || {
            App::new()
                .app_data(validator.clone())
                .route("/public", web::get().to(async || "public"))
                .route("/any", web::get().to(any))
                .route("/read", web::get().to(typed::<Read>))
                .route("/a", web::get().to(typed::<A>))
                .route("/b", web::get().to(typed::<B>))
                .route("/ab", web::get().to(typed::<AB>))
                .route("/value", web::get().to(guarded).wrap(value.clone()))
                .route("/optional", web::get().to(optional))
                .route("/forbidden", web::get().to(forbidden))
                .route("/narrow", web::get().to(narrow))
                .route("/required", web::get().to(required))
                .route("/number", web::post().to(number))
                .service(
                    web::scope("/group")
                        .route("/a", web::get().to(guarded))
                        .route("/narrow", web::get().to(narrow_guarded))
                        .route("/number", web::post().to(number_in_group))
                        .wrap(RequireScope::of::<A>()),
                )
        })
        .workers(1)
        .disable_signals()
        .bind(("127.0.0.1", 0))
        .unwrap();
        let address = server.addrs()[0];
        let server = server.run();
        let handle = server.handle();
        tokio::spawn(server);
        Server {
            address,
            _running: Box::new(Stop(handle)),
        }
    }
}

struct Stop(actix_web::dev::ServerHandle);

impl Drop for Stop {
    fn drop(&mut self) {
        // The command is sent at once; only its end would have to be awaited.
        drop(self.0.stop(false));
    }
}
