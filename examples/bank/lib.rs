//! What the example servers share: their settings, read from the environment, and the
//! bank's data. Each example shows how its framework is guarded.

mod admin;

use std::env;
use std::net::SocketAddr;
use std::process;
use std::str::FromStr;
use std::time::Duration;

use mobilefirst::{
    ActiveToken, BaseUrl, Credentials, Error, RequiredScope, Scope, TokenValidator,
    TokenValidatorBuilder, scopes,
};
use mobilefirst_devserver::{Authority, DevServer, UserToken};
use mobilefirst_redis::{RedisStore, SealingKeys};
use serde_json::{Value, json};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// What `GET /balance` answers.
pub const BALANCE: &str = "17364.9";

scopes! {
    /// The scope of `GET /balance`.
    pub AccessRestricted = "accessRestricted";
    /// The scope of `POST /transfer`.
    pub Transfer = "accessRestricted transferPrivilege";
}

/// Prints the log: information and warnings, or whatever `RUST_LOG` says. For example,
/// `RUST_LOG=mobilefirst=debug` shows why each request is refused.
pub fn start_log() {
    let filter = EnvFilter::builder().with_default_directive(LevelFilter::INFO.into());
    tracing_subscriber::fmt()
        .with_env_filter(filter.from_env_lossy())
        .init();
}

/// What `GET /profile` answers.
pub fn profile(token: &ActiveToken) -> Value {
    let expires_at = token.expires_at().map(humantime::format_rfc3339_seconds);
    // Version 7 describes app, device and user in the security context; later versions do
    // so in `mfp-*` objects.
    let context = token.security_context();
    let [application, device, user] = match context {
        Some(context) => [
            json!(context.application),
            json!(context.device),
            json!(context.user),
        ],
        None => [
            json!(token.application()),
            json!(token.device()),
            json!(token.user()),
        ],
    };
    json!({
        "client_id": token.client_id(),
        "username": token.username(),
        "scope": token.scope(),
        "expires_at": expires_at.map(|date| date.to_string()),
        "application": application,
        "device": device,
        "user": user,
        "checks": token.checks(),
    })
}

/// The settings of an example server.
#[derive(Debug)]
pub struct Bank {
    /// Checks the requests.
    pub validator: TokenValidator,
    /// The address to listen on.
    pub bind: SocketAddr,
    /// The origin whose pages may call, if any.
    pub allow_origin: Option<String>,
    /// The embedded authorization server, if no other is set.
    pub devserver: Option<DevServer>,
}

impl Bank {
    /// Reads the environment. On an unusable value, prints one line and exits with code 2.
    pub async fn from_env() -> Self {
        Self::read().await.unwrap_or_else(|message| fail(&message))
    }

    /// Checks in the background, once, whether the authorization server can check tokens.
    /// The validator logs what is wrong, with the fix. A failure does not stop this server:
    /// the other may be back before the first request.
    pub fn check_beside(&self) {
        tokio::spawn(self.validator.check());
    }

    async fn read() -> Result<Self, String> {
        let bind = setting::<SocketAddr>("BIND")?.unwrap_or(([127, 0, 0, 1], 8080).into());
        let version = setting::<Version>("MFP_VERSION")?.unwrap_or(Version::V8);
        let (mut builder, devserver) = match setting::<BaseUrl>("MFP_SERVER_URL")? {
            Some(server) => (version.validator(server, credentials)?, None),
            None => {
                let devserver = embedded(version, bind).await?;
                let server = version.url(&devserver).parse();
                let server = server.map_err(|e: Error| e.to_string())?;
                let test = || Credentials::new("test", "test").map_err(|e| e.to_string());
                (version.validator(server, test)?, Some(devserver))
            }
        };
        if let Some(seconds) = setting("MFP_MAX_AGE")? {
            builder = builder.max_age(Duration::from_secs(seconds));
        }
        if let Some(entries) = setting("MFP_CACHE_CAPACITY")? {
            builder = builder.cache_capacity(entries);
        }
        if let Some(store) = store()? {
            builder = builder.remote_store(store);
        }
        let validator = builder.build().map_err(|e| e.to_string())?;
        if let Some(address) = setting("ADMIN_BIND")? {
            admin::listen(address, validator.clone()).await?;
        }
        Ok(Self {
            validator,
            bind,
            allow_origin: setting::<Origin>("ALLOW_ORIGIN")?.map(|Origin(origin)| origin),
            devserver,
        })
    }
}

