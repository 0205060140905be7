//! Streams to and from a guarded server with an HTTP client of one's own, here reqwest, which gets
//! only the tokens from the `ConfidentialClient`: `cargo run --example streaming`.
//!
//! An upload is sent again if its challenge asks for it, with a body that is made anew.

use std::error::Error as StdError;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use bytes::Bytes;
use http::{Method, Request};
use http_body_util::BodyExt;
use http_body_util::channel::Channel;
use mobilefirst::{BaseUrl, ConfidentialClient, Credentials, RequiredScope, Scope, TokenValidator};
use mobilefirst_axum::{Authorized, DrainRefusedLayer};
use mobilefirst_devserver::Authority;
use tokio::net::TcpListener;

type Outcome<T> = Result<T, Box<dyn StdError>>;

const CHUNK: Bytes = Bytes::from_static(&[b'x'; 16 * 1024]);
const UPLOADED_CHUNKS: usize = 8;
/// 4 MiB, more than the 1 MiB that `ConfidentialClient::send` reads by default.
const DOWNLOADED_CHUNKS: usize = 256;

struct Files;
impl RequiredScope for Files {
    const SCOPE: Scope = Scope::from_static("files");
}

#[tokio::main]
async fn main() {
    if let Err(error) = run().await {
        bank::fail(&error.to_string());
    }
}

async fn run() -> Outcome<()> {
    let authority = Authority::new()
        .with_client("files", "s3cret", "authorization.introspect")
        .with_client("backup", "pa55word", "RegisteredClient files");
    let devserver = authority.listen("127.0.0.1:0").await?;
    let server: BaseUrl = devserver.url().parse()?;
    let resource = serve(server.clone()).await?;

    let tokens = ConfidentialClient::builder(server, Credentials::new("backup", "pa55word")?)
        .resource(resource.parse()?)
        .build()?;
    // A redirect could carry a token elsewhere.
    let http = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()?;

    // The first call learns the scope: 401, 403 and 200. The second already has a token for it.
    for (file, expected) in [("a", 3), ("b", 1)] {
        let uri = format!("{resource}/files/{file}");
        let body = || chunks(UPLOADED_CHUNKS);
        let (response, attempts) = send(&http, &tokens, Method::PUT, &uri, body).await?;
        let status = response.status();
        let received = response.text().await?;
        println!("upload of {file}: {status}, attempts: {attempts}, bytes received: {received}");
        let length = UPLOADED_CHUNKS * CHUNK.len();
        if attempts != expected || received != length.to_string() {
            return Err(format!("expected {expected} attempts and {length} bytes").into());
        }
    }

    let uri = format!("{resource}/files/a");
    let (mut response, _) = send(&http, &tokens, Method::GET, &uri, reqwest::Body::default).await?;
    let mut length = 0;
    while let Some(chunk) = response.chunk().await? {
        length += chunk.len();
    }
    println!("download of a: {}, bytes: {length}", response.status());
    if length != DOWNLOADED_CHUNKS * CHUNK.len() {
        return Err("the download is not whole".into());
    }
    Ok(())
}

/// Sends a request with reqwest until it needs no other token. Returns the number of attempts too.
async fn send(
    http: &reqwest::Client,
    tokens: &ConfidentialClient,
    method: Method,
    uri: &str,
    body: impl Fn() -> reqwest::Body,
) -> Outcome<(reqwest::Response, u32)> {
    let mut call = tokens.call(&method, &uri.parse()?)?;
    let mut attempts = 0;
    loop {
        attempts += 1;
        let request = Request::builder().method(method.clone()).uri(uri);
        let mut request = request.body(body())?;
        call.authorize(&mut request).await?;
        let response = http.execute(request.try_into()?).await?;
        if !call.should_retry(response.status(), response.headers()) {
            return Ok((response, attempts));
        }
    }
}

/// A body that is made while it is sent: at most one chunk is in memory.
fn chunks(count: usize) -> reqwest::Body {
    let (mut sender, body) = Channel::<Bytes>::new(1);
    tokio::spawn(async move {
        for _ in 0..count {
            // The other end goes away if the request is refused.
            if sender.send_data(CHUNK).await.is_err() {
                return;
            }
        }
    });
    reqwest::Body::wrap(body)
}

/// Starts a server whose routes require the scope `files`, and returns its URL.
async fn serve(server: BaseUrl) -> Outcome<String> {
    let credentials = Credentials::new("files", "s3cret")?;
    let validator = TokenValidator::builder(server, credentials).build()?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let resource = format!("http://{}", listener.local_addr()?);
    let app = Router::new()
        .route("/files/{name}", get(download).put(upload))
        .layer(DrainRefusedLayer::new())
        .with_state(validator);
    tokio::spawn(async { axum::serve(listener, app).await });
    Ok(resource)
}

async fn upload(_caller: Authorized<Files>, mut body: Body) -> String {
    let mut length = 0;
    while let Some(Ok(frame)) = body.frame().await {
        length += frame.data_ref().map_or(0, Bytes::len);
    }
    length.to_string()
}

async fn download(_caller: Authorized<Files>) -> Body {
    let (mut sender, body) = Channel::<Bytes>::new(1);
    tokio::spawn(async move {
        for _ in 0..DOWNLOADED_CHUNKS {
            if sender.send_data(CHUNK).await.is_err() {
                return;
            }
        }
    });
    Body::new(body)
}
