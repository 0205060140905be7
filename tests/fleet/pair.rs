//! Two instances of a fleet.

use std::time::{Duration, Instant};

use mobilefirst_devserver::Authority;
use mobilefirst_redis::RedisStoreBuilder;
use tokio::time::sleep;

use super::instance::{Date, Instance, MAX_AGE, issue};
use super::server::{Server, until};

/// An instance that hears of removals after this long serves no removed answer any more.
pub(crate) const BOUND: Duration = Duration::from_secs(1);

pub(crate) struct Pair {
    pub(crate) authority: Authority,
    pub(crate) one: Instance,
    pub(crate) two: Instance,
}

impl Pair {
    /// Two instances that are in step.
    pub(crate) async fn join(server: &Server) -> Self {
        Self::at([&server.url(), &server.url()]).await
    }

    /// Two instances that are in step, each of which has its own way to the store.
    pub(crate) async fn at([one, two]: [&str; 2]) -> Self {
        let authority = Authority::new();
        Self {
            one: Instance::join(&authority, one).await,
            two: Instance::join(&authority, two).await,
            authority,
        }
    }

    /// Two instances that are in step, on the store that a builder finds.
    pub(crate) async fn of(builder: impl Fn() -> RedisStoreBuilder) -> Self {
        let authority = Authority::new();
        let join = || Instance::of(&authority, builder(), Date::Right, MAX_AGE);
        let [one, two] = [join(), join()];
        one.is_in_step().await;
        two.is_in_step().await;
        Self {
            authority,
            one,
            two,
        }
    }

    /// A new token of `jdoe` that both have cached.
    pub(crate) async fn issue(&self) -> String {
        let token = issue(&self.authority);
        self.serve(&token).await;
        token
    }

    /// A new token that both have cached, and that the authorization server has revoked.
    pub(crate) async fn revoked(&self) -> String {
        let token = self.issue().await;
        self.authority.revoke(&token);
        token
    }

    /// A new token that is revoked only once the store holds the answer about it too, and no
    /// other.
    pub(crate) async fn revoked_but_stored(&self, server: &Server) -> String {
        let token = self.issue().await;
        server.holds_answers(1).await;
        self.authority.revoke(&token);
        token
    }

    /// Both grant.
    pub(crate) async fn serve(&self, token: &str) {
        let statuses = [self.one.status(token).await, self.two.status(token).await];
        assert_eq!(statuses, [200; 2]);
    }

    /// One uses the answer of the other, sooner or later: it is stored in the background.
    pub(crate) async fn shares(&self) {
        until("shared", async || {
            let token = issue(&self.authority);
            let before = self.one.introspections();
            assert_eq!(self.one.status(&token).await, 200);
            sleep(Duration::from_millis(20)).await;
            self.two.status(&token).await == 200 && self.one.introspections() == before + 1
        })
        .await;
    }

    /// One hears of what the other invalidates.
    pub(crate) async fn hears(&self) {
        let token = self.revoked().await;
        self.one.validator.invalidate(&token).await.unwrap();
        assert_eq!(self.one.status(&token).await, 401);
        is_refused_soon(&self.two, &token).await;
    }
}

/// Waits until a revoked token is refused, which takes no longer than it may.
pub(crate) async fn is_refused_soon(instance: &Instance, token: &str) {
    let begin = Instant::now();
    until("refused", async || instance.status(token).await == 401).await;
    assert!(begin.elapsed() < BOUND, "{:?}", begin.elapsed());
}