/// The protocol of the authorization server.
#[derive(Clone, Copy)]
enum Version {
    V7,
    V8,
}

impl Version {
    fn validator(
        self,
        server: BaseUrl,
        credentials: impl FnOnce() -> Result<Credentials, String>,
    ) -> Result<TokenValidatorBuilder, String> {
        Ok(match self {
            Self::V7 => TokenValidator::builder_v7(server),
            Self::V8 => TokenValidator::builder(server, credentials()?),
        })
    }

    fn url(self, devserver: &DevServer) -> String {
        match self {
            Self::V7 => devserver.project_url(),
            Self::V8 => devserver.url(),
        }
    }

    /// Issues what a caller sends after `Bearer`.
    fn issue(self, authority: &Authority, token: UserToken) -> String {
        match self {
            Self::V7 => {
                let (access, id) = authority.issue_with_id_token(token);
                format!("{access} {id}")
            }
            Self::V8 => authority.issue(token),
        }
    }
}

impl FromStr for Version {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "7" => Ok(Self::V7),
            "8" | "9" => Ok(Self::V8),
            other => Err(format!(
                "there is no version {other} here; there are 8 and 7"
            )),
        }
    }
}

/// Prints one line and exits with code 2.
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

/// The store that the instances share, if any.
fn store() -> Result<Option<RedisStore>, String> {
    let url = setting::<String>("MFP_STORE_URL")?;
    let keys = setting::<SealingKeys>("MFP_STORE_KEY")?;
    match (url, keys) {
        (None, None) => Ok(None),
        (Some(url), Some(keys)) => RedisStore::builder(&url, keys)
            .and_then(|builder| builder.build())
            .map(Some)
            .map_err(|e| format!("MFP_STORE_URL: {e}")),
        _ => Err("MFP_STORE_URL and MFP_STORE_KEY: set both, or neither".to_owned()),
    }
}

fn credentials() -> Result<Credentials, String> {
    let id = setting::<String>("MFP_CLIENT_ID")?.unwrap_or_default();
    let secret = setting::<String>("MFP_CLIENT_SECRET")?.unwrap_or_default();
    Credentials::new(id, secret).map_err(|e| format!("MFP_CLIENT_ID, MFP_CLIENT_SECRET: {e}"))
}

/// Starts an authorization server on a free port and prints commands to try.
async fn embedded(version: Version, bind: SocketAddr) -> Result<DevServer, String> {
    let authority = Authority::new();
    let devserver = authority.clone().listen("127.0.0.1:0").await;
    let devserver = devserver.map_err(|e| format!("the dev server cannot start: {e}"))?;
    let issue = |scope: Scope| {
        let token = UserToken::new(scope.as_str()).user("jdoe");
        version.issue(&authority, token)
    };
    let reader = issue(AccessRestricted::SCOPE);
    let payer = issue(Transfer::SCOPE);
    println!(
        "MFP_SERVER_URL is not set: using a dev server at {}",
        version.url(&devserver)
    );
    println!("try:");
    println!("  curl -i http://{bind}/balance");
    println!("  curl -i -H 'Authorization: Bearer {reader}' http://{bind}/balance");
    println!("  curl -i -H 'Authorization: Bearer {reader}' -X POST http://{bind}/transfer");
    println!("  curl -i -H 'Authorization: Bearer {payer}' -X POST http://{bind}/transfer");
    Ok(devserver)
}

/// An origin as browsers write it: scheme, host and optional port.
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
