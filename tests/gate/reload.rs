//! A gate whose configuration is read anew.

use mobilefirst_devserver::Authority;
use mobilefirst_gate::{Config, Gate};

use super::{TRUSTED, ask, config, forwarded, gate};
use crate::support::World;

fn public(path: &str) -> String {
    format!("[[route]]\npath = {path:?}\npublic = true\n")
}

async fn status(gate: &Gate, path: &str) -> u16 {
    let answer = ask(gate, TRUSTED, "/auth", &forwarded("GET", path)).await;
    answer.status().as_u16()
}

#[tokio::test]
async fn new_routes_count_from_the_next_question_on_y9() {
    let world = World::new();
    let gate = gate(&world, &public("/old"));
    assert_eq!(
        (status(&gate, "/old").await, status(&gate, "/new").await),
        (200, 404)
    );
    gate.clone().reload(&config(&public("/new"))).await.unwrap();
    assert_eq!(
        (status(&gate, "/old").await, status(&gate, "/new").await),
        (404, 200)
    );
}

/// A configuration for this server and secret, with one public path.
fn settings(url: &str, secret: &str, path: &str) -> Config {
    let text = format!(
        "trusted_proxies = [\"127.0.0.1\"]\n[mobilefirst]\nserver_url = {url:?}\n\
         client_id = \"test\"\nclient_secret = {secret:?}\n{}",
        public(path)
    );
    text.parse().unwrap()
}

#[tokio::test]
async fn a_configuration_that_is_bad_changes_nothing_y9() {
    let authority = Authority::new();
    let server = authority.listen("127.0.0.1:0").await.unwrap();
    let gate = Gate::new(&settings(&server.url(), "test", "/old")).unwrap();
    for (url, secret, word) in [
        ("http://mfp.example.com/mfp/api", "test", "insecure_http"),
        (&*server.url(), "wrong", "credentials"),
    ] {
        let error = gate
            .reload(&settings(url, secret, "/new"))
            .await
            .unwrap_err();
        assert!(error.to_string().contains(word), "{error}");
        assert!(!error.to_string().contains("wrong"), "{error}");
        assert_eq!(
            (status(&gate, "/old").await, status(&gate, "/new").await),
            (200, 404)
        );
    }
    gate.reload(&settings(&server.url(), "test", "/new"))
        .await
        .unwrap();
    assert_eq!(
        (status(&gate, "/old").await, status(&gate, "/new").await),
        (404, 200)
    );
}

#[tokio::test]
async fn cached_answers_are_kept_while_the_settings_stay_the_same_y9() {
    let authority = Authority::new();
    let server = authority.listen("127.0.0.1:0").await.unwrap();
    let gate = Gate::new(&settings(&server.url(), "test", "/old")).unwrap();
    let token = authority.issue(mobilefirst_devserver::UserToken::new("a"));
    let bearer = format!("Bearer {token}");
    let fields = [("authorization", &*bearer)];
    for (secret, asked) in [("test", 1), ("test", 1), ("other", 3)] {
        authority.register("test", secret, "*");
        gate.reload(&settings(&server.url(), secret, "/new"))
            .await
            .unwrap();
        let answer = ask(&gate, TRUSTED, "/auth?scope=a", &fields).await;
        assert_eq!(answer.status(), 200);
        // A new secret is tried with a question about our own token.
        assert_eq!(authority.calls().introspection, asked, "{secret}");
    }
}
