//! IBM's Node.js filter for version 7 against the development server.

use std::io::{self, BufRead, BufReader, ErrorKind, Write};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use mobilefirst_devserver::{Authority, UserToken};
use tokio::time::timeout;

/// Far longer than any step takes: a filter that gets no body never answers.
const LIMIT: Duration = Duration::from_secs(30);

/// The filter's process, ended when dropped.
struct Filter {
    process: Child,
}

impl Filter {
    /// Starts the filter; `None` if Node.js is not installed.
    fn start(project_url: &str) -> Option<Self> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/node/v7_filter.js");
        let process = Command::new("node")
            .arg(script)
            .arg(format!("{project_url}/authorization/v1/token/validation"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        match process {
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            process => Some(Self {
                process: process.expect("Node.js starts"),
            }),
        }
    }

    /// Waits until the filter listens.
    async fn url(&mut self) -> String {
        let stdout = self.process.stdout.take().unwrap();
        let first_line = tokio::task::spawn_blocking(|| {
            let mut line = String::new();
            BufReader::new(stdout).read_line(&mut line).unwrap();
            line
        });
        let port = timeout(LIMIT, first_line).await.unwrap().unwrap();
        format!("http://127.0.0.1:{}/", port.trim())
    }
}

impl Drop for Filter {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test]
async fn ibms_node_filter_answers_for_good_and_for_refused_tokens() {
    let authority = Authority::new();
    let server = authority.listen("127.0.0.1:0").await.unwrap();
    let Some(mut filter) = Filter::start(&server.project_url()) else {
        // Written directly, since the test harness hides what passing tests print.
        let _ = writeln!(
            io::stderr(),
            "LEFT OUT: IBM's Node.js filter was not tested, because `node` was not found"
        );
        return;
    };
    let url = filter.url().await;
    let good = authority.issue(UserToken::new("a").user("jdoe"));
    let revoked = authority.issue(UserToken::new("a"));
    authority.revoke(&revoked);
    let invalid_token = r#"Bearer realm="imfAuthentication", error="invalid_token""#;
    let invalid_request = r#"Bearer realm="imfAuthentication", error="invalid_request""#;
    let client = reqwest::Client::builder().no_proxy().timeout(LIMIT);
    let client = client.build().unwrap();
    for (authorization, status, challenge) in [
        (Some(format!("Bearer {good}")), 200, None),
        (Some(format!("Bearer {revoked}")), 401, Some(invalid_token)),
        (Some("Bearer unknown".to_owned()), 401, Some(invalid_token)),
        (None, 401, Some(invalid_request)),
    ] {
        let mut request = client.get(&url);
        if let Some(authorization) = &authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), status, "{authorization:?}");
        let found = response.headers().get(WWW_AUTHENTICATE);
        let found = found.map(|value| value.to_str().unwrap());
        assert_eq!(found, challenge, "{authorization:?}");
    }
}
