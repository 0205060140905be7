//! What an operator sees: a log line for each kind of refusal, and a Prometheus scrape.
//! `cargo run --example observability` sends the requests itself, then exits.

use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

use axum::http::{HeaderValue, StatusCode};
use axum::routing::get;
use axum::{Extension, Router};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use mobilefirst::{Credentials, TokenValidator, scopes};
use mobilefirst_axum::Authorized;
use mobilefirst_devserver::{Authority, Endpoint, Fault, UserToken};
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

scopes! {
    AccessRestricted = "accessRestricted";
}

async fn balance(_caller: Authorized<AccessRestricted>) -> &'static str {
    "17364.9"
}

/// In production, on a port that only Prometheus can reach.
async fn scrape(Extension(handle): Extension<PrometheusHandle>) -> String {
    handle.run_upkeep();
    handle.render()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // INFO, the usual level, includes warnings about failures. DEBUG also shows why each
    // caller was refused; callers can trigger those lines at will.
    let filter = EnvFilter::try_from_default_env();
    tracing_subscriber::fmt()
        .with_env_filter(filter.unwrap_or_else(|_| EnvFilter::new("warn,mobilefirst=debug")))
        .init();
    // Install the recorder before building a validator, or it misses the descriptions of the
    // metrics. Buckets make latencies of several servers addable.
    let handle = PrometheusBuilder::new()
        .set_buckets(&[0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0])?
        .install_recorder()?;

    let authority = Authority::new().with_client("bank", "s3cret", "authorization.introspect");
    let devserver = authority.clone().listen("127.0.0.1:0").await?;
    let credentials = Credentials::new("bank", "s3cret")?;
    let validator = TokenValidator::builder(devserver.url().parse()?, credentials)
        .deadline(Duration::from_secs(1))
        .build()?;
    let app = Router::new()
        .route("/balance", get(balance))
        .route("/metrics", get(scrape))
        .layer(Extension(handle))
        .with_state(validator);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, app).await });

    send_every_kind(&authority, address).await?;
    let metrics = reqwest::get(format!("http://{address}/metrics")).await?;
    println!(
        "\n$ curl http://{address}/metrics\n{}",
        metrics.text().await?
    );
    Ok(())
}

/// Sends a request for each kind of answer.
async fn send_every_kind(authority: &Authority, address: SocketAddr) -> Result<(), Box<dyn Error>> {
    let balance = format!("http://{address}/balance");
    let client = reqwest::Client::new();
    let token = |scope| authority.issue(UserToken::new(scope));
    let good = || token("accessRestricted");
    let fault = |fault| authority.fault(Endpoint::Introspection, fault);
    let cached = good();
    let send = async |what: &str, authorization: Option<String>| {
        let mut request = client.get(&balance);
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        let status = request.send().await?.status();
        println!("\n{status}: {what}");
        Ok::<_, reqwest::Error>(())
    };
    let bearer = |token: String| Some(format!("Bearer {token}"));

    send("a good token", bearer(cached.clone())).await?;
    send("the same token again, from the cache", bearer(cached)).await?;
    send("no token", None).await?;
    send("not a token", bearer("=".into())).await?;
    send("a token that nobody issued", bearer("nonsense".into())).await?;
    send("a token of another scope", bearer(token("other"))).await?;
    fault(Fault::conflict(HeaderValue::from_static("true")));
    send(
        "the client's state changed during the check",
        bearer(good()),
    )
    .await?;
    fault(Fault::status(StatusCode::BAD_GATEWAY));
    send("a 502, then a retry that succeeds", bearer(good())).await?;
    fault(Fault::Hang);
    send("no answer within the deadline", bearer(good())).await?;
    fault(Fault::Respond(http_response("<html>")));
    send("an answer that makes no sense", bearer(good())).await?;
    authority.unregister("bank");
    for _ in 0..2 {
        fault(Fault::status(StatusCode::UNAUTHORIZED));
    }
    send("our client is no longer registered", bearer(good())).await?;
    Ok(())
}

fn http_response(body: &'static str) -> axum::http::Response<axum::body::Bytes> {
    axum::http::Response::new(axum::body::Bytes::from_static(body.as_bytes()))
}
