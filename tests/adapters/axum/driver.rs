//! The server that the conformance suite calls.

use async_trait::async_trait;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use mobilefirst::{Denial, RequiredScope, TokenValidator};
use mobilefirst_axum::{Authorized, Caller, Denied, DrainRefusedLayer, RequireScopeLayer};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

use crate::adapters::{A, AB, Adapter, B, Read, Server, facts};

pub(crate) struct Axum;

async fn typed<S: RequiredScope>(caller: Authorized<S>) -> impl IntoResponse {
    Json(facts(&caller))
}

async fn any(caller: Authorized) -> impl IntoResponse {
    Json(facts(&caller))
}

async fn guarded(caller: Caller) -> impl IntoResponse {
    Json(facts(&caller))
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

async fn narrow(caller: Authorized<A>) -> Result<impl IntoResponse, Denied> {
    Ok(Json(facts(&caller.narrow::<B>()?)))
}

async fn narrow_guarded(caller: Caller) -> Result<String, Denied> {
    Ok(facts(&caller.narrow::<B>()?).to_string())
}

async fn required(
    State(validator): State<TokenValidator>,
    caller: Option<Authorized<A>>,
) -> Result<String, Denied> {
    let caller = caller.ok_or_else(|| validator.deny(Denial::missing_token()))?;
    Ok(facts(&caller).to_string())
}

async fn number(_caller: Authorized<A>, Json(number): Json<u64>) -> String {
    number.to_string()
}

async fn number_in_group(Json(number): Json<u64>) -> String {
    number.to_string()
}

#[async_trait]
impl Adapter for Axum {
    fn name(&self) -> &'static str {
        "axum"
    }

    async fn serve(&self, validator: TokenValidator) -> Server {
        let value = RequireScopeLayer::new(
            validator.clone(),
            "a b".parse::<mobilefirst::Scope>().unwrap(),
        );
        let group = RequireScopeLayer::of::<A>(validator.clone());
        let app = Router::new()
            .route("/public", get(async || "public"))
            .route("/any", get(any))
            .route("/read", get(typed::<Read>))
            .route("/a", get(typed::<A>))
            .route("/b", get(typed::<B>))
            .route("/ab", get(typed::<AB>))
            .route("/value", get(guarded).layer(value))
            .route("/optional", get(optional))
            .route("/number", post(number).layer(DrainRefusedLayer::new()))
            .nest(
                "/group",
                Router::new()
                    .route("/a", get(guarded))
                    .route("/narrow", get(narrow_guarded))
                    .route("/number", post(number_in_group))
                    .layer(group),
            )
            .route("/forbidden", get(forbidden))
            .route("/narrow", get(narrow))
            .route("/required", get(required))
            .with_state(validator);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move { axum::serve(listener, app).await });
        Server {
            address,
            _running: Box::new(Stop(server.abort_handle())),
        }
    }
}

struct Stop(AbortHandle);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
