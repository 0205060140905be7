//! A Valkey or Redis that a test starts on a free port of the loopback interface.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use redis::aio::MultiplexedConnection;
use redis::{Client, Cmd, FromRedisValue};
use tokio::time::{sleep, timeout};

/// Whatever a test waits for happens by then, even on a machine under load.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Server {
    process: Child,
    program: PathBuf,
    arguments: Vec<String>,
    pub(crate) port: u16,
    folder: PathBuf,
    is_stopped: bool,
}

/// The program; if there is none, says that `test` is left out.
pub(crate) fn program(test: &str) -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("MFP_STORE_SERVER") {
        return Some(named.into());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let programs = std::env::split_paths(&path)
        .flat_map(|folder| ["valkey-server", "redis-server"].map(|name| folder.join(name)));
    let found = programs.into_iter().find(|program| program.is_file());
    if found.is_none() {
        leave_out(test, "no valkey-server or redis-server in PATH");
    }
    found
}

/// Whether the program can speak TLS; if not, says that `test` is left out.
pub(crate) fn speaks_tls(program: &Path, test: &str) -> bool {
    // Without a certificate, it ends at once either way.
    let arguments = ["--port", "0", "--tls-port", "1"];
    let output = Command::new(program).args(arguments).output().unwrap();
    let speaks = String::from_utf8_lossy(&output.stdout).contains("No tls-cert-file configured");
    if !speaks {
        leave_out(test, "this server is built without TLS");
    }
    speaks
}

/// Past the capture of the test harness, so that it is seen.
fn leave_out(test: &str, why: &str) {
    use std::io::Write;
    let line = format!("left out: {why}: {test}\n");
    let _ = std::io::stderr().write_all(line.as_bytes());
}

impl Server {
    /// Starts a server that keeps nothing; `None` if there is no program for it.
    pub(crate) async fn start(test: &str) -> Option<Self> {
        Self::start_with(test, &[]).await
    }

    pub(crate) async fn start_with(test: &str, arguments: &[&str]) -> Option<Self> {
        let program = program(test)?;
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("mfp-fleet-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let arguments: Vec<_> = arguments.iter().map(|text| (*text).to_owned()).collect();
        let port = free_port();
        let process = spawn(&program, port, &folder, &arguments);
        let mut server = Self {
            process,
            program,
            arguments,
            port,
            folder,
            is_stopped: false,
        };
        server.ready().await;
        Some(server)
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(crate) fn program(&self) -> &Path {
        &self.program
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Starts it again on the same port, with what it has saved.
    pub(crate) async fn restart(&mut self) {
        self.process = spawn(&self.program, self.port, &self.folder, &self.arguments);
        self.is_stopped = false;
        self.ready().await;
    }

    /// Stops it from running, with its connections open.
    pub(crate) fn freeze(&mut self) {
        self.signal("-STOP");
        self.is_stopped = true;
    }

    pub(crate) fn thaw(&mut self) {
        self.signal("-CONT");
        self.is_stopped = false;
    }

    /// A connection that is the test's own.
    pub(crate) async fn connection(&self) -> MultiplexedConnection {
        let client = Client::open(self.url()).unwrap();
        client.get_multiplexed_async_connection().await.unwrap()
    }

    /// Runs a command, of which `words` are separated by spaces.
    pub(crate) async fn run<T: FromRedisValue>(&self, words: &str) -> T {
        let mut connection = self.connection().await;
        command(words).query_async(&mut connection).await.unwrap()
    }

    /// Runs a command, if the server can be reached. One that becomes the master resets its
    /// connections.
    pub(crate) async fn try_run<T: FromRedisValue>(&self, words: &str) -> Option<T> {
        let client = Client::open(self.url()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.ok()?;
        command(words).query_async(&mut connection).await.ok()
    }

    /// The names of all keys that begin so.
    pub(crate) async fn keys(&self, prefix: &str) -> Vec<String> {
        self.run(&format!("KEYS {prefix}*")).await
    }

    /// Waits until this many answers are in the store.
    pub(crate) async fn holds_answers(&self, count: usize) {
        until("stored", async || {
            let keys = self.try_run::<Vec<String>>("KEYS mfp:answer:*").await;
            keys.is_some_and(|keys| keys.len() == count)
        })
        .await;
    }

    fn signal(&self, signal: &str) {
        let process = self.process.id().to_string();
        let status = Command::new("kill").args([signal, &process]).status();
        assert!(status.unwrap().success());
    }

    async fn ready(&mut self) {
        let client = Client::open(self.url()).unwrap();
        let begin = Instant::now();
        loop {
            assert!(begin.elapsed() < PATIENCE, "the server does not start");
            assert!(
                self.process.try_wait().unwrap().is_none(),
                "the server ended"
            );
            let connected = client.get_multiplexed_async_connection();
            if let Ok(Ok(mut connection)) = timeout(PATIENCE, connected).await
                && command("PING")
                    .query_async::<()>(&mut connection)
                    .await
                    .is_ok()
            {
                return;
            }
            sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.is_stopped {
            self.thaw();
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

pub(crate) fn command(words: &str) -> Cmd {
    let mut words = words.split(' ');
    let mut command = redis::cmd(words.next().unwrap());
    for word in words {
        command.arg(word);
    }
    command
}

/// Waits until it holds.
pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let begin = Instant::now();
    while !holds().await {
        assert!(begin.elapsed() < PATIENCE, "never: {what}");
        sleep(Duration::from_millis(2)).await;
    }
}

pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

fn spawn(program: &Path, port: u16, folder: &Path, arguments: &[String]) -> Child {
    Command::new(program)
        .args(["--bind", "127.0.0.1", "--port", &port.to_string()])
        .args(["--save", "", "--appendonly", "no", "--dir"])
        .arg(folder)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}
