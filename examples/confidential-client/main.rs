//! A back end that calls a guarded server and learns the required scope from its challenge:
//! `cargo run --example confidential-client`.
//!
//! It calls `POST /transfer` of any example server: set `RESOURCE_URL` to that server's
//! address, and `MFP_SERVER_URL`, `MFP_CLIENT_ID` and `MFP_CLIENT_SECRET` as for the server.
//! Without these variables it starts both servers itself.

use std::env;
use std::error::Error as StdError;

use axum::Router;
use axum::routing::post;
use bank::Transfer;
use bytes::Bytes;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{Request, Response};
use mobilefirst::ReqwestBackend;
use mobilefirst::{
    BaseUrl, ConfidentialClient, Credentials, Error, HttpBackend, TokenValidator, async_trait,
};
use mobilefirst_axum::Authorized;
use mobilefirst_devserver::{Authority, DevServer};
use tokio::net::TcpListener;

type Outcome<T> = Result<T, Box<dyn StdError>>;

#[tokio::main]
async fn main() {
    if let Err(error) = run().await {
        bank::fail(&error.to_string());
    }
}

async fn run() -> Outcome<()> {
    let place = Place::find().await?;
    let resource = place.resource.as_str().to_owned();
    let client = ConfidentialClient::builder(place.server, place.credentials)
        .resource(place.resource.into())
        .http_backend(Narrator(ReqwestBackend::new()?))
        .build()?;

    for call in ["The first call", "The second call"] {
        println!("{call}:");
        let request = Request::post(format!("{resource}/transfer")).body(Bytes::new())?;
        let response = client.send(request).await?;
        let body = String::from_utf8_lossy(response.body());
        println!("  = {}: {}\n", response.status(), body.trim_end());
    }
    Ok(())
}

/// Prints what is sent and received, but no token and no secret.
struct Narrator(ReqwestBackend);

#[async_trait]
impl HttpBackend for Narrator {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Error> {
        let authorization = request.headers().get(AUTHORIZATION);
        let scheme = authorization.and_then(|value| value.to_str().ok()?.split(' ').next());
        println!(
            "  > {} {} ({})",
            request.method(),
            request.uri(),
            scheme.map_or("no credentials".to_owned(), |s| format!("{s} …")),
        );
        let response = self.0.send(request).await?;
        print!("  < {}", response.status());
        for challenge in response.headers().get_all(WWW_AUTHENTICATE) {
            print!("; {}", String::from_utf8_lossy(challenge.as_bytes()));
        }
        println!();
        Ok(response)
    }
}

/// The servers to call, and the credentials to use.
struct Place {
    server: BaseUrl,
    credentials: Credentials,
    resource: BaseUrl,
    /// Runs until it is dropped.
    _devserver: Option<DevServer>,
}

impl Place {
    async fn find() -> Outcome<Self> {
        match (setting("MFP_SERVER_URL"), setting("RESOURCE_URL")) {
            (Some(server), Some(resource)) => {
                let id = setting("MFP_CLIENT_ID").unwrap_or_default();
                let secret = setting("MFP_CLIENT_SECRET").unwrap_or_default();
                Ok(Self {
                    server: server.parse()?,
                    credentials: Credentials::new(id, secret)?,
                    resource: resource.parse()?,
                    _devserver: None,
                })
            }
            (None, None) => Self::embedded().await,
            _ => Err("set both MFP_SERVER_URL and RESOURCE_URL, or neither".into()),
        }
    }

    /// Starts an authorization server and a resource server that it guards.
    async fn embedded() -> Outcome<Self> {
        let authority = Authority::new()
            .with_client("bank", "s3cret", "authorization.introspect")
            .with_client(
                "payroll",
                "pa55word",
                "RegisteredClient accessRestricted transfer*",
            );
        let devserver = authority.listen("127.0.0.1:0").await?;
        let server: BaseUrl = devserver.url().parse()?;

        let bank = Credentials::new("bank", "s3cret")?;
        let validator = TokenValidator::builder(server.clone(), bank).build()?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let resource = format!("http://{}", listener.local_addr()?);
        let app = Router::new()
            .route("/transfer", post(transfer))
            .with_state(validator);
        tokio::spawn(async { axum::serve(listener, app).await });

        println!("The authorization server: {server}");
        println!("The resource server:      {resource}\n");
        Ok(Self {
            server,
            credentials: Credentials::new("payroll", "pa55word")?,
            resource: resource.parse()?,
            _devserver: Some(devserver),
        })
    }
}

async fn transfer(_caller: Authorized<Transfer>) -> &'static str {
    "ok"
}

fn setting(name: &str) -> Option<String> {
    env::var(name).ok().filter(|text| !text.is_empty())
}
