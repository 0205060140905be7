//! A validator that asks an authority of this process.

use std::time::{Duration, SystemTime};

use mobilefirst::{BaseUrl, Clock, Credentials, TokenValidator, TokenValidatorBuilder};

use crate::authority::Authority;

/// The client that such validators are.
const CLIENT: (&str, &str) = ("in-process", "in-process");

/// # For tests of a resource server
impl Authority {
    /// A validator with the default settings that asks this authority: nothing touches the
    /// network, and both read the same [clock](Self::with_clock).
    ///
    /// ```
    /// use mobilefirst::AnyScope;
    /// use mobilefirst_devserver::{Authority, UserToken};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), mobilefirst::Denial> {
    /// let authority = Authority::new();
    /// let validator = authority.validator();
    /// let token = authority.issue(UserToken::new("accessRestricted").user("jdoe"));
    ///
    /// let caller = validator.authorize::<AnyScope>([format!("Bearer {token}")]).await?;
    /// assert_eq!(caller.username(), Some("jdoe"));
    /// # Ok(()) }
    /// ```
    ///
    /// # Panics
    ///
    /// Panics where the operating system has no random numbers.
    #[doc(alias = "mock")]
    #[doc(alias = "test")]
    pub fn validator(&self) -> TokenValidator {
        let built = self.validator_builder().build();
        built.expect("the default settings are usable")
    }

    /// The builder of [`validator`](Self::validator), for other settings.
    ///
    /// It is a client of its own, `in-process`, which is registered here. Set the
    /// [base path](Self::with_base_path) before.
    ///
    /// ```
    /// use std::time::Duration;
    /// use mobilefirst_devserver::Authority;
    ///
    /// let builder = Authority::new().validator_builder();
    /// let validator = builder.max_age(Duration::ZERO).build()?;
    /// # Ok::<(), mobilefirst::Error>(())
    /// ```
    #[doc(alias = "mock")]
    pub fn validator_builder(&self) -> TokenValidatorBuilder {
        let (id, secret) = CLIENT;
        self.register(id, secret, "authorization.introspect");
        let credentials = Credentials::new(id, secret).expect("the credentials are usable");
        let builder = TokenValidator::builder(url(&self.base_path()), credentials);
        self.wire(builder)
    }

    /// The builder of a validator for version 7 that asks this authority, as
    /// [`validator_builder`](Self::validator_builder) does for version 8.
    ///
    /// Set the [project path](Self::with_project_path) before.
    pub fn validator_builder_v7(&self) -> TokenValidatorBuilder {
        self.wire(TokenValidator::builder_v7(url(&self.project_path())))
    }

    fn wire(&self, builder: TokenValidatorBuilder) -> TokenValidatorBuilder {
        builder.http_backend(self.clone()).clock(Tied(self.clone()))
    }
}

fn url(path: &str) -> BaseUrl {
    let url = format!("http://localhost{path}");
    url.parse().expect("the path of a URL")
}

/// The clock of an authority, with what the console moved it by.
struct Tied(Authority);

impl Clock for Tied {
    fn now(&self) -> SystemTime {
        let state = self.0.lock();
        let moved = Duration::from_millis(state.moved.unsigned_abs());
        match state.moved.is_negative() {
            true => state.clock.now() - moved,
            false => state.clock.now() + moved,
        }
    }

    fn uptime(&self) -> Duration {
        self.0.lock().clock.uptime()
    }
}

#[cfg(test)]
mod tests {
    use mobilefirst::{AnyScope, ManualClock};

    use super::*;
    use crate::user_token::UserToken;

    async fn is_granted(validator: &TokenValidator, token: &str) -> bool {
        let field = [format!("Bearer {token}")];
        validator.authorize::<AnyScope>(field).await.is_ok()
    }

    #[tokio::test]
    async fn a_validator_reads_the_clock_of_its_authority_t1() {
        let clock = ManualClock::default();
        let authority = Authority::new().with_clock(clock.clone());
        let validator = authority.validator();
        // Less than the cache's maximum age.
        let lifetime = Duration::from_secs(30);
        let token = authority.issue(UserToken::new("a").lifetime(lifetime));
        assert!(is_granted(&validator, &token).await);
        clock.advance(lifetime);
        assert!(!is_granted(&validator, &token).await);
        assert_eq!(
            authority.calls().introspection,
            1,
            "the cached answer ended"
        );

        let token = authority.issue(UserToken::new("a").lifetime(lifetime));
        assert!(is_granted(&validator, &token).await);
        authority.lock().moved += 30_000;
        assert!(!is_granted(&validator, &token).await);
    }

    #[tokio::test]
    async fn a_validator_asks_wherever_its_authority_is_t1() {
        for path in ["/mfp/api", "/bank/api", ""] {
            let authority = Authority::new()
                .with_base_path(path)
                .with_project_path(path)
                .with_client("test", "another", "*");
            let (token, id_token) = authority.issue_with_id_token(UserToken::new(""));
            assert!(is_granted(&authority.validator(), &token).await, "{path}");
            let v7 = authority.validator_builder_v7().build().unwrap();
            assert!(
                is_granted(&v7, &format!("{token} {id_token}")).await,
                "{path}"
            );
        }
    }
}
