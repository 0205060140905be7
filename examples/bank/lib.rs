//! What the example servers have in common: their settings, from the environment, and
//! the little that this bank knows. How a framework is guarded stands in each example.

use std::env;
use std::net::SocketAddr;
use std::process;
use std::str::FromStr;
use std::time::Duration;

use mobilefirst::{ActiveToken, Credentials, RequiredScope, Scope, ServerUrl, TokenValidator};
use mobilefirst_devserver::{Authority, DevServer, UserToken};
use serde_json::{Value, json};

/// What `GET /balance` answers.
pub const BALANCE: &str = "17364.9";

/// The scope of `GET /balance`.
#[derive(Debug)]
pub struct AccessRestricted;

impl RequiredScope for AccessRestricted {
    const SCOPE: Scope = Scope::from_static("accessRestricted");
}

/// The scope of `POST /transfer`.
#[derive(Debug)]
pub struct Transfer;

impl RequiredScope for Transfer {
    const SCOPE: Scope = Scope::from_static("accessRestricted transferPrivilege");
}

/// What `GET /profile` answers.
pub fn profile(token: &ActiveToken) -> Value {
    let expires_at = token.expires_at().map(humantime::format_rfc3339_seconds);
    json!({
        "client_id": token.client_id(),
        "username": token.username(),
        "scope": token.scope(),
        "expires_at": expires_at.map(|date| date.to_string()),
        "application": token.application(),
        "device": token.device(),
        "user": token.user(),
        "checks": token.checks(),
    })
}

/// The settings of an example server.
#[derive(Debug)]
pub struct Bank {
    /// Judges the requests.
    pub validator: TokenValidator,
    /// Where to listen.
    pub bind: SocketAddr,
    /// The origin whose pages may call, if any.
    pub allow_origin: Option<String>,
    /// The embedded authorization server, where no other is set.
    pub devserver: Option<DevServer>,
}

impl Bank {
    /// Reads the environment; an unusable value ends the process with one line and the
    /// exit code 2.
    pub async fn from_env() -> Self {
        Self::read().await.unwrap_or_else(|message| fail(&message))
    }

    async fn read() -> Result<Self, String> {
        let bind = setting::<SocketAddr>("BIND")?.unwrap_or(([127, 0, 0, 1], 8080).into());
        let (server, credentials, devserver) = match setting::<ServerUrl>("MFP_SERVER_URL")? {
            Some(server) => (server, credentials()?, None),
            None => {
                let devserver = embedded(bind).await?;
                let server = devserver.url().parse().map_err(|e| format!("{e}"))?;
                let credentials = Credentials::new("test", "test").map_err(|e| format!("{e}"))?;
                (server, credentials, Some(devserver))
            }
        };
        let mut builder = match setting::<u8>("MFP_VERSION")? {
            None | Some(8) => TokenValidator::builder(server, credentials),
            Some(other) => return Err(format!("MFP_VERSION: there is no version {other} here")),
        };
        if let Some(seconds) = setting("MFP_MAX_AGE")? {
            builder = builder.max_age(Duration::from_secs(seconds));
        }
        if let Some(entries) = setting("MFP_CACHE_CAPACITY")? {
            builder = builder.cache_capacity(entries);
        }
        Ok(Self {
            validator: builder.build().map_err(|e| e.to_string())?,
            bind,
            allow_origin: setting::<Origin>("ALLOW_ORIGIN")?.map(|Origin(origin)| origin),
            devserver,
        })
    }
}

/// Ends the process with one line and the exit code 2.
pub fn fail(message: &str) -> ! {
    eprintln!("error: {message}");
    process::exit(2)
}

fn setting<T: FromStr<Err: std::fmt::Display>>(name: &str) -> Result<Option<T>, String> {
    match env::var(name) {
        Ok(text) if text.is_empty() => Ok(None),
        Ok(text) => text.parse().map(Some).map_err(|e| format!("{name}: {e}")),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => Err(format!("{name}: not Unicode")),
    }
}

fn credentials() -> Result<Credentials, String> {
    let id = setting::<String>("MFP_CLIENT_ID")?.unwrap_or_default();
    let secret = setting::<String>("MFP_CLIENT_SECRET")?.unwrap_or_default();
    Credentials::new(id, secret).map_err(|e| format!("MFP_CLIENT_ID, MFP_CLIENT_SECRET: {e}"))
}

/// Starts an authorization server on a free port, and says how to try it.
async fn embedded(bind: SocketAddr) -> Result<DevServer, String> {
    let authority = Authority::new();
    let devserver = authority.clone().listen("127.0.0.1:0").await;
    let devserver = devserver.map_err(|e| format!("the dev server cannot start: {e}"))?;
    let reader = authority.issue(UserToken::new(AccessRestricted::SCOPE.as_str()).user("jdoe"));
    let payer = authority.issue(UserToken::new(Transfer::SCOPE.as_str()).user("jdoe"));
    println!(
        "MFP_SERVER_URL is not set: using a dev server at {}",
        devserver.url()
    );
    println!("try:");
    println!("  curl -i http://{bind}/balance");
    println!("  curl -i -H 'Authorization: Bearer {reader}' http://{bind}/balance");
    println!("  curl -i -H 'Authorization: Bearer {reader}' -X POST http://{bind}/transfer");
    println!("  curl -i -H 'Authorization: Bearer {payer}' -X POST http://{bind}/transfer");
    Ok(devserver)
}

/// An origin as browsers write it: scheme, host, and perhaps a port.
struct Origin(String);

impl FromStr for Origin {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let host = text
            .strip_prefix("https://")
            .or(text.strip_prefix("http://"));
        let is_host = |host: &str| {
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-.:[]".contains(&byte);
            !host.is_empty() && host.bytes().all(fits)
        };
        match host {
            Some(host) if is_host(host) && text.parse::<http::Uri>().is_ok() => {
                Ok(Self(text.to_owned()))
            }
            _ => Err("not an origin; it should look like https://app.example.com"),
        }
    }
}
