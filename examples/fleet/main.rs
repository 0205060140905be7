//! Two instances of the bank that share a store: `cargo run --example fleet`.
//!
//! Starts the store itself, if `MFP_STORE_SERVER` names a Valkey or Redis server, or one is in the
//! `PATH`. The instances are two validators, each with a connection of its own, as they would have
//! in two processes.

use std::env;
use std::error::Error;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bank::AccessRestricted;
use mobilefirst::{Credentials, RequiredScope, Subject, TokenValidator};
use mobilefirst_devserver::{Authority, UserToken};
use mobilefirst_redis::{RedisStore, SealingKeys};
use tokio::time::sleep;

/// Made by `openssl rand -base64 32`. A real one is a secret of the fleet.
const KEY: &str = "mcTf9vEDt+lX7lBnb0Vt3ulmmQw/1BQpVtb9gLs2qoI=";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let Some(program) = server_program() else {
        println!("left out: there is no valkey-server or redis-server in PATH");
        return Ok(());
    };
    let mut server = Server::start(program)?;
    let authority = Authority::new();
    let keys: SealingKeys = KEY.parse()?;
    let instance = |name| Instance::build(name, &authority, &server.url(), keys.clone());
    let (one, two) = (instance("one")?, instance("two")?);
    for instance in [&one, &two] {
        until(|| instance.store.is_connected()).await?;
    }

    let token = authority.issue(UserToken::new(AccessRestricted::SCOPE.as_str()).user("jdoe"));
    println!("jdoe calls GET /balance on both:");
    one.show("asks the authorization server", &token, 200, 1)
        .await;
    // What one was told is stored in the background.
    sleep(Duration::from_millis(200)).await;
    two.show("finds the answer in the store", &token, 200, 1)
        .await;

    println!("jdoe logs out on one, which tells the fleet:");
    authority.revoke(&token);
    let begin = Instant::now();
    one.validator.invalidate(Subject::User("jdoe")).await?;
    println!("     the store took {:?}", begin.elapsed());
    one.show("has forgotten, and asks", &token, 401, 2).await;
    sleep(Duration::from_millis(200)).await;
    two.show("has heard of it, and asks", &token, 401, 3).await;

    println!("the store is killed:");
    server.kill()?;
    let other = authority.issue(UserToken::new(AccessRestricted::SCOPE.as_str()).user("mmiller"));
    one.show("serves without it", &other, 200, 4).await;
    two.show("so does two", &other, 200, 5).await;
    match one.validator.invalidate(Subject::User("mmiller")).await {
        Ok(()) => return Err("nobody can have taken it".into()),
        Err(error) => println!("     {error}"),
    }
    Ok(())
}

/// An instance of the bank.
struct Instance {
    name: &'static str,
    validator: TokenValidator,
    store: RedisStore,
    authority: Authority,
}

impl Instance {
    fn build(
        name: &'static str,
        authority: &Authority,
        url: &str,
        keys: SealingKeys,
    ) -> Result<Self, mobilefirst::Error> {
        let store = RedisStore::builder(url, keys)?.build()?;
        // Instances share answers only if they have the same server and client.
        let server = "http://localhost/mfp/api".parse()?;
        let validator = TokenValidator::builder(server, Credentials::new("test", "test")?)
            .http_backend(authority.clone())
            .remote_store(store.clone())
            .build()?;
        Ok(Self {
            name,
            validator,
            store,
            authority: authority.clone(),
        })
    }

    /// Prints the status of a request and the number of introspections so far, and panics if
    /// they are not the expected ones.
    async fn show(&self, case: &str, token: &str, status: u16, asked: u64) {
        let bearing = [format!("Bearer {token}")];
        let seen = match self.validator.authorize::<AccessRestricted>(bearing).await {
            Ok(_) => 200,
            Err(denial) => denial.status().as_u16(),
        };
        let calls = self.authority.calls().introspection;
        println!(
            "{:>5} {case:<30} {seen}   {calls} introspections",
            self.name
        );
        assert_eq!((seen, calls), (status, asked), "{case}");
    }
}

/// The store, which ends with this program.
struct Server {
    process: Child,
    port: u16,
}

impl Server {
    fn start(program: PathBuf) -> Result<Self, Box<dyn Error>> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let process = Command::new(program)
            .args(["--bind", "127.0.0.1", "--port", &port.to_string()])
            .args(["--save", "", "--appendonly", "no"])
            .stdout(Stdio::null())
            .spawn()?;
        Ok(Self { process, port })
    }

    fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    fn kill(&mut self) -> std::io::Result<()> {
        self.process.kill()?;
        self.process.wait().map(drop)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // An error is that it has ended.
        let _ = self.kill();
    }
}

fn server_program() -> Option<PathBuf> {
    if let Some(program) = env::var_os("MFP_STORE_SERVER") {
        return Some(program.into());
    }
    let path = env::var_os("PATH")?;
    let names = ["valkey-server", "redis-server"];
    env::split_paths(&path)
        .flat_map(|folder| names.map(|name| folder.join(name)))
        .find(|program| program.is_file())
}

async fn until(mut holds: impl FnMut() -> bool) -> Result<(), &'static str> {
    for _ in 0..1000 {
        if holds() {
            return Ok(());
        }
        sleep(Duration::from_millis(10)).await;
    }
    Err("the store does not start")
}
