//! What operators ask.

use mobilefirst_devserver::{Authority, UserToken};
use mobilefirst_gate::{Gate, Server};

use super::{TRUSTED, ask, config, url};
use crate::support::World;

#[tokio::test]
async fn operators_learn_health_and_metrics_and_forget_a_token_y11() {
    let world = World::new();
    let config = config("");
    let gate = Gate::with_validator(&config, world.validator.clone());
    let server = Server::bind(&config, &gate).await.unwrap();
    let server = server.metrics(|| "mobilefirst_decisions_total 1\n".to_owned());
    let admin = |path| url(server.admin_address(), path);
    let (health, metrics, invalidate) =
        (admin("/healthz"), admin("/metrics"), admin("/invalidate"));
    let front = url(server.address(), "/healthz");
    let server = tokio::spawn(server.run(std::future::pending()));
    let client = reqwest::Client::new();

    let answer = client.get(&health).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let passed = r#"{"server":"passed","credentials":"passed","introspection":"passed"}"#;
    assert_eq!(answer.text().await.unwrap(), passed);
    let answer = client.get(&metrics).send().await.unwrap();
    assert!(answer.text().await.unwrap().contains("decisions_total"));
    // Proxies, and so perhaps callers, reach none of it.
    assert_eq!(client.get(&front).send().await.unwrap().status(), 404);

    let token = world.token();
    let bearer = format!("Bearer {token}");
    let fields = [("authorization", &*bearer)];
    let granted = async || ask(&gate, TRUSTED, "/auth?scope=a", &fields).await.status();
    assert_eq!(granted().await, 200);
    world.authority.revoke(&token);
    assert_eq!(granted().await, 200);
    let forget = |body: String| {
        let request = client.post(&invalidate).body(body);
        request
            .header("content-type", "application/x-www-form-urlencoded")
            .send()
    };
    for body in ["", "token=", "name=jdoe", "token=a&user=jdoe"] {
        assert_eq!(
            forget(body.to_owned()).await.unwrap().status(),
            400,
            "{body}"
        );
    }
    assert_eq!(granted().await, 200);
    assert_eq!(client.get(&invalidate).send().await.unwrap().status(), 405);
    let from_a_page = client
        .post(&invalidate)
        .header("origin", "http://localhost");
    let from_a_page = from_a_page
        .body(format!("token={token}"))
        .send()
        .await
        .unwrap();
    assert_eq!(from_a_page.status(), 403);
    for other in ["user=nobody", "client=none", "device=other"] {
        let forgotten = forget(other.to_owned()).await.unwrap();
        assert_eq!(forgotten.status(), 204, "{other}");
        assert_eq!(granted().await, 200, "{other}");
    }
    let forgotten = forget(format!("token={token}")).await.unwrap();
    assert_eq!(forgotten.status(), 204);
    assert_eq!(granted().await, 401);

    let token = world.authority.issue(
        UserToken::new("a")
            .user("jdoe")
            .client_id("app")
            .device("phone"),
    );
    let bearer = format!("Bearer {token}");
    let fields = [("authorization", &*bearer)];
    for subject in ["user=jdoe", "client=app", "device=phone"] {
        let answer = ask(&gate, TRUSTED, "/auth?scope=a", &fields).await;
        assert_eq!(answer.status(), 200);
        let calls = world.calls().1;
        let forgotten = forget(subject.to_owned()).await.unwrap();
        assert_eq!(forgotten.status(), 204, "{subject}");
        let answer = ask(&gate, TRUSTED, "/auth?scope=a", &fields).await;
        assert_eq!(answer.status(), 200);
        assert_eq!(world.calls().1, calls + 1, "{subject}");
    }
    server.abort();
}

#[tokio::test]
async fn health_fails_when_tokens_cannot_be_checked_y11() {
    let world = World::of(Authority::new(), |authority| {
        let server = "http://localhost/mfp/api".parse().unwrap();
        let credentials = mobilefirst::Credentials::new("test", "wrong").unwrap();
        mobilefirst::TokenValidator::builder(server, credentials).http_backend(authority.clone())
    });
    let config = config("");
    let gate = Gate::with_validator(&config, world.validator.clone());
    let server = Server::bind(&config, &gate).await.unwrap();
    let health = url(server.admin_address(), "/healthz");
    let server = tokio::spawn(server.run(std::future::pending()));
    let answer = reqwest::get(health).await.unwrap();
    assert_eq!(answer.status(), 503);
    let failed = r#"{"server":"passed","credentials":"failed","introspection":"unknown"}"#;
    assert_eq!(answer.text().await.unwrap(), failed);
    server.abort();
}
