//! Secrets that change while the server runs.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use mobilefirst::{Credentials, ErrorKind, TokenValidator};
use tracing::Level;

use super::*;

fn credentials(secret: &str) -> Credentials {
    Credentials::new("test", secret).unwrap()
}

/// Changes the secret at the authorization server.
fn rotate(world: &World, secret: &str) {
    world.authority.register("test", secret, "*");
}

#[tokio::test]
async fn a_new_secret_takes_effect_at_once_everywhere_and_keeps_the_cache_n1() {
    let world = World::new();
    let guard = world.validator.clone();
    let known = world.token();
    assert_eq!(world.status(&known).await, 200);
    rotate(&world, "new");
    world.authority.revoke_own_tokens();
    // The old secret is refused, and that counts for a while.
    assert_eq!(world.status(&world.token()).await, 500);
    assert!(!world.validator.check().await.is_healthy());
    world.validator.set_credentials(credentials("new")).unwrap();
    let authorization = [format!("Bearer {}", world.token())];
    let permit = guard.authorize::<AnyScope>(authorization).await;
    assert!(permit.is_ok(), "{permit:?}");
    assert!(guard.check().await.is_healthy());
    let calls = world.calls();
    assert_eq!(world.status(&known).await, 200);
    assert_eq!(world.calls(), calls, "the cache was lost");
}

#[tokio::test]
async fn the_token_at_hand_serves_on_and_is_renewed_in_the_background_n2() {
    let world = World::new();
    assert_eq!(world.status(&world.token()).await, 200);
    rotate(&world, "new");
    world.validator.set_credentials(credentials("new")).unwrap();
    // Nothing is sent before it is needed.
    assert_eq!(world.calls(), (1, 1));
    // Nobody waits for the renewal.
    world.authority.fault(Endpoint::Token, Fault::Hang);
    assert_eq!(world.status(&world.token()).await, 200);
    assert_eq!(world.calls().0, 2);

    // Once it is renewed, it is kept.
    let world = World::new();
    assert_eq!(world.status(&world.token()).await, 200);
    world
        .validator
        .set_credentials(credentials("test"))
        .unwrap();
    for _ in 0..3 {
        assert_eq!(world.status(&world.token()).await, 200);
        tokio::task::yield_now().await;
        world.clock.advance(Duration::from_secs(2));
    }
    assert_eq!(world.calls().0, 2);
}

#[tokio::test]
async fn a_wrong_new_secret_shows_in_the_log_while_requests_are_served_n2() {
    let world = World::new();
    assert_eq!(world.status(&world.token()).await, 200);
    let log = Log::of_this_thread(Level::WARN);
    world
        .validator
        .set_credentials(credentials("s3cret"))
        .unwrap();
    for _ in 0..3 {
        assert_eq!(world.status(&world.token()).await, 200);
        tokio::task::yield_now().await;
    }
    let lines = log.lines();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("cannot be renewed"), "{lines:?}");
    assert!(!lines[0].contains("s3cret"), "{lines:?}");
}

#[tokio::test]
async fn a_request_that_waits_for_a_token_gets_it_with_the_new_secret_n1() {
    let world = World::new();
    rotate(&world, "new");
    let validator = world.validator.clone();
    // The old secret is on its way when the new one is set.
    world.authority.fault_each(Endpoint::Token, move || {
        validator.set_credentials(credentials("new")).unwrap();
        None
    });
    assert_eq!(world.status(&world.token()).await, 200);
}

#[tokio::test]
async fn credentials_of_another_client_are_refused_n3() {
    let world = World::new();
    let other = Credentials::new("other", "s3cret").unwrap();
    let error = world.validator.set_credentials(other).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    let message = error.to_string();
    assert!(message.contains("build another validator"), "{message}");
    assert_eq!(world.status(&world.token()).await, 200);

    let server = "http://localhost/mfp".parse().unwrap();
    let builder = TokenValidator::builder_v7(server).http_backend(world.authority.clone());
    let validator = builder.build().unwrap();
    let error = validator.set_credentials(credentials("new")).unwrap_err();
    assert!(error.to_string().contains("version 7"), "{error}");
}

/// A file for a secret, removed at the end.
struct SecretFile(PathBuf);

impl SecretFile {
    fn new(name: &str, secret: &str) -> Self {
        let name = format!("mobilefirst-{}-{name}", std::process::id());
        let file = Self(std::env::temp_dir().join(name));
        file.write(secret);
        file
    }

    fn write(&self, secret: &str) {
        fs::write(&self.0, secret).unwrap();
    }

    fn world(&self) -> World {
        let server = "http://localhost/mfp/api".parse().unwrap();
        let credentials = Credentials::from_file("test", &self.0).unwrap();
        World::of(Authority::new(), |authority| {
            TokenValidator::builder(server, credentials).http_backend(authority.clone())
        })
    }
}

impl Drop for SecretFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

#[tokio::test]
async fn a_secret_in_a_file_is_read_again_for_each_token_of_ours_n7() {
    let file = SecretFile::new("rotated", "test\n");
    let world = file.world();
    assert_eq!(world.status(&world.token()).await, 200);
    rotate(&world, "new");
    file.write("new\n");
    world.authority.revoke_own_tokens();
    assert_eq!(world.status(&world.token()).await, 200);
    assert_eq!(world.calls().0, 2);
}

/// Orchestrators switch a link to a folder with all the secrets.
#[cfg(unix)]
#[tokio::test]
async fn a_link_to_a_secret_that_is_switched_is_followed_n7() {
    use std::os::unix::fs::symlink;

    let old = SecretFile::new("old", "test");
    let new = SecretFile::new("new", "new");
    let link = SecretFile::new("link", "");
    let switch = |target: &SecretFile| {
        fs::remove_file(&link.0).unwrap();
        symlink(&target.0, &link.0).unwrap();
    };
    switch(&old);
    let world = link.world();
    assert_eq!(world.status(&world.token()).await, 200);
    rotate(&world, "new");
    switch(&new);
    world.authority.revoke_own_tokens();
    assert_eq!(world.status(&world.token()).await, 200);
}

#[cfg(unix)]
#[test]
fn what_could_block_or_never_end_is_no_secret_file_n7() {
    for path in ["/", "/dev/zero", "/dev/null"] {
        let error = Credentials::from_file("test", path).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        let error = error.to_string();
        assert!(
            error.contains(path) && error.contains("not a regular file"),
            "{error}"
        );
    }
    let long = SecretFile::new("long", &"s3cret".repeat(20_000));
    let error = Credentials::from_file("test", &long.0).unwrap_err();
    assert!(error.to_string().contains("too long"), "{error}");
}

#[tokio::test]
async fn a_secret_file_that_is_gone_or_bad_leaves_the_last_secret_n7() {
    let file = SecretFile::new("gone", "test");
    let world = file.world();
    for content in [Some("s3cret\n\n"), Some(""), None] {
        match content {
            Some(content) => file.write(content),
            None => fs::remove_file(&file.0).unwrap(),
        }
        let log = Log::of_this_thread(Level::WARN);
        world.authority.revoke_own_tokens();
        world.clock.advance(Duration::from_secs(2));
        assert_eq!(world.status(&world.token()).await, 200, "{content:?}");
        let lines = log.lines().join("\n");
        assert!(
            lines.contains("cannot be read again"),
            "{content:?}: {lines}"
        );
        assert!(!lines.contains("s3cret"), "{lines}");
    }
}
