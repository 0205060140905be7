//! A gate that stops.

use mobilefirst_devserver::Authority;
use mobilefirst_gate::{Gate, Server};
use tokio::sync::oneshot;

use super::{config, url};
use crate::support::{Held, World, asking};

#[tokio::test]
async fn what_was_asked_before_is_answered_when_the_gate_stops_y10() {
    let authority = Authority::new();
    let held = Held::new(authority.clone());
    let world = World::of(authority, |authority| {
        asking(authority).http_backend(held.clone())
    });
    let config = config("");
    let gate = Gate::with_validator(&config, world.validator.clone());
    let server = Server::bind(&config, &gate).await.unwrap();
    let url = url(server.address(), "/auth?scope=a");
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(server.run(async { stopped.await.unwrap() }));

    let client = reqwest::Client::new();
    let asked = tokio::spawn(client.get(&url).bearer_auth(world.token()).send());
    held.holds_one().await;
    stop.send(()).unwrap();
    // Nobody new is admitted.
    while client.get(&url).send().await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(!server.is_finished());
    held.let_go(1);
    assert_eq!(asked.await.unwrap().unwrap().status(), 200);
    server.await.unwrap();
}

#[tokio::test]
async fn a_socket_file_serves_and_is_gone_at_the_end_y10() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let world = World::new();
    let folder = std::env::temp_dir();
    let path = folder.join(format!("mobilefirst-gate-{}.sock", std::process::id()));
    // Left behind by a process that did not end in order.
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    let text = format!(
        "listen = \"unix:{}\"\n{}",
        path.display(),
        super::MOBILEFIRST
    );
    let config = text.parse().unwrap();
    let gate = Gate::with_validator(&config, world.validator.clone());
    let server = Server::bind(&config, &gate).await.unwrap();
    // A second gate is told, and does not take the socket away.
    let error = Server::bind(&config, &gate).await.unwrap_err();
    assert!(error.to_string().contains(".sock"), "{error}");
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(server.run(async { stopped.await.unwrap() }));
    let mut stream = tokio::net::UnixStream::connect(&path).await.unwrap();
    let question = "GET /auth?scope=a HTTP/1.1\r\nhost: gate\r\nconnection: close\r\n\r\n";
    stream.write_all(question.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    stop.send(()).unwrap();
    server.await.unwrap();
    assert!(!path.exists());
}
