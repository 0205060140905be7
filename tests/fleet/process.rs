//! Two processes: this one, and another of the same program.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use mobilefirst::{AnyScope, Credentials, Subject, TokenValidator};
use mobilefirst_devserver::Authority;
use mobilefirst_redis::RedisStore;

use super::instance::{Date, Instance, MAX_AGE, issue, keys};
use super::server::{Server, until};

const STORE: &str = "MFP_TEST_STORE";
const AUTHORITY: &str = "MFP_TEST_AUTHORITY";

/// Another process.
struct Other {
    process: Child,
    commands: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Other {
    fn start(store: &str, authority: &str) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "process::another_process",
                "--ignored",
                "--nocapture",
            ])
            .env(STORE, store)
            .env(AUTHORITY, authority)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap());
        Self {
            commands: process.stdin.take(),
            process,
            answers,
        }
    }

    fn ask(&mut self, command: &str) -> String {
        writeln!(self.commands.as_mut().unwrap(), "{command}").unwrap();
        loop {
            let mut line = String::new();
            assert_ne!(self.answers.read_line(&mut line).unwrap(), 0, "{command}");
            // The harness writes too, and does not always end its line.
            if let Some((_, answer)) = line.trim().split_once("= ") {
                return answer.to_owned();
            }
        }
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        self.commands = None;
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_share_answers_and_invalidations_f1() {
    let test = "two_processes_share_answers_and_invalidations_f1";
    let Some(server) = Server::start(test).await else {
        return;
    };
    let authority = Authority::new();
    let devserver = authority.clone().listen("127.0.0.1:0").await.unwrap();
    // The same URL, or they would not be of one fleet.
    let credentials = Credentials::new("test", "test").unwrap();
    let store = RedisStore::builder(&server.url(), keys())
        .unwrap()
        .build()
        .unwrap();
    let validator = TokenValidator::builder(devserver.url().parse().unwrap(), credentials)
        .remote_store(store.clone())
        .build()
        .unwrap();
    let one = Instance {
        validator,
        store,
        authority: authority.clone(),
    };
    one.is_in_step().await;
    let mut two = Other::start(&server.url(), &devserver.url());
    let token = issue(&authority);
    assert_eq!(one.status(&token).await, 200);
    server.holds_answers(1).await;
    assert_eq!(two.ask(&format!("check {token}")), "200");
    assert_eq!(one.introspections(), 1);
    authority.revoke(&token);
    assert_eq!(two.ask(&format!("check {token}")), "200");
    one.validator
        .invalidate(Subject::User("jdoe"))
        .await
        .unwrap();
    let refused = format!("check {token}");
    until("heard", async || two.ask(&refused) == "401").await;

    // And it may end right after an invalidation.
    let token = issue(&authority);
    assert_eq!(one.status(&token).await, 200);
    authority.revoke(&token);
    assert_eq!(two.ask("forget jdoe"), "told");
    two.process.kill().unwrap();
    until("heard", async || one.status(&token).await == 401).await;
}

/// Not a test but the other process.
#[tokio::test]
#[ignore = "other tests start it"]
async fn another_process() {
    let (Ok(store), Ok(authority)) = (std::env::var(STORE), std::env::var(AUTHORITY)) else {
        return;
    };
    let builder = RedisStore::builder(&store, keys()).unwrap();
    let store = builder.build().unwrap();
    let credentials = Credentials::new("test", "test").unwrap();
    let validator = TokenValidator::builder(authority.parse().unwrap(), credentials)
        .clock(Date::Right)
        .max_age(MAX_AGE)
        .remote_store(store.clone())
        .build()
        .unwrap();
    until("connected", async || store.is_connected()).await;
    for line in std::io::stdin().lines() {
        let line = line.unwrap();
        let answer = match line.split_once(' ') {
            Some(("check", token)) => {
                let verdict = validator
                    .authorize::<AnyScope>([format!("Bearer {token}")])
                    .await;
                let status = verdict.map_or_else(|denial| denial.status().as_u16(), |_| 200);
                status.to_string()
            }
            Some(("forget", user)) => {
                validator.invalidate(Subject::User(user)).await.unwrap();
                "told".to_owned()
            }
            _ => unreachable!("{line}"),
        };
        println!("= {answer}");
    }
}
